// The stop sequence, top to bottom: what happens on SIGTERM.
//
//   1 gate    in the same turn: no new intent, ever again; what was not sent is dropped
//   2 settle  placements in flight are awaited, unknown ones searched for; beside 3
//   3 cancel  every working order, in batches, each judged by its own result (`CancelDesk`)
//   4 verify  every order ended by evidence, and a complete listing shows none of ours (`Sweep`)
//   5 flush   the verdict is committed, then the log is checkpointed
//   6 report  what was done, honestly, and the exit code
//
// A failed step never stops the next one. All of it has one deadline; a second signal brings it nearer.
// The phases are told in this order and only advance, even where work goes back (a listing that shows
// something to cancel): the work looks at the state, the phase is how far it has ever come.

import TradingDomain

struct GracefulShutdown: Sendable {
    struct PhaseTime: Sendable {
        var startedAt: Stamp?
        var endedAt: Stamp?
        var attempts = 0
    }

    let reason: String
    let startedAt: Stamp
    private(set) var failure: Failure?
    /// The key is another account's: whatever its lists show, nothing is proved.
    private(set) var isElsewhere = false
    private(set) var deadline: MonotonicInstant
    /// When settling, canceling and verifying must end.
    private(set) var workDeadline: MonotonicInstant
    /// When the flush must have ended.
    private(set) var flushDeadline: MonotonicInstant
    private(set) var isExpedited = false
    fileprivate(set) var phase = StopPhase.gate
    fileprivate(set) var times: [StopPhase: PhaseTime] = [:]

    /// Working orders when the stop began, and those found since.
    var found: Set<ClientOrderID> = []
    var canceled = 0
    var endedOtherwise = 0
    /// Orders that our books could not hold and that have ended: whether they were canceled.
    var unbookedEnds: [ClientOrderID: Bool] = [:]
    /// Placements without an outcome when the stop began.
    var unsettledAtStart: [ClientOrderID] = []
    var cancelErrors = 0
    var lateFills = 0
    /// Orders of others that a sweep of the whole account asked to be canceled and that are gone.
    var foreignEnded = 0
    var errors: [String] = []
    /// Set when the flush begins: what was proved by then.
    fileprivate var isProved = false
    /// The flush that is awaited; the answer to an earlier one covers less.
    fileprivate var flushCall: CommandID?
    fileprivate(set) var flushBegan = false
    fileprivate var flushed: Bool?
    /// Something was recorded after the flush was asked for: the next answer does not cover it.
    var recordsAfterFlush = false

    /// What a stop that ends clean still has to say with its exit code.
    enum Failure {
        case internalError, configuration
        /// Nobody asked for it: whoever watches over the process should not take it for a wish.
        case unasked
    }

    init(reason: String, at now: Stamp, limits: StopLimits, failure: Failure?) {
        self.reason = reason
        self.failure = failure
        startedAt = now
        deadline = now.monotonic + limits.deadline
        flushDeadline = deadline - limits.reportReserve
        workDeadline = max(now.monotonic, flushDeadline - limits.flushReserve)
    }

    /// An operator, a signal or the end of a run asked for the stop that was under way.
    mutating func isAskedFor() { if case .unasked? = failure { failure = nil } }

    mutating func isLookingElsewhere() {
        isElsewhere = true
        failure = .configuration
    }

    mutating func expedite(at now: MonotonicInstant, limits: StopLimits) {
        isExpedited = true
        workDeadline = min(workDeadline, now + limits.expedited)
        flushDeadline = min(flushDeadline, workDeadline + limits.flushReserve)
        deadline = min(deadline, flushDeadline + limits.reportReserve)
    }

    /// The last moment at which an attempt still makes sense.
    var lastAttemptAt: MonotonicInstant { workDeadline - .milliseconds(250) }
    var nextDeadline: MonotonicInstant { flushBegan ? flushDeadline : workDeadline }

    mutating func count(canceled isCanceled: Bool, by step: Int) {
        if isCanceled { canceled += step } else { endedOtherwise += step }
    }
    mutating func countAttempt(in phase: StopPhase) { times[phase, default: PhaseTime()].attempts += 1 }
    mutating func flushEnded(_ success: Bool) { if flushed == nil { flushed = success } }

    /// The verdict was given too early. The phase stays as far as it has come.
    fileprivate mutating func reopen() {
        flushBegan = false
        flushed = nil
        flushCall = nil
        isProved = false
    }

