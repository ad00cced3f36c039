import Testing

@testable import TradingDomain

@Suite struct VisibleTextTests {
    /// All that steers a terminal or a reader's eye, written as escapes so that it does not steer the reader of this.
    static let hostile: [UInt32] =
        Array(0..<0x20) + Array(0x7F...0x9F) + [0x061C, 0x200E, 0x200F] + Array(0x2028...0x202E)
        + Array(0x2066...0x2069)

    @Test func everyControlBecomesItsName() throws {
        for value in Self.hostile {
            let text = "a" + String(try #require(Unicode.Scalar(value)).description) + "b"
            #expect(VisibleText.line(text) == "a\\u{\(String(value, radix: 16))}b")
            #expect(VisibleText.isPlain(text) == false)
            if value != 0x0A, value != 0x09 { #expect(VisibleText.lines(text) == VisibleText.line(text)) }
        }
        #expect(VisibleText.lines("a\n\tb") == "a\n\tb")
        // A carriage return with its line feed is one character, and two signs.
        #expect(VisibleText.line("a\r\nb") == "a\\u{d}\\u{a}b")
        #expect(VisibleText.line("\u{1B}]0;title\u{7}") == "\\u{1b}]0;title\\u{7}")
        #expect(VisibleText.line("e\u{202E}\u{301}") == "e\\u{202e}\u{301}")
    }

    @Test func everythingElseStaysAsItIs() {
        for text in ["", "plain", "Müller – „so“ … 20 % ≥ 3 €", "日本語 العربية", "✅ ● ░", "\\u{1b}", "👩‍👩‍👧"] {
            #expect(VisibleText.line(text) == text)
            #expect(VisibleText.json(text) == text)
            #expect(VisibleText.isPlain(text))
        }
    }

    @Test func jsonKeepsItsValue() {
        #expect(
            VisibleText.json("{\"a\":\"x\u{9B}2J\u{202E}\u{7F}\"}\n")
                == "{\"a\":\"x\\u009b2J\\u202e\\u007f\"}\n")
    }
}
