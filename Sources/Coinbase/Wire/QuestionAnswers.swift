// The answers to what a life must know of its venue: what the key may do, the markets, the fees, the time, the best
// prices.

import ForeignJSON
import Trading
import TradingDomain

package enum QuestionAnswers {
    package static func permissions(of reply: Reply) -> VenueAnswer {
        read(reply) { object throws(Unreadable) in
            .permissions(
                KeyPermissions(
                    canView: try object.needFlag("can_view"), canTrade: try object.needFlag("can_trade"),
                    canTransfer: try object.needFlag("can_transfer"),
                    portfolio: try object.need("portfolio_uuid")))
        }
    }

    package static func fees(of reply: Reply) -> VenueAnswer {
        read(reply) { object throws(Unreadable) in
            guard let tier = object["fee_tier"] else { throw Unreadable("no fee_tier") }
            return .fees(
                FeeRates(
                    maker: try tier.needDecimal("maker_fee_rate"),
                    taker: try tier.needDecimal("taker_fee_rate")))
        }
    }

    /// The venue's clock in milliseconds since 1970, or why it was not told.
    package static func time(of reply: Reply) -> Result<Int64, QuestionFailure> {
        var milliseconds: Int64?
        let answer = read(reply) { object throws(Unreadable) in
            guard let told = object["epochMillis"]?.integer, (0..<9_000_000_000_000).contains(told) else {
                throw Unreadable("no epochMillis")
            }
            milliseconds = told
            return .quotes([])
        }
        if case .failed(let failure) = answer { return .failure(QuestionFailure(failure)) }
        guard let milliseconds else { return .failure(QuestionFailure(reply.failure("no time"))) }
        return .success(milliseconds)
    }

    /// `offset` is the venue's clock less ours: quotes are stamped on our own.
    package static func quotes(of reply: Reply, offset: Duration) -> VenueAnswer {
        read(reply) { object throws(Unreadable) in
            let books: [JSONValue]
            if let one = object["pricebook"] {
                books = [one]
            } else {
                books = try object.need("pricebooks", where: "")
            }
            return .quotes(books.compactMap { quote($0, offset) })
        }
    }

    /// A book with an empty side has no best prices to tell.
    private static func quote(_ book: JSONValue, _ offset: Duration) -> Quote? {
        guard let symbol = book["product_id"]?.text.flatMap({ Symbol($0) }),
            let bid: Price = book["bids"]?.elements?.first?["price"]?.decimal(), bid.isPositive,
            let ask: Price = book["asks"]?.elements?.first?["price"]?.decimal(), ask >= bid,
            let at = book.instant("time")
        else { return nil }
        return Quote(symbol: symbol, bid: bid, ask: ask, at: at - offset)
    }

    static func read(
        _ reply: Reply, _ body: (JSONValue) throws(Unreadable) -> VenueAnswer
    ) -> VenueAnswer {
        switch reply.read() {
        case .refused(let words):
            return .failed(CallFailure("\(reply.endpoint): HTTP \(reply.status): \(words)"))
        case .notProcessed(let failure), .unclear(let failure): return .failed(failure)
        case .object(let object):
            do throws(Unreadable) {
                return try body(object)
            } catch {
                return .failed(CallFailure("\(reply.endpoint): \(error.what)"))
            }
        }
    }
}

package struct QuestionFailure: Error, Sendable {
    package let failure: CallFailure
    init(_ failure: CallFailure) { self.failure = failure }
}