    fileprivate mutating func begin(_ phase: StopPhase, at now: Stamp) {
        if times[phase]?.startedAt == nil { times[phase, default: PhaseTime()].startedAt = now }
        self.phase = max(self.phase, phase)
    }
    fileprivate mutating func end(_ phase: StopPhase, at now: Stamp) {
        guard times[phase]?.startedAt != nil, times[phase]?.endedAt == nil else { return }
        times[phase]?.endedAt = now
    }
    fileprivate func hasEnded(_ phase: StopPhase) -> Bool { times[phase]?.endedAt != nil }
}

extension GracefulShutdown.Failure {
    var exitCode: Int32 {
        switch self {
        case .internalError, .unasked: ExitCode.internalError
        case .configuration: ExitCode.configuration
        }
    }
}

extension TradingCore {
    // MARK: 1 gate

    mutating func beginOrExpediteStop(_ reason: String, isAsked: Bool = true, _ turn: inout Turn) {
        guard volatile.stop != nil else {
            return beginStop(reason, failure: isAsked ? nil : .unasked, &turn)
        }
        if isAsked { volatile.stop?.isAskedFor() }
        guard volatile.stop?.isExpedited == false else { return }
        volatile.stop?.expedite(at: now.monotonic, limits: configuration.stop)
        tell(
            .warning, "stop-expedited",
            "\(reason) again: waits are cut, one full-speed sweep, then exit; what is not proved by then is "
                + "called not proved", &turn)
        volatile.cancelDesk.hurry()
        volatile.evidenceDesk.hurry(at: now.monotonic)
        volatile.fillDesk.hurry(at: now.monotonic)
        volatile.finalFills.hurry(at: now.monotonic)
        volatile.workingList.hurry()
        volatile.history.hurry()
        volatile.unknown.hurry(at: now.monotonic)
        volatile.budget.capBlock(at: now.monotonic)
        volatile.calls.hurry(by: now.monotonic + .milliseconds(750))
    }

    mutating func beginStop(
        _ reason: String, failure: GracefulShutdown.Failure? = nil, _ turn: inout Turn
    ) {
        guard volatile.stop == nil else { return }
        // A signal may be the first event of all: what earlier lives left is ours to clean up just the same.
        beginRecovery(&turn)
        var stop = GracefulShutdown(
            reason: reason, at: now, limits: configuration.stop, failure: failure)
        stop.begin(.gate, at: now)
        let working = durable.ledger.workingOrders
        stop.found = Set(working.lazy.filter { $0.exchangeOrderID != nil }.map(\.id))
        stop.found.formUnion(strayIDsOfOurs)
        stop.unsettledAtStart = working.filter { $0.exchangeOrderID == nil }.map(\.id)
        volatile.stop = stop
        volatile.flatten = nil
        volatile.pendingStop = nil
        volatile.lifecycle = .stopping
        volatile.nextCycleAt = nil
        dropIntents("stopping: \(reason)", &turn)
        record(.stopBegan(reason: reason, at: now.utc), &turn)
        alert("stopping", "stopping: \(reason)", &turn)
        turn.notices += StopWords.opening(reason: reason)
        volatile.stop?.end(.gate, at: now)
        guard capabilities.holdsOrders else {
            turn.notices.append(StopWords.nothingToCancel(mode: configuration.mode))
            return
        }
        volatile.stop?.begin(.settle, at: now)
        volatile.stop?.begin(.cancel, at: now)
        turn.notices += StopWords.cancelStep(working)
        // Nothing that waits may outlive the deadline, and what a recovery or a halt began is begun anew: its
        // proof, if it had one, is older than this stop.
        volatile.budget.capBlock(at: stop.lastAttemptAt)
        hurryWhatWaits()
        volatile.fillDesk.beginAnew(at: now.monotonic)
        beginSweep(.stop, &turn)
    }

    // MARK: 2 settle, 3 cancel, 4 verify

    /// Working orders that turn up while the stop runs belong to it.
    mutating func foundWorking(_ order: Order) { volatile.stop?.found.insert(order.id) }

    /// Keeps the counts of how the stop's orders ended, also when a late fill changes it.
    mutating func countEnd(_ before: Order, _ order: Order) {
        guard volatile.stop?.found.contains(order.id) == true, before.state != order.state else { return }
        func step(_ state: OrderState, by amount: Int) {
            guard state.isTerminal else { return }
            if state == .canceled {
                volatile.stop?.canceled += amount
            } else {
                volatile.stop?.endedOtherwise += amount
            }
        }
        step(before.state, by: -1)
        step(order.state, by: 1)
    }

    /// The same for an order that our books could not hold.
    mutating func countEnd(ofUnbooked id: ClientOrderID, _ status: ExchangeOrderStatus?) {
        guard volatile.stop?.found.contains(id) == true, volatile.stop?.unbookedEnds[id] == nil else {
            return
        }
        let isCanceled = status == .canceled
        volatile.stop?.unbookedEnds[id] = isCanceled
        volatile.stop?.count(canceled: isCanceled, by: 1)
    }

