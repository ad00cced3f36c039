// What the state directory keeps of the life that placed orders last: whose they are and how they are reached, without a
// secret. For a start after a reboot or a lost container, where nobody has the memory of that life any more and the
// files may have changed.
//
// It is written before the first intent of a life is, and goes once a start has seen that nothing of it can rest.

import Daemon
import FoundationEssentials
import Glibc
import Storage
import Synchronization
import Trading
import TradingDomain

struct KeptLife: Codable, Equatable, Sendable {
    static let version = 1

    /// As values of a configuration file, by their keys.
    private var settings: [String: String]
    /// As the list `alerts` says them, but for those whose address stands in the file.
    private var alerts: [[String: WrittenValue]]
    private var version = Self.version

    /// Settings without which nobody finds the orders, or that decide how they are canceled.
    private static func isKept(_ key: String) -> Bool {
        ["bot", "mode", "feed", "paper.book"].contains(key) || key.hasPrefix("exchange.")
            || key.hasPrefix("rate.") || key.hasPrefix("stop.")
    }

    init(_ configuration: Configuration) {
        var settings: [String: String] = [:]
        for setting in Settings.all where Self.isKept(setting.key) {
            settings[setting.key] = setting.show(configuration)
        }
        // Nobody may change the directory under a path.
        settings["paper.book"] = Self.absolute(configuration.bookDirectory)
        settings["exchange.key_file"] = configuration.keyFile.map(Self.absolute)
        settings["exchange.ca_file"] = configuration.venue.caFile.map(Self.absolute)
        self.settings = settings
        alerts = configuration.writtenSinks.filter(Self.isWithoutSecret).map { sink in
            var sink = sink
            for (name, _) in Self.filesOfSinks {
                if case .text(let path)? = sink[name] { sink[name] = .text(Self.absolute(path)) }
            }
            return sink
        }
    }

    private static let filesOfSinks: [(String, NamedFile.Kind)] = [
        ("url_file", .secret), ("secret_file", .secret), ("ca_file", .certificates),
    ]

    /// Words after a program's path may be a token, so only the path is ever shown; without them it is another command.
    private static func isWithoutSecret(_ sink: [String: WrittenValue]) -> Bool {
        if case .list(let words)? = sink["command"] { return words.count == 1 }
        return true
    }

    private static func absolute(_ path: String) -> String { URL(filePath: path).path }

    // MARK: Whose orders

    /// Whether a trader with this configuration looks after the same orders.
    func isSameAccount(as configuration: Configuration) -> Bool {
        let other = KeptLife(configuration).settings
        let keys =
            configuration.mode == .live
            ? ["bot", "mode", "exchange.portfolio", "exchange.rest_url"] : ["bot", "mode", "paper.book"]
        return keys.allSatisfy { settings[$0] == other[$0] }
    }

    /// For people.
    var words: String {
        "bot \(settings["bot"] ?? "?"), \(settings["mode"] ?? "?")"
            + (settings["mode"] == Mode.live.rawValue
                ? ", portfolio \(settings["exchange.portfolio"] ?? "?")" : "")
    }

    /// Where its key was; nil where the environment had it.
    var keyFile: String? { settings["exchange.key_file"] }

    /// What its configuration names: key, certificates, secrets of sinks.
    private var files: [NamedFile] {
        var files: [NamedFile] = []
        if let keyFile { files.append(NamedFile(.key, keyFile)) }
        if let path = settings["exchange.ca_file"] { files.append(NamedFile(.certificates, path)) }
        for sink in alerts {
            for (name, kind) in Self.filesOfSinks {
                if case .text(let path)? = sink[name] { files.append(NamedFile(kind, path)) }
            }
        }
        return files
    }

    /// What is handed down to its sweeps.
    /// - Parameter memory: what somebody has beside it, for files that can't be read any more.
    func memory(stateDirectory: String, beside memory: AcceptedMemory? = nil) throws -> AcceptedMemory {
        var all: [String: AnyValue] = settings.mapValues { .text($0) }
        all["state_dir"] = .text(stateDirectory)
        all["strategies"] = .sinks([])
        all["alerts"] = .sinks(alerts)
        if keyFile == nil { all["exchange.key_file"] = nil }
        // JSON is YAML.
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(all), as: UTF8.self)
        return AcceptedMemory(lastLife: text, files: files, beside: memory)
    }

    private enum AnyValue: Encodable {
        case text(String)
        case sinks([[String: WrittenValue]])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .sinks(let sinks): try container.encode(sinks)
            }
        }
    }

    // MARK: The file

    static func path(in stateDirectory: String) -> String { stateDirectory + "/accepted.json" }

    /// Durably, before anything rests on it.
    func write(in stateDirectory: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try AtomicFile.write(
            Array(try encoder.encode(self)), to: Self.path(in: stateDirectory), mode: 0o600)
    }

    enum Found {
        case none, unreadable
        case life(KeptLife)
    }

    static func read(in stateDirectory: String) -> Found {
        let path = path(in: stateDirectory)
        guard access(path, F_OK) == 0 else {
            return errno == ENOENT || errno == ENOTDIR ? .none : .unreadable
        }
        // Neither why it can't be read nor what is wrong in it changes what follows.
        guard let data = try? Data(contentsOf: URL(filePath: path)),
            let life = try? JSONDecoder().decode(KeptLife.self, from: data), life.version == version
        else {
            // Whoever wrote it placed orders: that much it says.
            return .unreadable
        }
        return .life(life)
    }

    /// Nothing of it can rest. One that can't be removed is in nobody's way: it is looked at once more.
    static func forget(in stateDirectory: String) { unlink(path(in: stateDirectory)) }
}

/// Writes down whose orders are placed before the first of them is durable.
final class KeepingStore: TransactionStore {
    private let store: any TransactionStore
    private let life: KeptLife
    private let directory: String
    private let complain: @Sendable (String) -> Void
    private let isKept = Atomic<Bool>(false)
    private let hasComplained = Atomic<Bool>(false)

    init(
        _ store: any TransactionStore, _ life: KeptLife, in directory: String,
        complain: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.life = life
        self.directory = directory
        self.complain = complain
    }

    func commit(_ transaction: Trading.Transaction) -> CommitResult {
        if !isKept.load(ordering: .relaxed),
            transaction.turns.contains(where: { $0.records.contains(where: \.isIntent) })
        {
            do {
                try life.write(in: directory)
                isKept.store(true, ordering: .relaxed)
            } catch  where hasComplained.exchange(true, ordering: .relaxed) {
                // It was told, and is tried again with the next intent.
            } catch {
                complain(
                    "\(error): if this host is lost and the configuration has changed, the next start does not "
                        + "know whose orders to look for")
            }
        }
        return store.commit(transaction)
    }

    func rest() { store.rest() }
}

extension Record {
    fileprivate var isIntent: Bool { if case .intent = self { true } else { false } }
}
