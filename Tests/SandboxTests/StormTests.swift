import ExchangeModel
import Sandbox
import Testing
import TradingDomain

// Many seeded calls with faults among them; afterwards, and now and then in between, everything that the
// venue's lists say is compared with the book's truth.

@Suite struct StormTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func listsAgreeWithTheBookThroughAStorm(_ seed: UInt64) throws {
        let lab = try Lab {
            $0.seed = seed
            $0.market = .simulated
            $0.cancelDelay = .milliseconds(2)
        }
        var chance = SeededGenerator(seed: seed)
        for rule in [
            #"{"endpoint":"POST /orders","action":"status5xxAfter","probability":0.05}"#,
            #"{"endpoint":"POST /orders","action":"unauthorized401","probability":0.05}"#,
            #"{"endpoint":"POST /orders","action":"pendingCreate","ms":5,"probability":0.1}"#,
            #"{"endpoint":"POST /orders/batch_cancel","action":"status5xxBefore","probability":0.1}"#,
            #"{"endpoint":"POST /orders/batch_cancel","action":"fillDuringCancel","permille":300,"probability":0.3}"#,
            #"{"endpoint":"POST /orders/batch_cancel","action":"missingCancelResults","every":3,"probability":0.2}"#,
            #"{"endpoint":"POST /orders/batch_cancel","action":"partialCancelFailure","failure_reason":"ORDER_IS_FULLY_FILLED","every":4,"probability":0.1}"#,
        ] { try lab.control("/faults", rule) }

        var known: [String] = []
        for step in 0..<400 {
            switch chance.below(10) {
            case 0..<6:
                let isBuy = chance.below(2) == 0
                let kinds = [
                    "limit_limit_gtc", "limit_limit_gtc", "limit_limit_gtc", "sor_limit_ioc",
                    "limit_limit_fok",
                ]
                let answer = try lab.create(
                    "s-\(chance.below(2000))", side: isBuy ? "BUY" : "SELL",
                    price: "\(59_000 + chance.below(2000)).5", size: "0.00\(1 + chance.below(9))",
                    kind: kinds[Int(chance.below(5))])
                if let id = answer.json["success_response"]["order_id"].text { known.append(id) }
            case 6..<9 where !known.isEmpty:
                let ids = (0...chance.below(20)).map { _ in known[Int(chance.below(Int64(known.count)))] }
                let answer = try lab.cancel(ids)
                #expect(answer.status == 200 || answer.status == 503)
            default:
                try lab.control(
                    "/market",
                    #"{"action":"trade","product":"BTC-USD","side":"\#(chance.below(2) == 0 ? "BUY" : "SELL")","size":"0.0\#(1 + chance.below(9))"}"#
                )
            }
            if step % 100 == 99 { try compare(lab) }
        }
        try lab.control("/market", #"{"action":"freeze"}"#)
        try lab.control("/faults", method: "DELETE")
        try compare(lab)
        try lab.control("/cancel", #"{"all":true}"#)
        #expect(try lab.control("/book")["working"].number == 0)
        #expect(try lab.list("order_status=OPEN&order_status=PENDING&order_status=CANCEL_QUEUED").isEmpty)
    }

    private func compare(_ lab: Lab) throws {
        try lab.control("/market", #"{"action":"freeze"}"#)
        // A cancel or a pending order may come due between the two answers: then they are asked for again.
        var before = JSON.null
        var listed: [JSON] = []
        repeat {
            before = try lab.control("/book?audit=true")["orders"]
            listed = try lab.list("limit=37")
        } while try lab.control("/book")["orders"] != before
        let book = try lab.control("/book?audit=true")
        #expect(book["inconsistencies"] == .array([]))
        let truth = book["orders"].items
        for (one, other) in zip(truth, listed) {
            #expect(one["order_id"] == other["order_id"])
            #expect(one["client_order_id"] == other["client_order_id"])
            #expect(one["status"] == other["status"])
            #expect(one["filled_size"] == other["filled_size"])
            #expect(one["total_fees"] == other["total_fees"])
        }
        #expect(truth.count == listed.count)
        let open = try lab.list("order_status=OPEN&limit=10").count
        #expect(open == truth.count { $0["status"].text == "OPEN" })
        var fills: [JSON] = []
        var cursor = ""
        repeat {
            let page = try lab.get("/orders/historical/fills?limit=23&cursor=\(cursor)").json
            fills += page["fills"].items
            cursor = page["cursor"].text ?? ""
        } while !cursor.isEmpty
        #expect(
            fills.compactMap { $0["entry_id"].text } == book["fills"].items.compactMap { $0["entry_id"].text }
        )
        for order in truth {
            let own = fills.filter { $0["order_id"] == order["order_id"] }
            let sum = try own.reduce(Quantity.zero) { try $0 + (Quantity($1["size"].text ?? "") ?? .zero) }
            #expect(sum.description == order["filled_size"].text)
        }
        try lab.control("/market", #"{"action":"thaw"}"#)
    }
}
