// One life of the daemon, from the locks to the exit code: what is made in which order, and what a failure on the
// way means. Nothing here decides anything about orders.
//
// Locks, the older report, the store, the exchange, the core, the loop. A store that cannot be read does
// not keep the account from being cleaned: see UnreadableStore.

import Alerting
import CLinux
import Daemon
import Exchanges
import FoundationEssentials
import Glibc
import Storage
import Strategies
import Supervision
import Telemetry
import Trading
import TradingDomain

struct Life {
    private(set) var configuration: Configuration
    /// As it was loaded, before a guardian took its share.
    let loaded: Configuration
    let wishes: RunWishes
    private let environment = ProcessInfo.processInfo.environment

    init(_ configuration: Configuration, _ wishes: RunWishes) {
        self.configuration = configuration
        loaded = configuration
        self.wishes = wishes
        wishes.guarded?.share(&self.configuration.core.stop)
        if wishes.guarded?.adopts == true { self.configuration.core.leftovers = .adopt }
    }

    /// - Returns: the exit code of the stop.
    func run() throws -> Int32 {
        let startedAt = UTCInstant(nanoseconds: cl_utc_nanoseconds())
        let watchdog = Launch.watchdog
        watchdog?.configure(WatchdogLimits(configuration.core.stop))
        if let limit = wishes.guarded?.limit {
            // Its guardian may be dead when it hangs on the way to its first turn, and it has the lock.
            watchdog?.arm(deadline: realNow() + limit)
        }
        let locks = try Failure.naming { try takeLocks(startedAt) }
        defer { withExtendedLifetime(locks) {} }
        try wishes.confirmation?.demand(Launch.interruption)
        let reportFile = ShutdownReportFile(stateDirectory: configuration.stateDirectory)
        let (log, problem) = try Failure.naming {
            try Log.standard(configuration.logSettings, environment: { environment[$0] })
        }
        if let problem { say(log, .warning, "log", "\(problem)", startedAt) }
        let previous = reportFile.previous()
        prepare(reportFile, watchdog, log, startedAt)
        let acceptance = startAcceptance(log)

        let inbox = Inbox(signals: watchdog?.signals ?? SignalBox())
        let metrics = startMetrics(facts(startedAt), inbox, previous, log)
        let operations = try Failure.naming {
            try beginOperations(inbox, metrics, log, startedAt, acceptance)
        }
        let view = try operations.flatMap { operations in
            try Failure.naming { try TerminalView.begin(configuration, log, environment, operations.status) }
        }
        let opened = try openStore(log, startedAt)
        // The process leaves with the store open, as a killed one would. Let go of, it would be closed by whichever
        // thread is the last, and the process would end in the middle of that.
        Launch.keepToTheEnd(opened.store)
        var chosen = configuration
        substituteKey(&chosen, acceptance, log)
        var mayTrade = true
        if !wishes.sweeps, opened.failure == nil {
            mayTrade = try Failure.naming {
                try chosen.chooseUniverse(wishes, watchdog?.signals, startedAt, log)
            }
        }
        let market = try Failure.naming {
            try Market(chosen, wishes, watchdog?.signals, startedAt, log)
        }
        var core = chosen.coreConfiguration
        core.maximumCycles = wishes.once ? 1 : nil
        // In virtual time a line per order would be thousands a second.
        core.tellsOrders = !market.isVirtual && configuration.mode != .dryRun
        core.sweepsOnly = wishes.sweeps
        core.cancelsForeign = wishes.sweepsAll
        core.crash = wishes.crash
        if wishes.sweeps { core.leftovers = .cancel }
        if let stop = opened.durable.stopped {
            core.distrustsMarker = !reportFile.hasReport(ofEpoch: stop.epoch)
        }
        let tradesNothing = opened.failure != nil || wishes.sweeps || market.tradesNothing || !mayTrade
        let strategies = tradesNothing ? [] : chosen.strategies
        let watch = watchStrategies(strategies.map(\.name), market, &core, log, startedAt)
        var parts = try Failure.naming {
            try makeParts(market, inbox, opened, log, reportFile, startedAt, core, strategies)
        }
        parts.operations = operations?.desk
        parts.view = view
        parts.meter = metrics
        parts.strategyWatch = watch
        parts.programs = try Failure.naming { try Programs.host(strategies, inbox, market, watch, log) }
        let tradingCore: TradingCore
        do {
            tradingCore = try TradingCore(
                configuration: core, capabilities: market.exchange.capabilities,
                products: market.exchange.products,
                strategies: StrategyText.running(strategies)
                    .map { strategy in watch.map { strategy.watched(by: $0) } ?? strategy },
                durable: opened.durable)
        } catch {
            throw Leave(ExitCode.configuration, "\(error)")
        }
        market.exchange.start(sink: inbox)
        try Failure.naming { try watchKey(market.exchange, chosen, acceptance, log) }
        // What a life, and above all a sweep, asks first should not fail for want of a connection.
        market.exchange.awaitConnections(.milliseconds(300))
        if wishes.resume { _ = inbox.request(.resume) }
        // What reading the configuration and checking the store took is not needed again.
        cl_trim_heap()
        let code = TradingLoop(core: tradingCore, parts: parts).run()
        if watch != nil { CrashNote.remove(for: configuration.stateDirectory) }
        // Last of all: whoever looks sees the stop to its end.
        operations?.close()
        return code
    }

