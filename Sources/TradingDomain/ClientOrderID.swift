// The name under which we place an order, and by which alone we know that an order is ours.
//
// Grammar: `<bot>-<epoch>-<sequence>`, at most 18 characters (Kraken's limit). Bot is `[a-z0-9]{1,5}`; epoch
// and sequence are base 36 in lower case, without leading zeros. Ownership is decided by parsing all of it,
// never by a prefix: an order of `grid2` is not one of `grid`.

/// The short name of a bot, `[a-z0-9]{1,5}`, unique per account.
public struct BotID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Its characters, the first one the heaviest byte, and zeros behind them: every order bears it, and a number is copied and
    /// compared for nothing, in the order of the text.
    private let bytes: UInt64
    fileprivate static let lengthLimit = 5

    public init?(_ text: String) {
        guard (1...Self.lengthLimit).contains(text.utf8.count),
            text.utf8.allSatisfy({ (48...57).contains($0) || (97...122).contains($0) })
        else { return nil }
        self.init(checked: text.utf8)
    }
    /// Of text that was read as a part of an id, and so follows the grammar.
    fileprivate init(checked text: some Sequence<UInt8>) {
        var (bytes, shift) = (UInt64(0), UInt64(64))
        for byte in text {
            shift -= 8
            bytes |= UInt64(byte) << shift
        }
        self.bytes = bytes
    }

    fileprivate subscript(_ place: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: bytes >> UInt64(56 - 8 * place))
    }

    fileprivate var length: Int { 8 - bytes.trailingZeroBitCount / 8 }

    public var description: String {
        String(unsafeUninitializedCapacity: Self.lengthLimit) { buffer in
            for place in 0..<length { buffer[place] = self[place] }
            return length
        }
    }

    public static func < (a: Self, b: Self) -> Bool { a.bytes < b.bytes }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let bot = BotID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a bot name (1 to 5 of a-z and 0-9)")
        }
        self = bot
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// One order's id across all lives of a bot. Ordered by life, then by sequence.
public struct ClientOrderID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let bot: BotID
    /// The life of the bot that made the order; grows with every start.
    public let epoch: Int64
    /// The order's number in that life, from 1.
    public let sequence: Int64

    /// The longest text that the grammar allows.
    public static let lengthLimit = 18

    /// Nil when the text would be longer than 18 characters or a part is not positive.
    public init?(bot: BotID, epoch: Int64, sequence: Int64) {
        guard epoch > 0, sequence > 0,
            bot.length + 2 + base36Length(epoch) + base36Length(sequence)
                <= Self.lengthLimit
        else { return nil }
        self.bot = bot
        self.epoch = epoch
        self.sequence = sequence
    }

    /// Nil unless the whole text follows the grammar and is the canonical spelling.
    public init?(_ text: String) {
        // Read on every order that the exchange shows, so where the bytes lie.
        guard let id = text.utf8.withContiguousStorageIfAvailable({ Self($0) }) ?? Self(Array(text.utf8))
        else {
            return nil
        }
        self = id
    }

    private init?(_ text: some Collection<UInt8>) {
        var (part, length, partLength) = (0, 0, 0)
        var (epoch, sequence) = (Int64(0), Int64(0))
        var botLength = 0
        for byte in text {
            length += 1
            guard length <= Self.lengthLimit else { return nil }
            let digit: Int64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = Int64(byte) - 48
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = Int64(byte) - 87
            case UInt8(ascii: "-"):
                part += 1
                guard part <= 2, partLength > 0 else { return nil }
                if part == 1 { botLength = length - 1 }
                partLength = 0
                continue
            default: return nil
            }
            // A canonical number has no leading zero.
            if part > 0, partLength == 0, digit == 0 { return nil }
            partLength += 1
            switch part {
            case 1: guard Self.append(digit, to: &epoch) else { return nil }
            case 2: guard Self.append(digit, to: &sequence) else { return nil }
            default: break
            }
        }
        guard part == 2, partLength > 0, botLength <= BotID.lengthLimit else { return nil }
        bot = BotID(checked: text.prefix(botLength))
        self.epoch = epoch
        self.sequence = sequence
    }

    private static func append(_ digit: Int64, to number: inout Int64) -> Bool {
        let (scaled, overflow) = number.multipliedReportingOverflow(by: 36)
        let (sum, carried) = scaled.addingReportingOverflow(digit)
        number = sum
        return !overflow && !carried
    }

    public var description: String {
        // Written from its end: an interpolation costs ten times as much, and every placement is named once.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.lengthLimit) { buffer in
            var place = buffer.endIndex
            func write(_ byte: UInt8) {
                place -= 1
                buffer[place] = byte
            }
            for number in [sequence, epoch] {
                var rest = number
                repeat {
                    let digit = UInt8(rest % 36)
                    write(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a"))
                    rest /= 36
                } while rest > 0
                write(UInt8(ascii: "-"))
            }
            for position in (0..<bot.length).reversed() { write(bot[position]) }
            return String(decoding: buffer[place...], as: UTF8.self)
        }
    }

    public static func < (a: Self, b: Self) -> Bool {
        if a.epoch != b.epoch { return a.epoch < b.epoch }
        if a.sequence != b.sequence { return a.sequence < b.sequence }
        return a.bot < b.bot
    }
    public func hash(into hasher: inout Hasher) {
        // One word costs half of two.
        hasher.combine(UInt64(bitPattern: epoch) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(bitPattern: sequence))
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = ClientOrderID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text)' is not a client order id <bot>-<epoch>-<sequence>")
        }
        self = id
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private func base36Length(_ value: Int64) -> Int {
    var rest = value
    var length = 0
    repeat {
        rest /= 36
        length += 1
    } while rest > 0
    return length
}

/// The exchange's own name of an order. Opaque; compared, never parsed.
public struct ExchangeOrderID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let description: String
    public init(_ text: String) { description = text }
    public static func < (a: Self, b: Self) -> Bool { a.description < b.description }
    public init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The exchange's own name of one fill; a fill counts once per id.
public struct FillID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let description: String
    public init(_ text: String) { description = text }
    public static func < (a: Self, b: Self) -> Bool { a.description < b.description }
    public init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
