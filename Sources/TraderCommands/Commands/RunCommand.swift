import ArgumentParser
import Control
import FoundationEssentials
import Trading

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Trade until a signal, and leave the account clean.",
        discussion: """
            Without any configuration a small grid trades on the embedded exchange. SIGTERM, Ctrl-C or a \
            closed terminal stop it; a second one hurries, a third leaves at once and names what is left.

            On a terminal the bot is shown live below its log (--no-view: only the log).

            Live trading needs `mode: live` and the portfolio's id in the configuration file, and that you \
            type that id at the terminal, or set TRADER247_CONFIRM_LIVE to it without one.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "dry-run (nothing is sent), paper (the embedded exchange) or live (real orders).")
    var mode: String?
    @Option(
        help: ArgumentHelp(
            "Where prices come from: simulated, replay:FILE, replay:SYMBOL=FILE or coinbase.",
            valueName: "feed"))
    var feed: String?
    @Option(help: "Time between decisions when nothing happens, like 5s.")
    var interval: String?
    @Flag(help: "Decide once, place what is wanted, then stop clean.")
    var once = false
    @Flag(help: "Leave a halt that an earlier run left standing: you have seen why, trading may go on.")
    var resume = false
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Stop after this much trading time.", valueName: "duration"))
    var runFor: String?
    @Option(help: "Seeds the jitter.")
    var seed: String?
    @Option(help: "How fast trading time runs: a factor, or max for a replay.")
    var speed: String?
    @Option(help: ArgumentHelp("Record every event for a replay bit for bit.", valueName: "file"))
    var record: String?
    @Option(help: "From the signal to the exit, like 8s.")
    var deadline: String?
    @Flag(help: "Only log lines, also on a terminal.")
    var noView = false
    @Flag(help: "Trade without a guardian: nobody sweeps if the process dies.")
    var noGuardian = false
    @Option(help: .hidden)
    var guarded: String?

    func run() throws {
        var source = try options.source([
            ("mode", mode), ("feed", feed), ("interval", interval), ("seed", seed), ("speed", speed),
            ("stop.deadline", deadline), ("view", noView ? ViewChoice.off.rawValue : nil),
        ])
        var wishes = RunWishes(once: once, resume: resume, record: record)
        if let guarded {
            guard let spec = Guarded(guarded) else {
                throw ValidationError("--guarded is the guardian's own")
            }
            wishes.guarded = spec
            // Only the first trader is the operator's wish.
            wishes.resume = resume && spec.restarts == 0
            source.accepted = try spec.memory()
        }
        wishes.source = source
        let configuration = try source.load()
        wishes.operators = (try controlSettings(configuration, &wishes), source)
        if let runFor {
            guard let duration = Values.duration(runFor), duration > .zero else {
                throw ValidationError("--for wants a duration like 30s or 5m, not '\(runFor)'")
            }
            wishes.runFor = duration
        }
        if configuration.mode == .live {
            wishes.confirmation = .live(configuration, ProcessInfo.processInfo.environment)
            // Once, while somebody looks; not again by each trader that a guardian starts.
            if guarded == nil { try GateKeeper.tellAtStart(configuration, source) }
        }
        if !noGuardian, guarded == nil {
            try GuardianLaunch(
                configuration: configuration, wishes: wishes, words: Launch.words, sweepWords: sweepWords
            ).begin()
        }
        let code = try Life(configuration, wishes).run()
        throw Leave(code)
    }

    /// - Throws: `Leave` with 78 where the token of TCP can't be had. A trader that is started again goes on without.
    private func controlSettings(_ configuration: Configuration, _ wishes: inout RunWishes) throws
        -> ControlSettings
    {
        do throws(ControlTokenError) {
            return try configuration.control.settings(configuration.stateDirectory)
        } catch {
            guard let spec = wishes.guarded, spec.restarts > 0 else {
                throw Leave(Trading.ExitCode.configuration, error.description)
            }
            wishes.problems.append("\(error.description); operators are not heard over TCP")
            return ControlSettings(stateDirectory: configuration.stateDirectory)
        }
    }

    /// What a sweep of the same account says on its command line.
    private var sweepWords: [String] {
        var words = options.words
        if let mode { words += ["--mode", mode] }
        for (key, text) in [("feed", feed), ("speed", speed)] {
            if let text { words += ["--set", "\(key)=\(text)"] }
        }
        return words
    }
}

/// What is asked of one run only.
struct RunWishes {
    var once = false
    var resume = false
    /// Only cancel and prove; nothing is placed.
    var sweeps = false
    /// Orders that are not ours, too.
    var sweepsAll = false
    /// Neither opens the store nor believes it.
    var leavesStoreAlone = false
    /// How the life ended that this sweep follows.
    var crash: String?
    /// By the guardian that started this process.
    var guarded: Guarded?
    /// What somebody must say before anything begins.
    var confirmation: Confirmation?
    var record: String?
    var runFor: Duration?
    /// Whence the configuration came.
    var source: ConfigurationSource?
    /// What must be alerted though the life goes on.
    var problems: [String] = []
    /// Nil for a life that nobody talks to.
    var operators: (settings: ControlSettings, source: ConfigurationSource)?
}
