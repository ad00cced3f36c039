// `setBest` is `setLiquidity` with one level a side: whatever is done between, the two books stay the same.

import ExchangeModel
import Foundation
import Testing
import TradingDomain

@Suite struct BestPriceTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func theShortWayIsTheLongOne(_ seed: UInt64) throws {
        var short = try MatchingEngine.lab(cancelDelay: .zero)
        var long = short
        let symbol = short.products[0].symbol
        var chance = SeededGenerator(seed: seed)
        var heard: [Change] = []
        for step in 1...400 {
            let at = second(Int64(step))
            let mid = 100 + chance.below(7)
            let bid = BookLevel(Price(mid - chance.below(3)), Quantity(chance.below(4)))
            let ask = BookLevel(Price(mid + chance.below(3)), Quantity(chance.below(4)))
            let id = "o\(step)"
            let side: Side = chance.below(2) == 0 ? .buy : .sell
            let terms = OrderTerms(
                symbol: symbol, side: side, type: .limit(Price(100 + chance.below(9))),
                quantity: Quantity(1 + chance.below(3)))
            let size = Quantity(chance.below(4))
            switch chance.below(4) {
            case 0, 1:
                short.setBest(symbol, bid: bid, ask: ask, at: at)
                long.setLiquidity(symbol, bids: [bid], asks: [ask], at: at)
            case 2:
                _ = short.place(clientOrderID: id, terms: terms, at: at)
                _ = long.place(clientOrderID: id, terms: terms, at: at)
            default:
                short.externalTrade(symbol, taker: side, limit: nil, quantity: size, at: at)
                long.externalTrade(symbol, taker: side, limit: nil, quantity: size, at: at)
            }
            short.drainChanges(into: &heard)
            #expect(heard == long.drainChanges())
        }
        #expect(short.fills().count > 10)
        #expect(short.inconsistencies() == [])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        #expect(try encoder.encode(short) == encoder.encode(long))
    }
}
