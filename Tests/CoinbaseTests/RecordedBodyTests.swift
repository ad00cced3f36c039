// Bodies that others recorded or documented, where they are at hand: next to the project in shared/data, or where
// TRADER247_TEST_DATA says. Elsewhere these tests are skipped.

import ForeignJSON
import Foundation
import Testing
import Trading
import TradingDomain

@testable import Coinbase

private let folder: URL = {
    if let folder = ProcessInfo.processInfo.environment["TRADER247_TEST_DATA"] {
        return URL(fileURLWithPath: folder).appending(path: "coinbase")
    }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data/coinbase")
}()

private func body(_ name: String) throws -> Reply {
    let data = try Data(contentsOf: folder.appending(path: name + ".json"))
    return Reply(endpoint: "GET /\(name)", status: 200, body: Array(data))
}

@Suite(
    .enabled(
        if: FileManager.default.fileExists(atPath: folder.appending(path: "http_fills.json").path),
        "no recorded bodies: set TRADER247_TEST_DATA"))
struct RecordedBodyTests {
    @Test func orders() throws {
        guard case .page(let page) = OrdersAnswer.outcome(of: try body("http_orders_list")) else {
            Issue.record("no page")
            return
        }
        #expect(page.orders.map(\.status) == [.open, .filled])
        #expect(page.orders.first?.terms?.type == .limit(try price("45000")))
        #expect(page.orders.first?.terms?.quantity == (try size("0.01")))
        // The second one is by quote size, which we never place.
        #expect(page.orders.last?.terms == nil)
        #expect(page.orders.last?.filledQuantity == (try size("0.0325")))
        #expect(page.nextCursor == nil)
        let single = try JSONDocument(try body("http_order").body).root
        let order = try #require(single["order"])
        #expect(try OrdersAnswer.snapshot(order).clientOrderID == "11111-000000-000000")
    }

    @Test func fills() throws {
        let query = FillQuery(orders: [id("0000-000000-000000"), id("0000-000000-000002")])
        guard case .page(let page) = FillsAnswer.outcome(of: try body("http_fills"), asked: query) else {
            Issue.record("no page")
            return
        }
        #expect(page.fills.map(\.price) == [try price("45123.45"), try price("3076.92")])
        #expect(page.fills.map(\.side) == [.buy, .sell])
        #expect(page.fills.map(\.liquidity) == [.maker, .taker])
        #expect(page.fills.map(\.fee) == [try money("1.14"), try money("0.5")])
    }

    @Test func accountsAndProducts() throws {
        guard case .page(let balances, nil) = AccountsAnswer.page(of: try body("http_accounts")) else {
            Issue.record("no page")
            return
        }
        #expect(balances.map(\.currency) == ["BTC", "USD"])
        #expect(balances.map(\.hold) == [try money("0.005"), try money("450")])
        let list = try ProductsAnswer.list(of: try body("http_products")).get()
        #expect(list.products.map(\.symbol) == [try symbol("BTC-USD"), try symbol("BTC-USDC")])
        #expect(list.products.map(\.status) == [.online, .online])
        #expect(list.aliases == [try symbol("BTC-USDC"): try symbol("BTC-USD")])
        guard
            case .quotes(let quotes) = QuestionAnswers.quotes(
                of: try body("http_product_book"), offset: .zero)
        else {
            Issue.record("no quotes")
            return
        }
        #expect(quotes.map(\.ask) == [try price("68923.67")])
    }

    @Test func feeds() throws {
        var user = FeedState(.orders, symbols: [])
        _ = user.opened(at: stamp(0).monotonic)
        let reports = user.received(try body("ws_user").body, at: stamp(1), offset: .zero)
        // The recording lacks the fields that would tell the terms.
        #expect(
            reports.contains { if case .order(let order) = $0 { order.terms == nil } else { false } })
        var market = FeedState(.market, symbols: [try symbol("BTC-USD")])
        _ = market.opened(at: stamp(0).monotonic)
        let news = market.received(try body("ws_ticker").body, at: stamp(1), offset: .zero)
        #expect(
            news.contains(
                .quote(
                    Quote(
                        symbol: try symbol("BTC-USD"), bid: try price("68900"), ask: try price("68901"),
                        at: try instant("2026-04-07T14:30:03Z")))))
        for name in ["ws_heartbeats", "ws_subscriptions", "ws_l2_data_snapshot", "ws_market_trades"] {
            var state = FeedState(.market, symbols: [])
            _ = state.opened(at: stamp(0).monotonic)
            for one in state.received(try body(name).body, at: stamp(1), offset: .zero) {
                guard case .condition(.gap(let what)) = one else {
                    Issue.record("\(name): \(one)")
                    continue
                }
                #expect(what.contains("was expected"))
            }
        }
    }
}
