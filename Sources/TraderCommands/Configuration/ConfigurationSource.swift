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
    /// What a guardian handed down: then no file is read that may have changed since.
    var accepted: AcceptedMemory?
    /// For a sweep: mistakes in what it has no use for are passed over.
    var isForSweep = false

    /// - Throws: `Leave` with every mistake.
    func load() throws -> Configuration { try read().configuration }

    /// The configuration, and where it came from.
    /// - Throws: `Leave` with every mistake.
    func read() throws -> ConfigurationLoader {
        guard let accepted else { return try read(ConfigurationFiles()) }
        var loader = try read(ConfigurationFiles(accepted.start))
        if let reloaded = accepted.reloaded {
            let next = try read(ConfigurationFiles(reloaded)).configuration
            loader.change { Reloader.take(next, into: &$0) }
        }
        return loader
    }

    /// The same as it is on the disk now.
    var present: ConfigurationSource {
        var source = self
        source.accepted = nil
        source.isForSweep = false
        return source
    }

    private func read(_ files: ConfigurationFiles) throws -> ConfigurationLoader {
        guard var loader = ConfigurationLoader() else {
            throw Leave(Trading.ExitCode.internalError, "no defaults")
        }
        loader.onlyLooks = onlyLooks
        loader.isForSweep = isForSweep
        loader.files = files
        loader.environment = ProcessInfo.processInfo.environment
        loader.strategies = strategies
        if let accepted, accepted.isOfLastLife {
            // All of it is in there; what is said now is said of another life.
            loader.environment = accepted.environment(loader.environment)
            loader.file = (AcceptedMemory.lastLife, try files.text(of: AcceptedMemory.lastLife))
        } else {
            loader.flags = flags
            loader.profileFlag = profile
            if let path { loader.file = (path, try files.text(of: path)) }
        }
        do {
            _ = try loader.load()
        } catch {
            throw Leave(Trading.ExitCode.configuration, "\(error)")
        }
        return loader
    }

    /// Where the state directory is, as far as that can be told from a configuration with mistakes.
    var stateDirectory: String { statePlace.directory }

    /// The same, and whether it is certain: said by a flag or a variable, or by a file that could be read as YAML.
    var statePlace: (directory: String, isCertain: Bool) {
        guard var loader = ConfigurationLoader() else { return ("./var", false) }
        loader.onlyLooks = true
        loader.environment = ProcessInfo.processInfo.environment
        loader.flags = flags
        loader.profileFlag = profile
        var written: String?
        var isReadable = true
        if let path {
            // Why it can't be read is told by whoever loads it.
            let text = try? ConfigurationFiles().text(of: path)
            loader.file = text.map { (path, $0) }
            isReadable = text.map(ConfigurationLoader.isTable) ?? false
            // What is no YAML at all may have lost this line's neighbours only.
            written = text?.split(separator: "\n").last { $0.hasPrefix("state_dir:") }
                .map { $0.dropFirst("state_dir:".count).trimmingPrefix { $0 == " " } }
                .map { $0.prefix { $0 != "#" }.filter { !"\"' \t\r".contains($0) } }
        }
        // Its mistakes are told by whoever loads it.
        _ = try? loader.load()
        let isSet = loader.isSet("state_dir")
        if !isSet, let written, !written.isEmpty { return (written, isReadable) }
        // A value that is refused leaves the default in its place.
        let isRefused = loader.hasMistake("state_dir")
        return (loader.configuration.stateDirectory, (isReadable || isSet) && !isRefused)
    }
}
