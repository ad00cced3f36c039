import ExchangeModel
import TradingDomain

// The latest trades and the candles of one market.

extension Venue {
    mutating func answerTicker(_ id: String, _ query: Query) -> Reply {
        advance()
        guard let symbol = Symbol(id), let tape = tape[symbol] else {
            return .error(404, "NOT_FOUND", "valid product_id is required")
        }
        let limit = min(query.integer("limit").flatMap { $0 > 0 ? $0 : nil } ?? 100, 1000)
        let from = query.integer("start").map { Int64($0) } ?? .min
        let to = query.integer("end").map { Int64($0) } ?? .max
        let quote = engine.quote(symbol)
        return .json(capacity: 256 * limit + 64) { json in
            json.array("trades") { json in
                var count = 0
                for print in tape.prints.reversed() where count < limit {
                    let second = clock.shown(print.at).secondsSince1970
                    guard second >= from, second <= to else { continue }
                    count += 1
                    json.object { json in
                        json.field("trade_id", String(print.number))
                        json.field("product_id", id)
                        json.field("price", print.price)
                        json.field("size", print.quantity)
                        json.field("time", clock.shown(print.at))
                        // The maker's side, as the venue has it.
                        json.field("side", constant: print.taker == .buy ? "SELL" : "BUY")
                        json.field("bid", constant: "")
                        json.field("ask", constant: "")
                        json.field("exchange", constant: "CBE")
                    }
                }
            }
            if let quote {
                json.field("best_bid", quote.bid)
                json.field("best_ask", quote.ask)
            } else {
                json.field("best_bid", constant: "")
                json.field("best_ask", constant: "")
            }
        }
    }

    private static let candleLimit = 350

    private static let widths: [String: Int64] = [
        "ONE_MINUTE": 60, "FIVE_MINUTE": 300, "FIFTEEN_MINUTE": 900, "THIRTY_MINUTE": 1800,
        "ONE_HOUR": 3600, "TWO_HOUR": 7200, "FOUR_HOUR": 14_400, "SIX_HOUR": 21_600, "ONE_DAY": 86_400,
    ]

    mutating func answerCandles(_ id: String, _ query: Query) -> Reply {
        advance()
        guard let symbol = Symbol(id), engine.product(symbol) != nil else {
            return .error(404, "NOT_FOUND", "valid product_id is required")
        }
        guard let width = Self.widths[query["granularity"] ?? ""] else {
            return .invalid("granularity is invalid")
        }
        guard let start = query.integer("start"), let end = query.integer("end"), 0 <= start, start <= end
        else {
            return .invalid("start and end are seconds since 1970, and start comes first")
        }
        guard (Int64(end) - Int64(start)) / width <= Self.candleLimit else {
            return .invalid(
                "start and end argument is invalid - number of candles requested should be less than \(Self.candleLimit)"
            )
        }
        let limit = min(
            query.integer("limit").flatMap { $0 > 0 ? $0 : nil } ?? Self.candleLimit, Self.candleLimit)
        let last = min(Int64(end), clock.now().secondsSince1970)
        let candles = tape.candles(symbol, width: width, from: Int64(start), to: last, limit: limit)
        return .json(capacity: 140 * candles.count + 32) { json in
            json.array("candles") { json in for candle in candles { json.candle(candle) } }
        }
    }
}

extension JSONWriter {
    mutating func candle(_ candle: TapeKeeper.Candle, productID: String? = nil) {
        object { json in
            json.field("start", String(candle.minute * 60))
            json.field("low", candle.low)
            json.field("high", candle.high)
            json.field("open", candle.open)
            json.field("close", candle.close)
            json.field("volume", candle.volume)
            if let productID { json.field("product_id", productID) }
        }
    }
}
