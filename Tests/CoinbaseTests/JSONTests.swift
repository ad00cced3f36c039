import Testing
import TradingDomain

@testable import Coinbase

struct JSONTests {
    @Test func everyKindOfValueIsRead() throws {
        let root = try json(
            #" {"a":[1,-2.5e3,"x",true,false,null,{}],"b":{"c":"\u00e9\n\ud83d\ude00\"\\"},"d":""} "#)
        let list = try #require(root["a"]?.elements)
        #expect(list.map(\.text) == ["1", "-2.5e3", "x", "true", "false", nil, nil])
        #expect(root["b"]?["c"]?.text == "é\n😀\"\\")
        #expect(root["d"]?.text == "")
        #expect(root["d"]?.wording == nil)
        #expect(root["e"] == nil)
        #expect(root.members.map(\.name) == ["a", "b", "d"])
    }

    @Test func theLastOfTwoNamesCounts() throws {
        let root = try json(#"{"a":1,"a":{"b":2},"c":null,"a":3}"#)
        #expect(root["a"]?.integer == 3)
        #expect(root["c"] == nil)
        #expect(root.has("c"))
        #expect(!root.has("d"))
        // An escaped name is the same name.
        #expect(try json(#"{"\u0061b":5}"#)["ab"]?.integer == 5)
    }

    @Test(arguments: [
        "", "  ", "{", "[", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "[1,", "[1,]",
        "[1 2]",
        "{\"a\" 1}", "{1:2}", "nul", "tru", "truth", "-", "1.", "1e", "1e+", "01a", "\"abc", "\"abc\\", "{}x",
        "}", "]", ",", "{]", "[}", "\u{FEFF}{}", "<html>", "1 2",
    ])
    func whatIsNotJSONIsATypedError(_ text: String) {
        #expect(throws: JSONError.self) { try JSONDocument(bytes(text)) }
    }

    @Test func everyCutOfADocumentIsAnError() {
        let whole = bytes(#"{"a":[1.5,"x\u0041",true,null,{"b":{}}],"c":"d"}"#)
        for length in 0..<whole.count {
            #expect(throws: JSONError.self) { try JSONDocument(Array(whole.prefix(length))) }
        }
    }

    @Test func nestingHasALimitAndDoesNotRecurse() {
        #expect(throws: JSONError.tooDeep) {
            try JSONDocument([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))
        }
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try JSONDocument(bytes(deep)) }
    }

    @Test func decimalsStayExact() throws {
        func decimal(_ text: String) throws -> String? {
            let value: Price? = try json("[\(text)]").elements?.first?.decimal()
            return value?.description
        }
        #expect(try decimal("0.1") == "0.1")
        #expect(try decimal("\"0.30000000000000004\"") == "0.30000000000000004")
        #expect(try decimal("1e-8") == "0.00000001")
        #expect(try decimal("1.25E+3") == "1250")
        #expect(try decimal("-2.5e-1") == "-0.25")
        #expect(try decimal("1e99") == nil)
        #expect(try decimal("1e999999999999999999999") == nil)
        #expect(try decimal("\"NaN\"") == nil)
        #expect(try decimal("\"\"") == nil)
        #expect(try decimal("true") == nil)
        #expect(try decimal("\"1.0000000000000000001\"") == nil)
        #expect(try decimal("\"999999999999999999999999\"") == nil)
    }

    @Test func halfASurrogateAndBrokenUTF8AreReplaced() throws {
        #expect(try json(#"["\ud83d"]"#).elements?.first?.text == "\u{FFFD}")
        #expect(try json(#"["\ud83dx\q\uZZZZ"]"#).elements?.first?.text == "\u{FFFD}x\u{FFFD}\u{FFFD}ZZZZ")
        let broken = try JSONDocument([0x5B, 0x22, 0xFF, 0xC3, 0x22, 0x5D]).root
        #expect(broken.elements?.first?.text == "\u{FFFD}\u{FFFD}")
    }
}

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