    // MARK: Steps

    private func beginOperations(
        _ inbox: Inbox, _ metrics: TradingMetrics, _ log: Log, _ startedAt: UTCInstant,
        _ acceptance: Acceptance?
    ) throws -> Operations? {
        guard let operators = wishes.operators, !wishes.sweeps else { return nil }
        return try Operations.begin(
            loaded, operators.settings, operators.source, inbox, [.metrics(metrics)], log, startedAt,
            acceptance)
    }

    private func takeLocks(_ startedAt: UTCInstant) throws -> [InstanceLock] {
        let holder = LockHolder.current(startedAt: startedAt)
        let directory = configuration.stateDirectory
        // A guardian holds the instance lock already, and passes its descriptor.
        let instance =
            if let guarded = wishes.guarded {
                try InstanceLock(inheriting: guarded.lock, path: Locks.instancePath(in: directory))
            } else {
                try Locks.instance(in: directory, holder: holder)
            }
        // The trader that can't be killed still has the other one.
        if let sweep = wishes.guarded?.sweep, !sweep.kind.takesTraderLock { return [instance] }
        return [instance, try Locks.trader(in: directory, holder: holder)]
    }

    /// Yesterday's report makes room; the watchdog gets a file for its last words. Neither is worth not
    /// starting for.
    private func prepare(
        _ file: ShutdownReportFile, _ watchdog: Watchdog?, _ log: Log, _ now: UTCInstant
    ) {
        do throws(FileFailure) {
            try file.archiveOlder()
            watchdog?.attach(try file.openLastGasp())
        } catch {
            say(log, .warning, "shutdown-report", "\(error)", now)
        }
    }

    struct OpenedStore {
        var store: any TransactionStore
        var durable: DurableState
        /// What earlier lives left of alerts; the store itself, to write down what becomes of them.
        var outbox = Outbox()
        var state: StateStore?
        /// Why there is none; trading is out of the question, cleaning is not.
        var failure: String?
    }

    /// - Throws: what is a mistake of the operator's, so that nothing of anybody else's is swept.
    private func openStore(_ log: Log, _ now: UTCInstant) throws -> OpenedStore {
        if wishes.leavesStoreAlone {
            let why = "this sweep leaves the store alone"
            say(
                log, .warning, "exchange-only",
                "\(why): orders of bot \(configuration.bot) are canceled by the exchange's lists", now)
            return OpenedStore(store: UnreadableStore(why), durable: DurableState(), failure: why)
        }
        do throws(StoreError) {
            let store = try StateStore.open(
                at: configuration.stateDirectory, bot: configuration.bot, mode: configuration.mode)
            return OpenedStore(
                store: store, durable: try store.load(), outbox: try store.outbox(), state: store,
                failure: nil)
        } catch {
            let isGuardedSweep = wishes.guarded?.sweep != nil
            switch error {
            case .otherBot where isGuardedSweep, .otherMode where isGuardedSweep,
                .foreign where isGuardedSweep:
                // What its guardian must tell from other refusals: without the store nothing is proved either.
                throw Leave(SweepExit.otherOwner, error.description)
            case .otherBot, .otherMode, .foreign, .networkFilesystem:
                throw Leave(ExitCode.configuration, error.description)
            default: break
            }
            say(
                log, .alert, "store-unreadable",
                "\(error). Nothing is traded; orders of bot \(configuration.bot) at the exchange are canceled "
                    + "by their client order ids", now)
            return OpenedStore(
                store: UnreadableStore(error.description), durable: DurableState(),
                failure: error.description)
        }
    }

