import ExchangeModel
import TradingDomain

// POST /orders, POST /orders/batch_cancel and what is refused beside them. A refusal of an order is a 200.

private struct CreateBody: Decodable {
    struct Configuration: Decodable {
        var baseSize: String?
        var quoteSize: String?
        var limitPrice: String?
        var endTime: String?
        var postOnly: Bool?
        var reduceOnly: Bool?
    }
    var clientOrderId: String?
    var productId: String?
    var side: String?
    var orderConfiguration: [String: Configuration]?
    var attachedOrderConfiguration: Something?
    var leverage: String?
    var marginType: String?

    /// What would be lost if the rest were done: a client would believe in a stop, or a position, that is not there.
    var unserved: String? {
        if attachedOrderConfiguration?.isSaid == true { return "attached_order_configuration" }
        if let leverage, Money(leverage) != Money(1), !leverage.isEmpty { return "leverage" }
        if let marginType, !marginType.isEmpty { return "margin_type" }
        return orderConfiguration?.values.contains { $0.reduceOnly == true } == true ? "reduce_only" : nil
    }
}

private struct CancelBody: Decodable {
    var orderIds: [String]?
}

private struct EditBody: Decodable {
    var orderId: String?
}

extension Venue {
    mutating func answerCreate(_ request: Request, _ fired: FiredFaults) -> Reply {
        let body: CreateBody
        switch decoded(CreateBody.self, request) {
        case .success(let decoded): body = decoded
        case .failure(let bad): return bad.reply
        }
        guard let clientID = body.clientOrderId, !clientID.isEmpty else {
            return .invalid("client_order_id is required")
        }
        guard clientID.utf8.count <= 128 else { return .invalid("client_order_id is too long") }
        // An id that was used gives its order back before anything else is looked at.
        if let number = stored(clientOrderID: clientID), let view = view(number) { return accepted(view) }
        guard let configuration = body.orderConfiguration, configuration.count == 1,
            let (name, members) = configuration.first
        else { return .invalid("order_configuration has exactly one member") }
        let echo: [UInt8]
        guard let kind = OrderShape.Kind(rawValue: name) else {
            echo = Self.configurationText(request.body)
            return refused(
                Refusal(
                    newOrder: "UNSUPPORTED_ORDER_CONFIGURATION", "\(name) is not served for spot orders here"),
                echo)
        }
        if let unserved = body.unserved {
            return refused(
                Refusal(newOrder: "UNSUPPORTED_ORDER_CONFIGURATION", "\(unserved) is not served here"),
                Self.configurationText(request.body))
        }
        let shape = OrderShape(
            kind: kind, baseSize: members.baseSize, quoteSize: members.quoteSize,
            limitPrice: members.limitPrice, postOnly: members.postOnly, endTime: members.endTime)
        let result = create(
            CreateRequest(
                clientOrderID: clientID, productID: body.productId ?? "", side: body.side ?? "",
                shape: shape, pendingFor: fired.pendingFor))
        switch result {
        case .stored(let number, let isNew):
            if isNew, fired.failsAccepted {
                engine.fail(number, "the venue gave the order up", at: engine.now)
            }
            gather()
            guard let view = view(number) else { return .error(500, "INTERNAL", "the order is lost") }
            return accepted(view)
        case .refused(let refusal):
            var writer = JSONWriter(capacity: 128)
            shape.write(to: &writer)
            return refused(refusal, writer.bytes)
        }
    }

    private func accepted(_ view: OrderView) -> Reply {
        .json { json in
            json.field("success", true)
            json.object("success_response") { json in
                json.field("order_id", view.id)
                json.field("product_id", view.order.terms.symbol.description)
                json.field("side", constant: view.order.terms.side == .buy ? "BUY" : "SELL")
                json.field("client_order_id", view.order.clientOrderID)
                json.field("attached_order_id", constant: "")
            }
            json.key("order_configuration") { view.note.shape.write(to: &$0) }
        }
    }

    private func refused(_ refusal: Refusal, _ configuration: [UInt8]) -> Reply {
        .json { json in
            json.field("success", false)
            json.object("error_response") { json in
                json.field("error", refusal.error)
                json.field("message", refusal.message)
                json.field("error_details", constant: "")
                json.field("preview_failure_reason", refusal.preview)
                json.field("new_order_failure_reason", refusal.newOrder)
            }
            json.field("order_configuration", json: configuration)
        }
    }

    /// The configuration as it came, for kinds that are not understood.
    private static func configurationText(_ body: [UInt8]) -> [UInt8] {
        echo("order_configuration", of: body) ?? Array("{}".utf8)
    }

    static let cancelLimit = 100

    mutating func answerCancel(_ request: Request, _ fired: FiredFaults) -> Reply {
        let body: CancelBody
        switch decoded(CancelBody.self, request) {
        case .success(let decoded): body = decoded
        case .failure(let bad): return bad.reply
        }
        let ids = body.orderIds ?? []
        guard ids.count <= Self.cancelLimit else {
            return .invalid("Too many orderIDs entered, limit is \(Self.cancelLimit)")
        }
        guard !ids.isEmpty, !ids.contains("") else { return .invalid("order_ids must not be empty") }
        if let rule = fired.batchRefusals.first(where: { concerns($0, ids) }) {
            return .invalid(rule.failureReason ?? "the batch was refused")
        }
        let outcomes = cancel(ids, fired.cancelTwists)
        return .json(capacity: 160 * outcomes.count + 32) { json in
            json.array("results") { json in
                for outcome in outcomes {
                    json.object { json in
                        json.field("success", outcome.failure == nil)
                        json.field("failure_reason", outcome.failure ?? "UNKNOWN_CANCEL_FAILURE_REASON")
                        json.field("order_id", outcome.id)
                    }
                }
            }
        }
    }

    /// Whether a rule against batches is about this one.
    private func concerns(_ rule: FaultRule, _ ids: [String]) -> Bool {
        if let most = rule.moreThan, ids.count > most { return true }
        guard let named = rule.orderIds else { return rule.moreThan == nil }
        return ids.contains { id in
            let order = self.ids.number(.order, id).flatMap { engine.detail(number: $0) }
            return named.contains(id) || order.map { named.contains($0.clientOrderID) } == true
        }
    }

    /// Edits are not served; the answer is the venue's own.
    mutating func answerEdit(_ request: Request) -> Reply {
        let body: EditBody
        switch decoded(EditBody.self, request) {
        case .success(let decoded): body = decoded
        case .failure(let bad): return bad.reply
        }
        advance()
        let known = ids.number(.order, body.orderId ?? "").flatMap { engine.detail(number: $0) }
        return .json { json in
            json.field("success", false)
            json.array("errors") { json in
                json.object { json in
                    json.field(
                        "edit_failure_reason",
                        known == nil ? "ORDER_NOT_FOUND" : "COMMANDER_REJECTED_EDIT_ORDER")
                    json.field("preview_failure_reason", constant: "UNKNOWN_PREVIEW_FAILURE_REASON")
                }
            }
        }
    }
}
