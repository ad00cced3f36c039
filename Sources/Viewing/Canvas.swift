// What a picture is drawn on, and the coloured text that it is made of.

import Daemon
import TradingDomain

/// The terminal, as far as a picture depends on it.
package struct Canvas: Equatable, Sendable {
    package var columns: Int
    package var rows: Int
    package var hasColours: Bool
    /// Whether it shows more than ASCII.
    package var isUnicode: Bool

    package init(columns: Int, rows: Int, hasColours: Bool, isUnicode: Bool) {
        self.columns = columns
        self.rows = rows
        self.hasColours = hasColours
        self.isUnicode = isUnicode
    }

    var glyphs: Glyphs { isUnicode ? .unicode : .ascii }
}

struct Glyphs: Sendable {
    var rule: String
    var full: String
    var empty: String
    var done: String
    var ellipsis: String
    var between: String
    var mark: String

    static let unicode = Glyphs(
        rule: "─", full: "█", empty: "░", done: "✔", ellipsis: "…", between: " · ", mark: "●")
    static let ascii = Glyphs(
        rule: "-", full: "#", empty: ".", done: "ok", ellipsis: "~", between: " | ", mark: "*")
}

enum Ink: Equatable, Sendable {
    case plain, dim, bold, good, warning, bad

    var code: String {
        switch self {
        case .plain: ""
        case .dim: "\u{1B}[2m"
        case .bold: "\u{1B}[1m"
        case .good: "\u{1B}[32m"
        case .warning: "\u{1B}[33m"
        case .bad: "\u{1B}[1;31m"
        }
    }
}

/// One line of coloured text.
struct Row: Equatable, Sendable {
    private var spans: [(text: String, ink: Ink)] = []

    init() {}
    init(_ text: String, _ ink: Ink = .plain) { add(text, ink) }

    var width: Int { spans.reduce(0) { $0 + TextWidth.columns(of: $1.text) } }

    mutating func add(_ text: String, _ ink: Ink = .plain) {
        if !text.isEmpty { spans.append((text, ink)) }
    }

    mutating func add(_ row: Row) { spans += row.spans }

    func adding(_ text: String, _ ink: Ink = .plain) -> Row {
        var row = self
        row.add(text, ink)
        return row
    }

    /// As the terminal gets it: cut at its edge, without a control character, in ASCII where it knows no more.
    func line(on canvas: Canvas) -> TerminalFrame.Line {
        let limit = canvas.columns
        let clean = spans.map { ($0.text.cleaned(canvas), $0.ink) }
        let whole = clean.reduce(0) { $0 + TextWidth.columns(of: $1.0) }
        let ellipsis = canvas.glyphs.ellipsis
        var left = whole <= limit ? limit : limit - TextWidth.columns(of: ellipsis)
        var text = ""
        var width = 0
        for (part, ink) in clean where left > 0 {
            let shown = TextWidth.prefix(part, left)
            let columns = TextWidth.columns(of: shown)
            text += canvas.hasColours && ink != .plain ? ink.code + shown + "\u{1B}[0m" : shown
            width += columns
            // What did not fit ends it: nothing later may move up.
            left = shown.count < part.count ? 0 : left - columns
        }
        if whole > limit, limit > 0 {
            text += ellipsis
            width += TextWidth.columns(of: ellipsis)
        }
        return TerminalFrame.Line(text: text, width: width)
    }

    static func == (a: Row, b: Row) -> Bool {
        a.spans.count == b.spans.count && zip(a.spans, b.spans).allSatisfy { $0 == $1 }
    }
}

extension String {
    fileprivate func cleaned(_ canvas: Canvas) -> String {
        // What an exchange, a program or an operator wrote must not steer a terminal.
        let visible = VisibleText.line(self)
        guard !canvas.isUnicode else { return visible }
        return String(String.UnicodeScalarView(visible.unicodeScalars.map { $0.isASCII ? $0 : "?" }))
    }
}
