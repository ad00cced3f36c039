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

    /// Whether one of the two currencies is among those asked for.
    static func concerns(_ symbol: Symbol, _ assets: Set<String>) -> Bool {
        assets.isEmpty || assets.contains(symbol.base) || assets.contains(symbol.quote)
    }

    func matches(_ view: OrderView) -> Bool {
        let order = view.order
        let kind = view.note.shape.kind
        return isSpot && (products.isEmpty || products.contains(order.terms.symbol.description))
            && Self.concerns(order.terms.symbol, assets)
            && (statuses.isEmpty || statuses.contains(view.status.description))
            && (timesInForce.isEmpty || timesInForce.contains(kind.timeInForce.description))
            && (types.isEmpty || types.contains(kind.orderType.description))
            && (side == nil || side == order.terms.side.wire)
            && (source == view.note.source.rawValue || source == PlacementSource.unknown.rawValue)
            && (end == nil || order.createdAt < end ?? order.createdAt)
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
        /// Answers whether to go on.
        func consider(_ order: ModelOrder) -> Bool {
            if let start = filter.start, order.createdAt < start { return false }
            guard let shown = lag.visible(order, now: engine.now), let view = view(shown),
                filter.matches(view)
            else { return true }
            if result.views.count == filter.limit {
                result.next = result.views.last?.order.number
                return false
            }
            result.views.append(view)
            return true
        }
        if let numbers = filter.numbers {
            for number in numbers where number < filter.before {
                guard let order = engine.detail(number: number) else { continue }
                // The ids say where to look; a start that excludes one says nothing about the others.
                if let start = filter.start, order.createdAt < start { continue }
                guard consider(order) else { break }
            }
        } else {
            engine.ordersBackwards(
                before: filter.before, workingOnly: filter.isWorkingOnly && !lag.isOn, consider)
        }
        return result
    }
}
