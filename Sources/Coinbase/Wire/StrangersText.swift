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
        var result = ""
        var count = 0
        var pendingSpace = false
        var rest = text.unicodeScalars[...]
        while let scalar = rest.first, count < limit {
            if let length = secretLength(rest) {
                rest = rest.dropFirst(length)
                result += pendingSpace && !result.isEmpty ? " [withheld]" : "[withheld]"
                count += 10
                pendingSpace = false
                continue
            }
            rest = rest.dropFirst()
            if scalar.properties.isWhitespace {
                pendingSpace = true
                continue
            }
            guard isPrintable(scalar) else { continue }
            if pendingSpace, !result.isEmpty, count < limit - 1 {
                result += " "
                count += 1
            }
            pendingSpace = false
            result.unicodeScalars.append(scalar)
            count += 1
        }
        return rest.isEmpty ? result : result + "…"
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            false
        default: true
        }
    }

    /// How many scalars from here on are a web token (`eyJ…`), or a run of base64 too long to be a word or an id.
    private static func secretLength(_ text: Substring.UnicodeScalarView) -> Int? {
        var length = 0
        for scalar in text {
            guard isOfToken(scalar) else { break }
            length += 1
        }
        if length >= 48 { return length }
        return length > 8 && text.starts(with: "eyJ".unicodeScalars) ? length : nil
    }

    private static func isOfToken(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 48...57, 65...90, 97...122: true
        case 43, 45, 46, 47, 61, 95: true  // + - . / = _
        default: false
        }
    }
}