    /// It is there again, or in our books by now: its end counts there.
    mutating func uncountEnd(ofUnbooked id: ClientOrderID) {
        guard let isCanceled = volatile.stop?.unbookedEnds.removeValue(forKey: id) else { return }
        volatile.stop?.count(canceled: isCanceled, by: -1)
    }

    mutating func advanceStop(_ turn: inout Turn) {
        guard volatile.stop != nil else { return }
        reopenAfterNews(&turn)
        if let stop = volatile.stop, !stop.flushBegan {
            endPhases(&turn)
            let isOver = now.monotonic >= stop.workDeadline
            if isOver || isStopWorkDone { beginFlush(&turn) }
        }
        finishFlush(&turn)
    }

    private var isStopWorkDone: Bool {
        guard capabilities.holdsOrders else { return true }
        if volatile.stop?.isElsewhere == true { return isDoneElsewhere }
        return volatile.sweep?.isProved == true && isSettledEnough && !awaitsFinalFills
            && !awaitsFinalBalances
    }

    /// The proof stands as long as nothing is known that it does not cover.
    private var isProvedNow: Bool {
        guard volatile.stop?.isElsewhere != true else { return false }
        return volatile.sweep?.isProved ?? !capabilities.holdsOrders
    }

    /// News of an order of ours after the proof: the verdict that the disk has is withdrawn, and the work goes on while
    /// there is time for it.
    private mutating func reopenAfterNews(_ turn: inout Turn) {
        guard let stop = volatile.stop, stop.flushBegan, stop.isProved, !isProvedNow else { return }
        volatile.stop?.reopen()
        tell(
            .warning, "stop-reopened",
            "an order of ours is known to the exchange that the proof did not cover; going on with the stop",
            &turn)
        let remaining = remainingOrders().map(\.clientOrderID)
        record(
            .stopped(
                StopMarker(
                    epoch: durable.epoch, verdict: remaining.isEmpty ? .unproved : .ordersRemain,
                    remaining: remaining, at: now.utc)), &turn)
    }

    private mutating func endPhases(_ turn: inout Turn) {
        guard capabilities.holdsOrders, volatile.stop?.hasEnded(.cancel) == false else { return }
        if volatile.unknown.isEmpty, volatile.calls.placements == 0 {
            volatile.stop?.end(.settle, at: now)
        }
        guard isEmptyByOurBooks else { return }
        volatile.stop?.end(.settle, at: now)
        volatile.stop?.end(.cancel, at: now)
        volatile.stop?.begin(.verify, at: now)
        if let stop = volatile.stop { turn.notices += StopWords.canceled(stop.canceled, stop.endedOtherwise) }
    }

    // MARK: 5 flush

    private mutating func beginFlush(_ turn: inout Turn) {
        guard volatile.stop != nil else { return }
        for phase in [StopPhase.settle, .cancel, .verify] { volatile.stop?.end(phase, at: now) }
        let isProved = isProvedNow
        volatile.stop?.isProved = isProved
        volatile.stop?.flushBegan = true
        volatile.stop?.begin(.flush, at: now)
        turn.notices.append(StopWords.flushStep)
        tellDifference(&turn)
        var report = makeReport()
        if !report.remaining.isEmpty {
            let ids = report.remaining.map { $0.exchangeOrderID?.description ?? $0.clientOrderID.description }
            alert(
                "orders-remain",
                "\(ids.count) orders remain or may remain at the exchange: \(ids.joined(separator: ", "))",
                &turn)
        }
        report.stateFlushed = true
        report.judge(nothingToCancel: hasNothingToCancel)
        record(
            .stopped(
                StopMarker(
                    epoch: durable.epoch, verdict: report.verdict,
                    remaining: report.remaining.map(\.clientOrderID), at: now.utc)), &turn)
        guard volatile.storeFailure == nil else {
            volatile.stop?.flushEnded(false)
            return
        }
        askFlush(&turn)
    }

    private mutating func askFlush(_ turn: inout Turn) {
        volatile.stop?.recordsAfterFlush = false
        let call = command(
            .flush, for: .flush,
            patience: max(.zero, (volatile.stop?.flushDeadline ?? now.monotonic) - now.monotonic), &turn)
        volatile.stop?.flushCall = call
        volatile.stop?.countAttempt(in: .flush)
    }

