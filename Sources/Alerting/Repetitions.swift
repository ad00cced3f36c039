// Which alerts say the same, and how often. A state that lasts is the same whatever its words are; any other alert is
// the same when its words are. Bounded: what nobody repeats is forgotten.

import Trading
import TradingDomain

struct Repetitions: Sendable {
    enum Verdict: Equatable, Sendable {
        /// This very one was seen already.
        case known
        case repeated
        /// With the number of those that were not told since.
        case news(suppressed: Int)
    }

    private struct Told: Sendable {
        var at: MonotonicInstant
        var suppressed = 0
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
        if let last = told[key], now - last.at < AlertPlan.repetitionPause {
            told[key]?.suppressed += 1
            return .repeated
        }
        var burst = bursts[alert.name, default: []].filter { now - $0 < AlertPlan.repetitionPause }
        guard burst.count < AlertPlan.burstLimit else {
            bursts[alert.name] = burst
            // Counted by the name, since its own words may never come again.
            told[alert.name, default: Told(at: now)].suppressed += 1
            return .repeated
        }
        burst.append(now)
        bursts[alert.name] = burst
        let suppressed = takeSuppressed(alert)
        told[key] = Told(at: now)
        forgetOld(now)
        return .news(suppressed: suppressed)
    }

    /// One that went out, whatever was told before.
    mutating func note(_ alert: OutgoingAlert, at moment: MonotonicInstant) {
        remember(alert.id)
        told[Self.key(alert), default: Told(at: moment)].at = moment
    }

    mutating func countSuppressed(_ alert: OutgoingAlert) {
        remember(alert.id)
        told[Self.key(alert)]?.suppressed += 1
    }

    mutating func takeSuppressed(_ alert: OutgoingAlert) -> Int {
        var count = 0
        for key in Set([Self.key(alert), alert.name]) {
            count += told[key]?.suppressed ?? 0
            told[key]?.suppressed = 0
        }
        return count
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
        told = told.filter { now - $0.value.at < AlertPlan.repetitionPause || $0.value.suppressed > 0 }
        bursts = bursts.filter { $0.value.contains { now - $0 < AlertPlan.repetitionPause } }
        // A flood of different words leaves their counts behind; the oldest of them are not worth more.
        if told.count > Self.limit * 2 { told = [:] }
    }
}
