import Testing

@testable import Coinbase

struct StrangersTextTests {
    @Test func whatTheVenueSaidBecomesOneShortLine() {
        #expect(StrangersText.clean("  <html>\r\n\t<b>502\u{0}</b>\u{1B}[31m ") == "<html> <b>502</b>[31m")
        #expect(StrangersText.excerpt(bytes("        ")).isEmpty)
        let words = String(repeating: "word ", count: 100)
        #expect(StrangersText.clean(words).unicodeScalars.count <= StrangersText.excerptLength + 1)
        #expect(StrangersText.excerpt([0xFF, 0xFE, 0x41]) == "\u{FFFD}\u{FFFD}A")
    }

    @Test func tokensAndKeysAreLeftOut() {
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJrIn0.c2lnbmF0dXJl"
        #expect(StrangersText.clean("bad token \(token)!") == "bad token [withheld]!")
        #expect(StrangersText.clean("Bearer eyJhbGciOiJF") == "Bearer [withheld]")
        let key = String(repeating: "Ab9+/", count: 12)
        #expect(StrangersText.clean("key \(key)==") == "key [withheld]")
        #expect(StrangersText.excerpt(bytes("{\"t\":\"\(token)\"}")) == "{\"t\":\"[withheld]\"}")
        let id = "0b1c2d3e-1111-4222-8333-444455556666"
        #expect(StrangersText.clean("order \(id)") == "order \(id)")
    }
}
