// What a time of trading brought: results after fees, how orders fared, what was refused, how it stopped. A pure value,
// made of what the store holds; how it is shown is said in files of their own.

import Trading
import TradingDomain

package struct TradingReport: Equatable, Sendable {
    /// What rows are about. Markets that are paid in different currencies are never added up.
    package enum Dimension: String, CaseIterable, Sendable { case day, strategy, symbol }

    package struct Row: Equatable, Sendable {
        package var day: Int64?
        package var strategy: String?
        package var symbol: Symbol?
        package var currency: String
        package var figures: ReportFigures
        /// Of rows that are not about single days.
        package var drawdown: ReportCurve.Drawdown?
    }

    /// What is open at the end of the time.
    package struct Open: Equatable, Sendable {
        package var strategy: String
        package var symbol: Symbol
        package var quantity: Quantity
        package var averageCost: Price?
        package var mark: Mark?
        package var unrealised: Money?
    }

    package struct Refusals: Equatable, Sendable {
        package var rule: RiskRefusal.Rule
        package var strategy: String
        package var count: Int
        /// The words of the last one.
        package var last: String
    }

    package struct Stop: Equatable, Sendable {
        package var at: UTCInstant
        package var reason: String
        /// Nil for one whose end is not in the journal.
        package var verdict: Verdict?
        package var remaining: Int
        package var seq: Int64
    }

    package struct HaltTold: Equatable, Sendable {
        package var at: UTCInstant
        package var cause: Halt.Cause
        package var detail: String
        package var resumedAt: UTCInstant?
        package var seq: Int64

        package init(_ halt: Halt, seq: Int64) {
            (at, cause, detail) = (halt.at, halt.cause, halt.detail)
            self.seq = seq
        }
    }

    package var bot: BotID
    package var mode: Mode
    package var since: UTCInstant
    package var until: UTCInstant
    package var strategy: String?
    package var symbol: Symbol?
    package private(set) var totals: [Row] = []
    package private(set) var curves: [ReportCurve] = []
    package private(set) var open: [Open] = []
    package private(set) var refusals: [Refusals] = []
    package private(set) var lives = 0
    package private(set) var stops: [Stop] = []
    package private(set) var halts: [HaltTold] = []
    /// What a reader must know of these figures.
    package private(set) var notes: [String] = []
    private var rowsBy: [[Dimension]: [Row]] = [:]

    package init(_ input: ReportInput) throws(ArithmeticError) {
        (bot, mode, since, until) = (input.bot, input.mode, input.since, input.until)
        (strategy, symbol) = (input.strategy, input.symbol)
        let marks = MarkLine(input)
        let ledger = try ReportLedger(input, marks)
        for by in Self.groupings { rowsBy[by] = try Self.rows(ledger, by: by, marks, input) }
        totals = rowsBy[[]] ?? []
        for currency in Self.currencies(ledger) {
            curves.append(
                try ledger.curve(
                    of: ledger.books.keys.filter { $0.symbol.quote == currency }.sorted(), currency: currency,
                    marks, from: since, to: until))
        }
        try tellOpen(ledger, marks)
        tell(input.turns, input)
        try tellNotes(input, ledger)
    }

    /// Rows in the order of what they are about, in the order of `Dimension`.
    package func rows(by dimensions: Set<Dimension>) -> [Row] {
        rowsBy[Dimension.allCases.filter { dimensions.contains($0) }] ?? []
    }

    private static let groupings: [[Dimension]] = [
        [], [.day], [.strategy], [.symbol], [.day, .strategy], [.day, .symbol], [.strategy, .symbol],
        [.day, .strategy, .symbol],
    ]

    // MARK: Rows

    private static func currencies(_ ledger: ReportLedger) -> [String] {
        Set(ledger.books.keys.map(\.symbol.quote)).union(ledger.cells.keys.map(\.symbol.quote)).sorted()
    }

    private struct RowKey: Hashable, Comparable {
        var day: Int64?
        var strategy: String?
        var symbol: Symbol?
        var currency: String

        init(_ key: ReportKey, _ by: [Dimension]) {
            day = by.contains(.day) ? key.day : nil
            strategy = by.contains(.strategy) ? key.strategy : nil
            symbol = by.contains(.symbol) ? key.symbol : nil
            currency = key.symbol.quote
        }

        func holds(_ book: BookKey) -> Bool {
            (strategy ?? book.strategy) == book.strategy && (symbol ?? book.symbol) == book.symbol
                && currency == book.symbol.quote
        }

        static func < (a: Self, b: Self) -> Bool {
            (a.day ?? 0, a.strategy ?? "", a.symbol?.description ?? "", a.currency)
                < (b.day ?? 0, b.strategy ?? "", b.symbol?.description ?? "", b.currency)
        }
    }

    private static func rows(
        _ ledger: ReportLedger, by: [Dimension], _ marks: MarkLine, _ input: ReportInput
    ) throws(ArithmeticError) -> [Row] {
        var sums: [RowKey: ReportFigures] = [:]
        for key in ledger.cells.keys.sorted() {
            guard let cell = ledger.cells[key] else { continue }
            let row = RowKey(key, by)
            var sum = sums[row] ?? ReportFigures()
            try sum.add(cell)
            sums[row] = sum
        }
        var rows: [Row] = []
        for key in sums.keys.sorted() {
            guard let figures = sums[key] else { continue }
            var row = Row(
                day: key.day, strategy: key.strategy, symbol: key.symbol, currency: key.currency,
                figures: figures)
            if key.day == nil {
                row.drawdown = try ledger.curve(
                    of: ledger.books.keys.filter { key.holds($0) }.sorted(), currency: key.currency, marks,
                    from: input.since, to: input.until
                ).drawdown
            }
            rows.append(row)
        }
        return rows
    }

    // MARK: The rest

    private mutating func tellOpen(_ ledger: ReportLedger, _ marks: MarkLine) throws(ArithmeticError) {
        for key in ledger.books.keys.sorted() {
            guard let book = ledger.books[key], !book.quantity.isZero else { continue }
            let mark = marks.last(key.symbol, before: until)
            let unrealised = try mark.map { mark throws(ArithmeticError) in
                try book.unrealised(at: mark.price)
            }
            open.append(
                Open(
                    strategy: key.strategy, symbol: key.symbol, quantity: book.quantity,
                    averageCost: try book.averageCost, mark: mark, unrealised: unrealised))
        }
    }

    private mutating func tell(_ turns: [JournaledTurn], _ input: ReportInput) {
        var refused: [String: Refusals] = [:]
        for turn in turns where turn.at >= since && turn.at < until {
            for record in turn.records {
                switch record {
                case .lifeBegan: lives += 1
                case .stopBegan(let reason, let at):
                    stops.append(Stop(at: at, reason: reason, verdict: nil, remaining: 0, seq: turn.seq))
                case .stopped(let marker):
                    guard let last = stops.indices.last, stops[last].verdict == nil else { continue }
                    stops[last].verdict = marker.verdict
                    stops[last].remaining = marker.remaining.count
                case .halted(let halt):
                    halts.append(HaltTold(halt, seq: turn.seq))
                case .resumed(let at):
                    for index in halts.indices where halts[index].resumedAt == nil {
                        halts[index].resumedAt = at
                    }
                case .refused(let refusal):
                    guard (strategy ?? refusal.strategy) == refusal.strategy,
                        (symbol ?? refusal.terms.symbol) == refusal.terms.symbol
                    else { continue }
                    let key = "\(refusal.rule.rawValue) \(refusal.strategy)"
                    var told =
                        refused[key]
                        ?? Refusals(rule: refusal.rule, strategy: refusal.strategy, count: 0, last: "")
                    told.count += 1
                    told.last = refusal.detail
                    refused[key] = told
                default: break
                }
            }
        }
        refusals = refused.values.sorted {
            ($1.count, $0.rule.rawValue, $0.strategy) < ($0.count, $1.rule.rawValue, $1.strategy)
        }
    }

    private mutating func tellNotes(_ input: ReportInput, _ ledger: ReportLedger) throws(ArithmeticError) {
        if let begins = input.journalBegins, begins > since {
            notes.append(
                "the journal before \(begins) was pruned: refusals, stops and halts are counted from then on only"
            )
        }
        let traded = totals.reduce(0) { $0 + $1.figures.fills }
        let judged = totals.reduce(0) { $0 + $1.figures.slippageFills }
        if judged < traded {
            notes.append(
                "slippage is that of \(judged) of \(traded) fills: of the others the price at the decision is not recorded"
            )
        }
        for (symbol, count) in shared(ledger) {
            notes.append(
                "\(count) strategies trade \(symbol): each has a book of its own, so that what they realised and what "
                    + "the account's position realised can differ, while results add up")
        }
        if let trouble = try disagreement(input, ledger) { notes.append(trouble) }
    }

    private func shared(_ ledger: ReportLedger) -> [(Symbol, Int)] {
        var counts: [Symbol: Int] = [:]
        for key in ledger.books.keys { counts[key.symbol, default: 0] += 1 }
        return counts.filter { $0.value > 1 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The books of all fills against the store's own positions.
    private func disagreement(_ input: ReportInput, _ ledger: ReportLedger) throws(ArithmeticError) -> String?
    {
        guard strategy == nil, !input.fills.contains(where: { $0.fill.at >= input.until }) else { return nil }
        for (symbol, position) in input.positions.sorted(by: { $0.key < $1.key })
        where (self.symbol ?? symbol) == symbol {
            var (quantity, cash, fees) = (Quantity.zero, Money.zero, Money.zero)
            for key in ledger.books.keys.filter({ $0.symbol == symbol }).sorted() {
                guard let book = ledger.books[key] else { continue }
                quantity = try quantity + book.quantity
                cash = try cash + book.cash
                fees = try fees + book.fees
            }
            guard quantity == position.quantity, cash == position.cash, fees == position.fees else {
                return
                    "THE STORE DISAGREES WITH ITSELF: fills of \(symbol) make \(quantity) and cash \(cash), its "
                    + "position says \(position.quantity) and \(position.cash); restore a backup, or ask for help"
            }
        }
        return nil
    }
}
