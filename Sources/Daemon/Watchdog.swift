// The part of the daemon that ends it, whatever the rest does.
//
// A plain thread that owns the signals from the first line of `main` and keeps the absolute deadline. It needs
// neither Swift's task pool, nor the loop, nor any lock that either may hold. At the deadline plus its grace,
// or at the third signal, it writes the last published snapshot to stderr and to the report's place, and
// leaves with `_exit`. Two more threads stand ready to do that writing, because a stuck terminal or a hung
// disk must not keep the watchdog from leaving. It never decides anything about orders.

import CLinux
import Glibc
import Synchronization
import Trading
import TradingDomain

/// What the loop tells whoever watches over it. All of it returns at once.
package protocol Overseer: AnyObject, Sendable {
    /// The process has to be gone by then, real time. An earlier deadline stands.
    func arm(deadline: MonotonicInstant)
    /// What would have to be said if the loop hung now.
    func publish(_ snapshot: Snapshot)
    /// Whether every record handed to the store so far is durable.
    func setDurable(_ isDurable: Bool)
    /// The loop is about to write this final report. False when the watchdog is already leaving.
    func beginReport(_ snapshot: Snapshot, exitCode: Int32) -> Bool
    /// All is written; only leaving remains.
    func concluded()
}

package final class Watchdog: Overseer {
    /// What is still allowed for the last words.
    private static let lastWords: Duration = .milliseconds(200)

    private enum Ending: Int, AtomicRepresentable {
        /// Nobody has begun to end the process.
        case open
        /// The watchdog is leaving.
        case watchdog
        /// The loop writes its report.
        case report
        /// The loop has written it.
        case concluded
    }

    /// Where signals wait for the loop; give it to the inbox.
    package let signals = SignalBox()

    private let signalDescriptor: Int32
    private let lifeline: Lifeline?
    private let board = SnapshotBoard()
    private let wake = Doorbell()
    private let ending = Atomic<Ending>(.open)
    private let reportCode = Atomic<Int32>(0)
    /// Nanoseconds of real time, Int64.max for none.
    private let armed = Atomic<Int64>(.max)
    private let deadlineLimit: Atomic<Int64>
    private let expeditedLimit: Atomic<Int64>
    private let file = AtomicLazyReference<LastGaspFile>()
    private let obeysHangUp: Bool
    private let hangUpCount = Atomic<Int>(0)
    /// Rung for each hang-up that is no lost terminal: somebody wants the configuration read again.
    package let hangUpBell = Doorbell()
    /// How many there were.
    package var hangUps: Int { hangUpCount.load(ordering: .sequentiallyConsistent) }

    private let terminalWriter = Doorbell()
    private let fileWriter = Doorbell()
    private let terminalAsked = Atomic<Bool>(false)
    private let fileAsked = Atomic<Bool>(false)
    private let terminalDone = Atomic<Bool>(false)
    private let fileDone = Atomic<Bool>(false)
    private let writersDone = Doorbell()

    /// First statement of `main`, before any other thread exists: takes the signals and watches from here on.
    /// Until `configure` the usual limits hold; until `attach` the last words go to stderr alone.
    /// A lifeline that closes counts as a signal.
    package static func start(_ limits: WatchdogLimits = WatchdogLimits(), lifeline: Lifeline? = nil) throws
        -> Watchdog
    {
        let ignoresHangUp = cl_hangup_is_ignored() != 0
        let descriptor = cl_take_signals()
        guard descriptor >= 0 else { throw FileFailure("take over", "the signals", errno) }
        let watchdog = Watchdog(
            signalDescriptor: descriptor, lifeline: lifeline, limits: limits,
            obeysHangUp: !ignoresHangUp && cl_has_terminal() != 0)
        try PlainThread.start("gasp-terminal", stack: 128 * 1024) { watchdog.writeToTerminal() }
        try PlainThread.start("gasp-file", stack: 128 * 1024) { watchdog.writeToFile() }
        try PlainThread.start("watchdog", stack: 256 * 1024) { watchdog.watch() }
        return watchdog
    }

    private init(signalDescriptor: Int32, lifeline: Lifeline?, limits: WatchdogLimits, obeysHangUp: Bool) {
        self.signalDescriptor = signalDescriptor
        self.lifeline = lifeline
        self.obeysHangUp = obeysHangUp
        deadlineLimit = Atomic(limits.deadline.wholeNanoseconds)
        expeditedLimit = Atomic(limits.expedited.wholeNanoseconds)
    }

    /// The limits of the configuration; they hold for a signal that came before, too.
    package func configure(_ limits: WatchdogLimits) {
        deadlineLimit.store(limits.deadline.wholeNanoseconds, ordering: .sequentiallyConsistent)
        expeditedLimit.store(limits.expedited.wholeNanoseconds, ordering: .sequentiallyConsistent)
        wake.ring()
    }

    /// Where the last words go beside stderr. The first one stays.
    package func attach(_ lastGasp: LastGaspFile) { _ = file.storeIfNil(lastGasp) }

    // MARK: From the loop

    package func arm(deadline: MonotonicInstant) {
        let old = armed.min(deadline.nanoseconds, ordering: .sequentiallyConsistent).oldValue
        if deadline.nanoseconds < old { wake.ring() }
    }

    package func publish(_ snapshot: Snapshot) { board.publish(snapshot) }
    package func setDurable(_ isDurable: Bool) { board.setDurable(isDurable) }

    package func beginReport(_ snapshot: Snapshot, exitCode: Int32) -> Bool {
        board.publish(snapshot)
        reportCode.store(exitCode, ordering: .sequentiallyConsistent)
        return ending.compareExchange(
            expected: .open, desired: .report, ordering: .sequentiallyConsistent
        ).exchanged
    }

    package func concluded() {
        _ = ending.compareExchange(
            expected: .report, desired: .concluded, ordering: .sequentiallyConsistent)
    }

    // MARK: The thread

    private func watch() {
        var plan = WatchdogPlan(obeysHangUp: obeysHangUp)
        var lifelineDescriptor = lifeline?.descriptor ?? -1
        while true {
            let end = plan.end(limits: limits, armed: armedDeadline)
            let now = realNow()
            if let end, now >= end { leave(.deadline) }
            // Suspension stops the timer but not the clock, so none is trusted for more than a second.
            let sleep = end.map { min($0 - now, .seconds(1)) }
            let ready = wait(lifelineDescriptor, sleep?.wholeNanoseconds ?? -1)
            if ready & 2 != 0 { cl_eventfd_clear(wake.descriptor) }
            while ready & 1 != 0, case let number = cl_next_signal(signalDescriptor), number != 0 {
                heed(StopSignal(number: number), &plan)
            }
            // The guardian never writes: that there is something to read means that it is gone.
            if ready & 4 != 0 {
                lifelineDescriptor = -1
                heed(.guardianLost, &plan)
            }
        }
    }

    private func wait(_ lifeline: Int32, _ nanoseconds: Int64) -> Int32 {
        // A tuple, not an array: this thread allocates nothing.
        var descriptors = (signalDescriptor, wake.descriptor, lifeline)
        return withUnsafePointer(to: &descriptors) { pointer in
            pointer.withMemoryRebound(to: Int32.self, capacity: 3) { cl_wait_any($0, 3, nanoseconds) }
        }
    }

    private func heed(_ signal: StopSignal, _ plan: inout WatchdogPlan) {
        let arrival = realNow()
        switch plan.signal(signal, at: arrival) {
        case .nothing:
            guard signal == .hangUp, !obeysHangUp else { break }
            hangUpCount.wrappingAdd(1, ordering: .sequentiallyConsistent)
            hangUpBell.ring()
        case .post(let signal): signals.post(signal, at: arrival)
        case .leave: leave(.thirdSignal)
        }
    }

    private var limits: WatchdogLimits {
        var limits = WatchdogLimits()
        limits.deadline = .nanoseconds(deadlineLimit.load(ordering: .sequentiallyConsistent))
        limits.expedited = .nanoseconds(expeditedLimit.load(ordering: .sequentiallyConsistent))
        return limits
    }

    private var armedDeadline: MonotonicInstant? {
        let nanoseconds = armed.load(ordering: .sequentiallyConsistent)
        return nanoseconds == .max ? nil : MonotonicInstant(nanoseconds: nanoseconds)
    }

    private enum Cause { case deadline, thirdSignal }

    /// The end. From here on nothing allocates, locks or waits without a bound.
    private func leave(_ cause: Cause) -> Never {
        let before = ending.compareExchange(
            expected: .open, desired: .watchdog, ordering: .sequentiallyConsistent
        ).original
        if before == .concluded { _exit(reportCode.load(ordering: .sequentiallyConsistent)) }
        let words = board.freeze()
        let end = realNow() + Self.lastWords
        switch cause {
        case .deadline: say("trader247: the deadline of the stop is over; leaving now with what is known\n")
        case .thirdSignal: say("trader247: third signal; leaving now with what is known\n")
        }
        terminalAsked.store(true, ordering: .sequentiallyConsistent)
        terminalWriter.ring()
        // A loop that writes its report owns the file; the same report goes to stderr.
        if before == .open {
            fileAsked.store(true, ordering: .sequentiallyConsistent)
            fileWriter.ring()
        } else {
            fileDone.store(true, ordering: .releasing)
        }
        while case let left = end - realNow(), left > .zero,
            !(terminalDone.load(ordering: .acquiring) && fileDone.load(ordering: .acquiring))
        {
            writersDone.wait(left)
        }
        _exit(
            before == .report ? reportCode.load(ordering: .sequentiallyConsistent) : words.exitCode)
    }

    private func say(_ text: StaticString) {
        _ = cl_write_within(2, text.utf8Start, text.utf8CodeUnitCount, 10_000_000)
    }

    // MARK: The two that stand ready

    private func writeToTerminal() {
        while !terminalAsked.load(ordering: .sequentiallyConsistent) { terminalWriter.wait(nil) }
        let words = board.freeze()
        if words.isEmpty {
            say(
                "{\"verdict\":\"unproved\",\"exit_code\":3,\"reason\":\"ended before its start was complete\"}\n"
            )
        } else {
            _ = cl_write_within(2, words.head.baseAddress, words.head.count, 100_000_000)
            _ = cl_write_within(2, words.list.baseAddress, words.list.count, 100_000_000)
            _ = cl_write_within(2, words.tail.baseAddress, words.tail.count, 100_000_000)
        }
        terminalDone.store(true, ordering: .releasing)
        writersDone.ring()
    }

    private func writeToFile() {
        while !fileAsked.load(ordering: .sequentiallyConsistent) { fileWriter.wait(nil) }
        let words = board.freeze()
        if !words.isEmpty, let file = file.load(), file.write(words) != 0 {
            say("trader247: the shutdown report could not be written to its file\n")
        }
        fileDone.store(true, ordering: .releasing)
        writersDone.ring()
    }
}

extension StopSignal {
    /// Only the four that are taken ever come.
    fileprivate init(number: Int32) {
        switch number {
        case SIGINT: self = .interrupt
        case SIGQUIT: self = .quit
        case SIGHUP: self = .hangUp
        default: self = .terminate
        }
    }
}
