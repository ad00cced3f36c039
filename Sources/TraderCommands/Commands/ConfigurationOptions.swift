// The options that choose and change the configuration; flags go over the environment, that over the file.

import ArgumentParser
import FoundationEssentials
import Trading

struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration file (YAML).", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The part under `profiles:` of the file that goes over the rest of it (default: the one that has the "
                + "mode's name).", valueName: "name"))
    var profile: String?

    @Option(help: ArgumentHelp("Where state, logs and reports are kept (default ./var).", valueName: "dir"))
    var stateDir: String?

    @Option(
        help: ArgumentHelp(
            "The paper exchange's own book (default <state-dir>/paper).", valueName: "dir"))
    var paperBook: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Any setting of the file, e.g. --set risk.max_working_orders=50.", valueName: "key=value"))
    var settings: [String] = []

    /// The same options as words of a command line.
    var words: [String] {
        let pairs = [
            ("--config", config), ("--profile", profile), ("--state-dir", stateDir),
            ("--paper-book", paperBook),
        ]
        return pairs.flatMap { name, text in text.map { [name, $0] } ?? [] }
            + settings.flatMap { ["--set", $0] }
    }

    /// The configuration with these flags over file and environment.
    func load(_ more: [(key: String, text: String?)] = [], onlyLooks: Bool = false) throws -> Configuration {
        var source = try source(more)
        source.onlyLooks = onlyLooks
        return try source.load()
    }

    /// The configuration, and where each value of it came from.
    func read() throws -> ConfigurationLoader {
        var source = try source()
        source.onlyLooks = true
        return try source.read()
    }

    /// Where it comes from, for reading it again.
    func source(_ more: [(key: String, text: String?)] = []) throws -> ConfigurationSource {
        var flags = ([("state_dir", stateDir), ("paper.book", paperBook)] + more.map { ($0.key, $0.text) })
            .compactMap { key, text in
                text.map { ConfigurationFlag(key: key, text: $0, name: Self.flagName(key)) }
            }
        for setting in settings {
            guard let sign = setting.firstIndex(of: "=") else {
                throw ValidationError("--set wants key=value, not '\(setting)'")
            }
            let key = String(setting[..<sign])
            flags.append(
                ConfigurationFlag(
                    key: key, text: String(setting[setting.index(after: sign)...]), name: "--set \(key)"))
        }
        return ConfigurationSource(path: config, flags: flags, profile: profile)
    }

    /// Flags are named as their keys, with few exceptions.
    private static func flagName(_ key: String) -> String {
        switch key {
        case "stop.deadline": "--deadline"
        case "view": "--no-view"
        case "paper.book": "--paper-book"
        default: "--" + key.replacing("_", with: "-")
        }
    }
}
