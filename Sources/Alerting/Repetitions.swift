// Which alerts say the same, and how often. A state that lasts is the same whatever its words are; any other alert is
// the same when its words are. The last of those that came too soon is held, and let go when its time has come: it says
// how many it stands for, and what is told last is how it is. Bounded: what nobody repeats is forgotten.

import Trading
import TradingDomain

struct Repetitions: Sendable {
    enum Verdict: Equatable, Sendable {
        /// This very one was seen already.
        case known
        /// Held for later, in the place of this one, which is only counted now.
        case held(insteadOf: String?)
        case news
    }

    private struct Told: Sendable {
        var at: MonotonicInstant
        /// Since then, the held one not among them.
        var suppressed = 0
        var held: OutgoingAlert?
    }

    private static let limit = 2_000
    private var told: [String: Told] = [:]
    /// When different alerts of one name went out lately.
    private var bursts: [String: [MonotonicInstant]] = [:]
    private var ids: Set<String> = []
    private var idsInOrder: [String] = []

    func knows(_ id: String) -> Bool { ids.contains(id) }

    mutating func judge(_ alert: OutgoingAlert, at now: MonotonicInstant) -> Verdict {
        guard !ids.contains(alert.id) else { return .known }
        remember(alert.id)
        let key = Self.key(alert)
        if let last = told[key], last.held != nil || now - last.at < AlertPlan.repetitionPause {
            return hold(alert, under: key)
        }
        var burst = bursts[alert.name, default: []].filter { now - $0 < AlertPlan.repetitionPause }
        guard burst.count < AlertPlan.burstLimit else {
            // Counted by the name, since its own words may never come again.
            if told[alert.name] == nil { told[alert.name] = Told(at: burst.first ?? now) }
            return hold(alert, under: alert.name)
        }
        burst.append(now)
        bursts[alert.name] = burst
        told[key] = Told(at: now)
        forgetOld(now)
        return .news
    }

    private mutating func hold(_ alert: OutgoingAlert, under key: String) -> Verdict {
        let before = told[key]?.held
        if before != nil { told[key]?.suppressed += 1 }
        told[key]?.held = alert
        return .held(insteadOf: before?.id)
    }

    /// Those whose time has come, in the order in which they happened, with the number that each stands for.
    mutating func release(at now: MonotonicInstant) -> [(alert: OutgoingAlert, suppressed: Int)] {
        var due: [(alert: OutgoingAlert, suppressed: Int)] = []
        for (key, last) in told {
            guard let held = last.held, now - last.at >= AlertPlan.repetitionPause else { continue }
            due.append((held, last.suppressed))
            told[key] = Told(at: now)
        }
        return due.sorted { ($0.alert.at, $0.alert.id) < ($1.alert.at, $1.alert.id) }
    }

    var nextRelease: MonotonicInstant? {
        told.values.filter { $0.held != nil }.map { $0.at + AlertPlan.repetitionPause }.min()
    }

    /// One that went out, whatever was told before.
    mutating func note(_ alert: OutgoingAlert, at moment: MonotonicInstant) {
        remember(alert.id)
        told[Self.key(alert), default: Told(at: moment)].at = moment
    }

    /// One that an earlier life only counted.
    mutating func count(_ alert: OutgoingAlert) {
        remember(alert.id)
        told[Self.key(alert)]?.suppressed += 1
    }

    private static func key(_ alert: OutgoingAlert) -> String {
        AlertCondition.opened(by: alert.name) == nil ? "\(alert.name) \(alert.message)" : alert.name
    }

    private mutating func remember(_ id: String) {
        guard ids.insert(id).inserted else { return }
        idsInOrder.append(id)
        if idsInOrder.count > Self.limit * 2 {
            for old in idsInOrder.prefix(Self.limit) { ids.remove(old) }
            idsInOrder.removeFirst(Self.limit)
        }
    }

    private mutating func forgetOld(_ now: MonotonicInstant) {
        guard told.count > Self.limit else { return }
        told = told.filter { now - $0.value.at < AlertPlan.repetitionPause || $0.value.held != nil }
        bursts = bursts.filter { $0.value.contains { now - $0 < AlertPlan.repetitionPause } }
    }
}
