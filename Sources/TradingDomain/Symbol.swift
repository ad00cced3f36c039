/// A market, BASE-QUOTE, as in "BTC-USD".
///
/// Symbols are copied and compared many times in every turn, so one is three numbers and owns no memory: twelve characters to
/// a number, the first of them the heaviest digit in base 38. Numbers compare as their texts would.
public struct Symbol: Hashable, Comparable, Sendable, Codable, CustomStringConvertible,
    LosslessStringConvertible
{
    private let head: UInt64
    private let middle: UInt64
    private let tail: UInt64

    /// Of each name.
    private static let lengthLimit = 16

    /// Nil unless the text is two names of 1 to 16 characters `[A-Z0-9]` with a hyphen between.
    public init?(_ text: String) {
        var words = PackedText()
        var hyphens = 0
        var length = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                length += 1
                if length > Self.lengthLimit { return nil }
            case UInt8(ascii: "-"):
                hyphens += 1
                if length == 0 || hyphens > 1 { return nil }
                length = 0
            default: return nil
            }
            words.append(byte)
        }
        guard hyphens == 1, length > 0 else { return nil }
        (head, middle, tail) = words.padded
    }

    public var description: String { PackedText.text(head, middle, tail) { $0[...] } }

    public func hash(into hasher: inout Hasher) {
        // One word tells most markets apart, and costs a third.
        hasher.combine(head &+ middle &* 0x9E37_79B9_7F4A_7C15 &+ tail &* 0xC2B2_AE3D_27D4_EB4F)
    }

    /// What is bought and sold, "BTC" in "BTC-USD".
    public var base: String { PackedText.text(head, middle, tail) { $0.prefix { $0 != UInt8(ascii: "-") } } }
    /// What it is paid in, "USD" in "BTC-USD".
    public var quote: String {
        PackedText.text(head, middle, tail) { $0.drop { $0 != UInt8(ascii: "-") }.dropFirst() }
    }

    public static func < (a: Self, b: Self) -> Bool {
        if a.head != b.head { return a.head < b.head }
        if a.middle != b.middle { return a.middle < b.middle }
        return a.tail < b.tail
    }

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

/// Text of `[-0-9A-Z]` in three numbers, up to 36 characters. The digit 0 stands for no character, and the others follow ASCII.
private struct PackedText {
    private static let base: UInt64 = 38
    private static let lengthOfWord = 12

    private var complete: (UInt64, UInt64) = (0, 0)
    private var word: UInt64 = 0
    private var count = 0

    mutating func append(_ byte: UInt8) {
        if count == Self.lengthOfWord { complete.0 = word }
        if count == 2 * Self.lengthOfWord { complete.1 = word }
        if count % Self.lengthOfWord == 0 { word = 0 }
        word = word * Self.base + UInt64(Self.digit(byte))
        count += 1
    }

    /// The words, the last one filled with digits that stand for nothing.
    var padded: (UInt64, UInt64, UInt64) {
        var last = word
        for _ in 0..<(Self.lengthOfWord - (count - 1) % Self.lengthOfWord - 1) { last *= Self.base }
        if count <= Self.lengthOfWord { return (last, 0, 0) }
        return count <= 2 * Self.lengthOfWord ? (complete.0, last, 0) : (complete.0, complete.1, last)
    }

    /// The part of the words' text that is asked for.
    static func text(
        _ head: UInt64, _ middle: UInt64, _ tail: UInt64,
        _ part: (UnsafeMutableBufferPointer<UInt8>) -> Slice<UnsafeMutableBufferPointer<UInt8>>
    ) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 3 * lengthOfWord) { buffer in
            var length = spell(head, into: buffer, at: 0)
            if middle > 0 { length += spell(middle, into: buffer, at: length) }
            if tail > 0 { length += spell(tail, into: buffer, at: length) }
            let text = UnsafeMutableBufferPointer(rebasing: buffer[..<length])
            return String(decoding: part(text), as: UTF8.self)
        }
    }

    /// Writes all characters of the word, those that are none as well.
    /// - Returns: how many it has.
    private static func spell(_ word: UInt64, into buffer: UnsafeMutableBufferPointer<UInt8>, at start: Int)
        -> Int
    {
        var rest = word
        var length = 0
        for place in (0..<lengthOfWord).reversed() {
            let digit = UInt8(rest % base)
            rest /= base
            if digit > 0, length == 0 { length = place + 1 }
            buffer[start + place] = byte(digit)
        }
        return length
    }

    private static func digit(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "-"): 1
        case ...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 2
        default: byte - UInt8(ascii: "A") + 12
        }
    }

    private static func byte(_ digit: UInt8) -> UInt8 {
        switch digit {
        case 0: 0
        case 1: UInt8(ascii: "-")
        case ..<12: digit - 2 + UInt8(ascii: "0")
        default: digit - 12 + UInt8(ascii: "A")
        }
    }
}
