import ExchangeModel
import Trading
import TradingDomain

/// The way to the exchange and back, as durations of the data's time. Each may be longer at random, by at most
/// `jitter` of itself; the randomness is seeded.
package struct BacktestNetwork: Equatable, Sendable {
    /// From a placement or a question to its answer. It takes effect at half of it.
    package var orders: Duration
    /// The same for cancels.
    package var cancels: Duration
    /// How old a price or an order's report is when the bot hears of it.
    package var feed: Duration
    /// From 0 on; 0.5 makes each up to half as long again.
    package var jitter: Rate

    package init(orders: Duration, cancels: Duration, feed: Duration, jitter: Rate = .zero) {
        self.orders = orders
        self.cancels = cancels
        self.feed = feed
        self.jitter = jitter
    }

    /// The longest that anything may be under way.
    package var longest: Duration { longest(max(orders, cancels, feed)) }

    func longest(_ duration: Duration) -> Duration { duration + .nanoseconds(spread(duration)) }

    /// What may be added to `duration`, nanoseconds.
    private func spread(_ duration: Duration) -> Int64 {
        let share = Int128(duration.wholeNanoseconds) * (jitter.raw / 1_000_000_000) / 1_000_000_000
        return Int64(clamping: share)
    }
}

/// The network at work: draws what each message takes.
struct BacktestWire: Sendable {
    private let network: BacktestNetwork
    private let hasJitter: Bool
    private let (ordersOneWay, cancelsOneWay): (Duration, Duration)
    private var generator: ExchangeModel.SeededGenerator

    init(_ network: BacktestNetwork, seed: UInt64) {
        self.network = network
        hasJitter = network.jitter.isPositive
        (ordersOneWay, cancelsOneWay) = (network.orders / 2, network.cancels / 2)
        typealias Chance = ExchangeModel.SeededGenerator
        generator = Chance(seed: Chance.seed(seed, Chance.hash("network")))
    }

    /// One way of a call, to the exchange or back.
    mutating func oneWay(_ command: Command) -> Duration {
        if case .cancel = command { return draw(cancelsOneWay) }
        return draw(ordersOneWay)
    }

    mutating func feed() -> Duration { draw(network.feed) }

    private mutating func draw(_ duration: Duration) -> Duration {
        guard hasJitter else { return duration }
        let most = network.longest(duration) - duration
        return duration + .nanoseconds(generator.below(most.wholeNanoseconds + 1))
    }
}
