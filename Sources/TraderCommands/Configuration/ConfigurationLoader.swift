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
    /// From the command line.
    var flags: [ConfigurationFlag] = []
    /// The profile that a flag chose; the environment may choose one, too.
    var profileFlag: String?
    /// Strategies from elsewhere, instead of the file's or where it names none.
    var strategies = StrategyChoice()
    /// Nothing will be traded: what only live trading demands is noted, and refuses nothing.
    var onlyLooks = false
    /// Only cancels are to follow: mistakes in what they need not are passed over.
    var isForSweep = false
    /// Whence the files are read.
    var files = ConfigurationFiles()

    private(set) var configuration: Configuration
    var mistakes: [Mistake] = []
    /// Where each setting was set last; none for those at their defaults.
    private(set) var origins: [String: Origin] = [:]
    /// What the file itself says, whatever goes over it.
    private(set) var written: [String: String] = [:]
    /// The profile that is in effect.
    var profile: ConfigurationProfile?
    /// A profile that is not in effect is looked at for mistakes of form only: its secrets may be on another machine.
    var checksFormOnly = false

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
            origins["stop.deadline"] = .derived("default under a service manager")
        }
        readFile()
        readChosenStrategies()
        readEnvironment()
        for flag in flags where !StrategyChoice.isField(flag.key) {
            take(flag.key, flag.text, .flag(flag.name))
        }
        checkProfile()
        // One seed for all, unless the market has its own.
        if origins["paper.seed"] == nil, origins["seed"] != nil {
            configuration.account.seed = configuration.core.seed
            derive("paper.seed", "as seed")
        }
        checkTheWhole()
        configuration.files = files
        if isForSweep { mistakes.removeAll { !Self.isNeededBySweep($0.key) } }
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes: inOrder) }
        return configuration
    }

    /// Whose orders they are and where. Without a key it is YAML that nobody can read.
    private static func isNeededBySweep(_ key: String) -> Bool {
        key.isEmpty || ["bot", "mode", "state_dir", "paper.book"].contains(key) || key.hasPrefix("exchange.")
            || Credentials.variables.contains(key)
    }

    // MARK: The file

    private mutating func readFile() {
        guard let file else { return noteMissingProfile([]) }
        do {
            let composed = try ConfigurationText.compose(file.text)
            for duplicate in composed.duplicates { note(duplicate, in: file.name) }
            guard let root = composed.root else { return noteMissingProfile([]) }
            guard case .mapping(let mapping) = root else {
                return note(place(root), "", "a configuration is a table of keys and values")
            }
            readProfiles(mapping)
        } catch let error as YamlError {
            mistakes.append(yamlMistake(error, file.name))
        } catch {
            mistakes.append(Mistake(place: file.name, key: "", problem: "\(error)"))
        }
    }

    mutating func note(_ duplicate: ConfigurationText.Duplicate, in name: String) {
        mistakes.append(
            Mistake(
                place: duplicate.line.map { "\(name):\($0)" } ?? name, key: duplicate.key,
                problem: "the key is there twice"
                    + (duplicate.firstLine.map { ", first in line \($0)" } ?? "")))
    }

    /// Whether a file's text is what a configuration must be, whatever its keys say.
    static func isTable(_ text: String) -> Bool {
        // The reason is told by `readFile`.
        guard let root = (try? ConfigurationText.compose(text))?.root else {
            return text.allSatisfy(\.isWhitespace)
        }
        if case .mapping = root { return true }
        return false
    }

    func hasMistake(_ key: String) -> Bool { mistakes.contains { $0.key == key } }

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

    mutating func visit(_ mapping: Node.Mapping, section: String) {
        // Lists first, whatever their place in the file: the fees of a section change its products.
        func isList(_ node: Node) -> Bool { if case .scalar = node { false } else { true } }
        for (keyNode, node) in mapping.filter({ isList($0.value) }) + mapping.filter({ !isList($0.value) }) {
            guard let name = keyNode.string else {
                note(place(keyNode), section, "a key is a plain word")
                continue
            }
            let key = section.isEmpty ? name : "\(section).\(name)"
            if Settings.lists.contains(key) {
                origins[key] = origin(keyNode)
                readList(key, node)
            } else if let setting = Settings.named(key) {
                if case .scalar(let scalar) = node {
                    written[key] = scalar.string
                    take(setting.key, scalar.string, origin(node))
                } else if case .list = setting.shape, let words = words(node) {
                    written[key] = words
                    take(setting.key, words, origin(node))
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

    /// A list of plain words as one text, as the environment would say it.
    private func words(_ node: Node) -> String? {
        guard case .sequence(let items) = node else { return nil }
        let words = items.compactMap(\.string)
        return words.count == items.count ? words.joined(separator: ", ") : nil
    }

    private func unknown(_ name: String, in section: String) -> String {
        let keys = Settings.all.map(\.key) + Settings.lists + [Self.profilesKey]
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
        return "unknown key; known here: \(Suggestion.list(here.sorted(), for: name))"
    }

    /// For a key that was said with its section.
    private func unknown(_ key: String) -> String {
        if let meant = Suggestion.of(key, among: Settings.all.map(\.key)) {
            return "unknown key; did you mean \(meant)?"
        }
        let parts = key.split(separator: ".")
        return unknown(String(parts.last ?? ""), in: parts.dropLast().joined(separator: "."))
    }

    // MARK: Environment and flags

    private mutating func readEnvironment() {
        let others = Credentials.variables + [Self.profileVariable]
        for (variable, text) in environment.sorted(by: { $0.key < $1.key })
        where variable.hasPrefix("TRADER247_") && !Self.isOfKubernetes(variable) {
            if let setting = Settings.all.first(where: { $0.variable == variable }) {
                take(setting.key, text, .environment(variable))
            } else if !others.contains(variable) {
                let meant = Suggestion.of(variable, among: Settings.all.map(\.variable) + others)
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

    /// As if the file said it.
    mutating func takeWritten(_ key: String, _ text: String, _ origin: Origin) {
        written[key] = text
        take(key, text, origin)
    }

    mutating func take(_ key: String, _ text: String, _ origin: Origin) {
        guard let setting = Settings.named(key) else {
            let isList = Settings.lists.contains(key)
            return note(
                origin.place, key,
                isList ? "is a list or a table; it can be set in the file only" : unknown(key))
        }
        origins[key] = origin
        if !setting.take(text, &configuration) {
            note(origin.place, key, Self.refusal(text, setting.shape, setting.isShownWhenRefused))
        }
    }

    /// Why a text is none of what is allowed, with the word that was perhaps meant.
    static func refusal(_ text: String, _ shape: Shape, _ isShown: Bool = true) -> String {
        guard isShown else { return "this value is not allowed; allowed: \(shape.words)" }
        let meant = Suggestion.of(text, among: shape.choices).map { "; did you mean \($0)?" } ?? ""
        return "'\(text)' is not allowed; allowed: \(shape.words)\(meant)"
    }

    // MARK: Mistakes

    /// The file's by line, then the others as they were found.
    private var inOrder: [Mistake] {
        func line(_ mistake: Mistake) -> Int { self.line(of: mistake.place) ?? .max }
        return mistakes.enumerated()
            .sorted { (line($0.element), $0.offset) < (line($1.element), $1.offset) }.map(\.element)
    }

    func place(_ node: Node) -> String {
        let name = file?.name ?? "configuration"
        // What a flag put into a list stands nowhere in it.
        return node.mark.map { "\(name):\($0.line)" }
            ?? (strategies.fields(flags).isEmpty ? name : "command line")
    }

    /// Where a value of the file comes from.
    func origin(_ node: Node) -> Origin {
        .file(place(node), profile: profile.flatMap { $0.contains(node) ? $0.name : nil })
    }

    mutating func note(_ place: String, _ key: String, _ problem: String) {
        var key = key
        // What stands in a profile is named as it stands there.
        if let profile, let line = line(of: place), profile.lines.contains(line) {
            key = [Self.profilesKey, profile.name, key].filter { !$0.isEmpty }.joined(separator: ".")
        }
        mistakes.append(Mistake(place: place, key: key, problem: problem))
    }

    /// Nil for a place that is not in the file.
    private func line(of place: String) -> Int? {
        guard let file, place.hasPrefix(file.name + ":") else { return nil }
        return Int(place.dropFirst(file.name.count + 1))
    }

    func place(of key: String) -> String { origins[key]?.place ?? "defaults" }

    /// Whether anybody set it: a default that follows from the surroundings was set by nobody.
    func isSet(_ key: String) -> Bool {
        switch origins[key] {
        case nil, .derived: false
        case .file, .environment, .flag: true
        }
    }

    mutating func derive(_ key: String, _ why: String) { origins[key] = .derived(why) }

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
