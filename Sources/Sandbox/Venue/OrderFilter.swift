import ExchangeModel
import TradingDomain

// Which orders a listing shows. Only the venue's own, repeated filters count: a name that it does not know,
// `product_id` above all, is ignored, and then everything is shown.

struct OrderFilter {
    var numbers: [Int64]?
    var products: Set<String>
    var assets: Set<String>
    var statuses: Set<String>
    var timesInForce: Set<String>
    var types: Set<String>
    var side: String?
    var start: UTCInstant?
    var end: UTCInstant?
    var source: String
    var isSpot: Bool
    var limit: Int
    var before: Int64

    static let defaultLimit = 100
    static let limit = 1000

    /// Throws when a value is unusable.
    init(_ query: Query, _ venue: Venue) throws(InvalidArgument) {
        let ids = query.all("order_ids")
        numbers =
            ids.isEmpty
            ? nil : Set(ids.compactMap { venue.ids.number(.order, $0) }).sorted(by: >)
        products = Set(query.all("product_ids"))
        assets = Set(query.all("asset_filters"))
        statuses = Set(query.all("order_status"))
        if venue.bends.openAlone, statuses.contains("OPEN"), statuses.count > 1 {
            throw InvalidArgument("OPEN orders cannot be queried together with other order statuses")
        }
        timesInForce = Set(query.all("time_in_forces"))
        types = Set(query.all("order_types"))
        side = query["order_side"].flatMap { $0 == "UNKNOWN_ORDER_SIDE" ? nil : $0 }
        source = query["order_placement_source"] ?? PlacementSource.advanced.rawValue
        let productType = query["product_type"] ?? "SPOT"
        isSpot = productType == "SPOT" || productType == "UNKNOWN_PRODUCT_TYPE"
        start = try Self.time("start_date", query).map { venue.clock.model($0) }
        end = try Self.time("end_date", query).map { venue.clock.model($0) }
        limit = try Self.limit(query, standard: Self.defaultLimit, most: Self.limit)
        before = try Self.cursor(query)
    }

    static func time(_ name: String, _ query: Query) throws(InvalidArgument) -> UTCInstant? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard let time = UTCInstant(rfc3339: text) else {
            throw InvalidArgument("\(name) is no RFC 3339 time: \(text)")
        }
        return time
    }

    static func limit(_ query: Query, standard: Int, most: Int) throws(InvalidArgument) -> Int {
        guard let text = query["limit"], !text.isEmpty else { return standard }
        guard let number = Int(text), number >= 0 else {
            throw InvalidArgument("limit is no number: \(text)")
        }
        return number == 0 ? standard : min(number, most)
    }

    static func cursor(_ query: Query) throws(InvalidArgument) -> Int64 {
        guard let text = query["cursor"], !text.isEmpty else { return .max }
        guard let number = Int64(text), number > 0 else { throw InvalidArgument("cursor is invalid") }
        return number
    }

    /// Whether only working orders can match, so that the ended ones need not be looked at.
    var isWorkingOnly: Bool {
        !statuses.isEmpty
            && statuses.isDisjoint(with: ["FILLED", "CANCELLED", "EXPIRED", "FAILED", "UNKNOWN_ORDER_STATUS"])
    }

    /// Whether nothing but OPEN orders can match, or whether any can.
    var isOpenOnly: Bool { statuses == ["OPEN"] }
    var mayShowOpen: Bool { statuses.isEmpty || statuses.contains("OPEN") }

    /// Dates say nothing of an order that is OPEN.
    func isWithinDates(_ view: OrderView) -> Bool {
        let created = view.order.createdAt
        return view.isOpen || (created >= start ?? created && (end == nil || created < end ?? created))
    }

    /// Whether one of the two currencies is among those asked for.
    static func concerns(_ symbol: Symbol, _ assets: Set<String>) -> Bool {
        assets.isEmpty || assets.contains(symbol.base) || assets.contains(symbol.quote)
    }

    func matches(_ view: OrderView) -> Bool {
        let order = view.order
        let kind = view.note.shape.kind
        let isOfProduct =
            view.disguise?.hidesProduct != true && products.contains(order.terms.symbol.description)
        return isSpot && (products.isEmpty || isOfProduct)
            && Self.concerns(order.terms.symbol, assets)
            && (statuses.isEmpty || statuses.contains(view.status.description))
            && (timesInForce.isEmpty || timesInForce.contains(kind.timeInForce.description))
            && (types.isEmpty || types.contains(kind.orderType.description))
            && (side == nil || side == order.terms.side.wire)
            && (source == view.note.source.rawValue || source == PlacementSource.unknown.rawValue)
            && isWithinDates(view)
    }
}

struct InvalidArgument: Error {
    let text: String
    init(_ text: String) { self.text = text }
}

extension UTCInstant {
    /// With `Z` or an offset of zero.
    init?(rfc3339 text: String) {
        self.init(text.hasSuffix("+00:00") ? text.dropLast(6) + "Z" : text)
    }
}

extension Venue {
    struct Listing {
        var views: [OrderView] = []
        /// Pass it as cursor; nil on the last page.
        var next: Int64?
    }

    func list(_ filter: OrderFilter) -> Listing {
        var result = Listing()
        result.views.reserveCapacity(min(filter.limit, 256))
        var openOrders = 0
        /// Answers whether to go on.
        func consider(_ order: ModelOrder) -> Bool {
            guard let view = listed(order), filter.matches(view) else { return true }
            if view.isOpen {
                openOrders += 1
                guard openOrders <= bends.openLimit else { return !filter.isOpenOnly }
            }
            guard order.number < filter.before else { return true }
            if result.views.count == filter.limit {
                result.next = result.views.last?.order.number
                return false
            }
            result.views.append(view)
            return true
        }
        // What a page may still show of open orders depends on the pages before it.
        let counts = engine.workingCount > bends.openLimit || lag.isOn
        let first = counts ? .max : filter.before
        if let numbers = filter.numbers {
            for number in numbers where number < first {
                guard let order = engine.detail(number: number) else { continue }
                guard consider(order) else { break }
            }
            return result
        }
        // Of the orders from before the start only open ones can match.
        var rest: Int64?
        engine.ordersBackwards(before: first, workingOnly: filter.isWorkingOnly && !lag.isOn) { order in
            if let start = filter.start, order.createdAt < start {
                rest = order.number + 1
                return false
            }
            return consider(order)
        }
        if let rest, filter.mayShowOpen, result.next == nil {
            engine.ordersBackwards(before: rest, workingOnly: !lag.isOn, consider)
        }
        return result
    }
}
