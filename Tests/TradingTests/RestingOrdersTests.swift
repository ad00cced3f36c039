import Testing
import TradingDomain

@testable import Trading

@Suite("Which order meets which wish, and small dictionaries")
struct RestingOrdersTests {
    private func id(_ sequence: Int) throws -> ClientOrderID {
        try #require(ClientOrderID("grid-1-\(String(sequence, radix: 36))"))
    }

    private func terms(_ price: Int, _ side: Side = .buy) -> OrderTerms {
        OrderTerms(
            symbol: btc, side: side, type: .limit(Price(Int64(price)), postOnly: true), quantity: Quantity(1))
    }

    /// Few are looked through, many are hashed: both must say the same.
    @Test(arguments: [3, 31, 32, 33, 200])
    func theOldestOfEqualsIsKeptAndTheRestIsNotWanted(_ count: Int) throws {
        var resting = RestingOrders(expected: count)
        // Every price twice, and one more of the first.
        for sequence in 1...count { resting.add(try id(sequence), terms(100 + (sequence - 1) / 2)) }
        resting.add(try id(count + 1), terms(100))
        let met = [terms(100), terms(100), terms(99), terms(100, .sell)].map { resting.take($0) }
        #expect(met == [true, true, false, false])
        #expect(try resting.untaken == (3...count + 1).map { try id($0) })
        let again = [terms(100), terms(100)].map { resting.take($0) }
        #expect(again == [true, false])
        #expect(try resting.untaken == (3..<count + 1).map { try id($0) })
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func severalSizesGiveWhatCountingByTermsGives(_ seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...80, using: &chance)
        let orders = try (0..<count).map { (try id($0 + 1), terms(Int.random(in: 1...20, using: &chance))) }
        let wishes = (0..<Int.random(in: 0...80, using: &chance)).map { _ in
            terms(Int.random(in: 1...20, using: &chance))
        }
        var resting = RestingOrders(expected: count)
        for (id, terms) in orders { resting.add(id, terms) }
        var left = orders
        for wish in wishes {
            let place = left.firstIndex { $0.1 == wish }
            if let place { left.remove(at: place) }
            let isMet = resting.take(wish)
            #expect(isMet == (place != nil))
        }
        #expect(resting.untaken == left.map(\.0))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func aSmallDictionaryIsADictionaryInTheOrderOfItsKeys(_ seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let keys = Int.random(in: 1...30, using: &chance)
        var few = FewKeyed<Int, Int>()
        var model: [Int: Int] = [:]
        for _ in 0..<300 {
            let key = Int.random(in: 1...keys, using: &chance)
            let value = Int.random(in: 1...9, using: &chance)
            switch Int.random(in: 0...3, using: &chance) {
            case 0:
                few[key] = nil
                model[key] = nil
            case 1:
                few[key] = value
                model[key] = value
            case 2:
                few.change(key, from: 100) { $0 += value }
                model[key, default: 100] += value
            default:
                few[key]? += value
                model[key]? += value
            }
            #expect(few.keys == model.keys.sorted())
            #expect(few.values == model.keys.sorted().map { model[$0] })
            #expect((0...keys + 1).allSatisfy { few[$0] == model[$0] })
            #expect(few.count == model.count && few.isEmpty == model.isEmpty)
        }
        #expect(FewKeyed([(2, "b"), (1, "a"), (2, "c")]).pairs.map(\.value) == ["a", "b"])
    }
}
