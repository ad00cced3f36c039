// Defaults < file < environment < flags, validated as a whole: every mistake is found and listed with where it
// stands, and nothing starts until there is none.

import Exchanges
import Glibc
import Strategies
import Trading
import TradingDomain
import Yams

/// One thing that is wrong, and where.
struct Mistake: Equatable, Sendable, CustomStringConvertible {
    /// `file:line`, `environment` or `command line`.
    var place: String
    var key: String
    var problem: String
    var description: String { key.isEmpty ? "\(place): \(problem)" : "\(place): \(key): \(problem)" }
}

struct ConfigurationError: Error, CustomStringConvertible {
    let mistakes: [Mistake]
    var description: String {
        let count = mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes"
        return "the configuration has \(count):\n" + mistakes.map { "  \($0)" }.joined(separator: "\n")
    }
}

struct ConfigurationLoader {
    /// The file's name and text; nil without one.
    var file: (name: String, text: String)?
    var environment: [String: String] = [:]
    /// Settings by key, from the command line.
    var flags: [(key: String, text: String)] = []
    /// Nothing will be traded: what only live trading demands is noted, and refuses nothing.
    var onlyLooks = false

    private(set) var configuration: Configuration
    private var mistakes: [Mistake] = []
    /// Where each setting was set last, for mistakes that only the whole shows.
    private var places: [String: String] = [:]
    /// What the file itself says, whatever goes over it.
    private(set) var written: [String: String] = [:]

    init?() {
        guard let configuration = Configuration() else { return nil }
        self.configuration = configuration
    }

