// What strangers wrote into an alert steers neither a chat, nor a mail, nor a reader of JSON.

import Foundation
import Testing
import Trading
import TradingDomain
import Transport

@testable import Alerting

@Suite struct AlertTextTests {
    private func delivery(_ message: String) -> Delivery {
        Delivery(
            alert: OutgoingAlert(
                id: "t-1-1-1", name: "overfill", level: .alert, message: message,
                at: UTCInstant(seconds: 1_000)))
    }

    private var origin: AlertOrigin {
        get throws {
            AlertOrigin(
                bot: try #require(BotID("t")), mode: .live, host: "host\nBcc: x@example.org", version: "0")
        }
    }

    @Test func markUpIsNeutralised() throws {
        let bytes = AlertText.slack(delivery("<!channel> & <http://evil|click> \"\\ \u{1B}[2J"), try origin)
        let object = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: String])
        let text = try #require(object["text"])
        #expect(text.contains("&lt;!channel&gt; &amp; &lt;http://evil|click&gt;"))
        #expect(text.contains("\\u{1b}[2J") && !text.contains("\u{1B}"))
    }

    @Test func jsonIsWhole() throws {
        let bytes = AlertText.json(delivery("a \"quote\"\n\u{0}\u{1F4A5}"), try origin)
        let object = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(object["message"] as? String == "a \"quote\"\n\u{0}\u{1F4A5}")
        #expect(object["event"] as? String == "orders")
        #expect(object.count == 13)
    }

    @Test func noHeaderIsSmuggledIntoAMail() throws {
        let text = String(
            decoding: AlertText.mail(delivery("x\nBcc: y@example.org"), try origin, to: ["a@b"], from: nil),
            as: UTF8.self)
        let end = try #require(text.firstRange(of: "\n\n"))
        #expect(!text[..<end.lowerBound].contains("\nBcc:"))
    }

    @Test func theFloodOfAMessageIsCut() throws {
        let bytes = AlertText.json(delivery(String(repeating: "x", count: 100_000)), try origin)
        #expect(bytes.count < 3_000)
    }

    @Test func everyNameBelongsToATopicAndWhatOpensAStateCanBeClosed() {
        let closers = ["started", "stopped", "resumed", "clock-known", "quotes-fresh", "feed-back"]
        let closable = Set(closers.flatMap { AlertCondition.closed(by: $0) })
        #expect(closable == Set(AlertCondition.allCases))
        #expect(AlertTopic.of("something new") == .orders)
    }

    @Test func answersAreJudgedByWhoseFaultTheyAre() {
        func judge(_ status: Int, _ headers: [(String, String)] = []) -> SinkAnswer {
            WebhookSink.judge(.answered(HTTPAnswer(status: status, headers: headers, body: [])))
        }
        #expect(judge(204) == .delivered("status 204"))
        #expect(judge(302) == .failed("status 302"))
        #expect(judge(404) == .failed("status 404"))
        #expect(judge(400) == .refused("status 400"))
        #expect(judge(429, [("retry-after", "7")]) == .failed("status 429", retryAfter: .seconds(7)))
        #expect(judge(429, [("Retry-After", "-1")]) == .failed("status 429", retryAfter: .seconds(1)))
    }
}
