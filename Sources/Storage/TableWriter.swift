// Brings the tables to what `DurableState.apply` makes of each record. It keeps a state of its own, applies
// every record to it exactly as the core did, and writes the rows that this changed: the tables hold what the
// state says, by construction, and no rule about orders is written down twice.
//
// It belongs to the commit thread. After a failed transaction its state is ahead of the disk and it must not
// be used again.

import FoundationEssentials
import GRDB
import Trading
import TradingDomain

struct TableWriter {
    private let bot: BotID
    private(set) var state: DurableState
    private(set) var head: ChainHead
    private var lastFinish: Int64

    // What the transaction under way changed, each written once at its end.
    private var touched: [ClientOrderID: Touch] = [:]
    private var touchedOrder: [ClientOrderID] = []
    private var positions: Set<Symbol> = []
    private var books: Set<StrategyTables.Book> = []
    private var lifeChanged = false
    /// The alert that tells how this life ended, as long as it is the last word.
    private var lastEnd: String?
    /// Currencies whose holding changed.
    private var currencies: Set<String> = []

    private struct Touch {
        var order: Order
        /// Set when the order's row may not exist yet.
        var origin: Origin?
        var finish: Finish = .unchanged
    }
    private enum Origin { case intent, exchange }
    private enum Finish {
        case unchanged
        case number(Int64)
        case none
    }

    init(bot: BotID, state: DurableState, head: ChainHead, lastFinish: Int64) {
        self.bot = bot
        self.state = state
        self.head = head
        self.lastFinish = lastFinish
    }

    /// Writes these turns, inside the caller's SQLite transaction.
    mutating func write(_ turns: [TurnEntry], _ db: Database) throws {
        for turn in turns {
            for record in turn.records { try apply(record, db) }
            try append(turn, db)
            let alerts = OutgoingAlert.of(
                turn.records, bot: bot, epoch: state.epoch, turn: turn.number, at: turn.stamp.utc)
            for (alert, isEnd) in alerts {
                if isEnd {
                    // A verdict that was withdrawn is nobody's news any more.
                    if let lastEnd { try AlertTables.remove(lastEnd, db) }
                    lastEnd = alert.id
                }
                try AlertTables.insert(alert, db)
            }
        }
        try flush(db)
    }

    private mutating func append(_ turn: TurnEntry, _ db: Database) throws {
        let payload = try JournalPayload.text(of: turn)
        let epoch = state.epoch
        head = head.next(epoch: epoch, turn: turn.number, utc: turn.stamp.utc, payload: payload)
        try db.run(
            "INSERT INTO journal (seq, epoch, turn, utc, payload, hash) VALUES (?, ?, ?, ?, ?, ?)",
            [head.seq, epoch, turn.number, turn.stamp.utc.nanoseconds, payload, Data(head.hash)])
    }

    private mutating func apply(_ record: Trading.Record, _ db: Database) throws {
        switch record {
        case .intent(let order):
            let isNewEpoch = state.sequences[order.id.epoch] == nil
            try change(order.id, by: record, origin: .intent)
            if isNewEpoch { try insertEpoch(order.id.epoch, db) }
        case .discovered(let order): try change(order.id, by: record, origin: .exchange)
        case .sent(let id, _): try change(id, by: record)
        case .changed(let change): try self.change(change.id, by: record)
        case .cancelRequested(let ids, _, _), .leaseEnding(let ids, _):
            try state.apply(record)
            for id in ids { touch(id, origin: nil, finish: .unchanged) }
        case .fill(let id, let fill):
            // Which books it changes is known before it does.
            let books = StrategyTables.books(of: fill, id, state)
            let booked = state.ledger.fills(of: id).count
            try change(id, by: record)
            if state.ledger.fills(of: id).count > booked {
                try insert(fill, of: id, db)
                self.books.formUnion(books)
            }
        case .lifeBegan(let epoch, _, _), .epochRaised(let epoch):
            try state.apply(record)
            try insertEpoch(epoch, db)
            lifeChanged = true
        case .recovered, .dayBegan, .stopped, .diedDeciding, .accountConfirmed:
            try state.apply(record)
            lifeChanged = true
        case .balancesNoted:
            try state.apply(record)
            try db.run("DELETE FROM holdings", [])
            currencies = Set(state.holdings.map(\.currency))
        case .strategyMemory(let strategy, let memory):
            try state.apply(record)
            try db.run(
                "INSERT INTO memories (strategy, memory) VALUES (?, ?) "
                    + "ON CONFLICT (strategy) DO UPDATE SET memory = excluded.memory",
                [strategy, memory])
        case .halted(let halt):
            try state.apply(record)
            try db.run(
                "INSERT INTO halts (cause, detail, at) VALUES (?, ?, ?)",
                [halt.cause.rawValue, halt.detail, halt.at.nanoseconds])
        case .resumed:
            try state.apply(record)
            try db.run("DELETE FROM halts", [])
        case .strategyHalted:
            try state.apply(record)
            try StrategyTables.writeHolds(state, db)
        case .operatorSaid(let note):
            try state.apply(record)
            try write(state.standing, db)
            if case .strategy = note.word {
                try StrategyTables.writeHolds(state, db)
                lifeChanged = true
            }
        case .refused, .alert, .stopBegan: try state.apply(record)
        }
    }

