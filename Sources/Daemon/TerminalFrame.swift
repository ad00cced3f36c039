// A few lines at the bottom of a terminal that are drawn again and again, in place.
//
// Nothing of the terminal is changed for them: no alternate screen, no hidden cursor, no mode. The cursor always stands at
// the start of the line below, so that whatever else is written there (by a guardian, by a shell after a crash, the `^C`
// of a stop) begins on a line of its own, and nothing needs to be restored, however the process ends.

package struct TerminalFrame: Equatable, Sendable {
    package struct Line: Equatable, Sendable {
        /// With its colours.
        package var text: String
        /// Columns that it takes.
        package var width: Int

        package init(text: String, width: Int) {
            self.text = text
            self.width = width
        }
    }

    package var lines: [Line]
    /// Of the terminal that it was made for.
    package var columns: Int

    package init(lines: [Line], columns: Int) {
        self.lines = lines
        self.columns = columns
    }

    /// Rows that it takes on a terminal of so many columns: one that became narrower has wrapped its lines.
    package func rows(on columns: Int) -> Int {
        guard columns > 0, columns < self.columns else { return lines.count }
        return lines.reduce(0) { $0 + max(1, ($1.width + columns - 1) / columns) }
    }
}
