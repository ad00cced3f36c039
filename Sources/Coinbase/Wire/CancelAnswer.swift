// The answer to a batch of cancels: one result per id, in no order, not always complete.

import Trading
import TradingDomain

package enum CancelAnswer {
    /// Results of ids that were not asked for are left out, and so are those that contradict each other.
    package static func outcome(of reply: Reply, asked: [ExchangeOrderID]) -> CancelOutcome {
        switch reply.read() {
        case .refused(let words): return .refused(words)
        case .notProcessed(let failure): return .unsent(failure)
        case .unclear(let failure): return .ambiguous(failure)
        case .object(let object):
            guard let results = object["results"]?.elements else {
                return .ambiguous(reply.failure("no list 'results'"))
            }
            var verdicts: [ExchangeOrderID: CancelResult.Verdict] = [:]
            var contradicted: Set<ExchangeOrderID> = []
            for result in results {
                guard let id = result["order_id"]?.wording.map({ ExchangeOrderID($0) }),
                    let success = result["success"]?.flag
                else { continue }
                let verdict = success ? .accepted : verdict(result["failure_reason"]?.wording)
                if let earlier = verdicts.updateValue(verdict, forKey: id), earlier != verdict {
                    contradicted.insert(id)
                }
            }
            return .answered(
                asked.compactMap { id in
                    guard !contradicted.contains(id), let verdict = verdicts[id] else { return nil }
                    return CancelResult(exchangeOrderID: id, verdict: verdict)
                })
        }
    }

    private static func verdict(_ reason: String?) -> CancelResult.Verdict {
        switch reason {
        case "DUPLICATE_CANCEL_REQUEST": .duplicateRequest
        case "ORDER_IS_FULLY_FILLED": .alreadyFinal
        case "UNKNOWN_CANCEL_ORDER": .unknownOrder
        case "NOT_ALLOWED_TO_CANCEL", "INVALID_CANCEL_FCM_TRADING_SESSION": .notAllowed(reason ?? "")
        default: .refused(StrangersText.clean(reason ?? "no reason given"))
        }
    }
}
