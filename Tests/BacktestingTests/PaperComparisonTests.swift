// The orders of a backtest, placed on the paper exchange at the moments at which they were decided: the same fills.

import ExchangeModel
import Testing
import Trading
import TradingDomain

@testable import Backtesting
@testable import Exchanges

@Suite struct PaperComparisonTests {
    @Test func thePaperExchangeFillsTheSame() throws {
        let settings = Lab.settings(latency: .milliseconds(50))
        let series = Lab.wandering(3_000)
        // A ladder that never moves: its orders are canceled by the stop alone.
        let strategy = AnyStrategy(Wall(levels: 40))
        let result = try Lab.run(settings, [series], [strategy])
        #expect(result.trades.count > 20)

        var network = PaperNetwork()
        network.latency = .milliseconds(50)
        network.rateLimit = nil
        let account = PaperAccount(
            listings: [
                PaperListing(product: Lab.product(), firstMid: Price(20_000), levelQuantity: Quantity(1))
            ],
            balances: settings.balances, seed: 1)
        let file = ReplayFile(
            identity: ReplayIdentity(
                path: "", symbol: Lab.bitcoin, bytes: 0, checksum: 0, spread: settings.market.spread,
                depth: settings.market.depth), data: series.data)
        var state = try PaperState(account, .replay(file), cancelDelay: network.cancelDelay, now: nil)
        // In the order in which they were decided.
        let orders = Dictionary(grouping: result.trades, by: \.order).values.compactMap(\.first)
            .sorted { ($0.orderedAt, $0.order) < ($1.orderedAt, $1.order) }
        for (number, order) in orders.enumerated() {
            let request = PaperRequest.place(
                clientOrderID: order.order.description,
                terms: OrderTerms(
                    symbol: Lab.bitcoin, side: order.side, type: .limit(order.price), quantity: Wall.size))
            let entry = BookEntry(
                number: Int64(number) + 1,
                what: .request(
                    request, takenAt: order.orderedAt, effectiveAt: order.orderedAt + network.halfLatency))
            state.live(to: max(order.orderedAt, state.engine.now), network) { _, _ in }
            state.take(entry, for: nil, network)
        }
        state.live(to: result.to, network) { _, _ in }

        func text(_ at: UTCInstant, _ side: Side, _ price: Price, _ quantity: Quantity, _ fee: Money)
            -> String
        {
            "\(at) \(side) \(price) \(quantity) \(fee)"
        }
        let paper = state.engine.fills().map { text($0.at, $0.side, $0.price, $0.quantity, $0.fee) }
        let backtest = result.trades.map { text($0.at, $0.side, $0.price, $0.quantity, $0.fee) }
        #expect(backtest.sorted() == paper.sorted())
    }
}

/// Buys and sells at fixed distances from 20,000, each once.
private struct Wall: Strategy {
    static let size = Quantity("0.01")!
    let levels: Int
    var name: String { "wall" }
    var symbols: [Symbol] { [Lab.bitcoin] }
    var initialMemory: Int { 0 }

    func decide(_ view: StrategyView, memory: inout Int) -> Decision {
        guard memory == 0, view.markets.first?.quote != nil else { return .keep }
        memory = 1
        var wanted: [WantedOrder] = []
        for level in 1...Int64(levels) {
            let (below, above) = (Price(20_000 - level * 4), Price(20_000 + level * 4))
            wanted.append(
                WantedOrder(symbol: Lab.bitcoin, side: .buy, type: .limit(below), quantity: Self.size))
            wanted.append(
                WantedOrder(symbol: Lab.bitcoin, side: .sell, type: .limit(above), quantity: Self.size))
        }
        return .want(wanted)
    }
}
