// Splits trading into the smallest parts that a report knows: one strategy in one market on one UTC day. Every other
// grouping is a sum of these, so that all of them have the same total.
//
// Each strategy has a book of its own in each market, by average cost, and whose a fill is the core's own books say: what
// a flatten closed is booked under the strategies that held it. Only orders and the number of their fills stand under
// the name that wanted them. Where only one trades a market its book is the
// store's position; where several do, what they realise can differ from what the account realised, while the result,
// which is cash plus what is open at its mark, adds up all the same.

import Trading
import TradingDomain

/// Where a part belongs.
struct ReportKey: Hashable, Comparable, Sendable {
    var day: Int64
    var strategy: String
    var symbol: Symbol

    static func < (a: Self, b: Self) -> Bool {
        (a.day, a.strategy, a.symbol) < (b.day, b.strategy, b.symbol)
    }
}

/// One strategy in one market.
struct BookKey: Hashable, Comparable, Sendable {
    var strategy: String
    var symbol: Symbol

    static func < (a: Self, b: Self) -> Bool { (a.strategy, a.symbol) < (b.strategy, b.symbol) }
}

struct ReportLedger {
    private let input: ReportInput
    private let marks: MarkLine
    /// Says whose each fill is; fed with all of them, whatever the report is about.
    private var attribution = StrategyBooks()
    private(set) var cells: [ReportKey: ReportFigures] = [:]
    /// As all fills before the end of the time made them.
    private(set) var books: [BookKey: Position] = [:]
    /// What each fill moves, by book, in the order of time.
    private(set) var moves: [BookKey: [Move]] = [:]

    /// What one fill does to its book's cash and quantity.
    struct Move: Sendable {
        let at: UTCInstant
        let cash: Money
        let quantity: Quantity
    }

    init(_ input: ReportInput, _ marks: MarkLine) throws(ArithmeticError) {
        self.input = input
        self.marks = marks
        for fill in input.fills { try attribute(fill) }
        for key in moves.keys.sorted() { moves[key]?.sort { $0.at < $1.at } }
        for key in moves.keys.sorted() { try markDays(of: key) }
        for order in input.orders where isWanted(order.strategy, order.terms.symbol) { try count(order) }
        for turn in input.turns { countRefusals(turn) }
    }

    func isWanted(_ strategy: String, _ symbol: Symbol) -> Bool {
        (input.strategy ?? strategy) == strategy && (input.symbol ?? symbol) == symbol
    }

    private func isInTime(_ at: UTCInstant) -> Bool { at >= input.since && at < input.until }

    private mutating func change(
        _ at: UTCInstant, _ strategy: String, _ symbol: Symbol,
        _ change: (inout ReportFigures) throws(ArithmeticError) -> Void
    ) throws(ArithmeticError) {
        let key = ReportKey(day: at.dayNumber, strategy: strategy, symbol: symbol)
        var figures = cells[key] ?? ReportFigures()
        try change(&figures)
        cells[key] = figures
    }

    // MARK: Fills

    private mutating func attribute(_ told: AttributedFill) throws(ArithmeticError) {
        let fill = told.fill
        for part in try attribution.book(fill, strategy: told.strategy)
        where isWanted(part.strategy, fill.symbol) && fill.at < input.until {
            try book(part.fill, of: part.strategy, mid: told.mid)
        }
        guard isWanted(told.strategy, fill.symbol), isInTime(fill.at) else { return }
        try change(fill.at, told.strategy, fill.symbol) { figures in
            figures.fills += 1
            if told.mid?.isPositive == true { figures.slippageFills += 1 }
        }
    }

    private mutating func book(_ fill: Fill, of strategy: String, mid: Price?) throws(ArithmeticError) {
        let key = BookKey(strategy: strategy, symbol: fill.symbol)
        let before = books[key] ?? Position()
        var after = before
        try after.book(fill)
        books[key] = after
        let effect = try FillEffect(fill)
        moves[key, default: []].append(Move(at: fill.at, cash: effect.cash, quantity: effect.quantity))
        guard isInTime(fill.at) else { return }
        try change(fill.at, strategy, fill.symbol) { figures throws(ArithmeticError) in
            figures.realised = try figures.realised + (after.realised - before.realised)
            figures.fees = try figures.fees + effect.fee
            try figures.trade(fill, mid: mid)
        }
    }