    /// Applies a record about one order and notes what becomes of its row.
    private mutating func change(_ id: ClientOrderID, by record: Trading.Record, origin: Origin? = nil) throws
    {
        let wasDone = state.ledger[id]?.isDone ?? false
        try state.apply(record)
        guard let order = state.ledger[id] else { return }
        let finish: Finish
        if order.isDone, !wasDone || origin != nil {
            lastFinish += 1
            finish = .number(lastFinish)
        } else if !order.isDone, wasDone {
            finish = .none
        } else {
            finish = .unchanged
        }
        touch(id, origin: origin, finish: finish)
    }

    private mutating func touch(_ id: ClientOrderID, origin: Origin?, finish: Finish) {
        guard let order = state.ledger[id] else { return }
        if var known = touched[id] {
            known.order = order
            known.origin = origin ?? known.origin
            if case .unchanged = finish {} else { known.finish = finish }
            touched[id] = known
        } else {
            touched[id] = Touch(order: order, origin: origin, finish: finish)
            touchedOrder.append(id)
        }
    }

    // MARK: Rows

    private mutating func flush(_ db: Database) throws {
        for id in touchedOrder {
            guard let touch = touched[id] else { continue }
            if touch.origin != nil { try insert(touch, db) } else { try update(touch, db) }
        }
        for symbol in positions.sorted() { try write(state.ledger.position(symbol), of: symbol, db) }
        for book in books.sorted() { try StrategyTables.write(book, state.ledger.books, db) }
        for holding in state.holdings where currencies.contains(holding.currency) { try write(holding, db) }
        if lifeChanged { try writeLife(db) }
        try db.run("UPDATE chain SET seq = ?, hash = ?", [head.seq, Data(head.hash)])
        touched.removeAll(keepingCapacity: true)
        touchedOrder.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        books.removeAll(keepingCapacity: true)
        currencies.removeAll(keepingCapacity: true)
        lifeChanged = false
    }

    private func insert(_ touch: Touch, _ db: Database) throws {
        let order = touch.order
        let terms = order.terms
        var finished: Int64?
        if case .number(let number) = touch.finish { finished = number }
        var values: [(any DatabaseValueConvertible)?] = [
            order.id.epoch, order.id.sequence, terms.symbol.description, terms.side.rawValue,
        ]
        values += OrderRow.values(of: terms.type)
        values += [
            terms.quantity.description, order.strategy, order.createdAt.nanoseconds,
            order.basis?.description, touch.origin == .exchange, order.onceKey,
        ]
        values += changing(order)
        values.append(finished)
        try db.run(Self.insertOrder, values)
    }

    private func update(_ touch: Touch, _ db: Database) throws {
        var values = changing(touch.order)
        let sql: String
        switch touch.finish {
        case .unchanged: sql = Self.updateOrder
        case .number(let number):
            sql = Self.updateFinishedOrder
            values.append(number)
        case .none:
            sql = Self.updateFinishedOrder
            values.append(nil)
        }
        values += [touch.order.id.epoch, touch.order.id.sequence]
        try db.run(sql, values)
        guard db.changesCount == 1 else {
            throw RowError(table: "orders", key: "\(touch.order.id)", column: "row", value: "missing")
        }
    }

    /// The columns that change in an order's life, in the order of `changingColumns`.
    private func changing(_ order: Order) -> [(any DatabaseValueConvertible)?] {
        [
            order.state.rawValue, order.exchangeOrderID?.description, order.sentAt?.nanoseconds,
            order.cancelRequestedAt?.nanoseconds, order.filledQuantity.description,
            order.bookedQuantity.description, order.endedAt?.nanoseconds, order.reason,
            order.cancelCause?.rawValue, order.awaitsSize,
        ]
    }

