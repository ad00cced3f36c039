// The answer to a placement. A 200 is no acceptance: the body says which.

import ForeignJSON
import Trading
import TradingDomain

package enum PlacementAnswer {
    package static func outcome(of reply: Reply) -> PlaceOutcome {
        switch reply.read() {
        case .refused(let words): return .rejected(words)
        case .notProcessed(let failure): return .unsent(failure)
        case .unclear(let failure): return .ambiguous(failure)
        case .object(let object):
            guard let success = object["success"]?.flag else {
                return .ambiguous(reply.failure("neither accepted nor refused"))
            }
            if !success { return .rejected(reasons(object)) }
            guard let echo = object["success_response"], let id = echo["order_id"]?.wording else {
                return .ambiguous(reply.failure("accepted without an order id"))
            }
            return .accepted(
                Acceptance(
                    exchangeOrderID: ExchangeOrderID(id), clientOrderID: echo["client_order_id"]?.wording,
                    terms: terms(object, echo)))
        }
    }

    private static func terms(_ object: JSONValue, _ echo: JSONValue) -> OrderTerms? {
        guard let configuration = object["order_configuration"],
            let symbol = echo["product_id"]?.text.flatMap({ Symbol($0) }),
            let side = wireSide(echo["side"]?.text)
        else { return nil }
        return OrderConfiguration.terms(configuration, symbol, side)
    }

    /// A reason may stand in any of several places; those that only say "unknown" are left out if another says
    /// more.
    private static func reasons(_ object: JSONValue) -> String {
        let error = object["error_response"]
        let places = [
            error?["error"], error?["preview_failure_reason"], error?["new_order_failure_reason"],
            object["failure_reason"], error?["message"], error?["error_details"], object["error"],
            object["message"],
        ]
        var reasons: [String] = []
        for reason in places.compactMap({ $0?.wording }) where !reasons.contains(reason) {
            reasons.append(reason)
        }
        let telling = reasons.filter { !$0.hasPrefix("UNKNOWN_") }
        let chosen = telling.isEmpty ? reasons : telling
        return chosen.isEmpty
            ? "refused without a reason"
            : StrangersText.clean(chosen.joined(separator: ": "), limit: 300)
    }
}
