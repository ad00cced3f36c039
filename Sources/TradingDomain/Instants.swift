// The two kinds of time. Deadlines and backoff live on the monotonic one, records on UTC; neither is read
// from a clock here: both enter with an event.

/// A point on the clock that never jumps. Nanoseconds since an origin that only this process knows.
public struct MonotonicInstant: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let nanoseconds: Int64
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
    /// Saturates at the ends of time instead of trapping.
    @inlinable public static func + (a: Self, b: Duration) -> Self {
        let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.wholeNanoseconds)
        return Self(nanoseconds: overflow ? (b < .zero ? .min : .max) : sum)
    }
    @inlinable public static func - (a: Self, b: Duration) -> Self { a + (.zero - b) }
    @inlinable public static func - (a: Self, b: Self) -> Duration {
        let (difference, overflow) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
        return .nanoseconds(overflow ? (a < b ? Int64.min : Int64.max) : difference)
    }
    public static let distantFuture = Self(nanoseconds: .max)
    public var description: String { "+\(Duration.nanoseconds(nanoseconds))" }

    public init(from decoder: any Decoder) throws {
        nanoseconds = try decoder.singleValueContainer().decode(Int64.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(nanoseconds)
    }
}

/// A point in UTC, in nanoseconds since 1970-01-01T00:00:00Z (years 1678 to 2262). Prints and encodes as
/// ISO 8601 with as many fractional digits as needed in groups of three.
public struct UTCInstant: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let nanoseconds: Int64
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    @inlinable public init(seconds: Int64) { self.init(nanoseconds: seconds * 1_000_000_000) }

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
    @inlinable public static func + (a: Self, b: Duration) -> Self {
        let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.wholeNanoseconds)
        return Self(nanoseconds: overflow ? (b < .zero ? .min : .max) : sum)
    }
    @inlinable public static func - (a: Self, b: Duration) -> Self { a + (.zero - b) }
    @inlinable public static func - (a: Self, b: Self) -> Duration {
        let (difference, overflow) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
        return .nanoseconds(overflow ? (a < b ? Int64.min : Int64.max) : difference)
    }

    /// Whole seconds since 1970, rounded down.
    public var secondsSince1970: Int64 { floorDivide(nanoseconds, 1_000_000_000).quotient }
    /// Days since 1970-01-01, rounded down: the UTC trading day.
    public var dayNumber: Int64 { floorDivide(nanoseconds, 86_400_000_000_000).quotient }
    /// The first instant of the UTC day with this number.
    public init(dayNumber: Int64) { self.init(nanoseconds: dayNumber * 86_400_000_000_000) }

    public var description: String {
        let (seconds, fraction) = floorDivide(nanoseconds, 1_000_000_000)
        let (days, second) = floorDivide(seconds, 86_400)
        let date = civilDate(daysSince1970: days)
        var text =
            "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
            + "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        if fraction % 1_000_000 == 0 {
            if fraction != 0 { text += "." + padded(fraction / 1_000_000, 3) }
        } else if fraction % 1000 == 0 {
            text += "." + padded(fraction / 1000, 6)
        } else {
            text += "." + padded(fraction, 9)
        }
        return text + "Z"
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction]Z` (nine fractional digits count, up to eighteen are read).
    public init?(_ text: String) { self.init(utf8: ArraySlice(text.utf8)) }

    /// The same of text that is at hand as bytes.
    package init?(utf8 bytes: ArraySlice<UInt8>) {
        let start = bytes.startIndex
        func number(_ from: Int, _ count: Int) -> Int64? {
            guard from + count <= bytes.count else { return nil }
            var value: Int64 = 0
            for index in start + from..<start + from + count {
                guard bytes[index] >= 48, bytes[index] <= 57 else { return nil }
                value = value * 10 + Int64(bytes[index] - 48)
            }
            return value
        }
        func has(_ mark: UInt8, at index: Int) -> Bool { bytes[start + index] == mark }
        guard bytes.count >= 20, bytes.count <= 39, bytes.last == UInt8(ascii: "Z"),
            has(UInt8(ascii: "-"), at: 4), has(UInt8(ascii: "-"), at: 7), has(UInt8(ascii: "T"), at: 10),
            has(UInt8(ascii: ":"), at: 13), has(UInt8(ascii: ":"), at: 16),
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            (1678...2261).contains(year), (1...12).contains(month), (1...31).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if bytes.count > 20 {
            let digits = bytes.count - 21
            guard has(UInt8(ascii: "."), at: 19), digits >= 1, let value = number(20, min(digits, 9)),
                digits <= 9 || number(29, min(digits, 18) - 9) != nil
            else { return nil }
            fraction = value
            for _ in min(digits, 9)..<9 { fraction *= 10 }
        }
        let days = daysSince1970(year: year, month: month, day: day)
        guard civilDate(daysSince1970: days).day == day else { return nil }
        self.init(
            nanoseconds: (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000_000 + fraction)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = UTCInstant(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a UTC time like 2026-11-22T10:00:00.123Z")
        }
        self = instant
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Duration {
    /// Nanoseconds, cut toward zero, saturating.
    @inlinable public var wholeNanoseconds: Int64 {
        let attoseconds = attoseconds
        // Nearly all are below nine seconds, and a division of 64 bits is much cheaper than one of 128.
        if let few = Int64(exactly: attoseconds) { return few / 1_000_000_000 }
        return Int64(clamping: attoseconds / 1_000_000_000)
    }
    /// Milliseconds, cut toward zero.
    @inlinable public var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }
}

extension Comparable {
    package func clamped(to range: ClosedRange<Self>) -> Self {
        min(max(self, range.lowerBound), range.upperBound)
    }
}

private func floorDivide(_ a: Int64, _ b: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
    return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

// The proleptic Gregorian calendar by eras of 400 years, counted from 1 March so that the leap day is last
// (H. Hinnant, "chrono-compatible low-level date algorithms").
private func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floorDivide(y, 400)
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}
