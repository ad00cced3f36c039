import Testing

@Suite struct FaultTests {
    private func fault(_ lab: Lab, _ rule: String) throws { try lab.control("/faults", rule) }
    private func works(_ lab: Lab) throws -> Double? { try lab.control("/book")["working"].number }

    @Test func answersThatNeverProcessedAnything() throws {
        let lab = try Lab()
        try fault(lab, #"{"endpoint":"POST /orders","action":"status5xxBefore","status":502,"count":1}"#)
        let bad = try lab.create("a")
        #expect(bad.status == 502)
        #expect(bad.json["error"].text == "INTERNAL")
        try fault(lab, #"{"endpoint":"*","action":"unauthorized401","count":1}"#)
        let unauthorized = try lab.create("b")
        #expect(unauthorized.status == 401)
        #expect(unauthorized.text == "Unauthorized")
        try fault(
            lab, #"{"endpoint":"POST *","action":"tooMany429","format":"html","retry_after":2,"count":1}"#)
        let many = try lab.create("c")
        #expect(many.status == 429)
        #expect(many.headers["retry-after"] == "2")
        #expect(many.text.hasPrefix("<!DOCTYPE html>"))
        try fault(lab, #"{"endpoint":"* /orders","action":"redirect307","location":"/x","count":1}"#)
        let moved = try lab.create("d")
        #expect(moved.status == 307)
        #expect(moved.headers["location"] == "/x")
        #expect(try works(lab) == 0)
        #expect(try lab.create("e").status == 200)
        #expect(try works(lab) == 1)
    }

    @Test func answersThatAreLostThoughEverythingWasDone() throws {
        let lab = try Lab()
        try fault(lab, #"{"endpoint":"POST /orders","action":"status5xxAfter","html":true,"count":1}"#)
        #expect(try lab.create("a").text.hasPrefix("<!DOCTYPE html>"))
        #expect(try works(lab) == 1)
        try fault(lab, #"{"endpoint":"POST /orders","action":"html200","count":1}"#)
        let page = try lab.create("b")
        #expect(page.status == 200)
        #expect(page.json == .null)
        #expect(try works(lab) == 2)
        for (action, id) in [("dropAfter", "c"), ("truncate", "d")] {
            let client = try TestClient(port: lab.server.port)
            try fault(lab, #"{"endpoint":"POST /orders","action":"\#(action)","count":1}"#)
            #expect(throws: ClientError.self) {
                try client.call("POST", Lab.prefix + "/orders", Lab.order(id))
            }
        }
        #expect(try works(lab) == 4)
        for (action, id, expected) in [
            ("hangAfter", "e", 5.0), ("stallBody", "f", 6), ("hangBefore", "g", 6),
        ] {
            let client = try TestClient(port: lab.server.port)
            client.patience = .milliseconds(100)
            try fault(lab, #"{"endpoint":"POST /orders","action":"\#(action)","count":1}"#)
            do {
                try client.call("POST", Lab.prefix + "/orders", Lab.order(id))
                Issue.record("\(action) answered")
            } catch ClientError.timedOut(let soFar) {
                // The head of a stalled answer was read; what came of its body is less than it promised.
                #expect(action != "stallBody" || soFar.contains("success"))
                #expect(action == "stallBody" || soFar.isEmpty)
            }
            #expect(try works(lab) == expected)
        }
        let client = try TestClient(port: lab.server.port)
        try fault(lab, #"{"endpoint":"POST /orders","action":"dropBefore","count":1}"#)
        #expect(throws: ClientError.closed("")) {
            try client.call("POST", Lab.prefix + "/orders", Lab.order("h"))
        }
        #expect(try works(lab) == 6)
    }

    @Test func rulesCountDrawAndEnd() throws {
        let lab = try Lab()
        try fault(lab, #"{"endpoint":"GET /time","action":"status5xxBefore","nth":3}"#)
        let statuses = try (0..<5).map { _ in try lab.get("/time").status }
        #expect(statuses == [200, 200, 503, 200, 200])
        try lab.control("/faults", method: "DELETE")
        try fault(lab, #"{"endpoint":"GET /time","action":"status5xxBefore","probability":0.5,"seed":7}"#)
        let drawn = try (0..<200).map { _ in try lab.get("/time").status }
        #expect((60...140).contains(drawn.count { $0 == 503 }))
        try lab.control("/faults", method: "DELETE")
        try fault(lab, #"{"endpoint":"GET /time","action":"status5xxBefore","probability":0.5,"seed":7}"#)
        #expect(try (0..<200).map { _ in try lab.get("/time").status } == drawn)
        let plan = try lab.control("/faults")["faults"][0]
        #expect(plan["calls"].number == 200)
        try lab.control("/faults", method: "DELETE")
        try fault(lab, #"{"endpoint":"GET /time","action":"status5xxBefore","duration_ms":0}"#)
        #expect(try lab.get("/time").status == 200)
        let wrong = try lab.client.call(
            "POST", "/_control/faults", #"{"endpoint":"GET /time","action":"explode"}"#)
        #expect(wrong.status == 400)
    }

    @Test(arguments: [
        "UNKNOWN_CANCEL_FAILURE_REASON", "INVALID_CANCEL_REQUEST", "UNKNOWN_CANCEL_ORDER",
        "COMMANDER_REJECTED_CANCEL_ORDER", "DUPLICATE_CANCEL_REQUEST", "INVALID_CANCEL_PRODUCT_ID",
        "NOT_ALLOWED_TO_CANCEL", "ORDER_IS_FULLY_FILLED", "ORDER_IS_BEING_REPLACED",
    ])
    func halfOfABatchIsRefused(_ reason: String) throws {
        let lab = try Lab()
        let ids = try (0..<4).map { try lab.place("o-\($0)") }
        try fault(
            lab,
            #"{"endpoint":"POST /orders/batch_cancel","action":"partialCancelFailure","failure_reason":"\#(reason)","count":1}"#
        )
        let results = try lab.cancel(ids).json["results"].items
        #expect(results.map { $0["success"].flag } == [true, false, true, false])
        #expect(results[1]["failure_reason"].text == reason)
        _ = try lab.wait(ids[0], "CANCELLED")
        switch reason {
        case "ORDER_IS_FULLY_FILLED": #expect(try lab.order(ids[1])["status"].text == "FILLED")
        case "DUPLICATE_CANCEL_REQUEST": _ = try lab.wait(ids[1], "CANCELLED")
        default: #expect(try lab.order(ids[1])["status"].text == "OPEN")
        }
        #expect(try lab.control("/book?audit=true")["inconsistencies"] == .array([]))
    }

    @Test func resultsAreMissingCancelsAreSlowAndFillsComeBetween() throws {
        let lab = try Lab()
        let ids = try (0..<4).map { try lab.place("o-\($0)") }
        try fault(lab, #"{"endpoint":"*","action":"missingCancelResults","order_ids":["o-2"],"count":1}"#)
        let results = try lab.cancel(ids).json["results"].items
        #expect(results.compactMap { $0["order_id"].text } == [ids[0], ids[1], ids[3]])
        _ = try lab.wait(ids[2], "CANCELLED")

        let slow = try lab.place("slow")
        try fault(lab, #"{"endpoint":"* /orders/batch_cancel","action":"slowCancel","ms":3600000,"count":1}"#)
        try fault(
            lab,
            #"{"endpoint":"* /orders/batch_cancel","action":"fillDuringCancel","permille":250,"count":1}"#)
        _ = try lab.cancel([slow])
        let order = try lab.order(slow)
        #expect(order["status"].text == "CANCEL_QUEUED")
        #expect(order["filled_size"].text == "0.0025")
        try lab.control("/cancel", #"{"client_order_id":"slow"}"#)
        #expect(try lab.order(slow)["status"].text == "CANCELLED")
        #expect(try lab.order(slow)["filled_size"].text == "0.0025")

        let full = try lab.place("full")
        try fault(
            lab,
            #"{"endpoint":"* /orders/batch_cancel","action":"fillDuringCancel","permille":1000,"count":1}"#)
        #expect(try lab.cancel([full]).json["results"][0]["success"].flag == true)
        #expect(try lab.order(full)["status"].text == "FILLED")
    }

    @Test func acceptedThenFailedAndListsThatNeedAProof() throws {
        let lab = try Lab()
        try fault(lab, #"{"endpoint":"POST /orders","action":"failAfterAccept","count":1}"#)
        let failed = try lab.place("failed")
        #expect(try lab.order(failed)["status"].text == "FAILED")
        #expect(try lab.order(failed)["reject_reason"].text == "HOLD_FAILURE")
        for index in 0..<4 { _ = try lab.place("o-\(index)") }
        try fault(
            lab, #"{"endpoint":"GET /orders/historical/batch","action":"proofTokenRequired","count":1}"#)
        let page = try lab.get("/orders/historical/batch").json
        #expect(page["proof_token_required"].flag == true)
        #expect(page["has_next"].flag == false)
        #expect(page["orders"].items.count == 3)
        #expect(try lab.list("").count == 5)
    }

    @Test func theRateLimitTurnsAwayAndSaysWhatIsLeft() throws {
        let lab = try Lab { $0.rateLimit = .init(burst: 3, perSecond: 1) }
        var answers: [HTTPAnswer] = []
        // On a slow machine the bucket refills in between.
        repeat {
            answers.append(try lab.get("/time"))
        } while answers.last?.status == 200 && answers.count < 100
        #expect(answers.count >= 4)
        #expect(answers.first?.headers["x-ratelimit-remaining"] == "2")
        #expect(answers.last?.status == 429)
        #expect(answers.last?.headers["x-ratelimit-remaining"] == "0")
        #expect(answers.last?.json["errors"][0]["id"].text == "rate_limit_exceeded")
        try lab.control("/book")
    }

    @Test func theRateLimitCanBeChanged() throws {
        let lab = try Lab()
        try lab.control("/rate", #"{"burst":2,"per_second":1}"#)
        #expect(try (0..<3).map { _ in try lab.get("/time").status } == [200, 200, 429])
        try lab.control("/rate", "{}")
        #expect(try (0..<3).map { _ in try lab.get("/time").status } == [200, 200, 200])
        let half = try TestClient(port: lab.server.port).call("POST", "/_control/rate", #"{"burst":2}"#)
        #expect(half.status == 400)
    }

    @Test func latencyIsPaidByTheEndpointsThatItIsFor() throws {
        let lab = try Lab()
        try lab.control("/latency", #"{"endpoint":"GET /accounts","ms":80,"jitter_ms":10}"#)
        let slow = try ContinuousClock().measure { _ = try lab.get("/accounts") }
        #expect(slow >= .milliseconds(70))
        let entry = try lab.control("/requests")["requests"].items.first {
            $0["path"].text?.hasSuffix("accounts") == true
        }
        let taken = (entry?["answered_ns"].number ?? 0) - (entry?["monotonic_ns"].number ?? 0)
        #expect(taken >= 69e6)
    }

    @Test func aResetForgetsEverything() throws {
        let lab = try Lab()
        let id = try lab.place("gone")
        try fault(lab, #"{"endpoint":"*","action":"unauthorized401"}"#)
        try lab.control("/reset", "{}")
        #expect(try lab.get("/orders/historical/\(id)").status == 404)
        #expect(try works(lab) == 0)
        let next = try lab.place("gone")
        #expect(next != id)
    }
}
