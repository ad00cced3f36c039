// What a strategy that is a program of its own has in the configuration.

import FoundationEssentials
import Strategies
import Trading
import TradingDomain
import Yams

extension ConfigurationLoader {
    mutating func readExternal(_ symbols: [Symbol], _ fields: [String: Node], _ key: String)
        -> ExternalSettings
    {
        var external = ExternalSettings(symbols: symbols)
        readWords(
            fields["command"], "\(key).command", "must be a list of words: the program, then its arguments"
        ) {
            external.command = $0
        }
        if let node = fields["directory"] { external.directory = node.string ?? "" }
        readWords(fields["environment"], "\(key).environment", "must be a list of variables' names") {
            external.environment = $0
        }
        read(fields["answer_within"], "\(key).answer_within", "a duration from 100ms to 1m") {
            Values.duration($0)
        } into: {
            external.rules.answerWithin = $0
        }
        read(fields["restarts"], "\(key).restarts", "a whole number from 0 to 100") {
            Values.integer($0, ExternalSettings.restartCounts)
        } into: {
            external.rules.restarts = $0
        }
        read(fields["restarts_within"], "\(key).restarts_within", "a duration from 1s to 1d") {
            Values.duration($0)
        } into: {
            external.rules.window = $0
        }
        if let node = fields["settings"] {
            if !node.isWithin(depth: JSONTree.depthLimit) {
                note(
                    place(node), "\(key).settings",
                    "must not nest deeper than \(JSONTree.depthLimit) levels")
            } else if case .mapping = node, let tree = JSONTree(node) {
                external.settings = tree
            } else {
                note(place(node), "\(key).settings", "must be a table whose keys are words")
            }
        }
        return external
    }

    private mutating func readWords(
        _ node: Node?, _ key: String, _ problem: String, into take: ([String]) -> Void
    ) {
        guard let node else { return }
        // One word needs no list.
        let items: [Node] =
            if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
        let words = items.compactMap(\.string)
        guard words.count == items.count else { return note(place(node), key, problem) }
        take(words)
    }
}

extension Node {
    /// Goes no deeper than it asks.
    fileprivate func isWithin(depth: Int) -> Bool {
        switch self {
        case .mapping(let mapping):
            depth > 0 && mapping.allSatisfy { $0.value.isWithin(depth: depth - 1) }
        case .sequence(let sequence): depth > 0 && sequence.allSatisfy { $0.isWithin(depth: depth - 1) }
        case .scalar, .alias: true
        }
    }
}

extension JSONTree {
    /// YAML as the JSON that it stands for; nil where it stands for none.
    init?(_ node: Node) {
        switch node {
        case .mapping(let mapping):
            var table: [String: JSONTree] = [:]
            for (key, value) in mapping {
                guard let name = key.string, let tree = JSONTree(value) else { return nil }
                table[name] = tree
            }
            self = .table(table)
        case .sequence(let sequence):
            let items = sequence.compactMap { JSONTree($0) }
            guard items.count == sequence.count else { return nil }
            self = .list(items)
        case .scalar(let scalar): self = JSONTree(scalar)
        case .alias: return nil
        }
    }

    private init(_ scalar: Node.Scalar) {
        let text = scalar.string
        // What somebody put in quotes is text.
        guard scalar.style == .any || scalar.style == .plain else {
            self = .text(text)
            return
        }
        switch text {
        case "", "~", "null": self = .null
        case "true": self = .bool(true)
        case "false": self = .bool(false)
        default:
            if let whole = Int64(text) {
                self = .integer(whole)
            } else if let exact = Rate(text), let decimal = Decimal(string: exact.description) {
                self = .decimal(decimal)
            } else {
                self = .text(text)
            }
        }
    }
}
