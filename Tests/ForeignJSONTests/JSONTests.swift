import Foundation
import Testing
import TradingDomain

@testable import ForeignJSON

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
private func json(_ text: String) throws -> JSONValue { try JSONDocument(bytes(text)).root }

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
        #expect(throws: JSONError.tooDeep(limit: 64, at: 64)) {
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

    @Test func sizeHasALimitThatIsNamed() {
        #expect(throws: JSONError.tooLarge(bytes: 5, limit: 4)) {
            try JSONDocument(bytes("[1,2]"), within: JSONLimits(bytes: 4))
        }
        #expect("\(JSONError.tooLarge(bytes: 5, limit: 4))" == "JSON of 5 bytes, at most 4 are read")
        #expect(
            "\(JSONError.tooDeep(limit: 64, at: 70))"
                == "JSON that nests deeper than 64 levels, from byte 70 on")
    }

    /// Brackets in strings are text, and an escaped quote ends none.
    @Test func onlyBracketsOutsideOfStringsNest() {
        let brackets = String(repeating: "[{", count: 1_000)
        #expect(throws: Never.self) { try JSONDocument(bytes(#"["\#(brackets)\"\#(brackets)"]"#)) }
        let behind = String(repeating: "[", count: 65)
        #expect(throws: JSONError.tooDeep(limit: 64, at: 69)) {
            try JSONDocument(bytes(#"["\\",\#(behind)"#))
        }
    }

    /// Foundation's decoder takes UTF-16 as well, in which brackets can hide from whoever reads bytes.
    @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf32LittleEndian])
    func onlyUTF8ComesToADecoder(_ encoding: String.Encoding) throws {
        let text = try #require("[[1]]".data(using: encoding))
        #expect(throws: JSONError.self) { try JSONLimits.foreign.decode([[Int]].self, from: Array(text)) }
        #expect(try JSONLimits.foreign.decode([[Int]].self, from: bytes("[[1]]")) == [[1]])
    }

    /// On a thread as small as any of ours, where Foundation would overflow the stack.
    @Test(arguments: ["[", #"{"a":"#, #"[{"a":["#])
    func noDepthEndsTheProcess(_ opening: String) {
        let bytes = Array(String(repeating: opening, count: 100_000).utf8)
        #expect(throws: JSONError.self) { try JSONLimits.foreign.decode([String].self, from: bytes) }
        #expect(throws: JSONError.cutShort) { try JSONDocument(bytes, within: JSONLimits(depth: .max)) }
    }

    @Test func theSameValueHasTheSameText() throws {
        #expect(
            try json(#" { "b" : [ 1.50 , "\u00e9\\" , null ] , "a" : {} , "b" : [ true ] } "#).canonicalText
                == #"{"a":{},"b":[true]}"#)
        #expect(
            try json(#"[1e999,12345678901234567890.1230]"#).canonicalText
                == "[1e999,12345678901234567890.1230]")
    }

    @Test(arguments: [#"["\q"]"#, #"["\u12"]"#, "[\"a\u{1}\"]", "[01]", "[-00.5]"])
    func whatOthersWouldNotReadHasNoText(_ text: String) throws {
        #expect(try json(text).canonicalText == nil)
        #expect(try JSONDocument([0x5B, 0x22, 0xFF, 0x22, 0x5D]).root.canonicalText == nil)
    }
}
