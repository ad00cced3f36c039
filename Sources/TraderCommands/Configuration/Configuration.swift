// Everything that an operator decides, with its defaults. Values only; where they come from is the loader's
// business, and what is wrong with them is said there.

import Alerting
import Coinbase
import Daemon
import Exchanges
import FoundationEssentials
import Strategies
import Supervision
import Telemetry
import Trading
import TradingDomain
import WebTokens

/// What a terminal shows of `run`.
enum ViewChoice: String, CaseIterable, Sendable {
    /// The bot, live, below the log.
    case auto
    /// The log only.
    case off
}

struct Configuration: Sendable {
    /// Where prices come from.
    enum FeedChoice: Equatable, Sendable {
        case simulated
        case replay(file: String, symbol: Symbol?)
        /// The venue's own market data.
        case coinbase
    }

    /// How fast trading time runs.
    enum Speed: Equatable, Sendable {
        case times(Double)
        /// Time stands until something is due; replays only.
        case maximum
    }

    var bot: BotID
    var mode = Mode.paper
    var stateDirectory = "./var"
    var core: CoreConfiguration
    var network = PaperNetwork()
    var account = PaperAccount.standard
    /// Nil for `<state-dir>/paper`.
    var paperBook: String?
    var feed = FeedChoice.simulated
    var replaySpread = Rate(basisPoints: 2)
    var replayDepth = Quantity(1)
    /// Nil for what suits the feed: replays at full speed, anything else in real time.
    var speed: Speed?
    var strategies = [Configuration.standardGrid]
    var view = ViewChoice.auto
    /// A decision of a strategy that takes longer is told, and repeated ones halt it.
    var strategyTimeLimit: Duration = .milliseconds(250)
    /// By which rules strategies that follow the universe get their markets.
    var universe = UniverseRules()
    var logLevel = Notice.Level.info
    var logFormat = LogSettings.Format.auto
    /// Nil for the state directory's own; empty for none.
    var logFile: String?
    var logRotation = LogRotation()
    /// Where alerts go.
    var alerts: [SinkSettings] = []
    /// What follows a trader that did not end by itself.
    var onCrash = OnCrash.sweepAndRestart
    /// A trader whose loop completes nothing for longer is killed.
    var hangLimit: Duration = .seconds(10)
    /// How long a start waits for the bot's lock: a guardian beside it may be sweeping what the life before left.
    var lockWait: Duration = .zero
    /// Whether a trader that crashes may leave an image of its memory, keys included.
    var dumpsCore = false
    /// Nil for the state directory's own; "none" for none.
    var metricsFile: String?
    /// How long the end of a life waits for one more scrape.
    var metricsLinger: Duration = .zero
    /// How the venue is reached.
    var venue = CoinbaseSettings()
    var keyFile: String?
    /// How operators reach it.
    var control = ControlChoice()
    /// What is wanted before it trades live.
    var gates = GateChoice()
    /// Whether the environment brings the key.
    var hasEnvironmentKey = false
    /// Where it was read from, the key with it.
    var files = ConfigurationFiles()
    /// The sinks of `alerts` as the file says them, without addresses that stand in it.
    var writtenSinks: [[String: WrittenValue]] = []
    /// What live trading still misses, where that is no reason to refuse: for the doctor.
    var unmetDemands: [Mistake] = []

    /// Nil only if the standard name of a bot broke its own grammar.
    init?() {
        guard let bot = BotID("t247") else { return nil }
        self.bot = bot
        core = CoreConfiguration(bot: bot, mode: .paper)
    }

    var credentials: Credentials {
        if let keyFile { return .file(keyFile) }
        return hasEnvironmentKey ? .environment : .none
    }

    /// The key that signs; nil where there is none.
    func key() throws(KeyError) -> KeyFile? {
        try credentials.load(ProcessInfo.processInfo.environment, files)
    }

    /// The venue, its certificates where they can be opened whatever becomes of their file. A sweep that has none of them
    /// any more goes on with those of this machine, which trust nobody that they should not.
    var openVenue: CoinbaseSettings {
        var venue = venue
        venue.caFile = venue.caFile.flatMap { files.openCertificates($0) }
        return venue
    }

    var bookDirectory: String { paperBook ?? stateDirectory + "/paper" }

    var logSettings: LogSettings {
        var file = logFile ?? stateDirectory + "/logs/trader247.log"
        if file == "none" { file = "" }
        return LogSettings(
            file: file.isEmpty ? nil : file, format: logFormat, threshold: logLevel, rotation: logRotation)
    }

    var metricsSettings: MetricsSettings {
        var settings = MetricsSettings()
        let file = metricsFile ?? stateDirectory + "/metrics.prom"
        settings.textfile = file == "none" ? nil : file
        // A place of its own is one where somebody else reads.
        settings.sharesTextfile = metricsFile != nil
        settings.linger = metricsLinger
        return settings
    }

    var effectiveSpeed: Speed {
        if let speed { return speed }
        if case .replay = feed { return .maximum }
        return .times(1)
    }

    var usesUniverse: Bool { strategies.contains { $0.followsUniverse } }

    /// The spacing of the grid that trades where nothing is configured, and of a new file: above two maker's fees, so that
    /// a round trip can earn. A key left out of a strategy keeps the default of its own.
    static let standardSpacing: Int64 = 100

    /// A small grid that stays far within the standard limits.
    static let standardGrid: ConfiguredStrategy = {
        let symbols = ["BTC-USD", "ETH-USD"].compactMap { Symbol($0) }
        return ConfiguredStrategy(
            .grid(
                GridSettings(
                    name: "grid", symbols: symbols, levels: 5, spacing: Rate(basisPoints: standardSpacing),
                    size: .quote(Money(50)), recentre: Rate(1))))
    }()

    /// The same as a list of the configuration file.
    static let standardStrategies = standardStrategies(for: ["BTC-USD", "ETH-USD"])

    static func standardStrategies(for symbols: [String]) -> String {
        "[{type: grid, symbols: [\(symbols.joined(separator: ", "))], levels: 5, "
            + "spacing_bps: \(standardSpacing), size_quote: 50}]"
    }

    /// The core's own part, with the identity filled in.
    var coreConfiguration: CoreConfiguration {
        var core = core
        core.bot = bot
        core.mode = mode
        if usesUniverse { core.universe = universe }
        if mode == .live { core.expectedPortfolio = venue.portfolio }
        return core
    }
}
