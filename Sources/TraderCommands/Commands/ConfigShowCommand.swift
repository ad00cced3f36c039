import ArgumentParser
import Trading

extension ConfigCommand {
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every effective value and where it comes from; secrets are never shown.")

        @OptionGroup var options: ConfigurationOptions

        @Flag(help: "Only what somebody set.")
        var changed = false

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let loader = try options.read()
            let rows = EffectiveValue.all(loader).filter { !changed || $0.isSet }
            if json {
                return try Output.json(
                    Shown(
                        file: options.config, profile: loader.profile?.name, profileBy: loader.profile?.by,
                        settings: rows))
            }
            if let profile = loader.profile { Output.line("profile \(profile.name), by \(profile.by)") }
            Output.table(["KEY", "VALUE", "FROM"], rows.map { [$0.key, $0.value, $0.from] })
        }
    }

    private struct Shown: Encodable {
        let file: String?
        let profile: String?
        let profileBy: String?
        let settings: [EffectiveValue]
    }
}

/// One value in effect, for people and machines.
struct EffectiveValue: Encodable {
    let key: String
    let value: String
    /// For people.
    let from: String
    let origin: Source

    struct Source: Encodable {
        /// default, derived, file, environment or flag.
        let kind: String
        var place: String?
        var profile: String?

        init(_ origin: Origin?) {
            switch origin {
            case nil: kind = "default"
            case .derived(let why)?: (kind, place) = ("derived", why)
            case .file(let place, let profile)?: (kind, self.place, self.profile) = ("file", place, profile)
            case .environment(let variable)?: (kind, place) = ("environment", variable)
            case .flag(let name)?: (kind, place) = ("flag", name)
            }
        }
    }

    var isSet: Bool { origin.kind != "default" }

    init(_ key: String, _ value: String, _ origin: Origin?) {
        self.key = key
        self.value = value
        from = Origin.words(origin)
        self.origin = Source(origin)
    }

    static func all(_ loader: ConfigurationLoader) -> [EffectiveValue] {
        let configuration = loader.configuration
        let account = configuration.account
        var rows = Settings.all.map { EffectiveValue($0.key, $0.show(configuration), loader.origins[$0.key]) }
        func add(_ key: String, _ value: String) {
            rows.append(EffectiveValue(key, value, loader.origins[key]))
        }
        add(
            "paper.balances",
            account.balances.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(
                separator: ", "))
        add("paper.products", account.listings.map(\.product.symbol.description).joined(separator: ", "))
        if configuration.strategies.isEmpty { add("strategies", "none") }
        for strategy in configuration.strategies { add("strategies", strategy.summary) }
        if configuration.alerts.isEmpty { add("alerts", "none") }
        // An address may be a secret: only its host.
        for sink in configuration.alerts { add("alerts", "\(sink.kind.word) '\(sink.name)', \(sink.place)") }
        // Of a key only where it comes from.
        let key: Origin? =
            configuration.hasEnvironmentKey && configuration.keyFile == nil
            ? .environment(Credentials.keyVariable) : loader.origins["exchange.key_file"]
        rows.append(EffectiveValue("credentials", configuration.credentials.words, key))
        return rows
    }
}
