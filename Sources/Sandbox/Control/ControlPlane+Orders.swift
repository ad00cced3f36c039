import ExchangeModel
import TradingDomain

// Orders by hand: seeded, filled, canceled, failed, as a stranger or the venue would.

extension ControlPlane {
    private struct SeedBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable {
            case count, product, side, price, step, size, prefix, postOnly, clientOrderIds, source, after
        }
        var count: Int?
        var product: String?
        var side: String?
        var price: String?
        var step: Price?
        var size: String?
        var prefix: String?
        var postOnly: Bool?
        var clientOrderIds: [String]?
        var source: PlacementSource?
        var after: Strict<After>?

        struct After: ControlBody {
            enum CodingKeys: CodingKey, CaseIterable { case prefix, lists, ms }
            var prefix: String
            var lists: Int?
            var ms: Int64?
        }
    }

    func seedOrders(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(SeedBody.self, request)
        let ids = body.clientOrderIds ?? []
        let count = ids.isEmpty ? body.count ?? 1 : ids.count
        guard (1...100_000).contains(count) else { throw InvalidArgument("count is 1 to 100000") }
        guard let first = body.price.flatMap({ Price($0) }), first.isPositive else {
            throw InvalidArgument("price is a decimal in a string")
        }
        let base = account.engine.newestNumber
        let requests = (0..<count).map { index in
            let away = (body.step ?? .zero).raw.multipliedReportingOverflow(by: Int128(index)).partialValue
            let price = Price(raw: first.raw &+ away)
            let id = ids.isEmpty ? "\(body.prefix ?? "foreign-")\(base + Int64(index) + 1)" : ids[index]
            let shape = OrderShape(
                kind: .limitGTC, baseSize: body.size ?? "0.001", limitPrice: price.description,
                postOnly: body.postOnly ?? false)
            return CreateRequest(
                clientOrderID: id, productID: body.product ?? "BTC-USD", side: body.side ?? "BUY",
                shape: shape, source: body.source ?? .advanced)
        }
        var placed: [Int64] = []
        var refused: [Refusal] = []
        if let after = body.after?.body {
            guard (1...1_000).contains(after.lists ?? 1), (0...600_000).contains(after.ms ?? 0) else {
                throw InvalidArgument("lists is 1 to 1000, ms is 0 to ten minutes")
            }
            change { venue in
                venue.bends.lateOrders.append(
                    LateOrders(
                        requests: requests, prefix: after.prefix, lists: after.lists ?? 1,
                        delay: .milliseconds(after.ms ?? 0)))
            }
            return .json { $0.number("waiting", requests.count) }
        }
        change { venue in
            for request in requests {
                switch venue.create(request) {
                case .stored(let number, _): placed.append(number)
                case .refused(let refusal): refused.append(refusal)
                }
            }
        }
        let venue = account
        return .json(capacity: 120 * count) { json in
            json.array("orders") { json in
                for number in placed {
                    json.object { json in
                        json.field("order_id", venue.orderID(number))
                        json.field(
                            "client_order_id", venue.engine.detail(number: number)?.clientOrderID ?? "")
                    }
                }
            }
            json.array("refused") { json in for refusal in refused { json.string(refusal.message) } }
        }
    }

    private protocol OfAnOrder {
        var orderId: String? { get }
        var clientOrderId: String? { get }
    }

    private struct FillBody: ControlBody, OfAnOrder {
        enum CodingKeys: CodingKey, CaseIterable { case orderId, clientOrderId, permille }
        var orderId: String?
        var clientOrderId: String?
        var permille: Int64?
    }

    private struct CancelBody: ControlBody, OfAnOrder {
        enum CodingKeys: CodingKey, CaseIterable { case orderId, clientOrderId, all }
        var orderId: String?
        var clientOrderId: String?
        var all: Bool?
    }

    private struct FailBody: ControlBody, OfAnOrder {
        enum CodingKeys: CodingKey, CaseIterable { case orderId, clientOrderId, reason }
        var orderId: String?
        var clientOrderId: String?
        var reason: String?
    }

    private func number(_ body: some OfAnOrder) throws(InvalidArgument) -> Int64 {
        let venue = account
        let number =
            body.orderId.flatMap { venue.ids.number(.order, $0) }
            ?? body.clientOrderId.flatMap { venue.stored(clientOrderID: $0) }
        guard let number, venue.engine.detail(number: number) != nil else {
            throw InvalidArgument("there is no such order")
        }
        return number
    }

    func fillOrder(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(FillBody.self, request)
        let number = try number(body)
        guard (1...1000).contains(body.permille ?? 1000) else {
            throw InvalidArgument("permille is 1 to 1000")
        }
        change { venue in
            venue.advance()
            venue.fill(number, permille: body.permille ?? 1000)
            venue.gather()
        }
        return Self.done
    }

    func cancelOrders(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(CancelBody.self, request)
        var numbers: [Int64] = []
        if body.all == true {
            account.engine.ordersBackwards(workingOnly: true) { order in
                numbers.append(order.number)
                return true
            }
        } else {
            numbers = [try number(body)]
        }
        change { venue in
            venue.advance()
            for number in numbers {
                let id = Venue.engineID(number)
                _ = venue.engine.requestCancel(id, at: venue.engine.now)
                venue.engine.completeCancel(id, at: venue.engine.now)
            }
            venue.gather()
        }
        return .json { $0.number("canceled", numbers.count) }
    }

    func failOrder(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(FailBody.self, request)
        let number = try number(body)
        let failed = change { venue in
            venue.advance()
            let failed = venue.engine.fail(
                number, body.reason ?? "the venue gave the order up", at: venue.engine.now)
            venue.gather()
            return failed
        }
        guard failed else { throw InvalidArgument("the order has ended already") }
        return Self.done
    }
}
