// What is sent to which sink, and when: decided purely, one event at one instant in, actions out. It reads no clock,
// sends nothing and writes nothing; the office beside it carries it out.
//
// - The same alert goes out at most once in 60 s; of those between the last one follows then, and says how many it
//   stands for.
// - A state that lasts (a halt, orders that remain) and is not over after 2 minutes is told once more.
// - Each sink has its own queue, one delivery at a time, oldest first, and is tried again with backoff for as long as
//   the alert is worth anything: a day. What is given up is counted and said.

import Storage
import Trading
import TradingDomain

package enum AlertEvent: Sendable {
    /// What earlier lives left, before anything else.
    case restored(Outbox)
    case alert(OutgoingAlert)
    /// One that the store does not know of yet, because no record of the core tells it.
    case foreign(OutgoingAlert)
    case answered(sink: Int, attempt: Int, SinkAnswer)
    case woke
}

package enum SinkAnswer: Equatable, Sendable {
    case delivered(String)
    /// Try again; not before `retryAfter`, if the sink says so.
    case failed(String, retryAfter: Duration? = nil)
    /// The sink takes others, but not this one.
    case refused(String)
}

/// One attempt.
package struct Delivery: Equatable, Sendable {
    package var alert: OutgoingAlert
    /// The same ones since the last that was told.
    package var suppressed = 0
    /// Alerts for this sink that were given up since it last took one.
    package var dropped = 0
    package var isEscalation = false

    package init(alert: OutgoingAlert) { self.alert = alert }
}

package enum AlertAction: Equatable, Sendable {
    /// To be answered by one `answered` with the same attempt.
    case send(sink: Int, attempt: Int, Delivery)
    case mark(AlertMark)
    /// For the log, never an alert.
    case say(Notice.Level, String)
}

