import Testing
import Trading
import TradingDomain

@testable import Coinbase

struct PlacementAnswerTests {
    private func outcome(_ status: Int = 200, _ body: String, _ headers: [(String, String)] = [])
        -> PlaceOutcome
    { PlacementAnswer.outcome(of: reply(status, body, headers: headers)) }

    private let accepted =
        #"{"success":true,"success_response":{"order_id":"o-1","product_id":"ABC-USD","side":"SELL","client_order_id":"grid-a1-7","attached_order_id":""},"order_configuration":{"limit_limit_gtc":{"base_size":"1.5","limit_price":"12.00","post_only":true}}}"#

    @Test func anAcceptedOrderCarriesItsEcho() throws {
        let terms = OrderTerms(
            symbol: try symbol("ABC-USD"), side: .sell, type: .limit(try price("12"), postOnly: true),
            quantity: try size("1.5"))
        #expect(
            outcome(200, accepted)
                == .accepted(
                    Acceptance(exchangeOrderID: id("o-1"), clientOrderID: "grid-a1-7", terms: terms)))
    }

    @Test func whatIsNotEchoedIsUntold() {
        #expect(
            outcome(200, #"{"success":"true","success_response":{"order_id":"o-1"}}"#)
                == .accepted(Acceptance(exchangeOrderID: id("o-1"), clientOrderID: nil, terms: nil)))
    }

    @Test func aRefusalWithin200TellsAllThreeReasons() {
        let body =
            #"{"success":false,"error_response":{"error":"INSUFFICIENT_FUND","message":"not enough","error_details":"","preview_failure_reason":"PREVIEW_INSUFFICIENT_FUND","new_order_failure_reason":"INVALID_LEDGER_BALANCE"},"order_configuration":{}}"#
        #expect(
            outcome(200, body)
                == .rejected(
                    "INSUFFICIENT_FUND: PREVIEW_INSUFFICIENT_FUND: INVALID_LEDGER_BALANCE: not enough"))
        // A reason in one place only, the others unknown.
        for place in ["error", "preview_failure_reason", "new_order_failure_reason"] {
            var fields = [
                "error": "UNKNOWN_FAILURE_REASON",
                "preview_failure_reason": "UNKNOWN_PREVIEW_FAILURE_REASON",
                "new_order_failure_reason": "UNKNOWN_FAILURE_REASON",
            ]
            fields[place] = "INVALID_SIZE_PRECISION"
            let text = fields.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
            #expect(
                outcome(200, #"{"success":false,"error_response":{\#(text)}}"#)
                    == .rejected("INVALID_SIZE_PRECISION"))
        }
        #expect(
            outcome(200, #"{"success":false,"failure_reason":"UNKNOWN_FAILURE_REASON"}"#)
                == .rejected("UNKNOWN_FAILURE_REASON"))
        #expect(outcome(200, #"{"success":false}"#) == .rejected("refused without a reason"))
    }

    @Test func aRefusalOfTheCallIsARejection() {
        #expect(
            outcome(
                400, #"{"error":"INVALID_ARGUMENT","error_details":"bad size","message":"bad size"}"#)
                == .rejected("INVALID_ARGUMENT: bad size"))
    }

    @Test(arguments: [
        (401, "Unauthorized", true), (403, "{\"error\":\"PERMISSION_DENIED\"}", false),
        (429, "<html>slow down</html>", true), (429, "", true),
    ])
    func whatTheVenueDidNotProcessIsUnsent(_ status: Int, _ body: String, _ isRateLimit: Bool) throws {
        guard case .unsent(let failure) = outcome(status, body, [("Retry-After", "3")]) else {
            Issue.record("\(outcome(status, body))")
            return
        }
        #expect(failure.isRateLimit == isRateLimit)
        #expect(failure.retryAfter == .seconds(3))
        #expect(failure.reason.hasPrefix("GET /x: HTTP \(status)"))
    }

    @Test(arguments: [
        (200, "<html>welcome</html>"), (200, ""), (200, "[]"), (200, "{}"), (200, #"{"success":true}"#),
        (200, #"{"success":true,"success_response":{}}"#),
        (200, #"{"success":true,"success_response":{"order_id":""}}"#),
        (200, #"{"success":true,"success_response":{"order_id":null}}"#), (200, #"{"success":1}"#),
        (200, #"{"success":null,"success_response":{"order_id":"o-1"}}"#),
        (307, ""), (302, "<html>"), (400, "<html>bad request</html>"), (400, ""), (404, "{}"), (408, ""),
        (500, #"{"error":"INTERNAL"}"#), (502, "<html>"), (503, ""), (504, ""), (520, "x"), (100, ""),
    ])
    func anythingElseMayHaveArrived(_ status: Int, _ body: String) {
        guard case .ambiguous(let failure) = outcome(status, body) else {
            Issue.record("\(status) \(body): \(outcome(status, body))")
            return
        }
        #expect(failure.reason.contains("HTTP \(status)"))
    }

    @Test func everyCutOfAnAcceptanceIsAmbiguous() {
        let whole = bytes(accepted)
        for length in 0..<whole.count {
            let cut = Reply(endpoint: "POST /x", status: 200, body: Array(whole.prefix(length)))
            if case .ambiguous = PlacementAnswer.outcome(of: cut) { continue }
            Issue.record("cut at \(length)")
        }
    }

    @Test func rateHeadersAreRead() {
        let headers = [
            ("X-RateLimit-Limit", "30"), ("x-ratelimit-remaining", " 7"), ("x-ratelimit-reset", "1.5"),
        ]
        #expect(
            reply(200, "{}", headers: headers).rateHint
                == RateHint(remaining: 7, limit: 30, resetAfter: .milliseconds(1_500)))
        #expect(reply(200, "{}", headers: [("x-ratelimit-remaining", "many")]).rateHint == nil)
        // A moment of the venue's clock, not a delay.
        #expect(
            reply(200, "", headers: [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795341600")])
                .rateHint == RateHint(remaining: 0))
        let waits = ["0", "120", "99999999999999999999", "-1", "soon", "Wed, 25 Nov 2026 03:00:00 GMT"].map {
            orderFailure(429, "", headers: [("retry-after", $0)])?.retryAfter
        }
        #expect(waits == [.zero, .seconds(120), .seconds(86_400), nil, nil, nil])
    }
}
