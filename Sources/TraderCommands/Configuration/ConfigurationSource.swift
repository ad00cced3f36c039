// Where a configuration came from, so that it can be read again while the daemon runs.

import FoundationEssentials
import Trading

struct ConfigurationSource: Sendable {
    /// The file's name; nil without one.
    var path: String?
    var flags: [ConfigurationFlag]
    var profile: String?
    var onlyLooks = false
    var strategies = StrategyChoice()

    /// - Throws: `Leave` with every mistake.
    func load() throws -> Configuration { try read().configuration }

    /// The configuration, and where it came from.
    /// - Throws: `Leave` with every mistake.
    func read() throws -> ConfigurationLoader {
        guard var loader = ConfigurationLoader() else {
            throw Leave(Trading.ExitCode.internalError, "no defaults")
        }
        loader.onlyLooks = onlyLooks
        loader.environment = ProcessInfo.processInfo.environment
        loader.flags = flags
        loader.strategies = strategies
        loader.profileFlag = profile
        if let path { loader.file = (path, try Self.text(of: path)) }
        do {
            _ = try loader.load()
        } catch {
            throw Leave(Trading.ExitCode.configuration, "\(error)")
        }
        return loader
    }

    static func text(of path: String) throws -> String {
        do {
            return try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            throw Leave(Trading.ExitCode.configuration, "cannot read the configuration \(path): \(error)")
        }
    }
}
