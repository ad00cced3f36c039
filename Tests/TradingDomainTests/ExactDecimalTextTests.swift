// How exact decimals are read and printed.

import Foundation
import Testing
import TradingDomain

@Suite struct ExactDecimalTextTests {
    @Test("what was printed is read back as the same value, a hundred thousand times")
    func roundTrip() {
        var chance = Chance(state: 1)
        for _ in 0..<100_000 {
            let value = Price(raw: chance.raw())
            let text = value.description
            #expect(Price(text) == value)
            // Canonical: one spelling per value.
            #expect(!text.hasPrefix("-0") || text.hasPrefix("-0."))
            #expect(!text.contains(".") || !(text.hasSuffix("0") || text.hasSuffix(".")))
            let whole = text.split(separator: ".")[0].drop { $0 == "-" }
            #expect(whole == "0" || !whole.hasPrefix("0"))
        }
    }

    @Test(
        "values print canonically",
        arguments: [
            ("0", "0"), ("-0", "0"), ("0.0", "0"), ("-0.000", "0"), ("007", "7"), ("1.50", "1.5"),
            ("-12.340", "-12.34"), ("0.000000000000000001", "0.000000000000000001"),
            ("1.0000000000000000000000", "1"), ("100", "100"), ("-0.5", "-0.5"),
            ("123456789012345678901234567890".prefix(20).description, "12345678901234567890"),
            ("170141183460469231731.687303715884105727", "170141183460469231731.687303715884105727"),
            ("-170141183460469231731.687303715884105727", "-170141183460469231731.687303715884105727"),
        ])
    func canonical(_ text: String, _ printed: String) throws {
        #expect(try Money(parsing: text).description == printed)
        #expect(Money(text)?.description == printed)
    }

    @Test(
        "malformed and oversized texts are refused",
        arguments: [
            "", "-", ".", ".5", "5.", "+1", "1e3", "1,5", " 1", "1 ", "1..2", "1.2.3", "--1", "1-", "0x1",
            "NaN",
            "inf", "١", "1\u{0}", "1_000", "0.0000000000000000001",
            "170141183460469231731.687303715884105728",
            "-170141183460469231731.687303715884105728", "170141183460469231732", "1000000000000000000000000",
            "99999999999999999999999999999999999999999999999999",
        ])
    func malformed(_ text: String) {
        #expect(Quantity(text) == nil)
        #expect(throws: ArithmeticError.malformed(text)) { try Quantity(parsing: text) }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Quantity].self, from: JSONEncoder().encode([text]))
        }
    }

    @Test(
        "on the wire a value prints at its increment",
        arguments: [
            ("12.3", "0.01", "12.30"), ("12", "0.01", "12.00"), ("12", "1", "12"), ("50", "10", "50"),
            ("0", "0.001", "0.000"), ("-1.5", "0.25", "-1.50"), ("0.00000001", "0.00000001", "0.00000001"),
            ("7", "0.000000000000000001", "7.000000000000000000"),
        ])
    func wire(_ value: String, _ increment: String, _ printed: String) throws {
        #expect(try Price(parsing: value).wire(increment: Price(parsing: increment)) == printed)
    }

    @Test("the wire never rounds", arguments: [("12.345", "0.01"), ("15", "10"), ("1", "0"), ("1", "-1")])
    func wireRefuses(_ value: String, _ increment: String) {
        #expect(throws: ArithmeticError.offIncrement(value: value, increment: increment)) {
            try Price(parsing: value).wire(increment: Price(parsing: increment))
        }
    }

    @Test("values are stored as text, so that no reader turns them into floats")
    func stored() throws {
        let value = try Quantity(parsing: "0.1")
        let data = try JSONEncoder().encode([value])
        #expect(String(decoding: data, as: UTF8.self) == #"["0.1"]"#)
        #expect(try JSONDecoder().decode([Quantity].self, from: data) == [value])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Quantity].self, from: Data("[0.1]".utf8))
        }
    }
}
