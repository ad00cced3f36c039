import Testing
import Trading
import TradingDomain

@testable import Coinbase

struct ListAnswerTests {
    @Test func anOrderIsToldWhole() throws {
        let page = try #require(onePage(listBody([orderBody()])))
        #expect(page.nextCursor == nil)
        #expect(page.isComplete)
        #expect(
            page.orders == [
                OrderSnapshot(
                    exchangeOrderID: id("o-1"), clientOrderID: "grid-a1-7",
                    terms: OrderTerms(
                        symbol: try symbol("ABC-USD"), side: .buy,
                        type: .limit(try price("12"), postOnly: true), quantity: try size("1.5")),
                    status: .open, filledQuantity: try size("0.5"),
                    createdAt: try instant("2026-11-22T10:00:00.123456Z"))
            ])
    }

    @Test(arguments: [
        ("PENDING", ExchangeOrderStatus.pending), ("QUEUED", .pending), ("OPEN", .open),
        ("CANCEL_QUEUED", .cancelQueued), ("EDIT_QUEUED", .editQueued), ("FILLED", .filled),
        ("CANCELLED", .canceled), ("EXPIRED", .expired), ("FAILED", .failed),
        ("UNKNOWN_ORDER_STATUS", .unknown), ("SOMETHING_NEW", .unknown), ("open", .unknown),
    ])
    func everyStatusIsKnownOrUnknown(_ word: String, _ status: ExchangeOrderStatus) throws {
        let page = try #require(onePage(listBody([orderBody("o", ["status": "\"\(word)\""])])))
        #expect(page.orders.first?.status == status)
    }

    @Test func aPendingCancelCountsBeforeItsStatusFollows() throws {
        let page = try #require(onePage(listBody([orderBody("o", ["pending_cancel": "true"])])))
        #expect(page.orders.first?.status == .cancelQueued)
        let done = try #require(
            onePage(listBody([orderBody("o", ["pending_cancel": "true", "status": "\"FILLED\""])])))
        #expect(done.orders.first?.status == .filled)
    }

    @Test(arguments: [
        #"{"stop_limit_stop_limit_gtc":{"base_size":"1","limit_price":"2","stop_price":"3"}}"#,
        #"{"market_market_ioc":{"quote_size":"100"}}"#, #"{"market_market_fok":{"base_size":"1"}}"#, "null",
        "{}", "[]", #"{"limit_limit_gtc":null}"#, #"{"limit_limit_gtc":{"base_size":"","limit_price":"1"}}"#,
        #"{"limit_limit_gtc":{"base_size":"1"}}"#,
        #"{"limit_limit_gtc":{"base_size":"-1","limit_price":"1"}}"#,
        #"{"limit_limit_gtd":{"base_size":"1","limit_price":"1"}}"#,
        #"{"limit_limit_gtc":{"base_size":"1","limit_price":"1"},"limit_limit_fok":{"base_size":"1","limit_price":"1"}}"#,
    ])
    func ordersThatWeNeverPlaceAreListedWithoutTerms(_ configuration: String) throws {
        let body = orderBody("o", ["order_configuration": configuration])
        let order = try #require(onePage(listBody([body]))?.orders.first)
        #expect(order.terms == nil)
        #expect(order.status == .open)
    }

    @Test func theKindsThatWePlaceAreRead() throws {
        func type(_ configuration: String) -> OrderType? {
            onePage(listBody([orderBody("o", ["order_configuration": configuration])]))?.orders.first?.terms?
                .type
        }
        let one = try price("1")
        #expect(type(#"{"market_market_ioc":{"base_size":"1"}}"#) == .market)
        #expect(
            type(#"{"sor_limit_ioc":{"base_size":1,"limit_price":1.0}}"#)
                == .limit(price: one, timeInForce: .immediateOrCancel, postOnly: false))
        #expect(
            type(#"{"limit_limit_fok":{"base_size":"1","limit_price":"1"},"limit_limit_gtc":null}"#)
                == .limit(price: one, timeInForce: .fillOrKill, postOnly: false))
        let end = try instant("2026-11-22T10:00:00Z")
        #expect(
            type(
                #"{"limit_limit_gtd":{"base_size":"1","limit_price":"1","end_time":"2026-11-22T10:00:00Z","post_only":"true"}}"#
            ) == .limit(price: one, timeInForce: .goodTillDate(end), postOnly: true))
    }

    @Test func whetherTheSizeIsFinalIsToldAsTheVenueSays() throws {
        for (told, means) in [("true", true), ("false", false), ("\"true\"", true), ("null", nil)] {
            let body = orderBody("o", ["status": "\"CANCELLED\"", "settled": told])
            #expect(onePage(listBody([body]))?.orders.first?.isSettled == means)
        }
        #expect(onePage(listBody([orderBody()]))?.orders.first?.isSettled == nil)
    }

    /// As one was recorded an hour after its cancel: nothing was filled, nothing is settled, for good.
    @Test func whatEndedWithoutAFillIsNotCalledUnsettled() throws {
        func isSettled(_ status: String, _ filled: String) -> Bool? {
            let changes = [
                "status": "\"\(status)\"", "filled_size": "\"\(filled)\"", "settled": "false",
            ]
            return onePage(listBody([orderBody("o", changes)]))?.orders.first?.isSettled
        }
        for status in ["CANCELLED", "EXPIRED", "FAILED"] {
            #expect(isSettled(status, "0") == nil)
            #expect(isSettled(status, "0.5") == false)
        }
        // It claims to be filled and tells no size.
        #expect(isSettled("FILLED", "0") == false)
    }

    /// Its id is enough to cancel it and to name it.
    @Test(arguments: [
        ["order_configuration": #"{"peg_limit_gtc":{"offset":"1","base_size":{"amount":"1"}}}"#],
        ["order_configuration": "7"], ["order_configuration": #"["x"]"#], ["order_type": #""PEGGED""#],
        ["product_id": "null", "side": "null"], ["product_id": #""""#], ["product_type": "9"],
        ["created_time": "{}", "reject_reason": "[]", "cancel_message": "1"],
        ["filled_size": #""lots""#], ["filled_size": #"{"value":"1"}"#], ["new_field": #"{"a":[1,{}]}"#],
    ])
    func oneOfOursInAnUnknownShapeIsThereWithItsIds(_ changes: [String: String]) throws {
        let page = try #require(onePage(listBody([orderBody("known"), orderBody("strange", changes)])))
        let order = try #require(page.orders.last)
        #expect(page.orders.map(\.exchangeOrderID) == [id("known"), id("strange")])
        #expect(order.clientOrderID == "grid-a1-7")
        #expect(order.status == .open)
        if changes["filled_size"] != nil {
            #expect(order.filledQuantity == .zero && order.isSettled == false)
        }
    }

    @Test func foreignMarketsAreListedWithoutTerms() throws {
        for change in [
            ["product_type": "\"FUTURE\""], ["product_id": "\"BIT-28NOV26-CDE\""],
            ["product_id": "null"], ["side": "\"UNKNOWN_ORDER_SIDE\""],
        ] {
            let order = try #require(onePage(listBody([orderBody("o", change)]))?.orders.first)
            #expect(order.terms == nil)
        }
    }

    @Test func whatWeDoNotNeedMayBeMissing() throws {
        let order = try #require(
            onePage(listBody([#"{"order_id":"o","status":"CANCELLED","cancel_message":"User requested"}"#]))?
                .orders.first)
        #expect(order.clientOrderID == "")
        #expect(order.filledQuantity == .zero)
        #expect(order.reason == "User requested")
        for value in ["\"\"", "null", "\"0\"", "0"] {
            let body = orderBody("o", ["filled_size": value, "created_time": "\"0001-01-01T00:00:00Z\""])
            #expect(onePage(listBody([body]))?.orders.first?.filledQuantity == .zero)
        }
        #expect(
            onePage(listBody([orderBody("o", ["created_time": "\"2026-11-22T10:00:00+00:00\""])]))?.orders
                .first?.createdAt == (try instant("2026-11-22T10:00:00Z")))
    }

    @Test(arguments: [
        #"{"status":"OPEN"}"#, #"{"order_id":"","status":"OPEN"}"#, #"{"order_id":"o"}"#,
        #"{"order_id":"o","status":""}"#, #"{"order_id":"o","status":null}"#, "7", "null", "[]",
        #"{"order_id":"o","status":"FILLED","filled_size":"lots"}"#,
        #"{"order_id":"o","status":"CANCELLED","filled_size":{"value":"1"}}"#,
    ])
    func anOrderThatCannotBeToldFailsItsPage(_ order: String) {
        let failure = orderFailure(200, listBody([orderBody(), order]))
        #expect(failure?.reason.hasPrefix("GET /x: ") == true)
    }

    @Test(arguments: [
        #"{}"#, #"{"orders":null}"#, #"{"orders":{}}"#, #"{"orders":[],"has_next":true,"cursor":""}"#,
        #"{"orders":[],"has_next":"perhaps"}"#, "[]", "", "<html>", #"{"orders":["#,
    ])
    func aListThatIsNoneFails(_ body: String) {
        #expect(orderFailure(200, body) != nil)
    }

    @Test(arguments: [301, 307, 400, 401, 403, 404, 429, 500, 502, 503])
    func everyOtherStatusFails(_ status: Int) throws {
        let failure = try #require(orderFailure(status, listBody([])))
        #expect(failure.reason.contains("HTTP \(status)"))
        #expect(failure.isRateLimit == (status == 401 || status == 429))
    }

    @Test func pagingFollowsWhatTheVenueSays() {
        func next(_ rest: String) -> String? { onePage(listBody([], rest))?.nextCursor }
        #expect(next(#""has_next":true,"cursor":"c1""#) == "c1")
        #expect(next(#""has_next":"true","cursor":17"#) == "17")
        #expect(next(#""has_next":false,"cursor":"c1""#) == nil)
        #expect(next(#""cursor":"c1""#) == "c1")
        #expect(next(#""sequence":"0""#) == nil)
    }

    @Test func aListThatNeedsAProofIsNotComplete() {
        #expect(onePage(listBody([], #""proof_token_required":true"#))?.isComplete == false)
        #expect(onePage(listBody([], #""proof_token_required":false"#))?.isComplete == true)
    }
}

struct FillsAnswerTests {
    private func page(_ fills: String..., rest: String = #""cursor":"""#) -> String {
        #"{"fills":[\#(fills.joined(separator: ","))],\#(rest)}"#
    }

    @Test func aFillIsToldWhole() throws {
        let page = try #require(fills(page(fillBody())))
        #expect(
            page.fills == [
                Fill(
                    id: FillID("e1"), exchangeOrderID: id("o-1"), symbol: try symbol("ABC-USD"), side: .buy,
                    price: try price("12"), quantity: try size("0.5"), fee: try money("0.024"),
                    liquidity: .maker, at: try instant("2026-11-22T10:00:00Z"))
            ])
    }

    @Test(arguments: [
        ("FILL", Fill.Kind.trade), ("REVERSAL", .reversal), ("CORRECTION", .correction),
        ("SYNTHETIC", .synthetic),
    ])
    func everyKindIsBookedAsItself(_ word: String, _ kind: Fill.Kind) {
        #expect(fills(page(fillBody("e", ["trade_type": "\"\(word)\""])))?.fills.first?.kind == kind)
    }

    @Test func aSizeInQuoteUnitsBecomesBaseUnits() throws {
        let exact = fillBody("e", ["size_in_quote": "true", "size": "\"6\""])
        #expect(fills(page(exact))?.fills.first?.quantity == (try size("0.5")))
        let endless = fillBody("e", ["size_in_quote": "true", "size": "\"2\"", "price": "\"3\""])
        #expect(fills(page(endless))?.fills.first?.quantity == (try size("0.666666666666666667")))
    }

    @Test func aFillCountsOncePerEntry() {
        #expect(fills(page(fillBody("e1"), fillBody("e2"), fillBody("e1")))?.fills.count == 2)
        // Without an entry its trade is its name.
        let fill = fills(page(fillBody("", ["entry_id": "null"])))?.fills.first
        #expect(fill?.id == FillID("t1"))
    }

    @Test func fillsOfOtherOrdersAreLeftOutUnread() {
        let foreign = #"{"order_id":"other","trade_type":"NEW_KIND"}"#
        #expect(fills(page(foreign, fillBody()))?.fills.map(\.id) == [FillID("e1")])
    }

    @Test func fillsSinceATimeAreThoseOfEveryMarketThatCanBeTraded() throws {
        let since = FillQuery(.since(try instant("2026-11-22T09:00:00Z")))
        let future = fillBody("e2", ["product_id": #""BIT-28NOV26-CDE""#, "commission": ""])
        let other = fillBody("e3", ["order_id": #""o-2""#])
        #expect(
            fills(page(future, other, fillBody()), since)?.fills.map(\.id) == [FillID("e3"), FillID("e1")])
        for strange in [fillBody("e4", ["commission": ""]), fillBody("e4", ["product_id": "null"])] {
            #expect(fills(page(fillBody(), strange), since) == nil)
        }
    }

    @Test func whatWeDoNotNeedMayBeMissing() throws {
        let fill = try #require(
            fills(page(fillBody("e", ["liquidity_indicator": "", "commission": "\"\"", "size": "0.5"])))?
                .fills.first)
        #expect(fill.liquidity == .unknown)
        #expect(fill.fee == .zero)
        let late = fillBody(
            "e", ["trade_time": "", "sequence_timestamp": "\"2026-11-22T10:00:01Z\""])
        #expect(fills(page(late))?.fills.first?.at == (try instant("2026-11-22T10:00:01Z")))
    }

    @Test(arguments: [
        ["trade_type": "\"SPLIT\""], ["trade_type": ""], ["price": ""], ["price": "\"\""],
        ["price": "\"0\""], ["price": "\"-1\""], ["size": "\"0\""], ["size": "\"x\""], ["size": "null"],
        ["side": "\"HOLD\""], ["product_id": "\"A\""], ["trade_time": ""], ["commission": ""],
        ["commission": "\"none\""], ["order_id": ""], ["entry_id": "", "trade_id": ""],
        ["size_in_quote": "true", "size": "\"170000000000000000000\"", "price": "\"0.000001\""],
    ])
    func aFillThatCannotBeReadFailsItsPage(_ changes: [String: String]) throws {
        let why = try #require(fillFailure(page(fillBody("e0"), fillBody("e9", changes))))
        #expect(why.hasPrefix("GET /x: "))
        if let kind = changes["trade_type"], !kind.isEmpty { #expect(why.contains("SPLIT")) }
    }

    @Test func aCursorThatIsNotEmptyGoesOn() {
        #expect(fills(page(fillBody(), rest: #""cursor":"n""#))?.nextCursor == "n")
        #expect(fills(page(rest: #""cursor":"n""#))?.nextCursor == nil)
        var query = fillQuery
        query.cursor = "n"
        #expect(fills(page(fillBody(), rest: #""cursor":"n""#), query) == nil)
    }

    @Test func aListThatNeedsAProofFails() {
        #expect(fillFailure(page(fillBody(), rest: #""proof_token_required":true"#)) != nil)
        #expect(fillFailure("{}") != nil)
        #expect(fillFailure("<html>") != nil)
    }
}
