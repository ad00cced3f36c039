import TradingDomain

// How decimals and times become text, without a string in between: an order has twenty of them.

extension JSONWriter {
    /// Canonical: no trailing fractional zeros, no exponent.
    mutating func appendDecimal(_ raw: Int128) {
        if raw < 0 { append(UInt8(ascii: "-")) }
        let scale: UInt64 = 1_000_000_000_000_000_000
        let (whole, rest) = raw.magnitude.quotientAndRemainder(dividingBy: UInt128(scale))
        if let small = UInt64(exactly: whole) {
            appendDigits(small, width: 1)
        } else {
            for byte in String(whole).utf8 { append(byte) }
        }
        var fraction = UInt64(truncatingIfNeeded: rest)
        guard fraction != 0 else { return }
        var width = fractionalDigits
        while fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        append(UInt8(ascii: "."))
        appendDigits(fraction, width: width)
    }

    /// ISO 8601 in UTC, to the microsecond, as the venue prints its times.
    mutating func appendTime(_ instant: UTCInstant) {
        let day = instant.dayNumber
        let rest = instant.nanoseconds - UTCInstant(dayNumber: day).nanoseconds
        let (year, month, dayOfMonth) = civilDate(day)
        appendDigits(UInt64(max(0, year)), width: 4)
        append(UInt8(ascii: "-"))
        appendDigits(UInt64(month), width: 2)
        append(UInt8(ascii: "-"))
        appendDigits(UInt64(dayOfMonth), width: 2)
        append(UInt8(ascii: "T"))
        let seconds = UInt64(rest / 1_000_000_000)
        appendDigits(seconds / 3600, width: 2)
        append(UInt8(ascii: ":"))
        appendDigits(seconds / 60 % 60, width: 2)
        append(UInt8(ascii: ":"))
        appendDigits(seconds % 60, width: 2)
        append(UInt8(ascii: "."))
        appendDigits(UInt64(rest % 1_000_000_000 / 1000), width: 6)
        append(UInt8(ascii: "Z"))
    }

    /// Padded with zeros to at least `width` digits.
    mutating func appendDigits(_ value: UInt64, width: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { digits in
            var count = 0
            var left = value
            while left > 0 || count < width {
                digits[count] = UInt8(ascii: "0") + UInt8(left % 10)
                left /= 10
                count += 1
            }
            while count > 0 {
                count -= 1
                append(digits[count])
            }
        }
    }

    /// The proleptic Gregorian calendar by eras of 400 years (H. Hinnant).
    private func civilDate(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
    }
}
