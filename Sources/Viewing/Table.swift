// Columns that are as wide as their widest cell; where there is too little room, the least important ones are left out.

struct Table {
    struct Column {
        var title: String
        var isRight = true
        /// The highest ones go first.
        var rank: Int
        var cells: [(text: String, ink: Ink)]

        var width: Int {
            max(TextWidth.columns(of: title), cells.map { TextWidth.columns(of: $0.text) }.max() ?? 0)
        }
    }

    var columns: [Column]

    func rows(within width: Int) -> [Row] {
        var shown = columns
        func whole() -> Int { shown.reduce(0) { $0 + $1.width } + 2 * max(0, shown.count - 1) }
        while shown.count > 1, whole() > width,
            let last = shown.indices.max(by: { shown[$0].rank < shown[$1].rank })
        {
            shown.remove(at: last)
        }
        let count = shown.first?.cells.count ?? 0
        return [row(shown) { ($0.title, .dim) }] + (0..<count).map { index in row(shown) { $0.cells[index] } }
    }

    private func row(_ columns: [Column], _ cell: (Column) -> (text: String, ink: Ink)) -> Row {
        var row = Row()
        // Nothing follows the last cell that says something.
        let last = columns.lastIndex { !cell($0).text.isEmpty } ?? 0
        for (index, column) in columns.enumerated().prefix(last + 1) {
            let (text, ink) = cell(column)
            let padding = String(repeating: " ", count: column.width - TextWidth.columns(of: text))
            if index > 0 { row.add("  ") }
            if column.isRight { row.add(padding) }
            row.add(text, ink)
            if !column.isRight, index < last { row.add(padding) }
        }
        return row
    }
}