    mutating func book(_ outcome: FlushOutcome, of call: CommandID, _ turn: inout Turn) {
        guard volatile.stop?.flushBegan == true, volatile.stop?.flushCall == call else { return }
        switch outcome {
        case .flushed(let checkpointed):
            if !checkpointed {
                tell(.warning, "checkpoint", "state is durable, but its log was not checkpointed", &turn)
            }
            // A late report or fill may have come meanwhile: it is flushed too while there is time.
            if let stop = volatile.stop, stop.recordsAfterFlush, now.monotonic < stop.flushDeadline {
                askFlush(&turn)
            } else {
                let coversAll = volatile.stop?.recordsAfterFlush == false
                volatile.stop?.flushEnded(coversAll)
            }
        case .failed(let reason):
            volatile.stop?.errors.append("flush: \(reason)")
            volatile.stop?.flushEnded(false)
        }
    }

    // MARK: 6 report

    private mutating func finishFlush(_ turn: inout Turn) {
        guard let stop = volatile.stop, stop.flushBegan else { return }
        if stop.flushed == nil {
            guard now.monotonic >= stop.flushDeadline || volatile.storeFailure != nil else { return }
            volatile.stop?.errors.append("flush: not done in time")
            volatile.stop?.flushEnded(false)
        }
        volatile.stop?.end(.flush, at: now)
        volatile.stop?.begin(.report, at: now)
        let report = makeReport()
        turn.notices += StopWords.closing(report)
        command(.exit(report), for: .exit, patience: nil, &turn)
        volatile.lifecycle = .ended
    }

    private func makeReport() -> ShutdownReport {
        var report = ShutdownReport(
            bot: configuration.bot, epoch: durable.epoch, startedAt: volatile.startedAt.utc,
            stoppedAt: now.utc, mode: configuration.mode, reason: volatile.stop?.reason ?? "")
        guard let stop = volatile.stop else { return report }
        report.ordersFound = stop.found.count
        report.ordersCanceled = stop.canceled
        report.ordersEndedOtherwise = stop.endedOtherwise
        report.cancelErrors = stop.cancelErrors
        report.lateFills = stop.lateFills
        report.fillsIncomplete = fillsIncomplete
        report.placementsSettled =
            stop.unsettledAtStart.filter { durable.ledger[$0].map { !$0.isInFlight } ?? true }.count
        report.verifiedEmpty = stop.isProved && capabilities.holdsOrders
        report.stateFlushed = stop.flushed ?? false
        report.remaining = stop.isProved ? [] : remainingOrders()
        report.foreignOrders = volatile.lastListing?.foreignWorking ?? 0
        report.foreignOrdersEnded = configuration.cancelsForeign ? stop.foreignEnded : nil
        report.elapsedMs = (now.monotonic - stop.startedAt.monotonic).wholeMilliseconds
        report.errors = stop.errors + foreignErrors + accountErrors + finalFillsErrors
        report.phases = StopPhase.allCases.compactMap { phase in
            guard let time = stop.times[phase], let began = time.startedAt else { return nil }
            let ended = time.endedAt ?? now
            return ShutdownReport.Phase(
                name: phase, startedAt: began.utc,
                durationMs: (ended.monotonic - began.monotonic).wholeMilliseconds, attempts: time.attempts)
        }
        report.judge(nothingToCancel: hasNothingToCancel, failureCode: stop.failure?.exitCode)
        return report
    }

    private var accountErrors: [String] {
        guard capabilities.holdsOrders, !isAccountConfirmed else { return [] }
        return [
            "account not confirmed: the venue did not say that it is ours, and what it shows proves nothing"
        ]
    }

    /// A dry run sent nothing. And a start that placed nothing has nothing in any account, whichever its key is of, where it
    /// is the first or follows a proof; a sweep follows somebody who may have. A store that failed remembers nothing.
    private var hasNothingToCancel: Bool {
        guard capabilities.holdsOrders else { return true }
        guard volatile.stop?.isElsewhere == true, !configuration.sweepsOnly else { return false }
        return hasPlacedNothingSinceTheProof || (hasNeverPlaced && volatile.storeFailure == nil)
    }

    /// Every order that is, or may be, alive at the exchange now.
    package func remainingOrders() -> [ShutdownReport.RemainingOrder] {
        var remaining = durable.ledger.workingOrders.map { order in
            ShutdownReport.RemainingOrder(
                clientOrderID: order.id, exchangeOrderID: order.exchangeOrderID,
                symbol: order.terms.symbol, side: order.terms.side, quantityLeft: order.leavesQuantity,
                status: order.exchangeOrderID == nil ? "unknown placement" : "working")
        }
        for id in volatile.strays.keys.sorted() {
            guard let stray = volatile.strays[id], durable.ledger[id]?.isWorking != true else { continue }
            remaining.append(self.remaining(id, stray))
        }
        return remaining
    }
}
