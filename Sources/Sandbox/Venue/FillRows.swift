import ExchangeModel
import TradingDomain

// Fills as rows of a list, newest first: the engine's, and among them the reversals and corrections that were
// made by hand. The engine knows nothing of the latter.

/// A row that was made by hand, after the engine's fill with the number `after`.
struct ExtraFill {
    let after: Int64
    /// The number of the fill that it is about.
    let origin: Int64
    let fill: Fill
}

struct FillRow {
    /// Newer rows have greater places.
    struct Place: Comparable {
        let number: Int64
        /// 0 for the engine's fill, more for those by hand after it.
        let extra: Int

        static func < (a: Self, b: Self) -> Bool { (a.number, a.extra) < (b.number, b.extra) }
        static let end = Place(number: .max, extra: 0)

        var cursor: String { extra == 0 ? "\(number)" : "\(number).\(extra)" }

        init(number: Int64, extra: Int) {
            self.number = number
            self.extra = extra
        }

        init?(cursor text: String) {
            let parts = text.split(separator: ".", maxSplits: 1).map { Int64($0) }
            guard let number = parts.first ?? nil, number >= 0, parts.count == 1 || parts[1] != nil else {
                return nil
            }
            self.init(number: number, extra: parts.count == 2 ? Int(clamping: parts[1] ?? 0) : 0)
        }
    }

    let place: Place
    let entryID: String
    /// The number of the trade: a row by hand is about an earlier one.
    let trade: Int64
    let fill: Fill
}

struct FillFilter {
    var orders: Set<Int64>?
    var trades: Set<Int64>?
    var products: Set<String>
    var assets: Set<String>
    var side: String?
    var start: UTCInstant?
    var end: UTCInstant?
    var limit: Int
    var before: FillRow.Place

    static let standardLimit = 100
    static let mostLimit = 1000

    init(_ query: Query, _ venue: Venue) throws(InvalidArgument) {
        let orderTexts = query.all("order_ids")
        let tradeTexts = query.all("trade_ids")
        orders = orderTexts.isEmpty ? nil : Set(orderTexts.compactMap { venue.ids.number(.order, $0) })
        trades = tradeTexts.isEmpty ? nil : Set(tradeTexts.compactMap { venue.ids.number(.trade, $0) })
        products = Set(query.all("product_ids"))
        assets = Set(query.all("asset_filters"))
        side = query["order_side"].flatMap { $0 == "UNKNOWN_ORDER_SIDE" ? nil : $0 }
        start = try OrderFilter.time("start_sequence_timestamp", query).map { venue.clock.model($0) }
        end = try OrderFilter.time("end_sequence_timestamp", query).map { venue.clock.model($0) }
        limit = try OrderFilter.limit(query, standard: Self.standardLimit, most: Self.mostLimit)
        before = .end
        if let text = query["cursor"], !text.isEmpty {
            guard let place = FillRow.Place(cursor: text) else { throw InvalidArgument("cursor is invalid") }
            before = place
        }
    }

    func matches(_ row: FillRow) -> Bool {
        let fill = row.fill
        return (trades?.contains(row.trade) ?? true)
            && (orders?.contains(Venue.number(fill.exchangeOrderID) ?? 0) ?? true)
            && (products.isEmpty || products.contains(fill.symbol.description))
            && OrderFilter.concerns(fill.symbol, assets)
            && (side == nil || side == fill.side.wire) && (end == nil || fill.at < end ?? fill.at)
    }
}

extension Venue {
    func fills(_ filter: FillFilter) -> (rows: [FillRow], next: String?) {
        var rows: [FillRow] = []
        var next: String?
        /// Answers whether to go on.
        func consider(_ row: FillRow) -> Bool {
            if let start = filter.start, row.fill.at < start { return false }
            guard row.place < filter.before, filter.matches(row), lag.isVisible(row.fill, now: engine.now),
                row.fill.at <= engine.now - bends.fillLag
            else { return true }
            if rows.count == filter.limit {
                next = rows.last?.place.cursor
                return false
            }
            rows.append(row)
            return true
        }
        var extras = extraRows()[...]
        /// Rows by hand come before the fill after which they were made.
        func considerExtras(from number: Int64) -> Bool {
            while let row = extras.first, row.place.number >= number {
                extras.removeFirst()
                guard consider(row) else { return false }
            }
            return true
        }
        func considerFill(_ number: Int64, _ fill: Fill) -> Bool {
            guard considerExtras(from: number) else { return false }
            return consider(
                FillRow(
                    place: .init(number: number, extra: 0), entryID: ids.text(.fill, number), trade: number,
                    fill: fill))
        }
        var goesOn = true
        if let orders = filter.orders {
            for fill in engine.fills(orderIDs: orders.map { Self.engineID($0) }).reversed() where goesOn {
                guard let number = Self.number(fill) else { continue }
                goesOn = considerFill(number, fill)
            }
        } else {
            let place = filter.before
            let limit = place.extra > 0 && place.number < .max ? place.number + 1 : place.number
            engine.fillsBackwards(before: limit) { number, fill in
                goesOn = considerFill(number, fill)
                return goesOn
            }
        }
        if goesOn { _ = considerExtras(from: 0) }
        return (rows, next)
    }

    /// Newest first.
    private func extraRows() -> [FillRow] {
        guard !extraFills.isEmpty else { return [] }
        return extraFills.enumerated().reversed().map { index, extra in
            FillRow(
                place: .init(number: extra.after, extra: index + 1), entryID: extraEntryID(index),
                trade: extra.origin, fill: extra.fill)
        }
    }

    func extraEntryID(_ index: Int) -> String { ids.text(.fill, (1 << 40) + Int64(index)) }

    /// The engine's id "F12" is the number 12.
    static func number(_ fill: Fill) -> Int64? { Int64(fill.id.description.dropFirst()) }
}
