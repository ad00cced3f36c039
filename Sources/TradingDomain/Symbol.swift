/// A market, BASE-QUOTE, as in "BTC-USD".
public struct Symbol: Hashable, Comparable, Sendable, Codable, CustomStringConvertible,
    LosslessStringConvertible
{
    public let description: String
    /// Symbols are looked up many times in every turn: their text is hashed once, when they are made.
    private let mixed: UInt64

    /// Nil unless the text is two names of 1 to 16 characters `[A-Z0-9]` with a hyphen between.
    public init?(_ text: String) {
        var hyphens = 0
        var length = 0
        var mixed: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            mixed = (mixed ^ UInt64(byte)) &* 0x100_0000_01b3
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                length += 1
                if length > 16 { return nil }
            case UInt8(ascii: "-"):
                if length == 0 { return nil }
                hyphens += 1
                length = 0
            default: return nil
            }
        }
        guard hyphens == 1, length > 0 else { return nil }
        description = text
        self.mixed = mixed
    }

    public static func == (a: Self, b: Self) -> Bool { a.mixed == b.mixed && a.description == b.description }
    public func hash(into hasher: inout Hasher) { hasher.combine(mixed) }

    /// What is bought and sold, "BTC" in "BTC-USD".
    public var base: String { String(Substring(description.utf8.prefix { $0 != UInt8(ascii: "-") })) }
    /// What it is paid in, "USD" in "BTC-USD".
    public var quote: String {
        String(Substring(description.utf8.drop { $0 != UInt8(ascii: "-") }.dropFirst()))
    }

    public static func < (a: Self, b: Self) -> Bool { a.description < b.description }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let symbol = Symbol(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a symbol like BTC-USD")
        }
        self = symbol
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The two currencies of a market by themselves: a `Symbol` makes their text anew each time.
package struct CurrencyPair: Hashable, Sendable {
    package let base: String
    package let quote: String

    package init(_ symbol: Symbol) {
        base = symbol.base
        quote = symbol.quote
    }
}
