import ExchangeModel
import TradingDomain

// What lists and look-ups show while they lag behind the truth: each order as it stood some time ago, and
// not at all if it did not exist then. Costs nothing while the lag is zero.

struct LagView {
    private struct Version {
        let at: UTCInstant
        let order: ModelOrder
    }

    private(set) var lag = Duration.zero
    private var versions: [Int64: [Version]] = [:]

    var isOn: Bool { lag > .zero }

    mutating func set(_ lag: Duration, engine: MatchingEngine) {
        self.lag = lag
        versions = [:]
        guard isOn else { return }
        engine.ordersBackwards(workingOnly: true) { order in
            versions[order.number] = [Version(at: UTCInstant(nanoseconds: .min), order: order)]
            return true
        }
    }

    mutating func record(_ order: ModelOrder, at instant: UTCInstant) {
        let seen = instant - lag
        var own = versions[order.number] ?? []
        // The newest version that is old enough to be seen, and all that are newer, are still needed.
        while own.count > 1, own[1].at <= seen { own.removeFirst() }
        own.append(Version(at: instant, order: order))
        versions[order.number] = own
        if versions.count > 50_000 {
            versions = versions.filter { _, list in
                guard let last = list.last else { return false }
                return last.at > seen || !last.order.status.isTerminal
            }
        }
    }

    /// The order as the lists show it now; nil while they don't know it.
    func visible(_ order: ModelOrder, now: UTCInstant) -> ModelOrder? {
        guard isOn else { return order }
        let seen = now - lag
        guard order.createdAt <= seen else { return nil }
        guard let own = versions[order.number] else { return order }
        return own.last { $0.at <= seen }?.order ?? own.first?.order
    }

    func isVisible(_ fill: Fill, now: UTCInstant) -> Bool { !isOn || fill.at <= now - lag }
}