    private mutating func insert(_ fill: Fill, of id: ClientOrderID, _ db: Database) throws {
        positions.insert(fill.symbol)
        try db.run(
            "INSERT INTO fills (\(FillRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                id.epoch, id.sequence, fill.id.description, fill.exchangeOrderID.description,
                fill.symbol.description, fill.side.rawValue, fill.price.description,
                fill.quantity.description, fill.fee.description, fill.liquidity.rawValue,
                fill.at.nanoseconds, fill.kind.rawValue,
            ])
        if !state.holdings.isEmpty { currencies.formUnion([fill.symbol.base, fill.symbol.quote]) }
    }

    private func write(_ position: Position, of symbol: Symbol, _ db: Database) throws {
        try db.run(
            "INSERT OR REPLACE INTO positions (\(PositionRow.columns)) VALUES (?, ?, ?, ?, ?, ?)",
            [
                symbol.description, position.quantity.description, position.costBasis.description,
                position.realised.description, position.fees.description, position.cash.description,
            ])
    }

    private func write(_ holding: Holding, _ db: Database) throws {
        try db.run(
            "INSERT OR REPLACE INTO holdings (currency, noted, flow) VALUES (?, ?, ?)",
            [holding.currency, holding.noted.description, holding.flow.description])
    }

    private func write(_ standing: Standing?, _ db: Database) throws {
        guard let standing else { return try db.run("DELETE FROM standing", []) }
        try db.run(
            "INSERT OR REPLACE INTO standing (id, kind, said_by, at) VALUES (1, ?, ?, ?)",
            [standing.kind.rawValue, standing.by, standing.at.nanoseconds])
    }

    private func insertEpoch(_ epoch: Int64, _ db: Database) throws {
        try db.run("INSERT OR IGNORE INTO epochs (epoch) VALUES (?)", [epoch])
    }

    private func writeLife(_ db: Database) throws {
        let stop = state.stopped
        try db.run(
            """
            UPDATE life SET epoch = ?, recovered = ?, day = ?, day_baseline = ?, stop_epoch = ?, \
            stop_verdict = ?, stop_remaining = ?, stop_at = ?, day_strategies = ?, died_deciding = ?, \
            portfolio = ?
            """,
            [
                state.epoch, state.isRecovered, state.day?.number, state.day?.baseline.description,
                stop?.epoch, stop?.verdict.rawValue,
                stop.map { $0.remaining.map(\.description).joined(separator: " ") }, stop?.at.nanoseconds,
                try StrategyTables.text(of: state.day?.strategies), state.diedDeciding, state.portfolio,
            ])
    }

    private static let changingColumns = [
        "state", "exchange_id", "sent_at", "cancel_requested_at", "filled", "booked", "ended_at", "reason",
        "cancel_cause", "awaits_size",
    ]
    private static let insertOrder: String = {
        let columns =
            [
                "epoch", "sequence", "symbol", "side", "type", "price", "time_in_force", "good_till",
                "post_only", "quantity", "strategy", "created_at", "basis", "discovered", "once_key",
            ] + changingColumns + ["finished"]
        // An order that was discovered before its intent was seen, or shown again: the later record counts,
        // and what we once intended stays ours.
        let later = columns.dropFirst(2).map { column in
            column == "discovered"
                ? "discovered = MIN(discovered, excluded.discovered)" : "\(column) = excluded.\(column)"
        }
        return "INSERT INTO orders (\(columns.joined(separator: ", "))) VALUES ("
            + columns.map { _ in "?" }.joined(separator: ", ")
            + ") ON CONFLICT (epoch, sequence) DO UPDATE SET \(later.joined(separator: ", "))"
    }()
    private static let updateOrder =
        "UPDATE orders SET \(changingColumns.map { "\($0) = ?" }.joined(separator: ", ")) "
        + "WHERE epoch = ? AND sequence = ?"
    private static let updateFinishedOrder =
        "UPDATE orders SET \(changingColumns.map { "\($0) = ?" }.joined(separator: ", ")), finished = ? "
        + "WHERE epoch = ? AND sequence = ?"
}

extension Database {
    /// Runs a statement that is prepared once per connection.
    func run(_ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws {
        let statement = try cachedStatement(sql: sql)
        statement.setUncheckedArguments(StatementArguments(values))
        try statement.execute()
    }
}
