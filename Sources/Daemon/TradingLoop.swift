// The only shell around the core: it takes one event at a time, stamps it, hands it to the core, and carries out
// what the turn says. Turns never overlap, never overtake each other, and wait for nothing but the inbox. It
// holds no policy: an `if` about orders belongs in the core.

import Exchanges
import Trading
import TradingDomain

/// What the loop drives: `TradingCore`, or a scripted one in tests.
package protocol LoopCore {
    mutating func handle(_ event: Event, at stamp: Stamp, into turn: inout Turn)
    var status: CoreStatus { get }
    func remainingOrders() -> [ShutdownReport.RemainingOrder]
    /// What operators may see; nil for a core that shows nothing.
    var overview: CoreOverview? { get }
}

extension LoopCore {
    package var overview: CoreOverview? { nil }
}

extension TradingCore: LoopCore {
    package var overview: CoreOverview? { makeOverview() }
}

/// What one step of the loop did.
package enum StepResult: Equatable, Sendable {
    /// It took an event; there may be more.
    case worked
    /// There is nothing to do before this moment of trading time (nil for never) unless something comes.
    case idle(until: MonotonicInstant?)
    /// Standing time waits for a commit.
    case waitingForStore
    /// Standing time waits for what a strategy's program answers.
    case waitingForProgram
    /// The process shall leave with this code.
    case ended(Int32)
}

/// What the loop is made of.
package struct LoopParts: Sendable {
    package var facts: LifeFacts
    package var clock: any DaemonClock
    package var inbox: Inbox
    package var exchange: any Exchange
    package var committer: any Committer
    package var log: Log
    package var reportFile: ShutdownReportFile
    package var overseer: (any Overseer)?
    /// To the guardian, if one started us.
    package var lifeline: Lifeline?
    /// To one beside us, if there is one.
    package var sidecar: SidecarBeats?
    package var recorder: Recorder?
    /// To whoever shows the bot to operators.
    package var operations: (any OperationsDesk)?
    /// Nil when nobody is alerted.
    package var alerts: (any AlertDesk)?
    /// Nobody waits for this life's exit: its last alerts may take a moment.
    package var endsAtLeisure = false
    /// What the terminal shows beside the log, if anything.
    package var view: (any LifeView)?
    /// To whoever measures.
    package var meter: (any LoopMeter)?
    /// Who runs the programs of strategies outside; nil where there are none.
    package var programs: (any ExternalHost)?
    /// Who measures the strategies' decisions; nil where time is not real.
    package var strategyWatch: StrategyWatch?
    /// Moved by the loop when trading time is standing or slowed from it.
    package var timeSources: [any VirtualTimeSource] = []
    /// The run ends by itself after this much trading time.
    package var runFor: Duration?
    /// While time stands, nothing but signals enters between a turn and the end of its commit: the disk's
    /// speed must not decide the order of events in a replay. Tests that script the store turn it off.
    package var standsForCommits = true
    /// A loop that was not scheduled for longer says so to the core before anything else.
    package var hangLimit: Duration = .seconds(10)

    package init(
        facts: LifeFacts, clock: any DaemonClock, inbox: Inbox, exchange: any Exchange,
        committer: any Committer, log: Log, reportFile: ShutdownReportFile
    ) {
        self.facts = facts
        self.clock = clock
        self.inbox = inbox
        self.exchange = exchange
        self.committer = committer
        self.log = log
        self.reportFile = reportFile
    }
}

