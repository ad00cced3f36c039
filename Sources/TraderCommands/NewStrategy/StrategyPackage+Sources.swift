// The texts of the package that `strategy new` makes. NAME, TYPE and MODULE stand for what they are called there.

extension StrategyPackage {
    /// The average of the last prices that is crossed by another one: the strategy to begin with.
    static let strategy = #"""
        // Long while the fast average of the price is above the slow one, flat otherwise. It rests, and never takes.
        import TraderKit

        struct TYPE: ConfigurableStrategy {
            static let type = "NAME"

            struct Settings: StrategyParameters {
                var amount = Money(100)  // of each market, quote units
                var fastCycles: Int64 = 12
                var slowCycles: Int64 = 26

                var mistakes: [SettingMistake] {
                    (amount.isPositive ? [] : [SettingMistake("amount", "must be above 0")])
                        + (fastCycles > 0 ? [] : [SettingMistake("fastCycles", "must be above 0")])
                        + (slowCycles > fastCycles ? [] : [SettingMistake("slowCycles", "must be above fast_cycles")])
                }
            }

            struct Averages: Codable, Equatable, Sendable {
                var fast: Price, slow: Price
                var target = Quantity.zero
            }

            let name: String
            let symbols: [Symbol]
            let settings: Settings
            var initialMemory: [String: Averages] { [:] }

            func decide(_ view: StrategyView, memory: inout [String: Averages]) -> Decision {
                // Once per cycle: the averages are of cycles, and by then the last fills are booked.
                guard view.trigger == .cycle else { return .keep }
                let orders = try? view.markets.compactMap { try order($0, &memory[$0.product.symbol.description]) }
                return orders.map { .want($0) } ?? .keep  // nothing changes when a number does not fit
            }

            private func order(_ market: MarketView, _ averages: inout Averages?) throws -> WantedOrder? {
                guard let quote = market.quote else { return nil }
                var new = averages ?? Averages(fast: quote.mid, slow: quote.mid)
                let wasAbove = new.fast > new.slow
                new.fast = try average(new.fast, quote.mid, settings.fastCycles)
                new.slow = try average(new.slow, quote.mid, settings.slowCycles)
                if (new.fast > new.slow) != wasAbove {
                    let size = try settings.amount.over(quote.ask, .down)
                    new.target = wasAbove ? .zero : try size.rounded(to: market.product.baseIncrement, .down)
                }
                averages = new
                // The difference to what is there mends itself after a partial fill, a late one or a restart.
                let gap = try new.target - market.strategyPosition
                guard gap.magnitude >= market.product.minimumQuantity else { return nil }
                let side: Side = gap.isPositive ? .buy : .sell
                let price = side == .buy ? quote.bid : quote.ask
                return WantedOrder(
                    symbol: quote.symbol, side: side, type: .limit(price, postOnly: true), quantity: gap.magnitude)
            }

            private func average(_ old: Price, _ mid: Price, _ cycles: Int64) throws -> Price {
                try old + (mid - old).scaled(by: 2, over: cycles + 1, .halfEven)
            }
        }

        """#

    /// The binary.
    static let main = #"""
        import TraderKit

        // The whole of trader247 with this strategy built in: `NAME run`, `NAME backtest`, `NAME --help`.
        Trader247.run(TYPE.self)

        """#

    /// The strategy on the simulated market.
    static let tests = #"""
        import StrategyTesting
        import Testing

        @testable import MODULE

        @Suite struct TYPETests {
            private func strategy(_ market: TestMarket) -> TYPE {
                TYPE(name: "NAME", symbols: [market.symbol], settings: TYPE.Settings())
            }

            /// The real core, risk limits and matching engine, in virtual time.
            @Test(arguments: [1, 2, 3] as [UInt64]) func tradesAndLeavesNothing(seed: UInt64) throws {
                let market = try TestMarket(seed: seed)
                let run = try market.run(strategy(market))
                #expect(run.fills.count > 1 && run.halts.isEmpty)
                #expect(run.fills.allSatisfy { $0.isMaker })
                #expect(run.leavesNothing)
                #expect(try market.run(strategy(market)) == run)
            }

            @Test func buysWhenThePriceRises() throws {
                let market = try TestMarket(prices: (0..<120).map { Price(100 + Int64(max(0, $0 - 60)) / 10) })
                let run = try market.run(strategy(market))
                #expect(run.fills.first?.side == .buy)
                #expect(run.position.isPositive)
            }

            @Test func wantsTheSameTwiceAndNothingWithoutAPrice() throws {
                let market = try TestMarket(prices: [Price(100)])
                var memory = ["BTC-USD": TYPE.Averages(fast: Price(100), slow: Price(101))]
                let first = strategy(market).decide(market.view(bid: Price(119), ask: Price(121)), memory: &memory)
                let second = strategy(market).decide(market.view(bid: Price(119), ask: Price(121)), memory: &memory)
                guard case .want(let orders) = first else { return #expect(Bool(false), "\(first)") }
                #expect(orders.map(\.terms.side) == [.buy] && second == first)
                #expect(strategy(market).decide(market.viewWithoutQuote(), memory: &memory) == .want([]))
            }
        }

        """#
}
