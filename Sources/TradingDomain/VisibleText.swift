// Text of others made harmless for those who read it: an escape becomes its name. A venue, a strategy's program, an
// operator's reason or a file's name must not steer a terminal, nor turn a line round so that it reads as another.

public enum VisibleText {
    /// On one line: every control, line end, tab and mark of direction stands there as `\u{1b}`.
    public static func line(_ text: String) -> String { named(text) { isSteering($0) } }

    /// The same, but line ends and tabs stay: for text that is ours as a whole.
    public static func lines(_ text: String) -> String {
        named(text) { isSteering($0) && $0 != 0x0A && $0 != 0x09 }
    }

    /// For JSON that is written: what stands in its strings stays the same value, spelled as `\u009b`.
    package static func json(_ text: String) -> String {
        guard isSuspect(text) else { return text }
        var clean = ""
        for scalar in text.unicodeScalars {
            // Controls below a space stand between JSON's values only, or are spelled out already.
            if scalar.value >= 0x7F, isSteering(scalar.value) {
                let digits = String(scalar.value, radix: 16)
                clean += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                clean.unicodeScalars.append(scalar)
            }
        }
        return clean
    }

    /// Whether all of it is plain: fit to be a name.
    public static func isPlain(_ text: String) -> Bool {
        !isSuspect(text) || !text.unicodeScalars.contains { isSteering($0.value) }
    }

    /// C0, DEL, C1, line and paragraph separators, and the marks, embeddings, overrides and isolates of direction.
    package static func isSteering(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func named(_ text: String, _ isNamed: (UInt32) -> Bool) -> String {
        guard isSuspect(text) else { return text }
        var clean = ""
        for scalar in text.unicodeScalars {
            if isNamed(scalar.value) {
                clean += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                clean.unicodeScalars.append(scalar)
            }
        }
        return clean
    }

    /// By its bytes, because nearly every line has none of it: controls, and what their sequences begin with in UTF-8.
    private static func isSuspect(_ text: String) -> Bool {
        text.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == 0xC2 || $0 == 0xD8 || $0 == 0xE2 }
    }
}
