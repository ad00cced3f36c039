// How many columns of a terminal a text takes, and cutting it where it must end.

enum TextWidth {
    /// 0 for marks that join the one before, 2 for wide characters, else 1.
    static func columns(of character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        // A sign that asks for its picture takes two columns, whatever it takes without.
        if character.unicodeScalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
        if first.properties.generalCategory == .nonspacingMark
            || first.properties.generalCategory == .enclosingMark
            || first.properties.generalCategory == .format
        {
            return 0
        }
        return isWide(first.value) ? 2 : 1
    }

    static func columns(of text: String) -> Int { text.reduce(0) { $0 + columns(of: $1) } }

    /// The longest beginning that takes no more than so many columns. A wide character is whole or not there.
    static func prefix(_ text: String, _ limit: Int) -> String {
        var used = 0
        var end = text.startIndex
        while end < text.endIndex {
            used += columns(of: text[end])
            if used > limit { break }
            end = text.index(after: end)
        }
        return String(text[..<end])
    }

    /// The ranges of Unicode's East Asian Width that are wide, as far as texts of exchanges and operators have them.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23EC, 0x25FD...0x25FE, 0x2614...0x2615, 0x2648...0x2653,
        0x26AA...0x26AB, 0x2705...0x2705, 0x274C...0x274C, 0x2753...0x2755, 0x2795...0x2797, 0x2B1B...0x2B1C,
        0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
        0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]

    private static func isWide(_ value: UInt32) -> Bool {
        value >= 0x1100 && wide.contains { $0.contains(value) }
    }
}
