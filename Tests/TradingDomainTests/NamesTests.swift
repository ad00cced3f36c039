// Symbols and order ids: what is one and what only looks like one.

import Foundation
import Testing
import TradingDomain

@Suite struct NamesTests {
    @Test(
        "a symbol is BASE-QUOTE",
        arguments: [
            ("BTC-USD", "BTC", "USD"), ("1INCH-USDC", "1INCH", "USDC"), ("A-B", "A", "B"),
            ("ABCDEFGHIJKLMNOP-ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNOP"),
        ])
    func symbols(_ text: String, _ base: String, _ quote: String) throws {
        let symbol = try #require(Symbol(text))
        #expect(symbol.base == base)
        #expect(symbol.quote == quote)
        #expect(symbol.description == text)
    }

    @Test(
        "what is not a symbol is refused",
        arguments: [
            "", "-", "BTC", "BTC-", "-USD", "BTC-USD-PERP", "BTC--USD", "btc-usd", "BTC/USD", "BTC-USD ",
            "BTC_USD",
            "ÄTC-USD", "ABCDEFGHIJKLMNOPQ-USD", "USD-ABCDEFGHIJKLMNOPQ", "BTC-\u{0}",
        ])
    func notSymbols(_ text: String) throws {
        #expect(Symbol(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Symbol].self, from: JSONEncoder().encode([text]))
        }
    }

    /// A symbol is kept as numbers; whoever sorts by it must not notice.
    @Test("every symbol prints as it was read, and sorts as its text")
    func symbolsAreTheirTexts() throws {
        var chance = Chance(state: 11)
        let letters = Array("ABZ019")
        func name() -> String {
            let length = Bool.random(using: &chance) ? 16 : Int.random(in: 1...16, using: &chance)
            return String((0..<length).map { _ in letters.randomElement(using: &chance) ?? "A" })
        }
        var texts = (0..<3_000).map { _ in "\(name())-\(name())" }
        // Neighbours: the same but for the last characters, also across the borders of the numbers.
        texts += texts.prefix(500).map { String($0.dropLast()) }.filter { !$0.hasSuffix("-") }
        texts = Set(texts).sorted()
        let symbols = try texts.map { try #require(Symbol($0)) }
        for (symbol, text) in zip(symbols, texts) {
            #expect(symbol.description == text)
            #expect("\(symbol.base)-\(symbol.quote)" == text)
        }
        #expect(symbols.shuffled(using: &chance).sorted().map(\.description) == texts)
        #expect(Set(symbols).count == texts.count)
    }

    @Test("every bot's name prints as it was read, and sorts as its text")
    func botsAreTheirTexts() throws {
        let names = "a0z9".map(String.init)
        var texts = names
        for _ in 1..<5 { texts += texts.flatMap { text in names.map { text + $0 } } }
        texts = Set(texts).sorted()
        let bots = try texts.map { try #require(BotID($0)) }
        #expect(bots.map(\.description) == texts)
        var chance = Chance(state: 3)
        #expect(bots.shuffled(using: &chance).sorted() == bots)
    }

    @Test("a client order id prints and parses, and fits in 18 characters")
    func clientOrderIDs() throws {
        let bot = try #require(BotID("grid"))
        let id = try #require(ClientOrderID(bot: bot, epoch: 1_700_000_000, sequence: 46_655))
        #expect(id.description == "grid-s44we8-zzz")
        #expect(ClientOrderID(id.description) == id)
        #expect(try JSONDecoder().decode([ClientOrderID].self, from: JSONEncoder().encode([id])) == [id])

        let long = try #require(BotID("abcde"))
        let widest = try #require(ClientOrderID(bot: long, epoch: 2_176_782_335, sequence: 60_466_175))
        #expect(widest.description == "abcde-zzzzzz-zzzzz")
        #expect(widest.description.utf8.count == 18)
        #expect(ClientOrderID(widest.description) == widest)
        #expect(ClientOrderID(bot: long, epoch: 2_176_782_336, sequence: 60_466_175) == nil)
        #expect(ClientOrderID(bot: long, epoch: 2_176_782_335, sequence: 60_466_176) == nil)
    }

    @Test("every id that can be made parses back to itself")
    func idRoundTrip() throws {
        var chance = Chance(state: 5)
        var made = 0
        for _ in 0..<20_000 {
            let bot = try #require(
                ["a", "grid", "abcde", "0", "9z"].randomElement(using: &chance).flatMap { BotID($0) })
            let epoch = Int64(truncatingIfNeeded: chance.next() >> UInt64.random(in: 1...63, using: &chance))
            let sequence = Int64(
                truncatingIfNeeded: chance.next() >> UInt64.random(in: 1...63, using: &chance))
            guard let id = ClientOrderID(bot: bot, epoch: epoch, sequence: sequence) else { continue }
            made += 1
            #expect(id.description.utf8.count <= 18)
            #expect(ClientOrderID(id.description) == id)
        }
        #expect(made > 3000)
    }

    @Test(
        "only the whole grammar makes an id ours",
        arguments: [
            "", "grid", "grid-1", "grid-1-", "grid--1", "-1-1", "grid-1-1-1", "grid-01-1", "grid-1-01",
            "grid-0-1",
            "grid-1-0", "grid-A-1", "GRID-1-1", "grid2x-1-1", "grid-1-1 ", " grid-1-1", "grid_1_1",
            "grid-1-+1",
            "grid-1--1", "g-1-zzzzzzzzzzzzzz", "grid-zzzzzzz-zzzzzzz", "gr\u{ef}d-1-1", "grid-1-1\n",
        ])
    func foreignIDs(_ text: String) {
        #expect(ClientOrderID(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([ClientOrderID].self, from: JSONEncoder().encode([text]))
        }
    }

    @Test("grid's order is not grid2's, though one name begins with the other")
    func neighbours() throws {
        let one = try #require(ClientOrderID("grid-1-2"))
        let other = try #require(ClientOrderID("grid2-1-2"))
        #expect(one.bot != other.bot)
        #expect(one != other)
        #expect(one.bot == BotID("grid"))
        #expect(BotID("") == nil)
        #expect(BotID("toolong") == nil)
        #expect(BotID("a-b") == nil)
    }

    @Test("ids sort by life, then by sequence, not by text")
    func order() throws {
        let texts = ["b-1-2", "a-1-10", "a-2-1", "a-10-1"]
        let ids = try texts.map { try #require(ClientOrderID($0)) }
        #expect(ids.shuffled().sorted().map(\.description) == texts)
    }
}
