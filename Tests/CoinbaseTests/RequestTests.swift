import Testing
import Trading
import TradingDomain

@testable import Coinbase

struct RequestTests {
    private let writer = CommandWriter(page: 250)

    private func body(_ type: OrderType, _ quantity: String = "1.5", product: Product? = nil) throws -> String
    {
        let terms = OrderTerms(
            symbol: try symbol("ABC-USD"), side: .buy, type: type, quantity: try size(quantity))
        let request = writer.place("grid-a1-7", terms, product: product)
        #expect(request.method == "POST")
        #expect(request.path == "/api/v3/brokerage/orders")
        #expect(request.query.isEmpty)
        #expect(request.access == .signed)
        return String(decoding: request.body, as: UTF8.self)
    }

    private func wrapped(_ configuration: String) -> String {
        #"{"client_order_id":"grid-a1-7","product_id":"ABC-USD","side":"BUY","order_configuration":{"#
            + configuration + "}}"
    }

    @Test func everyKindOfOrderHasItsConfiguration() throws {
        let price = try price("12.5")
        #expect(
            try body(.limit(price, postOnly: true))
                == wrapped(#""limit_limit_gtc":{"base_size":"1.5","limit_price":"12.5","post_only":true}"#))
        #expect(
            try body(
                .limit(
                    price: price, timeInForce: .goodTillDate(instant("2026-11-22T10:00:00.5Z")),
                    postOnly: false))
                == wrapped(
                    #""limit_limit_gtd":{"base_size":"1.5","limit_price":"12.5","end_time":"2026-11-22T10:00:00.500Z","post_only":false}"#
                ))
        #expect(
            try body(.limit(price: price, timeInForce: .immediateOrCancel, postOnly: false))
                == wrapped(#""sor_limit_ioc":{"base_size":"1.5","limit_price":"12.5"}"#))
        #expect(
            try body(.limit(price: price, timeInForce: .fillOrKill, postOnly: false))
                == wrapped(#""limit_limit_fok":{"base_size":"1.5","limit_price":"12.5"}"#))
        #expect(try body(.market) == wrapped(#""market_market_ioc":{"base_size":"1.5"}"#))
    }

    @Test func numbersArePrintedAtTheIncrementsOfTheirMarket() throws {
        let product = Product(
            symbol: try symbol("ABC-USD"), baseIncrement: try size("0.00000001"),
            priceIncrement: try price("0.01"), minimumQuantity: .zero, maximumQuantity: Quantity(100),
            minimumNotional: .zero, makerFee: .zero, takerFee: .zero)
        #expect(
            try body(.limit(price("12.5")), product: product)
                == wrapped(
                    #""limit_limit_gtc":{"base_size":"1.50000000","limit_price":"12.50","post_only":false}"#))
        // What does not fit is for the venue to judge, never rounded here.
        #expect(
            try body(.limit(price("12.505")), product: product)
                == wrapped(
                    #""limit_limit_gtc":{"base_size":"1.50000000","limit_price":"12.505","post_only":false}"#)
        )
    }

    @Test func cancelsNameExchangeIdsAndNeverABlankOne() throws {
        let request = try #require(writer.cancel([id("a"), id(""), id("b\"\\\n")]))
        #expect(request.path == "/api/v3/brokerage/orders/batch_cancel")
        #expect(String(decoding: request.body, as: UTF8.self) == #"{"order_ids":["a","b\"\\\u000a"]}"#)
        #expect(writer.cancel([id("")]) == nil)
    }

    @Test func listsAreAskedByRepeatedFilters() throws {
        let working = writer.orders(OrderQuery(.working()), clock: nil)
        #expect(working.path == "/api/v3/brokerage/orders/historical/batch")
        #expect(
            working.query == "order_status=OPEN&order_status=PENDING&order_status=QUEUED"
                + "&order_status=CANCEL_QUEUED&order_status=EDIT_QUEUED&limit=250")
        let ids = writer.orders(OrderQuery(.ids([id("a"), id("b&c")]), cursor: "x/y=="), clock: nil)
        #expect(ids.query == "order_ids=a&order_ids=b%26c&limit=250&cursor=x%2Fy%3D%3D")
        let fills = writer.fills(FillQuery(orders: [id("a"), id("b")], cursor: ""), clock: nil)
        #expect(fills.path == "/api/v3/brokerage/orders/historical/fills")
        #expect(fills.query == "order_ids=a&order_ids=b&limit=250")
    }

    @Test func openOrdersCanBeAskedForAloneAndByMarket() throws {
        func query(_ statuses: OrderQuery.WorkingStatuses, _ market: String? = nil) throws -> String {
            writer.orders(OrderQuery(.working(statuses, market: try market.map(symbol))), clock: nil).query
        }
        #expect(try query(.open) == "order_status=OPEN&limit=250")
        #expect(
            try query(.besideOpen) == "order_status=PENDING&order_status=QUEUED"
                + "&order_status=CANCEL_QUEUED&order_status=EDIT_QUEUED&limit=250")
        #expect(try query(.open, "ABC-EUR") == "order_status=OPEN&product_ids=ABC-EUR&limit=250")
        // The venue may keep an order of one of the two under the name of the other.
        #expect(
            try query(.open, "ABC-USDC")
                == "order_status=OPEN&product_ids=ABC-USDC&product_ids=ABC-USD&limit=250")
        #expect(
            try query(.open, "ABC-USD")
                == "order_status=OPEN&product_ids=ABC-USD&product_ids=ABC-USDC&limit=250")
    }

    @Test func fillsCanBeAskedForSinceATimeOnTheVenuesClock() throws {
        let query = FillQuery(.since(try instant("2026-11-22T10:00:05.900Z")), cursor: "c")
        #expect(
            writer.fills(query, clock: nil).query
                == "start_sequence_timestamp=2026-11-22T10%3A00%3A05Z&limit=250&cursor=c")
        let behind = ClockReading(offset: .seconds(-3), uncertainty: .milliseconds(950))
        #expect(
            writer.fills(query, clock: behind).query
                .hasPrefix("start_sequence_timestamp=2026-11-22T10%3A00%3A01Z&"))
        let ahead = ClockReading(offset: .seconds(3), uncertainty: .milliseconds(50))
        #expect(
            writer.fills(query, clock: ahead).query
                .hasPrefix("start_sequence_timestamp=2026-11-22T10%3A00%3A05Z&"))
    }

    @Test func aSearchBeginsAtTheEarlierOfTheTwoClocks() throws {
        let query = OrderQuery(.createdSince(try instant("2026-11-22T10:00:05.900Z")))
        #expect(writer.orders(query, clock: nil).query == "start_date=2026-11-22T10%3A00%3A05Z&limit=250")
        let behind = ClockReading(offset: .seconds(-3), uncertainty: .milliseconds(950))
        #expect(writer.orders(query, clock: behind).query.hasPrefix("start_date=2026-11-22T10%3A00%3A01Z"))
        let ahead = ClockReading(offset: .seconds(3), uncertainty: .milliseconds(50))
        #expect(writer.orders(query, clock: ahead).query.hasPrefix("start_date=2026-11-22T10%3A00%3A05Z"))
    }

    @Test func questionsHavePublicTwins() throws {
        let open = CommandWriter(page: 250, isKeyed: false)
        let symbols = [try symbol("ABC-USD"), try symbol("X-EUR")]
        #expect(writer.products().endpoint == "GET /api/v3/brokerage/products")
        #expect(open.products().endpoint == "GET /api/v3/brokerage/market/products")
        #expect(open.products().access == .open)
        #expect(writer.time().access == .open)
        #expect(writer.permissions().endpoint == "GET /api/v3/brokerage/key_permissions")
        #expect(writer.fees().endpoint == "GET /api/v3/brokerage/transaction_summary")
        #expect(writer.quotes(symbols).map(\.query) == ["product_ids=ABC-USD&product_ids=X-EUR"])
        #expect(
            open.quotes(symbols).map(\.query) == ["product_id=ABC-USD&limit=1", "product_id=X-EUR&limit=1"])
        #expect(writer.accounts(cursor: "c").query == "limit=250&cursor=c")
    }
}