    private func makeParts(
        _ market: Market, _ inbox: Inbox, _ opened: OpenedStore, _ log: Log,
        _ reportFile: ShutdownReportFile, _ startedAt: UTCInstant, _ core: CoreConfiguration,
        _ strategies: [ConfiguredStrategy]
    ) throws -> LoopParts {
        let committer = try CommitThread(store: kept(opened, log), inbox: inbox)
        var parts = LoopParts(
            facts: facts(startedAt),
            clock: market.clock, inbox: inbox, exchange: market.exchange,
            committer: committer, log: log, reportFile: reportFile)
        let office = try makeOffice(opened, committer, log)
        tell(problems: problems(), to: office, log: log, at: startedAt)
        parts.alerts = office
        // What no store holds is not taken up by the next life.
        parts.endsAtLeisure = wishes.sweeps || opened.failure != nil
        parts.overseer = Launch.watchdog
        parts.lifeline = Launch.lifeline
        if !wishes.sweeps { parts.sidecar = SidecarBeats(stateDirectory: configuration.stateDirectory) }
        parts.runFor = wishes.runFor
        if let source = market.timeSource { parts.timeSources = [source] }
        if let path = wishes.record {
            parts.recorder = try Recorder(
                path: path,
                header: RecordHeader(
                    version: Version.text, configuration: core,
                    capabilities: market.exchange.capabilities, products: market.exchange.products,
                    strategies: try StrategyText.text(of: strategies),
                    initial: RecordHeader.InitialState(
                        epoch: opened.durable.epoch, journalRow: 0, journalHash: "")),
                waitsWhenFull: market.isVirtual)
        }
        return parts
    }

    /// Nil where nothing is decided, or in no time of this world. What the note of the life before says is for the core.
    private func watchStrategies(
        _ names: [String], _ market: Market, _ core: inout CoreConfiguration, _ log: Log, _ now: UTCInstant
    ) -> StrategyWatch? {
        guard !names.isEmpty, !market.isVirtual else { return nil }
        core.diedDeciding = CrashNote.read(for: configuration.stateDirectory)
        var note: CrashNote?
        do throws(FileFailure) {
            note = try CrashNote(for: configuration.stateDirectory, names: names)
        } catch {
            say(
                log, .warning, "crash-note",
                "\(error); a strategy that kills the process will not be told from other deaths", now)
        }
        return StrategyWatch(limit: configuration.strategyTimeLimit, note: note)
    }

    /// Nil when the operator wants no alerts. A replay has none either: its time is not now.
    private func makeOffice(_ opened: OpenedStore, _ committer: CommitThread, _ log: Log) throws
        -> AlertOffice?
    {
        guard !configuration.alerts.isEmpty else { return nil }
        if case .replay = configuration.feed { return nil }
        let access = opened.state.map { state in
            OutboxAccess(
                mark: { state.mark($0) }, writeSoon: { committer.rest() },
                isWritten: { state.hasWrittenMarks })
        }
        let office = try AlertOffice(
            configuration.alerts, AlertOrigin(configuration), outbox: opened.outbox, store: access,
            spool: GuardianSpool(stateDirectory: configuration.stateDirectory, bot: configuration.bot),
            log: log)
        if let failure = opened.failure, !wishes.leavesStoreAlone {
            post(
                "store-unreadable",
                "\(failure). Nothing is traded; every order of this bot is being canceled",
                office)
        }
        return office
    }

    private func facts(_ startedAt: UTCInstant) -> LifeFacts {
        LifeFacts(
            version: Version.text, bot: configuration.bot, pid: getpid(), startedAt: startedAt,
            mode: configuration.mode)
    }

    /// What the last life left in the file is not to be taken for this one's.
    private func startMetrics(_ facts: LifeFacts, _ inbox: Inbox, _ previous: ShutdownReport?, _ log: Log)
        -> TradingMetrics
    {
        let metrics = TradingMetrics.bootstrap(
            facts, configuration.metricsSettings, guardianRestarts: wishes.guarded?.restarts, inbox: inbox,
            previous: previous)
        if let problem = metrics.writeTextfile() {
            say(log, .warning, "metrics", "\(problem)", facts.startedAt)
        }
        return metrics
    }

    private func say(
        _ log: Log, _ level: Notice.Level, _ event: String, _ message: String, _ at: UTCInstant
    ) {
        log.write(LogLine(level, event, message, at: at))
    }
}

extension StateStore: TransactionStore {}

extension AlertOrigin {
    init(_ configuration: Configuration) {
        var name = [CChar](repeating: 0, count: 256)
        let isKnown = gethostname(&name, name.count - 1) == 0
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.init(
            bot: configuration.bot, mode: configuration.mode, host: isKnown ? host : "unknown host",
            version: Version.text)
    }
}
