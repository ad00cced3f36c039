import ExchangeModel
import TradingDomain

// What lists, look-ups and the user channel show of orders, and what they keep to themselves.

extension ControlPlane {
    func lists() -> Reply {
        let bends = account.bends
        return .json { json in
            json.number("open_limit", bends.openLimit)
            json.field("open_alone", bends.openAlone)
        }
    }

    private struct ListsBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case openLimit, openAlone }
        var openLimit: Int?
        var openAlone: Bool?
    }

    func setLists(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(ListsBody.self, request)
        if let limit = body.openLimit, !(1...1_000_000).contains(limit) {
            throw InvalidArgument("open_limit is 1 to 1000000")
        }
        change { venue in
            if let limit = body.openLimit { venue.bends.openLimit = limit }
            if let alone = body.openAlone { venue.bends.openAlone = alone }
        }
        return lists()
    }

    private struct MovesBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case statuses, clientOrderIds, prefix, next }
        var statuses: [StatusMoves.Status]
        var clientOrderIds: [String]?
        var prefix: String?
        var next: Int?
    }

    func moveStatuses(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(MovesBody.self, request)
        var numbers = try numbers(body.clientOrderIds ?? [])
        change { $0.advance() }
        if let prefix = body.prefix {
            account.engine.ordersBackwards(workingOnly: true) { order in
                if order.clientOrderID.hasPrefix(prefix) { numbers.append(order.number) }
                return true
            }
        }
        change { venue in
            venue.bends.moves.set(numbers, body.statuses)
            if let next = body.next { venue.bends.moves.setNext(next, body.statuses) }
        }
        return .json { $0.number("orders", numbers.count) }
    }

    private struct DisguiseBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable {
            case clientOrderIds, orderConfiguration, orderType, hideProduct
        }
        var clientOrderIds: [String]
        /// Shown as it came, which `echo` does: here it is only known.
        var orderConfiguration: Something?
        var orderType: String?
        var hideProduct: Bool?
    }

    func disguise(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(DisguiseBody.self, request)
        let numbers = try numbers(body.clientOrderIds)
        let configuration = echo("order_configuration", of: request.body)
        var disguise: Disguise?
        if configuration != nil || body.orderType != nil || body.hideProduct == true {
            disguise = Disguise(
                configuration: configuration ?? Array(#"{"peg_limit_gtc":{"offset":"1"}}"#.utf8),
                orderType: body.orderType, hidesProduct: body.hideProduct ?? false)
        }
        change { venue in for number in numbers { venue.bends.disguises[number] = disguise } }
        return .json { $0.number("orders", numbers.count) }
    }

    private struct ClaimsBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case clientOrderIds, filled, listed }
        var clientOrderIds: [String]
        var filled: String?
        var listed: Bool?
    }

    /// Said at once, on the user channel.
    func claimFills(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(ClaimsBody.self, request)
        let numbers = try numbers(body.clientOrderIds)
        var claim: Claim?
        if let text = body.filled {
            guard let filled = Quantity(text), !filled.isNegative else {
                throw InvalidArgument("filled is a decimal that is not below 0")
            }
            claim = Claim(filled: filled, isListed: body.listed ?? false)
        }
        change { venue in
            for number in numbers {
                venue.bends.claims[number] = claim
                venue.report(number)
            }
        }
        return .json { $0.number("orders", numbers.count) }
    }

    private struct WithholdBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case withhold, clientOrderIds, prefixes }
        var withhold: Bool?
        var clientOrderIds: [String]?
        var prefixes: [String]?
    }

    func withholdReports(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(WithholdBody.self, request)
        change { venue in
            venue.bends.withheld = WithheldReports(
                all: body.withhold ?? false, prefixes: body.prefixes ?? [],
                ids: Set(body.clientOrderIds ?? []))
        }
        return Self.done
    }

    private func numbers(_ clientOrderIDs: [String]) throws(InvalidArgument) -> [Int64] {
        var numbers: [Int64] = []
        for id in clientOrderIDs {
            guard let number = account.stored(clientOrderID: id) else {
                throw InvalidArgument("there is no order \(id)")
            }
            numbers.append(number)
        }
        return numbers
    }
}
