// What the tests of the wire share: bodies in the venue's shape, written by hand, and short names for values.

import ForeignJSON
import Testing
import Trading
import TradingDomain

@testable import Coinbase

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func reply(_ status: Int, _ body: String, headers: [(String, String)] = []) -> Reply {
    Reply(endpoint: "GET /x", status: status, headers: headers, body: bytes(body))
}

func reply(_ body: String) -> Reply { reply(200, body) }

func json(_ text: String) throws -> JSONValue { try JSONDocument(bytes(text)).root }

func symbol(_ text: String) throws -> Symbol { try #require(Symbol(text)) }
func price(_ text: String) throws -> Price { try #require(Price(text)) }
func size(_ text: String) throws -> Quantity { try #require(Quantity(text)) }
func money(_ text: String) throws -> Money { try #require(Money(text)) }
func instant(_ text: String) throws -> UTCInstant { try #require(UTCInstant(text)) }
func id(_ text: String) -> ExchangeOrderID { ExchangeOrderID(text) }

func stamp(_ seconds: Double) -> Stamp {
    let nanoseconds = Int64(seconds * 1_000_000_000)
    return Stamp(
        monotonic: MonotonicInstant(nanoseconds: nanoseconds),
        utc: UTCInstant(nanoseconds: 1_790_000_000_000_000_000 + nanoseconds))
}

/// An order of a list; `changes` replace or add fields, in JSON.
func orderBody(_ id: String = "o-1", _ changes: [String: String] = [:]) -> String {
    var fields = [
        "order_id": "\"\(id)\"", "client_order_id": "\"grid-a1-7\"", "product_id": "\"ABC-USD\"",
        "side": "\"BUY\"", "status": "\"OPEN\"", "product_type": "\"SPOT\"", "filled_size": "\"0.5\"",
        "created_time": "\"2026-11-22T10:00:00.123456Z\"", "last_fill_time": "null", "fee": "\"\"",
        "order_configuration":
            #"{"limit_limit_gtc":{"base_size":"1.5","limit_price":"12.00","post_only":true}}"#,
        "pending_cancel": "false", "reject_reason": "\"REJECT_REASON_UNSPECIFIED\"",
        "reject_message": "\"\"", "cancel_message": "\"\"", "edit_history": "[]",
    ]
    fields.merge(changes) { $1 }
    return "{" + fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        + "}"
}

func listBody(_ orders: [String], _ rest: String = #""has_next":false,"cursor":"""#) -> String {
    #"{"orders":[\#(orders.joined(separator: ","))],\#(rest)}"#
}

/// A fill of order o-1; `changes` replace fields, in JSON; an empty one leaves the field out.
func fillBody(_ entry: String = "e1", _ changes: [String: String] = [:]) -> String {
    var fields = [
        "entry_id": "\"\(entry)\"", "trade_id": "\"t1\"", "order_id": "\"o-1\"",
        "trade_time": "\"2026-11-22T10:00:00Z\"", "trade_type": "\"FILL\"", "price": "\"12.00\"",
        "size": "\"0.5\"", "commission": "\"0.024\"", "product_id": "\"ABC-USD\"",
        "liquidity_indicator": "\"MAKER\"", "size_in_quote": "false", "side": "\"BUY\"",
        "fillSource": "\"FILL_SOURCE_CLOB\"",
    ]
    fields.merge(changes) { $1 }
    return "{"
        + fields.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        .map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
}

func onePage(_ body: String) -> OrderPage? {
    if case .page(let page) = OrdersAnswer.outcome(of: reply(body)) { page } else { nil }
}

func orderFailure(_ status: Int = 200, _ body: String, headers: [(String, String)] = []) -> CallFailure? {
    if case .failed(let failure) = OrdersAnswer.outcome(of: reply(status, body, headers: headers)) {
        failure
    } else {
        nil
    }
}

let fillQuery = FillQuery(orders: [ExchangeOrderID("o-1")])

func fills(_ body: String, _ query: FillQuery = fillQuery) -> FillPage? {
    if case .page(let page) = FillsAnswer.outcome(of: reply(body), asked: query) { page } else { nil }
}

func fillFailure(_ body: String) -> String? {
    if case .failed(let failure) = FillsAnswer.outcome(of: reply(body), asked: fillQuery) {
        failure.reason
    } else {
        nil
    }
}
