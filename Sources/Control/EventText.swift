// Server-sent events: their names, and what each carries.

import Trading
import TradingDomain

enum EventText {
    static func of(_ item: EventHub.Item) -> String {
        switch item {
        case .status(let overview): event("status", overview)
        case .gap(let count): event("gap", Gap(dropped: count))
        case .report(let report): event("report", report)
        case .record(let record, let at): of(record, at)
        }
    }

    private struct Gap: Encodable { var dropped: Int }
    private struct OrderNews: Encodable {
        var clientOrderID: ClientOrderID
        var exchangeOrderID: ExchangeOrderID?
        var symbol: Symbol?
        var side: Side?
        var price: Price?
        var quantity: Quantity?
        var filledQuantity: Quantity?
        var strategy: String?
        var state: OrderState?
        var reason: String?
        var at: UTCInstant
    }
    private struct CancelNews: Encodable {
        var clientOrderIDs: [ClientOrderID]
        var at: UTCInstant
        var why: CancelCause?
    }
    private struct FillNews: Encodable {
        var clientOrderID: ClientOrderID
        var fill: Fill
    }
    private struct OperatorNews: Encodable {
        var word: String
        var by: String
        var at: UTCInstant
    }
    private struct StopNews: Encodable {
        var reason: String
        var at: UTCInstant
    }
    private struct Resumed: Encodable { var at: UTCInstant }

    private static func of(_ record: Record, _ utc: UTCInstant) -> String {
        switch record {
        case .intent(let order), .discovered(let order):
            event(
                "order",
                OrderNews(
                    clientOrderID: order.id, exchangeOrderID: order.exchangeOrderID,
                    symbol: order.terms.symbol,
                    side: order.terms.side, price: order.terms.type.limitPrice,
                    quantity: order.terms.quantity,
                    strategy: order.strategy, state: order.state, at: order.createdAt))
        case .changed(let change):
            event(
                "order",
                OrderNews(
                    clientOrderID: change.id, exchangeOrderID: change.exchangeOrderID,
                    filledQuantity: change.filledQuantity, state: change.state, reason: change.reason,
                    at: change.at))
        case .cancelRequested(let ids, let at, let cause):
            event("cancel", CancelNews(clientOrderIDs: ids, at: at, why: cause))
        case .leaseEnding(let ids, let at):
            event("cancel", CancelNews(clientOrderIDs: ids, at: at, why: .lease))
        case .fill(let id, let fill): event("fill", FillNews(clientOrderID: id, fill: fill))
        case .alert(let alert): event("alert", alert)
        case .refused(let refusal): event("refused", refusal)
        case .halted(let halt): event("halted", halt)
        case .strategyHalted(let halt): event("strategy-halted", halt)
        case .resumed(let at): event("resumed", Resumed(at: at))
        case .operatorSaid(let note):
            event("operator", OperatorNews(word: note.word.name, by: note.by, at: note.at))
        case .stopBegan(let reason, let at): event("stop", StopNews(reason: reason, at: at))
        case .lifeBegan, .epochRaised, .recovered, .sent, .balancesNoted, .strategyMemory, .dayBegan,
            .diedDeciding, .stopped, .accountConfirmed:
            ""
        }
    }

    /// One event; JSON holds no line end of its own.
    private static func event(_ name: String, _ value: some Encodable) -> String {
        // What can't be written as JSON (no value of ours) is not worth a listener's connection.
        guard let bytes = try? ControlJSON.bytes(value) else { return "" }
        return "event: \(name)\ndata: \(String(decoding: bytes, as: UTF8.self))\n\n"
    }
}