    mutating func load() throws(ConfigurationError) -> Configuration {
        // SYSTEMD_EXEC_PID names the service's own process; INVOCATION_ID is inherited by every desktop terminal.
        if environment["KUBERNETES_SERVICE_HOST"] != nil || environment["NOTIFY_SOCKET"] != nil
            || environment["SYSTEMD_EXEC_PID"] == "\(getpid())"
        {
            configuration.core.stop.deadline = .seconds(24)
        }
        readFile()
        readEnvironment()
        for (key, text) in flags { take(key, text, "command line") }
        // One seed for all, unless the market has its own.
        if places["paper.seed"] == nil, places["seed"] != nil {
            configuration.account.seed = configuration.core.seed
        }
        checkTheWhole()
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes: inOrder) }
        return configuration
    }

    // MARK: The file

    private mutating func readFile() {
        guard let file else { return }
        do {
            guard let root = try Yams.compose(yaml: file.text) else { return }
            guard case .mapping(let mapping) = root else {
                return note(place(root), "", "a configuration is a table of keys and values")
            }
            visit(mapping, section: "")
        } catch let error as YamlError {
            mistakes.append(yamlMistake(error, file.name))
        } catch {
            mistakes.append(Mistake(place: file.name, key: "", problem: "\(error)"))
        }
    }

    private func yamlMistake(_ error: YamlError, _ name: String) -> Mistake {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            Mistake(place: "\(name):\(mark.line)", key: "", problem: "this is not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            Mistake(
                place: "\(name):\(context.mark.line)",
                key: duplicates.map { "\($0)" }.sorted().joined(separator: ", "),
                problem: "the key is there twice")
        default: Mistake(place: name, key: "", problem: "this is not YAML: \(error)")
        }
    }

    private mutating func visit(_ mapping: Node.Mapping, section: String) {
        // Lists first, whatever their place in the file: the fees of a section change its products.
        func isList(_ node: Node) -> Bool { if case .scalar = node { false } else { true } }
        for (keyNode, node) in mapping.filter({ isList($0.value) }) + mapping.filter({ !isList($0.value) }) {
            guard let name = keyNode.string else {
                note(place(keyNode), section, "a key is a plain word")
                continue
            }
            let key = section.isEmpty ? name : "\(section).\(name)"
            if Settings.lists.contains(key) {
                places[key] = place(keyNode)
                readList(key, node)
            } else if let setting = Settings.all.first(where: { $0.key == key }) {
                if case .scalar(let scalar) = node {
                    written[key] = scalar.string
                    take(setting.key, scalar.string, place(node))
                } else {
                    note(place(node), key, "must be one value: \(setting.allowed)")
                }
            } else if Settings.all.contains(where: { $0.key.hasPrefix(key + ".") }) {
                switch node {
                case .mapping(let inner): visit(inner, section: key)
                case .scalar(let scalar) where scalar.string.isEmpty: break
                default: note(place(node), key, "is a section with keys of its own")
                }
            } else {
                note(place(keyNode), key, unknown(name, in: section))
            }
        }
    }

    private func unknown(_ name: String, in section: String) -> String {
        let keys = Settings.all.map(\.key) + Settings.lists
        let prefix = section.isEmpty ? "" : section + "."
        let here = Set(
            keys.filter { $0.hasPrefix(prefix) }
                .compactMap { $0.dropFirst(prefix.count).split(separator: ".").first.map(String.init) })
        if let meant = Suggestion.of(name, among: here.sorted()) {
            return "unknown key; did you mean \(prefix)\(meant)?"
        }
        // Perhaps it is right and only in the wrong place.
        if let elsewhere = keys.first(where: { $0.hasSuffix("." + name) || $0 == name }) {
            return "unknown key here; did you mean \(elsewhere)?"
        }
        return "unknown key; known here: \(here.sorted().joined(separator: ", "))"
    }

    // MARK: Environment and flags

    private mutating func readEnvironment() {
        for (variable, text) in environment.sorted(by: { $0.key < $1.key })
        where variable.hasPrefix("TRADER247_") && !Self.isOfKubernetes(variable) {
            if let setting = Settings.all.first(where: { $0.variable == variable }) {
                take(setting.key, text, "environment \(variable)")
            } else if !Credentials.variables.contains(variable) {
                let meant = Suggestion.of(
                    variable, among: Settings.all.map(\.variable) + Credentials.variables)
                note(
                    "environment", variable,
                    "unknown setting" + (meant.map { "; did you mean \($0)?" } ?? ""))
            }
        }
    }

    /// Kubernetes makes such variables of a Service that is named trader247.
    private static func isOfKubernetes(_ variable: String) -> Bool {
        variable == "TRADER247_PORT" || variable.hasPrefix("TRADER247_PORT_")
            || variable.hasPrefix("TRADER247_SERVICE_")
    }

    private mutating func take(_ key: String, _ text: String, _ place: String) {
        guard let setting = Settings.all.first(where: { $0.key == key }) else {
            return note(place, key, "unknown setting")
        }
        places[key] = place
        if !setting.take(text, &configuration) {
            let value = setting.isShownWhenRefused ? "'\(text)'" : "this value"
            note(place, key, "\(value) is not allowed; allowed: \(setting.allowed)")
        }
    }

    // MARK: Mistakes

    /// The file's by line, then the others as they were found.
    private var inOrder: [Mistake] {
        let prefix = (file?.name ?? "") + ":"
        func line(_ mistake: Mistake) -> Int {
            guard file != nil, mistake.place.hasPrefix(prefix) else { return .max }
            return Int(mistake.place.dropFirst(prefix.count)) ?? .max
        }
        return mistakes.enumerated()
            .sorted { (line($0.element), $0.offset) < (line($1.element), $1.offset) }.map(\.element)
    }

    func place(_ node: Node) -> String {
        let name = file?.name ?? "configuration"
        return node.mark.map { "\(name):\($0.line)" } ?? name
    }

    mutating func note(_ place: String, _ key: String, _ problem: String) {
        mistakes.append(Mistake(place: place, key: key, problem: problem))
    }

    func place(of key: String) -> String { places[key] ?? "defaults" }

    func isSet(_ key: String) -> Bool { places[key] != nil }

    mutating func change(_ change: (inout Configuration) -> Void) { change(&configuration) }

    /// What only several settings together show.
    private mutating func checkTheWhole() {
        let stop = configuration.core.stop
        if stop.flushReserve + stop.reportReserve + .milliseconds(500) > stop.deadline {
            note(
                place(of: "stop.deadline"), "stop.deadline",
                "\(Values.text(stop.deadline)) leaves less than 500ms for canceling beside flush_reserve "
                    + "and report_reserve")
        }
        checkLease()
        checkVenue()
        checkControl()
        if configuration.effectiveSpeed == .maximum, configuration.feed == .simulated {
            note(place(of: "speed"), "speed", "max needs a replay; a simulated market never ends")
        }
        if configuration.core.rate.cancelReserve >= configuration.core.rate.burst {
            note(
                place(of: "rate.cancel_reserve"), "rate.cancel_reserve",
                "must be below rate.burst (\(configuration.core.rate.burst)), or nothing could be placed")
        }
        checkStrategies()
    }

    private mutating func checkStrategies() {
        let listed = Set(configuration.account.listings.map(\.product.symbol))
        for strategy in configuration.strategies {
            // The venue's own markets are known when it has been asked.
            for symbol in strategy.symbols
            where configuration.mode != .live && configuration.feed != .coinbase && !listed.contains(symbol) {
                note(
                    place(of: "strategies"), "strategies.\(strategy.name).symbols",
                    "\(symbol) is not among the products "
                        + listed.map(\.description).sorted().joined(separator: ", "))
            }
        }
        if Set(configuration.strategies.map(\.name)).count < configuration.strategies.count {
            note(place(of: "strategies"), "strategies", "two strategies have the same name")
        }
    }
}
