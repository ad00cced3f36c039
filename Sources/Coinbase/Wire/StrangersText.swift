// Words that came from the venue, made fit for a log: one line, printable, short, and never with a token in them,
// though a venue may echo what it was sent.

package enum StrangersText {
    package static let excerptLength = 120

    /// The first printable characters of a body.
    package static func excerpt(_ bytes: [UInt8], limit: Int = excerptLength) -> String {
        // A token may begin within the limit and end behind it.
        clean(String(decoding: bytes.prefix(limit * 8), as: UTF8.self), limit: limit)
    }

    /// The text on one line, white space collapsed, what looks like a token or a key left out, cut at the limit.
    package static func clean(_ text: String, limit: Int = excerptLength) -> String {
        let scalars = Array(text.unicodeScalars.prefix(limit * 8))
        var result = ""
        var count = 0
        var pendingSpace = false
        var at = 0
        // Behind the run of a token's characters that `at` is in.
        var runEnd = 0
        while at < scalars.count, count < limit {
            let scalar = scalars[at]
            if at >= runEnd {
                runEnd = at
                while runEnd < scalars.count, isOfToken(scalars[runEnd]) { runEnd += 1 }
                if runEnd - at >= longestWord {
                    withhold()
                    continue
                }
            }
            if runEnd - at > 8, scalar == "e", scalars[at + 1] == "y", scalars[at + 2] == "J" {
                withhold()
                continue
            }
            at += 1
            if isSpace(scalar) {
                pendingSpace = true
                continue
            }
            guard isPrintable(scalar) else { continue }
            addSpace()
            result.unicodeScalars.append(scalar)
            count += 1
        }
        return at < text.unicodeScalars.count ? result + "…" : result

        func addSpace() {
            if pendingSpace, !result.isEmpty, count < limit - 1 {
                result += " "
                count += 1
            }
            pendingSpace = false
        }
        func withhold() {
            addSpace()
            result += "[withheld]"
            count += 10
            at = runEnd
        }
    }

    /// A run of characters of base64 that is longer is no word and no id.
    private static let longestWord = 48

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            ? scalar == " " || (9...13).contains(scalar.value) : scalar.properties.isWhitespace
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            false
        default: true
        }
    }

    private static func isOfToken(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 48...57, 65...90, 97...122: true
        case 43, 45, 46, 47, 61, 95: true  // + - . / = _
        default: false
        }
    }
}
