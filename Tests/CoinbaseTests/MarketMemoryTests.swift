// The market with sizes and trades, as the embedded exchange is told it.

import ExchangeModel
import Testing
import Trading
import TradingDomain

@testable import Coinbase

struct MarketMemoryTests {
    private struct Feeding {
        var state: FeedState
        var sequence = 0

        init(_ symbols: [Symbol]) {
            state = FeedState(.market, symbols: symbols, tellsSizes: true)
            _ = state.opened(at: stamp(0).monotonic)
        }

        mutating func tell(_ channel: String, _ events: String) -> [FeedNews] {
            sequence += 1
            return state.received(
                bytes(
                    #"{"channel":"\#(channel)","timestamp":"2026-11-22T10:00:00Z","sequence_num":\#(sequence - 1),"events":[\#(events)]}"#
                ), at: stamp(0), offset: .zero)
        }

        mutating func ticker(_ fields: String, product: String = "ABC-USD") -> [FeedNews] {
            tell(
                "ticker",
                #"{"type":"update","tickers":[{"product_id":"\#(product)","price":"12","best_bid":"11.99","best_ask":"12.01"\#(fields)}]}"#
            )
        }

        mutating func trades(_ trades: [String], type: String = "update") -> [FeedNews] {
            tell("market_trades", #"{"type":"\#(type)","trades":[\#(trades.joined(separator: ","))]}"#)
        }
    }

    private static let sizes = #","best_bid_quantity":"0.5","best_ask_quantity":"0.25""#

    private func trade(
        _ price: String, side: String = "BUY", size: String = "0.1", second: Int = 0,
        product: String = "ABC-USD"
    ) -> String {
        #"{"trade_id":"1","product_id":"\#(product)","price":"\#(price)","size":"\#(size)","side":"\#(side)","time":"2026-11-22T10:00:0\#(second)Z"}"#
    }

    private func best(_ name: String = "ABC-USD", bid: String = "0.5", ask: String = "0.25") throws
        -> FeedNews
    {
        .best(
            try symbol(name), bid: BookLevel(try price("11.99"), try size(bid)),
            ask: BookLevel(try price("12.01"), try size(ask)))
    }

    @Test func sizesAndTradesAreAskedForInChannelsOfTheirOwn() throws {
        var state = FeedState(.market, symbols: [try symbol("ABC-USD")], tellsSizes: true)
        #expect(
            state.opened(at: stamp(0).monotonic).map { $0.text(token: nil) } == [
                #"{"type":"subscribe","channel":"ticker","product_ids":["ABC-USD"]}"#,
                #"{"type":"subscribe","channel":"market_trades","product_ids":["ABC-USD"]}"#,
                #"{"type":"subscribe","channel":"heartbeats","product_ids":[]}"#,
            ])
        // No products would mean all of them.
        state = FeedState(.market, symbols: [], tellsSizes: true)
        #expect(state.opened(at: stamp(0).monotonic).map(\.channel) == ["heartbeats"])
    }

    @Test func itIsConnectedOnceTradesAreAcknowledgedToo() throws {
        var feed = Feeding([try symbol("ABC-USD")])
        #expect(feed.tell("subscriptions", #"{"subscriptions":{"ticker":[],"heartbeats":[]}}"#) == [])
        #expect(
            feed.tell("subscriptions", #"{"subscriptions":{"ticker":[],"heartbeats":[],"market_trades":[]}}"#)
                == [.condition(.connected)])
    }

    @Test func aTickerTellsTheBestPricesWithTheirSizes() throws {
        var feed = Feeding([try symbol("ABC-USD")])
        #expect(try feed.ticker(Self.sizes) == [best()])
        #expect(feed.ticker(Self.sizes, product: "X-USD") == [])
    }

    @Test func aSizeThatIsMissingIsTheLastOneOrNone() throws {
        var feed = Feeding([try symbol("ABC-USD")])
        #expect(feed.ticker("") == [])
        #expect(feed.ticker(#","best_bid_quantity":"0.5""#) == [])
        #expect(try feed.ticker(Self.sizes) == [best()])
        #expect(try feed.ticker("") == [best()])
        #expect(try feed.ticker(#","best_bid_quantity":"0.7","best_ask_quantity":"0""#) == [best(bid: "0.7")])
        // A new connection knows nothing of the one before.
        _ = feed.state.opened(at: stamp(1).monotonic)
        feed.sequence = 0
        #expect(feed.ticker("") == [])
    }

    @Test(arguments: [("BUY", Side.sell), ("SELL", .buy)])
    func theTakersSideIsTheOtherOne(_ maker: String, _ taker: Side) throws {
        var feed = Feeding([try symbol("ABC-USD")])
        #expect(
            try feed.trades([trade("11.5", side: maker)]) == [
                .trade(symbol("ABC-USD"), taker: taker, price: price("11.5"), size: size("0.1"))
            ])
    }

    @Test func tradesComeOldestFirstAndTheBestPricesStandAfterThem() throws {
        var feed = Feeding([try symbol("ABC-USD")])
        _ = feed.ticker(Self.sizes)
        for batch in [
            [trade("11.3", second: 2), trade("11.2", second: 1)],
            [trade("11.2", second: 1), trade("11.3", second: 2)],
        ] {
            let news = feed.trades(batch)
            let prices = news.compactMap { if case .trade(_, _, let price, _) = $0 { price } else { nil } }
            #expect(try prices == [price("11.2"), price("11.3")])
            #expect(try news.count == 3 && news.last == best())
        }
    }

    @Test func whatHappenedBeforeWeListenedIsNoTrade() throws {
        var feed = Feeding([try symbol("ABC-USD")])
        _ = feed.ticker(Self.sizes)
        #expect(feed.trades([trade("11.5")], type: "snapshot") == [])
    }

    @Test func aTradeThatDoesNotSayWhatItIsIsLeftOut() throws {
        var feed = Feeding([try symbol("ABC-USD")])
        #expect(
            feed.trades([
                trade("0"), trade("11", side: "UNKNOWN_ORDER_SIDE"), trade("11", size: ""),
                trade("11", product: "X-USD"), "7", "{}",
            ]) == [])
    }

    @Test func aMarketUnderAnotherNameIsToldUnderOurs() throws {
        let (usd, usdc) = (try symbol("ABC-USD"), try symbol("ABC-USDC"))
        var feed = Feeding([usdc])
        feed.state.learn(aliases: [usdc: usd])
        #expect(try feed.ticker(Self.sizes) == [best("ABC-USDC")])
        #expect(
            try feed.trades([trade("11")]) == [
                .trade(usdc, taker: .sell, price: Price(11), size: size("0.1")), best("ABC-USDC"),
            ])
    }

    @Test func withoutSizesTradesAreNobodysBusiness() throws {
        var state = FeedState(.market, symbols: [try symbol("ABC-USD")])
        _ = state.opened(at: stamp(0).monotonic)
        let text =
            #"{"channel":"market_trades","sequence_num":0,"events":[{"type":"update","trades":[\#(trade("11"))]}]}"#
        #expect(state.received(bytes(text), at: stamp(0), offset: .zero) == [])
    }
}
