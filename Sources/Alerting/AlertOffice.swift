// The shell around the plan: one thread that hands it events, carries out what it says and sleeps in between. Whoever
// posts never waits. Deliveries are written down by the store's own thread, with its next commit or in its spare time.

import CLinux
import Daemon
import Glibc
import Storage
import Synchronization
import Trading
import TradingDomain

/// What the office needs of the store: all of it returns at once.
package struct OutboxAccess: Sendable {
    package var mark: @Sendable ([AlertMark]) -> Void
    /// Asks for what was marked to be written soon.
    package var writeSoon: @Sendable () -> Void
    package var isWritten: @Sendable () -> Bool

    package init(
        mark: @escaping @Sendable ([AlertMark]) -> Void, writeSoon: @escaping @Sendable () -> Void,
        isWritten: @escaping @Sendable () -> Bool
    ) {
        self.mark = mark
        self.writeSoon = writeSoon
        self.isWritten = isWritten
    }
}

package final class AlertOffice: AlertDesk {
    private static let mailboxLimit = 4_096
    private static let spoolPause: Duration = .seconds(2)

    private struct State: Sendable {
        var plan: AlertPlan
        var mailbox: [AlertEvent] = []
        var lost = 0
        var isBusy = false
    }

    private let sinks: [any Sink]
    private let state: Mutex<State>
    private let log: Log
    /// Nil for a life without a store: what it tells is in memory alone.
    private let store: OutboxAccess?
    private let doorbell = Doorbell()
    private let progress = Doorbell()

    /// `outbox` is what earlier lives left.
    package init(
        _ settings: [SinkSettings], _ origin: AlertOrigin, outbox: Outbox, store: OutboxAccess?,
        spool: GuardianSpool?, log: Log
    ) throws {
        sinks = settings.map { Sinks.make($0, origin) }
        self.store = store
        self.log = log
        let seed = UInt64(bitPattern: cl_utc_nanoseconds()) ^ UInt64(getpid())
        state = Mutex(
            State(plan: AlertPlan(settings, seed: seed), mailbox: [.restored(outbox)]))
        try PlainThread.start("alerts") { [self] in run() }
        // A disk that hangs keeps no alert back, so nobody who sends reads files.
        if let spool { try PlainThread.start("alert-notes", stack: 256 * 1024) { [self] in read(spool) } }
    }

    package func post(_ alerts: [OutgoingAlert]) {
        put(
            alerts.map { alert in
                guard store == nil else { return .alert(alert) }
                // Two lives without a store may bear the same epoch.
                var alert = alert
                alert.id += "-p\(getpid())"
                return .alert(alert)
            })
    }

    /// One that no record tells; the office writes it down itself.
    package func postForeign(_ alert: OutgoingAlert) { put([.foreign(alert)]) }

    package func conclude(within limit: Duration, atLeisure: Bool) {
        let end = realNow() + limit
        while case let now = realNow(), now < end {
            let hope = state.withLock { state in
                state.mailbox.isEmpty && !state.isBusy
                    ? state.plan.worthWaitingUntil(now, hasTime: atLeisure) : now + .milliseconds(20)
            }
            guard let hope else { break }
            progress.wait(max(.milliseconds(1), min(hope, end) - now))
        }
        guard let store, !store.isWritten() else { return }
        store.writeSoon()
        let last = min(end, realNow() + .milliseconds(100))
        while !store.isWritten(), realNow() < last { progress.wait(.milliseconds(1)) }
    }

    private func put(_ events: [AlertEvent]) {
        state.withLock { state in
            state.mailbox += events
            let over = state.mailbox.count - Self.mailboxLimit
            if over > 0 {
                // They are in the store, and the next life takes them up.
                state.mailbox.removeFirst(over)
                state.lost += over
            }
        }
        doorbell.ring()
    }

    // MARK: The thread

    private func run() {
        while true {
            work()
            progress.ring()
            let wakeAt = state.withLock { $0.mailbox.isEmpty ? $0.plan.wakeAt : realNow() }
            doorbell.wait(wakeAt.map { max(.milliseconds(1), $0 - realNow()) })
        }
    }

    /// What a guardian left is handed in, and removed once the store has it.
    private func read(_ spool: GuardianSpool) {
        let pause = Doorbell()
        while true {
            let notes = spool.take()
            put(notes.map { .foreign($0) })
            while !notes.isEmpty {
                pause.wait(.milliseconds(50))
                let isTakenIn = state.withLock { $0.mailbox.isEmpty && !$0.isBusy }
                if isTakenIn, store?.isWritten() ?? false {
                    spool.forgetTaken()
                    break
                }
                // Without a store they stay for a life that has one.
                if isTakenIn, store == nil { return }
            }
            pause.wait(Self.spoolPause)
        }
    }

    private func work() {
        let (events, lost) = state.withLock { state in
            defer {
                state.mailbox = []
                state.lost = 0
                state.isBusy = true
            }
            return (state.mailbox, state.lost)
        }
        if lost > 0 { say(.error, "\(lost) alerts wait in the store alone: too many came at once") }
        var marks: [AlertMark] = []
        for event in events + [.woke] {
            let now = Stamp(monotonic: realNow(), utc: UTCInstant(nanoseconds: cl_utc_nanoseconds()))
            for action in state.withLock({ $0.plan.handle(event, at: now) }) {
                switch action {
                case .mark(let mark): marks.append(mark)
                case .say(let level, let words): say(level, words)
                case .send(let sink, let attempt, let delivery):
                    sinks[sink].send(delivery) { [weak self] answer in
                        self?.put([.answered(sink: sink, attempt: attempt, answer)])
                    }
                }
            }
        }
        if let store, !marks.isEmpty {
            store.mark(marks)
            store.writeSoon()
        }
        state.withLock { $0.isBusy = false }
    }

    private func say(_ level: Notice.Level, _ words: String) {
        log.write(
            LogLine(level, "alert-sink", words, at: UTCInstant(nanoseconds: cl_utc_nanoseconds())))
    }
}
