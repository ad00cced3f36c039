// The terminal that a picture is drawn on: whether it can be drawn on, how large it is now, and what it can show.

import CLinux
import Glibc
import Viewing

struct Screen: Sendable {
    let descriptor: Int32
    private let hasColours: Bool
    private let isUnicode: Bool

    /// Nil where nothing can be drawn in place: no terminal, or one that can't move its cursor.
    init?(_ descriptor: Int32, _ environment: [String: String]) {
        let term = environment["TERM"] ?? ""
        guard isatty(descriptor) == 1, !term.isEmpty, term != "dumb", environment["NO_TTY"] ?? "" == "" else {
            return nil
        }
        self.descriptor = descriptor
        hasColours = environment["NO_COLOR"] ?? "" == ""
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        isUnicode = locale.map { $0.uppercased().replacing("-", with: "").contains("UTF8") } ?? false
    }

    var takesColours: Bool { hasColours }

    /// As it is now: a terminal is asked for each picture, so that no signal is needed when it changes. A trader under a
    /// guardian would not get one.
    func canvas() -> Canvas {
        var (columns, rows): (Int32, Int32) = (0, 0)
        let isKnown = cl_terminal_size(descriptor, &columns, &rows) == 0 && columns > 0 && rows > 0
        return Canvas(
            columns: isKnown ? Int(columns) : 80, rows: isKnown ? Int(rows) : 24, hasColours: hasColours,
            isUnicode: isUnicode)
    }
}
