// A plan, a clock that stands still until it is moved, and what came out.

import Storage
import Trading
import TradingDomain

@testable import Alerting

struct PlanHarness {
    static let program = SinkSettings(name: "pager", kind: .command(["/bin/true"]))

    var plan: AlertPlan
    var now = Stamp(
        monotonic: MonotonicInstant(nanoseconds: 1_000_000_000_000),
        utc: UTCInstant(nanoseconds: 1_800_000_000_000_000_000))
    /// Attempts that were not answered yet, in order.
    var open: [(sink: Int, attempt: Int, delivery: Delivery)] = []
    /// All that were ever answered.
    var tried: [Delivery] = []
    var marks: [AlertMark] = []
    var said: [String] = []
    private var number = 0

    init(_ sinks: [SinkSettings] = [PlanHarness.program]) { plan = AlertPlan(sinks, seed: 7) }

    mutating func handle(_ event: AlertEvent) {
        for action in plan.handle(event, at: now) {
            switch action {
            case .send(let sink, let attempt, let delivery): open.append((sink, attempt, delivery))
            case .mark(let mark): marks.append(mark)
            case .say(_, let words): said.append(words)
            }
        }
    }

    /// A new alert, with an id of its own.
    @discardableResult
    mutating func tell(_ name: String, _ message: String = "it happened", _ level: Notice.Level = .alert)
        -> OutgoingAlert
    {
        number += 1
        let alert = OutgoingAlert(
            id: "t-1-\(number)-1", name: name, level: level, message: message, at: now.utc)
        handle(.alert(alert))
        return alert
    }

    /// Time passes; the plan is woken whenever it asked for it.
    mutating func pass(_ duration: Duration) {
        let end = now.monotonic + duration
        while let wake = plan.wakeAt, wake <= end {
            move(to: max(wake, now.monotonic + .milliseconds(1)))
            handle(.woke)
        }
        move(to: end)
        handle(.woke)
    }

    private mutating func move(to moment: MonotonicInstant) {
        guard moment > now.monotonic else { return }
        now.utc = now.utc + (moment - now.monotonic)
        now.monotonic = moment
    }

    /// The oldest attempt is answered. Returns what was attempted.
    @discardableResult
    mutating func answer(_ answer: SinkAnswer = .delivered("ok"), sink: Int? = nil) -> Delivery? {
        guard let index = open.firstIndex(where: { sink == nil || $0.sink == sink }) else { return nil }
        let attempt = open.remove(at: index)
        tried.append(attempt.delivery)
        handle(.answered(sink: attempt.sink, attempt: attempt.attempt, answer))
        return attempt.delivery
    }

    /// The ids that are written down as delivered, sink by sink.
    func delivered(_ sink: String = "pager") -> [String] {
        marks.compactMap {
            if case .ended(let id, sink, .delivered, _, _, _) = $0 { id } else { nil }
        }
    }

    var dropped: [String] {
        marks.compactMap { if case .ended(let id, _, .dropped, _, _, _) = $0 { id } else { nil } }
    }
}