package struct AlertPlan: Sendable {
    package static let repetitionPause: Duration = .seconds(60)
    package static let escalationDelay: Duration = .seconds(120)
    package static let longestAge: Duration = .seconds(86_400)
    package static let queueLimit = 200
    /// Different ones of one name within the pause.
    package static let burstLimit = 20
    package static let refusalLimit = 5
    /// What a life that begins has to end a state that an earlier one told of, before it is told again.
    static let chance: Duration = .seconds(30)
    static let backoff = Backoff(base: .seconds(1), cap: .seconds(60))
    static let escalationSuffix = "-e"

    var queues: [SinkQueue]
    var repetitions = Repetitions()
    var conditions: [AlertCondition: OpenCondition] = [:]
    var generator: SeededGenerator
    private var attempts = 0

    struct OpenCondition: Sendable {
        var alert: OutgoingAlert
        var since: MonotonicInstant
        var isEscalated = false
    }

    package init(_ sinks: [SinkSettings], seed: UInt64) {
        queues = sinks.map { SinkQueue($0) }
        generator = SeededGenerator(seed: seed)
    }

    package mutating func handle(_ event: AlertEvent, at now: Stamp) -> [AlertAction] {
        var actions: [AlertAction] = []
        switch event {
        case .restored(let outbox): restore(outbox, at: now, &actions)
        case .alert(let alert): take(alert, at: now, &actions)
        case .foreign(let alert):
            guard !repetitions.knows(alert.id) else { break }
            actions.append(.mark(.added(alert)))
            take(alert, at: now, &actions)
        case .answered(let sink, let attempt, let answer):
            queues[sink].answered(attempt, answer, at: now, &generator, &actions)
        case .woke: break
        }
        for (alert, suppressed) in repetitions.release(at: now.monotonic) {
            var delivery = Delivery(alert: alert)
            delivery.suppressed = suppressed
            offer(delivery, to: nil, at: now, &actions)
        }
        escalate(at: now, &actions)
        for sink in queues.indices {
            queues[sink].giveUpOld(at: now, &generator, &actions)
            if let delivery = queues[sink].next(at: now.monotonic) {
                attempts += 1
                queues[sink].begin(attempts, at: now.monotonic)
                actions.append(.send(sink: sink, attempt: attempts, delivery))
            }
        }
        return actions
    }

    /// When to call again if nothing happens before.
    package var wakeAt: MonotonicInstant? {
        let escalations = conditions.values.filter { !$0.isEscalated }.map { $0.since + Self.escalationDelay }
        return (escalations + queues.compactMap(\.wakeAt) + [repetitions.nextRelease].compactMap(\.self))
            .min()
    }

    /// How long a life that has ended may still wait for deliveries: only for sinks that are known to answer, no
    /// longer than they usually take, or, where there is time, for what is on its way the first time. Nil when there
    /// is nothing worth waiting for.
    package func worthWaitingUntil(_ now: MonotonicInstant, hasTime: Bool) -> MonotonicInstant? {
        queues.compactMap { $0.hope(at: now, hasTime: hasTime) }.filter { $0 > now }.max()
    }

    /// Deliveries that are not done, for the log.
    package var pending: Int { queues.reduce(0) { $0 + $1.waiting.count } }

    // MARK: Taking in

    private mutating func take(_ alert: OutgoingAlert, at now: Stamp, _ actions: inout [AlertAction]) {
        for condition in AlertCondition.closed(by: alert.name) { conditions[condition] = nil }
        switch repetitions.judge(alert, at: now.monotonic) {
        case .known: return
        case .held(let other): if let other { actions.append(.mark(.suppressed(id: other))) }
        case .news: offer(Delivery(alert: alert), to: nil, at: now, &actions)
        }
        if let condition = AlertCondition.opened(by: alert.name), conditions[condition] == nil {
            conditions[condition] = OpenCondition(alert: alert, since: now.monotonic)
        }
    }

    /// To all sinks, or only to those of these numbers.
    private mutating func offer(
        _ delivery: Delivery, to chosen: Set<Int>?, at now: Stamp, _ actions: inout [AlertAction]
    ) {
        for sink in queues.indices where chosen?.contains(sink) ?? true {
            if queues[sink].settings.wants(delivery.alert) {
                queues[sink].append(delivery, at: now, &actions)
            } else {
                actions.append(
                    .mark(
                        .ended(
                            id: delivery.alert.id, sink: queues[sink].settings.name, .unwanted, attempts: 0,
                            at: now.utc, words: "")))
            }
        }
    }

    private mutating func escalate(at now: Stamp, _ actions: inout [AlertAction]) {
        for condition in AlertCondition.allCases {
            guard let open = conditions[condition], !open.isEscalated,
                now.monotonic - open.since >= Self.escalationDelay
            else { continue }
            conditions[condition]?.isEscalated = true
            var alert = open.alert
            alert.id += Self.escalationSuffix
            alert.level = .alert
            alert.at = now.utc
            alert.message = "still unresolved after 2 minutes: \(open.alert.message)"
            repetitions.note(alert, at: now.monotonic)
            actions.append(.mark(.added(alert)))
            var delivery = Delivery(alert: alert)
            delivery.isEscalation = true
            offer(delivery, to: nil, at: now, &actions)
        }
    }

    // MARK: What earlier lives left

    private mutating func restore(_ outbox: Outbox, at now: Stamp, _ actions: inout [AlertAction]) {
        let known = Dictionary(outbox.sinks.map { ($0.name, $0) }) { first, _ in first }
        for sink in queues.indices {
            let name = queues[sink].settings.name
            if known[name] == nil { actions.append(.mark(.sink(name: name, since: now.utc))) }
        }
        for entry in outbox.entries {
            let alert = entry.alert
            // The clock may have been set; nothing is younger than now.
            let age = max(.zero, now.utc - alert.at)
            let told = now.monotonic - age
            for condition in AlertCondition.closed(by: alert.name) { conditions[condition] = nil }
            let isEscalation = alert.id.hasSuffix(Self.escalationSuffix)
            if let condition = AlertCondition.opened(by: alert.name) {
                if conditions[condition] == nil {
                    conditions[condition] = OpenCondition(
                        alert: alert, since: max(told, now.monotonic - Self.escalationDelay + Self.chance),
                        isEscalated: isEscalation)
                } else if isEscalation {
                    conditions[condition]?.isEscalated = true
                }
            }
            if entry.isSuppressed {
                repetitions.count(alert)
                continue
            }
            var delivery = Delivery(alert: alert)
            delivery.isEscalation = isEscalation
            if isEscalation || !entry.deliveries.isEmpty {
                repetitions.note(alert, at: told)
            } else if case .held(let other) = repetitions.judge(alert, at: told) {
                // It came too soon for the life that ended, and may still do for this one.
                if let other { actions.append(.mark(.suppressed(id: other))) }
                continue
            }
            let due = queues.indices.filter { sink in
                let settings = queues[sink].settings
                guard let since = known[settings.name]?.since else { return false }
                return alert.at >= since && !entry.deliveries.contains { $0.sink == settings.name }
            }
            if !due.isEmpty { offer(delivery, to: Set(due), at: now, &actions) }
        }
    }
}
