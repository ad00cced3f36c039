import ExchangeModel
import TradingDomain

// The `events` of each channel's messages, as bytes: the same for every socket.

extension FeedHub {
    private func events(capacity: Int, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(capacity: capacity)
        json.array { $0.object(body) }
        return json.bytes
    }

    func heartbeatEvents(_ counter: Int) -> [UInt8] {
        let now = shownNow
        let text = now.description
        let day = text.prefix(10)
        let time = text.dropFirst(11).dropLast()
        return events(capacity: 128) { json in
            json.field("current_time", "\(day) \(time) +0000 UTC m=+\(counter).000000001")
            json.field("heartbeat_counter", String(counter))
        }
    }

    func tickerEvents(_ type: StaticString, _ symbols: [Symbol], withBest: Bool) -> [UInt8] {
        events(capacity: 400 * symbols.count + 64) { json in
            json.field("type", constant: type)
            json.array("tickers") { json in
                for symbol in symbols { ticker(symbol, withBest, &json) }
            }
        }
    }

    private func ticker(_ symbol: Symbol, _ withBest: Bool, _ json: inout JSONWriter) {
        guard let tape = venue.tape[symbol] else { return }
        json.object { json in
            json.field("type", constant: "ticker")
            json.field("product_id", symbol.description)
            json.field("price", tape.last)
            json.field("volume_24_h", tape.volume)
            json.field("low_24_h", tape.low)
            json.field("high_24_h", tape.high)
            json.field("low_52_w", tape.low)
            json.field("high_52_w", tape.high)
            json.field("price_percent_chg_24_h", venue.change(symbol))
            guard withBest else { return }
            if let bid = venue.engine.depth(symbol, .buy, levels: 1).first {
                json.field("best_bid", bid.price)
                json.field("best_bid_quantity", bid.quantity)
            }
            if let ask = venue.engine.depth(symbol, .sell, levels: 1).first {
                json.field("best_ask", ask.price)
                json.field("best_ask_quantity", ask.quantity)
            }
        }
    }

    func tradeEvents(_ type: StaticString, _ prints: [TapePrint]) -> [UInt8] {
        events(capacity: 180 * prints.count + 64) { json in
            json.field("type", constant: type)
            json.array("trades") { json in
                for print in prints.reversed() {
                    json.object { json in
                        json.field("product_id", print.symbol.description)
                        json.field("trade_id", String(print.number))
                        json.field("price", print.price)
                        json.field("size", print.quantity)
                        json.field("time", venue.clock.shown(print.at))
                        // The maker's side.
                        json.field("side", constant: print.taker == .buy ? "SELL" : "BUY")
                    }
                }
            }
        }
    }

    func bookEvents(_ type: StaticString, _ symbol: Symbol, _ changes: [BookImage.Change]) -> [UInt8] {
        let now = shownNow
        return events(capacity: 130 * changes.count + 64) { json in
            json.field("type", constant: type)
            json.field("product_id", symbol.description)
            json.array("updates") { json in
                for change in changes {
                    json.object { json in
                        json.field("side", constant: change.side == .buy ? "bid" : "offer")
                        json.field("event_time", now)
                        json.field("price_level", change.price)
                        json.field("new_quantity", change.quantity)
                    }
                }
            }
        }
    }

    func candleEvents(_ type: StaticString, _ symbols: [Symbol], count: Int) -> [UInt8] {
        let now = venue.clock.now().secondsSince1970
        return events(capacity: 180 * count * symbols.count + 64) { json in
            json.field("type", constant: type)
            json.array("candles") { json in
                for symbol in symbols {
                    let candles = venue.tape.candles(
                        symbol, width: 300, from: now - Int64(count) * 300, to: now, limit: count)
                    for candle in candles { json.candle(candle, productID: symbol.description) }
                }
            }
        }
    }

    func statusEvents(_ symbols: [Symbol]) -> [UInt8] {
        events(capacity: 400 * symbols.count + 64) { json in
            json.field("type", constant: "snapshot")
            json.array("products") { json in
                for symbol in symbols {
                    guard let product = venue.engine.product(symbol) else { continue }
                    json.object { json in
                        json.field("product_type", constant: "SPOT")
                        json.field("id", symbol.description)
                        json.field("base_currency", symbol.base)
                        json.field("quote_currency", symbol.quote)
                        json.field("base_increment", product.baseIncrement)
                        json.field("quote_increment", product.priceIncrement)
                        json.field("display_name", symbol.description)
                        json.field("status", constant: product.status == .disabled ? "offline" : "online")
                        json.field("status_message", constant: "")
                        json.field("min_market_funds", product.minimumNotional)
                    }
                }
            }
        }
    }

    func orderEvents(_ type: StaticString, _ views: some Sequence<OrderView>, of venue: Venue) -> [UInt8] {
        let portfolio = venue.portfolioID
        return events(capacity: 1200 * views.underestimatedCount + 160) { json in
            json.field("type", constant: type)
            json.array("orders") { json in
                for view in views { json.userOrder(view, venue.clock, portfolioID: portfolio) }
            }
            json.object("positions") { json in
                json.array("perpetual_futures_positions") { _ in }
                json.array("expiring_futures_positions") { _ in }
            }
        }
    }
}
