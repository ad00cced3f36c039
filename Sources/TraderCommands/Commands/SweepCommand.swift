import ArgumentParser
import Coinbase
import Daemon
import FoundationEssentials
import Supervision
import Trading

struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Cancel every order of this bot and prove that none is left.",
        discussion: """
            Where a daemon runs, it is asked to: it cancels, proves, and trades on (`pause` or `halt` first if it shall \
            not). Where none runs, this takes the bot's locks, places nothing, and ends like a stop, with the same \
            report and exit codes: 0 only when the exchange's own list is empty.

            With --all it cancels every order of the account, whoever placed it.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "paper, live or dry-run, if the configuration does not say it.")
    var mode: String?
    @Flag(help: "Every order of the account, also those of other bots and people.")
    var all = false
    @Flag(help: "Confirms --all without a terminal.")
    var yes = false
    @Option(help: "How long it may take.")
    var deadline = "60s"
    @Flag(help: "After a trader died: the same, and the crash is alerted and reported.")
    var afterCrash = false
    @Flag(
        help:
            "By the exchange's lists and the ids of this bot alone; the store is left alone (exit 4 at best)."
    )
    var exchangeOnly = false
    @Option(help: "How the trader died, for the report.")
    var reason: String?
    @Option(help: .hidden)
    var guarded: String?

    func validate() throws {
        if all, afterCrash || exchangeOnly {
            throw ValidationError(
                "--all is for people; --after-crash and --exchange-only touch only this bot's")
        }
        if yes, !all { throw ValidationError("--yes confirms --all; without it nothing needs confirmation") }
    }

    func run() throws {
        var source = try options.source([("mode", mode), ("stop.deadline", deadline)])
        var wishes = RunWishes()
        wishes.sweeps = true
        if let guarded {
            guard let spec = Guarded(guarded), spec.sweep != nil else {
                throw ValidationError("--guarded is the guardian's own")
            }
            wishes.guarded = spec
            source.accepted = try spec.memory()
            source.isForSweep = true
            if spec.isAttached { try source.takeLastLife() }
        }
        wishes.source = source
        let configuration = try source.load()
        if guarded == nil, !all, !afterCrash, !exchangeOnly, try sweepRunning() { return }
        // After a crash every moment counts: there the core asks it beside the first cancels.
        if configuration.mode == .live, guarded == nil { try checkPortfolio(configuration) }
        let sweep = wishes.guarded?.sweep
        wishes.leavesStoreAlone = exchangeOnly || sweep == .exchangeOnly || sweep == .besideTrader
        if afterCrash || sweep != nil { wishes.crash = reason ?? "the trader died" }
        wishes.sweepsAll = all
        if all {
            wishes.confirmation = .sweepAll(configuration, isGivenBeforehand: yes)
        }
        let code = try Life(configuration, wishes).run()
        if code == Trading.ExitCode.clean {
            KeptLife.end(provedBy: configuration)
        } else if code == Trading.ExitCode.stateNotFlushed, exchangeOnly || sweep == .exchangeOnly,
            let doubt = StoreOwner.doubt(configuration)
        {
            throw Leave(
                guarded == nil ? Trading.ExitCode.ordersRemain : SweepExit.otherOwner,
                "\(doubt): that none of bot \(configuration.bot) is listed proves nothing of its orders")
        }
        throw Leave(code)
    }

    /// False when no daemon runs here.
    private func sweepRunning() throws -> Bool {
        let daemon = try RunningDaemon(options)
        guard let life = try daemon.status() else { return false }
        let before = life.core?.sweeps ?? 0
        try daemon.tell("/v1/sweep")
        let limit = Values.duration(deadline) ?? .seconds(60)
        let end = try daemon.follow(life, within: limit) { now in
            (now.core?.lastProvedSweep ?? 0) > before || Launch.watchdog?.signals.signal(0) != nil
        }
        guard let end else { throw Leave(Trading.ExitCode.ordersRemain, "the daemon ended before the proof") }
        guard (end.core?.lastProvedSweep ?? 0) > before else {
            throw Leave(Trading.ExitCode.ordersRemain, "interrupted; the daemon sweeps on")
        }
        Output.line("swept: the exchange's list showed none of our orders")
        return true
    }

    /// A sweep of another account than the one that is meant would prove what nobody asked, or cancel what nobody
    /// meant. A venue that does not say whose the key is never keeps us from our own orders.
    private func checkPortfolio(_ configuration: Configuration) throws {
        let answer = try Failure.naming {
            let key = try configuration.key()
            let probe = VenueProbe(
                try CoinbaseExchange(configuration.openVenue, key: key, symbols: [], clock: SystemClock()),
                patience: .seconds(3))
            defer { probe.close() }
            return probe.ask(.permissions)
        }
        switch answer {
        case .permissions(let permissions) where permissions.portfolio == configuration.venue.portfolio:
            return
        case .permissions(let permissions):
            throw Leave(
                Trading.ExitCode.configuration,
                "the key belongs to portfolio \(permissions.portfolio), configured is "
                    + "\(configuration.venue.portfolio ?? "none"); nothing was canceled")
        case .failed(let failure) where all:
            throw Leave(
                Trading.ExitCode.internalError,
                "the venue does not say whose portfolio --all would sweep (\(failure.reason)); nothing was canceled"
            )
        default: return
        }
    }
}