    // MARK: What is open

    /// The result of each day is the change of cash and of what is open at its mark; what was not realised is the rest.
    private mutating func markDays(of key: BookKey) throws(ArithmeticError) {
        let line = moves[key] ?? []
        var cash = Money.zero
        var quantity = Quantity.zero
        var index = 0
        func worth(_ moment: UTCInstant) throws(ArithmeticError) -> Money {
            guard !quantity.isZero, let mark = marks.last(key.symbol, before: moment) else { return cash }
            return try cash + mark.price.times(quantity, .halfEven)
        }
        func run(to moment: UTCInstant) throws(ArithmeticError) {
            while index < line.count, line[index].at < moment {
                cash = try cash + line[index].cash
                quantity = try quantity + line[index].quantity
                index += 1
            }
        }
        try run(to: input.since)
        var from = input.since
        var before = try worth(from)
        while from < input.until {
            let to = min(UTCInstant(dayNumber: from.dayNumber + 1), input.until)
            try run(to: to)
            let now = try worth(to)
            let result = try now - before
            let cell = ReportKey(day: from.dayNumber, strategy: key.strategy, symbol: key.symbol)
            let realised = try cells[cell]?.netRealised ?? .zero
            let open = try result - realised
            if !open.isZero {
                try change(from, key.strategy, key.symbol) { figures throws(ArithmeticError) in
                    figures.unrealised = try figures.unrealised + open
                }
            }
            (before, from) = (now, to)
        }
    }

    // MARK: Orders and refusals

    private mutating func count(_ order: Order) throws(ArithmeticError) {
        guard isInTime(order.createdAt) else { return }
        try change(order.createdAt, order.strategy, order.terms.symbol) { figures throws(ArithmeticError) in
            try figures.place(order)
        }
    }

    private mutating func countRefusals(_ turn: JournaledTurn) {
        guard isInTime(turn.at) else { return }
        for case .refused(let refusal) in turn.records
        where isWanted(refusal.strategy, refusal.terms.symbol) {
            let key = ReportKey(
                day: turn.at.dayNumber, strategy: refusal.strategy, symbol: refusal.terms.symbol)
            cells[key, default: ReportFigures()].refusals += 1
        }
    }
}

extension ReportFigures {
    fileprivate mutating func trade(_ fill: Fill, mid: Price?) throws(ArithmeticError) {
        let isBack = fill.kind == .reversal
        func signed(_ money: Money) -> Money { isBack ? -money : money }
        let value = signed(try fill.price.times(fill.quantity, .halfEven))
        turnover = try turnover + value
        switch fill.liquidity {
        case .maker: makerTurnover = try makerTurnover + value
        case .taker: takerTurnover = try takerTurnover + value
        case .unknown: break
        }
        guard let mid, mid.isPositive else { return }
        let base = signed(try mid.times(fill.quantity, .halfEven))
        let more = try value - base
        slippage = try slippage + (fill.side == .buy ? more : -more)
        slippageBase = try slippageBase + base
    }

    fileprivate mutating func place(_ order: Order) throws(ArithmeticError) {
        // One that never left us was not placed.
        guard order.sentAt != nil else { return }
        ordersPlaced += 1
        let filled = min(max(order.filledQuantity, order.bookedQuantity), order.terms.quantity)
        if order.state == .filled {
            ordersFilled += 1
        } else if filled.isPositive {
            ordersPartlyFilled += 1
        }
        if order.state == .rejected || order.state == .failed { ordersFailed += 1 }
        if let price = order.terms.type.limitPrice ?? order.basis?.mid {
            valuePlaced = try valuePlaced + price.times(order.terms.quantity, .halfEven)
            valueFilled = try valueFilled + price.times(filled, .halfEven)
        }
        if let ended = order.endedAt, let sent = order.sentAt { lifetimes.append(max(.zero, ended - sent)) }
    }
}
