import Testing
import Trading
import TradingDomain

@testable import Coinbase

struct CancelAnswerTests {
    private func outcome(_ status: Int = 200, _ body: String, asked: String...) -> CancelOutcome {
        CancelAnswer.outcome(of: reply(status, body), asked: asked.map { id($0) })
    }

    private func result(_ id: String, _ success: Bool, _ reason: String) -> String {
        #"{"success":\#(success),"failure_reason":"\#(reason)","order_id":"\#(id)"}"#
    }

    @Test(arguments: [
        ("UNKNOWN_CANCEL_FAILURE_REASON", CancelResult.Verdict.refused("UNKNOWN_CANCEL_FAILURE_REASON")),
        ("INVALID_CANCEL_REQUEST", .refused("INVALID_CANCEL_REQUEST")),
        ("UNKNOWN_CANCEL_ORDER", .unknownOrder),
        ("COMMANDER_REJECTED_CANCEL_ORDER", .refused("COMMANDER_REJECTED_CANCEL_ORDER")),
        ("DUPLICATE_CANCEL_REQUEST", .duplicateRequest),
        ("INVALID_CANCEL_PRODUCT_ID", .refused("INVALID_CANCEL_PRODUCT_ID")),
        ("INVALID_CANCEL_FCM_TRADING_SESSION", .notAllowed("INVALID_CANCEL_FCM_TRADING_SESSION")),
        ("NOT_ALLOWED_TO_CANCEL", .notAllowed("NOT_ALLOWED_TO_CANCEL")),
        ("ORDER_IS_FULLY_FILLED", .alreadyFinal),
        ("ORDER_IS_BEING_REPLACED", .refused("ORDER_IS_BEING_REPLACED")),
        ("A_NEW_REASON", .refused("A_NEW_REASON")), ("", .refused("no reason given")),
    ])
    func everyReasonHasItsVerdict(_ reason: String, _ verdict: CancelResult.Verdict) {
        #expect(
            outcome(200, #"{"results":[\#(result("a", false, reason))]}"#, asked: "a")
                == .answered([CancelResult(exchangeOrderID: id("a"), verdict: verdict)]))
    }

    @Test func resultsAreMatchedByIdAndAMissingOneStaysMissing() {
        let body =
            #"{"results":[\#(result("c", true, "UNKNOWN_CANCEL_FAILURE_REASON")),{"success":true},{"order_id":"d"},\#(result("stranger", true, "")),\#(result("a", false, "UNKNOWN_CANCEL_ORDER")),5]}"#
        #expect(
            outcome(200, body, asked: "a", "b", "c", "d")
                == .answered([
                    CancelResult(exchangeOrderID: id("a"), verdict: .unknownOrder),
                    CancelResult(exchangeOrderID: id("c"), verdict: .accepted),
                ]))
    }

    @Test func resultsThatContradictEachOtherAreNone() {
        let both = "\(result("a", true, "")),\(result("a", false, "NOT_ALLOWED_TO_CANCEL"))"
        #expect(outcome(200, #"{"results":[\#(both)]}"#, asked: "a") == .answered([]))
        let same = "\(result("a", true, "")),\(result("a", true, ""))"
        #expect(
            outcome(200, #"{"results":[\#(same)]}"#, asked: "a")
                == .answered([CancelResult(exchangeOrderID: id("a"), verdict: .accepted)]))
    }

    @Test func statusesHaveTheirOutcomes() {
        #expect(
            outcome(400, #"{"error":"INVALID_ARGUMENT","message":"Too many orderIDs entered"}"#, asked: "a")
                == .refused("INVALID_ARGUMENT: Too many orderIDs entered"))
        for status in [401, 403, 429] {
            if case .unsent = outcome(status, "", asked: "a") { continue }
            Issue.record("\(status)")
        }
        for (status, body) in [
            (200, "<html>"), (200, "{}"), (200, #"{"results":null}"#), (307, ""), (502, ""),
        ] {
            if case .ambiguous = outcome(status, body, asked: "a") { continue }
            Issue.record("\(status) \(body)")
        }
        #expect(outcome(200, #"{"results":[]}"#, asked: "a") == .answered([]))
    }
}
