// The exchange of a dry run: real prices of a feed, and no orders. It sends nothing and says what it would
// have sent.

import Synchronization
import Trading
import TradingDomain

package final class DryRunExchange: Exchange, VirtualTimeSource {
    /// The same order is told again only after this much trading time.
    package static let quietTime: Duration = .seconds(60)
    /// Orders that are remembered as told.
    private static let memoryLimit = 10_000

    private let prices: PaperExchange
    private let clock: any TradingClock
    private let tell: @Sendable (String) -> Void
    private let state = Mutex(State())

    private struct State: Sendable {
        var sink: (any ExchangeSink)?
        var told: [OrderTerms: MonotonicInstant] = [:]
        var silenced = 0
    }

    /// - Parameter tell: takes a sentence for people.
    package init(
        prices: PaperExchange, clock: any TradingClock, tell: @escaping @Sendable (String) -> Void
    ) {
        self.prices = prices
        self.clock = clock
        self.tell = tell
    }

    package var capabilities: ExchangeCapabilities {
        var capabilities = prices.capabilities
        capabilities.holdsOrders = false
        return capabilities
    }
    package var products: [Product] { prices.products }

    package func start(sink: any ExchangeSink) {
        state.withLock { $0.sink = sink }
        prices.start(sink: sink)
    }

    package func submit(_ command: NumberedCommand) {
        let answer: Answer
        switch command.command {
        case .place(let order):
            announce(order.terms)
            answer = .placed(.rejected("dry run: not sent"))
        case .cancel(let ids):
            // There is no order that this could be about.
            answer = .canceled(
                .answered(ids.map { CancelResult(exchangeOrderID: $0, verdict: .unknownOrder) }))
        case .listOrders: answer = .orders(.page(OrderPage(orders: [], nextCursor: nil)))
        case .listFills: answer = .fills(.page(FillPage(fills: [], nextCursor: nil)))
        case .listBalances, .connect:
            prices.submit(command)
            return
        case .ask: answer = .told(.failed(CallFailure("a dry run is asked nothing")))
        case .flush, .exit: answer = .withheld("not for an exchange")
        }
        state.withLock { $0.sink }?.answer(command.id, answer)
    }

    package func close() { prices.close() }

    package var nextDue: MonotonicInstant? { prices.nextDue }
    package func advance(to stamp: Stamp) { prices.advance(to: stamp) }

    private func announce(_ terms: OrderTerms) {
        let now = clock.now().monotonic
        let silenced: Int? = state.withLock { state in
            if let last = state.told[terms], now - last < Self.quietTime {
                state.silenced += 1
                return nil
            }
            if state.told.count >= Self.memoryLimit { state.told = [:] }
            state.told[terms] = now
            defer { state.silenced = 0 }
            return state.silenced
        }
        guard let silenced else { return }
        let price = terms.type.limitPrice.map { "limit \($0)" } ?? "market"
        let repeated = silenced > 0 ? " (\(silenced) repetitions not told)" : ""
        tell(
            "dry run: would have sent \(terms.side.wire) \(terms.quantity) \(terms.symbol) \(price)\(repeated)"
        )
    }
}
