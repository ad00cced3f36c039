// The keys of strategies that this binary has built in beside the known kinds: they follow from their authors' types.

import Strategies
import Trading
import TradingDomain
import Yams

extension Fields {
    /// A key for each setting of the author's.
    static func own(_ kind: CustomKind) -> [Field] {
        ((try? asked(kind)) ?? []).map {
            Field($0.path, $0.shape, "a setting of this strategy's own", standard: $0.standard)
        }
    }

    /// What a binary must be sure of before it reads a configuration.
    static func check(_ kind: CustomKind) throws(CustomKindError) {
        let keys: [String]
        do {
            keys = try asked(kind).map(\.path)
        } catch let problem as SettingProblem {
            throw .badSettings(kind.type, "\(problem.key) \(problem.problem)")
        } catch {
            throw .badSettings(kind.type, "\(error)")
        }
        let taken = ["type"] + common.names
        if let key = keys.first(where: { taken.contains($0) }) {
            throw .badSettings(kind.type, "'\(key)' is a key that every strategy has; call it otherwise")
        }
    }

    private static func asked(_ kind: CustomKind) throws -> [SettingsReading.Asked] {
        let reading = SettingsReading()
        let standard = try Yams.compose(yaml: kind.standard)
        _ = try kind.text(SettingsDecoder(written: nil, standard: standard, reading: reading))
        return reading.asked.filter { !$0.path.contains(".") && !$0.path.contains("[") }
    }
}

extension ConfigurationLoader {
    /// Nil, and every mistake noted, when the settings cannot be read.
    mutating func readCustom(
        _ type: String, _ symbols: [Symbol], _ fields: [String: Node], _ key: String
    ) -> CustomSettings? {
        guard let kind = CustomKinds.named(type), let standard = try? Yams.compose(yaml: kind.standard) else {
            return nil
        }
        let common = ["type"] + Fields.common.names
        let own = fields.filter { !common.contains($0.key) }.sorted { $0.key < $1.key }
        // One mistake ends a reading, so each key is read with the defaults of the others first.
        var isReadable = true
        for (name, node) in own {
            let reading = SettingsReading()
            do {
                let one = Node.mapping(.init([(Node(name), node)]))
                _ = try kind.text(SettingsDecoder(written: one, standard: standard, reading: reading))
                isReadable = checkUnknown(node, name, reading, key) && isReadable
            } catch let problem as SettingProblem {
                note(place(problem, node), "\(key).\(problem.key)", problem.problem)
                isReadable = false
            } catch {
                note(place(node), "\(key).\(name)", "\(error)")
                isReadable = false
            }
        }
        guard isReadable else { return nil }
        let all = Node.mapping(.init(own.map { (Node($0.key), $0.value) }))
        do {
            let text = try kind.text(
                SettingsDecoder(written: all, standard: standard, reading: SettingsReading()))
            return CustomSettings(type: type, symbols: symbols, settings: text)
        } catch let problem as SettingProblem {
            note(place(problem, all), "\(key).\(problem.key)", problem.problem)
        } catch {
            note(place(all), key, "\(error)")
        }
        return nil
    }

    private func place(_ problem: SettingProblem, _ node: Node) -> String {
        problem.line.map { "\(file?.name ?? "configuration"):\($0)" } ?? place(node)
    }

    /// Notes keys of inner tables that nobody asked for.
    private mutating func checkUnknown(
        _ node: Node, _ path: String, _ reading: SettingsReading, _ key: String
    ) -> Bool {
        var isKnown = true
        if case .sequence(let items) = node {
            for (index, item) in items.enumerated() {
                isKnown = checkUnknown(item, "\(path)[\(index)]", reading, key) && isKnown
            }
        }
        guard case .mapping(let mapping) = node else { return isKnown }
        let known = reading.keys(below: path)
        for (keyNode, inner) in mapping {
            let name = keyNode.string ?? "?"
            guard known.contains(name) else {
                let meant = Suggestion.of(name, among: known).map { "; did you mean \($0)?" }
                note(
                    place(keyNode), "\(key).\(path).\(name)",
                    "unknown key" + (meant ?? "; known here: \(Suggestion.list(known, for: name))"))
                isKnown = false
                continue
            }
            isKnown = checkUnknown(inner, "\(path).\(name)", reading, key) && isKnown
        }
        return isKnown
    }
}

extension CustomSettings {
    /// The author's settings in effect, for people.
    var words: [String] {
        guard let mapping = (try? Yams.compose(yaml: settings))?.mapping else { return [] }
        return mapping.compactMap { keyNode, node in
            guard let name = keyNode.string, let text = node.string else { return nil }
            return "\(SettingName.key(name)) \(text)"
        }
    }
}
