// Strategies that come from elsewhere than the configuration file, and single fields of them that flags change
// (`--set strategies[0].levels=10`).

import Yams

struct StrategyChoice: Sendable {
    /// A file whose `strategies` count instead of the configuration's.
    var file: (name: String, text: String)?
    /// The list, as YAML, where no file names any.
    var fallback: String?

    /// Whether a setting is a field of a strategy.
    static func isField(_ key: String) -> Bool { key.hasPrefix("strategies[") }

    /// The flags that change a field.
    func fields(_ flags: [ConfigurationFlag]) -> [ConfigurationFlag] {
        flags.filter { Self.isField($0.key) }
    }

    /// `strategies[2].levels` is the field `levels` of the third one.
    static func parts(_ key: String) -> (index: Int, field: String)? {
        let rest = key.dropFirst("strategies[".count)
        guard let end = rest.firstIndex(of: "]"), let index = Int(rest[..<end]), index >= 0 else {
            return nil
        }
        let field = rest[rest.index(after: end)...]
        guard field.hasPrefix("."), field.count > 1 else { return nil }
        return (index, String(field.dropFirst()))
    }
}

extension ConfigurationLoader {
    /// What is read beside the configuration file itself.
    mutating func readChosenStrategies() {
        if let chosen = strategies.file {
            let own = file
            file = chosen
            defer { file = own }
            guard let root = compose(chosen.text, chosen.name) else { return }
            guard let node = root["strategies"] else {
                return note(chosen.name, "strategies", "is missing: this file is named for its strategies")
            }
            readStrategies(changedByFlags(node))
        } else if !isSet("strategies") {
            // Fields can be changed of the strategies that there are without any file.
            let text =
                strategies.fallback
                ?? (strategies.fields(flags).isEmpty ? nil : Configuration.standardStrategies)
            guard let text, let node = compose(text, "defaults") else { return }
            readStrategies(changedByFlags(node))
        }
    }

    private mutating func compose(_ text: String, _ name: String) -> Node? {
        do {
            let composed = try ConfigurationText.compose(text)
            for duplicate in composed.duplicates { note(duplicate, in: name) }
            return composed.root
        } catch {
            note(name, "", "this is not YAML: \(error)")
            return nil
        }
    }

    /// The list with the fields that flags set.
    mutating func changedByFlags(_ node: Node) -> Node {
        guard case .sequence(var items) = node else { return node }
        for flag in strategies.fields(flags) {
            let key = flag.key
            guard let (index, field) = StrategyChoice.parts(key) else {
                note("command line", key, "is no field of a strategy; write strategies[0].levels=10")
                continue
            }
            guard items.indices.contains(index), case .mapping(var fields) = items[index] else {
                note(
                    "command line", key,
                    "there is no such strategy; there are \(items.count), the first one is strategies[0]")
                continue
            }
            guard let value = compose(flag.text, "command line") else { continue }
            // A value without a place of its own is known for a flag's.
            fields[Node(field)] = Self.unmarked(value)
            items[index] = .mapping(fields)
        }
        return .sequence(items)
    }

    private static func unmarked(_ node: Node) -> Node {
        switch node {
        case .scalar(let scalar): Node(scalar.string, scalar.tag)
        case .sequence(let items): Node(items.map { unmarked($0) }, items.tag)
        default: node
        }
    }
}