package final class TradingLoop<Core: LoopCore> {
    package private(set) var core: Core
    let parts: LoopParts
    var pipeline = CommitPipeline()
    var watch = StopWatch()
    var operators = OperatorsView()
    var callWatch = CallWatch()
    /// Set once the report is written.
    var exitCode: Int32?

    /// How the life ended, as its records say it; sent when it has.
    var lastAlerts: [OutgoingAlert] = []
    /// What it tells last is in no store.
    var endsInMemory = false
    private(set) var turnNumber: TurnNumber = 0
    private var wakeAt: MonotonicInstant?
    private var endAt: MonotonicInstant?
    private var lastStamp: Stamp?
    /// When the last step began, real time.
    private var lastReal: MonotonicInstant
    /// When the commit under way was handed over, in real time and in trading time.
    private var commitBegan: MonotonicInstant
    private var commitStamp: MonotonicInstant
    private var hasStarted = false
    private var lastBeat: MonotonicInstant?
    private var lastSidecarBeat: MonotonicInstant?

    /// A due wake goes before what waits in the inbox once it is this late, so that no flood of reports can
    /// keep the core from its deadlines.
    private static var wakeLateness: Duration { .milliseconds(50) }
    /// Reports that are heard at most between the last commit and the verdict.
    private static var reportsBeforeVerdict: Int { 20_000 }
    /// While a stop waits for the ends of its orders, one commit in this time.
    private static var commitPause: Duration { .milliseconds(100) }
    /// A guardian need not hear of every turn.
    private static var beatPause: Duration { .milliseconds(200) }
    /// The longest sleep: suspension stops timers, and a hang must be noticed.
    private static var longestSleep: Duration { .seconds(1) }

    package init(core: Core, parts: LoopParts) {
        self.core = core
        self.parts = parts
        lastReal = parts.clock.real()
        commitBegan = lastReal
        commitStamp = parts.clock.now().monotonic
    }

    /// Runs until the core says exit. Returns the process's exit code; nothing of the daemon runs after it.
    package func run() -> Int32 {
        while true {
            let result = step()
            // Here and nowhere else: a beat means that the loop has just completed a turn, or looked for one.
            beat()
            switch result {
            case .worked: continue
            case .ended(let code): return code
            case .waitingForStore:
                parts.inbox.wait(.milliseconds(500), for: .outside)
                tickOverdueCommit()
            case .waitingForProgram: parts.inbox.wait(.milliseconds(500), for: .programs)
            case .idle(let until):
                publishWhatIsNew()
                showOperatorsWhatIsNew()
                if parts.clock.isStanding {
                    guard !advance(to: until) else { continue }
                    parts.inbox.wait(Self.longestSleep)
                } else {
                    let delay = until.map { parts.clock.realDelay(until: $0) } ?? Self.longestSleep
                    if delay > .zero { parts.inbox.wait(min(delay, Self.longestSleep)) }
                }
            }
        }
    }

    private func beat() {
        parts.operations?.turned(at: lastReal)
        if let sidecar = parts.sidecar, lastSidecarBeat.map({ lastReal - $0 >= .seconds(1) }) ?? true {
            lastSidecarBeat = lastReal
            sidecar.beat()
        }
        guard let lifeline = parts.lifeline, lastBeat.map({ lastReal - $0 >= Self.beatPause }) ?? true else {
            return
        }
        lastBeat = lastReal
        lifeline.beat()
    }

    /// Takes one event, if there is one. Never waits.
    package func step() -> StepResult {
        if let exitCode { return .ended(exitCode) }
        let real = parts.clock.real()
        let slept = real - lastReal
        lastReal = real
        if !hasStarted {
            begin()
        } else if slept > parts.hangLimit {
            turn(.overslept(slept), at: stamp())
        } else {
            let now = stamp()
            for slow in parts.strategyWatch?.takeSlow() ?? [] where exitCode == nil {
                turn(.overworked(strategy: slow.strategy, slow.took), at: now)
            }
            if let exitCode { return .ended(exitCode) }
            moveSlowedSources(to: now)
            if let result = work(at: now) { return result }
        }
        return exitCode.map { .ended($0) } ?? .worked
    }

    /// Standing time: moves to the next moment at which anything happens, at most to `until`. False when
    /// there is none.
    package func advance(to until: MonotonicInstant?) -> Bool {
        guard let until, until != .distantFuture else { return false }
        parts.clock.advance(to: until)
        let now = parts.clock.now()
        for source in parts.timeSources {
            if let due = source.nextDue, due <= now.monotonic { source.advance(to: now) }
        }
        return true
    }

    // MARK: One step

    /// The first event of a life. If a signal waits already, its deadline runs since it came.
    private func begin() {
        hasStarted = true
        var now = stamp()
        if let signal = parts.inbox.pendingSignal { now = min(now, parts.clock.stamp(atReal: signal.at)) }
        endAt = parts.runFor.map { now.monotonic + $0 }
        turn(.started, at: now)
    }

    /// Nil when it did something.
    private func work(at now: Stamp) -> StepResult? {
        let overdue = pipeline.tick(at: diskTime(now))
        guard overdue.isEmpty else {
            for event in overdue where exitCode == nil { turn(event, at: now) }
            return nil
        }
        if let wakeAt, now.monotonic - wakeAt > Self.wakeLateness, !parts.clock.isStanding {
            return wake(at: now)
        }
        if parts.standsForCommits, parts.clock.isStanding, pipeline.isBusy {
            guard let item = parts.inbox.take(.outside) else { return .waitingForStore }
            return process(item, at: now)
        }
        if parts.clock.isStanding, let item = awaitedOfPrograms() {
            guard let item else { return .waitingForProgram }
            return process(item, at: now)
        }
        if let item = parts.inbox.take(.reports) { return process(item, at: now) }
        if let wakeAt, wakeAt <= now.monotonic { return wake(at: now) }
        if let endAt, endAt <= now.monotonic {
            self.endAt = nil
            turn(.endOfRun("the asked running time is over"), at: now)
            return nil
        }
        if let item = parts.inbox.take(.everything) { return process(item, at: now) }
        if !holdsCommits, commitNext() { return nil }
        return .idle(until: nextMoment)
    }

    /// Standing time: what a program answers comes before anything else, so that a replay is the same each time. Nil
    /// where nothing was asked; within, nil while the answer is not there.
    private func awaitedOfPrograms() -> InboxItem?? {
        guard let programs = parts.programs else { return nil }
        // In this order: an answer is in the inbox before it is no longer asked for.
        let isAsked = programs.isAsked
        if let item = parts.inbox.take(.programs) { return item }
        return isAsked ? .some(nil) : nil
    }

    private func wake(at now: Stamp) -> StepResult? {
        let due = wakeAt
        wakeAt = nil
        turn(.woke, at: now)
        if let due, let operations = parts.operations, !parts.clock.isStanding {
            operations.woke(after: parts.clock.now().monotonic - due)
        }
        return nil
    }

    private func process(_ item: InboxItem, at now: Stamp) -> StepResult? {
        switch item {
        case .event(let event): turn(event, at: now)
        case .signal(let arrived):
            // A stop's deadline runs from the signal, not from when we got to it.
            turn(.signal(arrived.signal), at: min(now, parts.clock.stamp(atReal: arrived.at)))
        case .store(let result):
            parts.meter?.committed(result, took: parts.clock.real() - commitBegan)
            // What has been heard by now is part of what the verdict is judged by.
            if pipeline.answersFlush { takeReports(at: now) }
            for event in pipeline.finished(result) where exitCode == nil { turn(event, at: now) }
            if exitCode == nil, !defersCommits { commitNext() }
        }
        return nil
    }

    /// Everything but quotes that waits now; what comes meanwhile does not keep us from the end.
    private func takeReports(at now: Stamp) {
        var left = Self.reportsBeforeVerdict
        while exitCode == nil, left > 0, let item = parts.inbox.take(.reports) {
            left -= 1
            _ = process(item, at: now)
        }
    }

    /// Tells the core of a commit that takes longer than it may in real time, which standing time does not see.
    private func tickOverdueCommit() {
        guard let tick = pipeline.nextTick, parts.clock.real() - commitBegan >= CommitPipeline.overdueLimit
        else { return }
        let now = stamp()
        for event in pipeline.tick(at: max(tick, now.monotonic)) where exitCode == nil {
            turn(event, at: now)
        }
    }

    /// Trading time as the disk sees it: a commit takes real time, however fast trading time runs.
    private func diskTime(_ now: Stamp) -> MonotonicInstant {
        parts.clock.isStanding ? now.monotonic : commitStamp + (parts.clock.real() - commitBegan)
    }

    /// The next moment of trading time at which something happens by itself.
    private var nextMoment: MonotonicInstant? {
        var moments = [wakeAt, endAt]
        // Commits are real: standing time does not pass while one is under way.
        // When trading time runs ahead of the disk's, the tick comes with a later look.
        if !parts.clock.isStanding, let tick = pipeline.nextTick, tick > stamp().monotonic {
            moments.append(tick)
        }
        if holdsCommits {
            moments.append(commitStamp + Self.commitPause)
        }
        for source in parts.timeSources { moments.append(source.nextDue) }
        return moments.compactMap { $0 }.min()
    }

    /// Time that once stood passes now: the sources have no thread that would notice.
    private func moveSlowedSources(to now: Stamp) {
        guard !parts.timeSources.isEmpty, !parts.clock.isStanding else { return }
        for source in parts.timeSources {
            if let due = source.nextDue, due <= now.monotonic { source.advance(to: now) }
        }
    }

    private func stamp() -> Stamp { parts.clock.now() }

    // MARK: One turn

    /// `wanted` never brings time back before the last turn.
    private func turn(_ event: Event, at wanted: Stamp) {
        var stamp = wanted
        if let lastStamp { stamp.monotonic = max(stamp.monotonic, lastStamp.monotonic) }
        lastStamp = stamp
        turnNumber += 1
        let began = parts.meter == nil ? nil : parts.clock.real()
        var turn = Turn(number: turnNumber)
        let teller: String? = if case .external(let report) = event { report.strategy } else { nil }
        if let teller { parts.strategyWatch?.beginsHandling(teller) }
        core.handle(event, at: stamp, into: &turn)
        if let teller { parts.strategyWatch?.endsHandling(teller) }
        wakeAt = turn.wakeAt
        pipeline.add(
            TurnEntry(
                number: turn.number, stamp: stamp, event: event.isJournaled ? event : nil,
                records: turn.records, commands: turn.commands))
        if case .storeFailed = event { watch.storeFailed = true }
        parts.overseer?.setDurable(pipeline.isIdle && !watch.storeFailed)
        let status = core.status
        overseeStop(status)
        giveReplies(after: event)
        // The exchange and the disk first: telling of 5,000 orders takes longer than canceling them. Only an
        // exit comes after everything was told.
        let isLast = turn.commands.contains { if case .exit = $0.command { true } else { false } }
        if !isLast {
            carryOut(turn.commands)
            for order in turn.programs { parts.programs?.carryOut(order) }
            if !defersCommits { commitNext() }
        }
        tellAlerts(turn.records, epoch: status.epoch, at: stamp.utc)
        parts.recorder?.note(event, at: stamp, turn)
        if isLast, let view = parts.view, let overview = core.overview { view.conclude(overview) }
        for notice in turn.notices { parts.log.show(notice, at: stamp.utc) }
        oversee(status, changed: !turn.records.isEmpty)
        tellOperators(turn, status, at: stamp)
        if let began { measure(event, turn, since: began) }
        if isLast { carryOut(turn.commands) }
    }

    /// While time stands, the turns of one moment share a transaction: a commit after each of them would
    /// make a replay wait for the disk thrice as often, and time can't pass in between.
    private var groupsByMoment: Bool { parts.standsForCommits && parts.clock.isStanding }

    private var defersCommits: Bool { groupsByMoment || holdsCommits }

    /// In a stop nothing waits for the disk but the flush: while reports wait, or are on their way, the processors
    /// are theirs. What was learned is committed while the proof is awaited, and now and then before.
    private var holdsCommits: Bool {
        guard watch.isSlowed, !pipeline.awaitsFlush, pipeline.waitingTurns > 0 else { return false }
        guard parts.inbox.isEmpty(.reports) else { return true }
        return watch.working > 0 && stamp().monotonic - commitStamp < Self.commitPause
    }

    /// Hands the next transaction over. False when there is none, or one is under way.
    @discardableResult
    private func commitNext() -> Bool {
        // Not at the turn's stamp: a signal's may lie in the past, and the disk is timed from now.
        let real = parts.clock.real()
        let stamp = parts.clock.stamp(atReal: real).monotonic
        guard let transaction = pipeline.next(at: stamp) else { return false }
        commitBegan = real
        commitStamp = stamp
        parts.committer.begin(transaction)
        return true
    }

    /// Whether the loop has slept through what its turn was based on.
    var hasOverslept: Bool { parts.clock.real() - lastReal > parts.hangLimit }
}

private func min(_ a: Stamp, _ b: Stamp) -> Stamp { b.monotonic < a.monotonic ? b : a }
