// One HTTP answer of the venue, and what its status says by itself before anybody reads the body's meaning.

import ForeignJSON
import Trading
import TradingDomain

package struct Reply: Sendable {
    /// The method and path that were asked, for messages.
    package let endpoint: String
    package let status: Int
    package let headers: [(String, String)]
    package let body: [UInt8]
    /// The body, read once; of no interest with most statuses.
    private let content: Result<JSONValue, JSONError>

    package init(endpoint: String, status: Int, headers: [(String, String)] = [], body: [UInt8]) {
        self.endpoint = endpoint
        self.status = status
        self.headers = headers
        self.body = body
        content = Result { () throws(JSONError) in try JSONDocument(body).root }
    }

    /// What an answer amounts to for any call.
    package enum Reading: Sendable {
        /// The venue processed the call and answered with this object.
        case object(JSONValue)
        /// The venue refused the call as such, in its own words.
        case refused(String)
        /// The venue says that it did not process the call.
        case notProcessed(CallFailure)
        /// Nothing to believe: the call may have been processed.
        case unclear(CallFailure)
    }

    package func read() -> Reading {
        switch status {
        case 200...299:
            switch content {
            case .success(let root): root.isObject ? .object(root) : .unclear(failure("not an object"))
            case .failure(let error): .unclear(failure(error.description))
            }
        case 400:
            // Only the venue itself answers in JSON; what stands before it may speak for itself alone.
            if case .success(let root) = content, root.isObject {
                .refused(Reply.words(root) ?? excerpt)
            } else {
                .unclear(failure())
            }
        case 401, 429:
            // Throttling surfaces as 401 too.
            .notProcessed(failure(isRateLimit: true))
        case 403:
            .notProcessed(failure())
        default:
            .unclear(failure())
        }
    }

    /// A failure that names the endpoint and what came back.
    package func failure(_ what: String = "", isRateLimit: Bool = false) -> CallFailure {
        var text = "\(endpoint): HTTP \(status)"
        if !what.isEmpty { text += ", \(what)" }
        let excerpt = excerpt
        text += excerpt.isEmpty ? " (no body)" : ": \(excerpt)"
        return CallFailure(text, retryAfter: retryAfter, isRateLimit: isRateLimit)
    }

    private var excerpt: String { StrangersText.excerpt(body) }

    /// The reasons of an error object, each once.
    package static func words(_ object: JSONValue) -> String? {
        let texts = [object["error"], object["message"], object["error_details"]]
        var words: [String] = []
        for text in texts.compactMap({ $0?.wording }) where !words.contains(text) { words.append(text) }
        return words.isEmpty ? nil : StrangersText.clean(words.joined(separator: ": "), limit: 300)
    }

    package func header(_ name: String) -> String? {
        headers.first { Reply.isSame($0.0, name) }?.1
    }

    private static func isSame(_ a: String, _ b: String) -> Bool {
        a.utf8.count == b.utf8.count && a.lowercased() == b
    }

    /// In seconds, as the venue sends it; longer than a day counts as a day.
    private var retryAfter: Duration? {
        header("retry-after").flatMap { Reply.duration($0) }.map { min($0, .seconds(86_400)) }
    }

    /// The venue's word on our rate, if it gave one.
    package var rateHint: RateHint? {
        guard let remaining = header("x-ratelimit-remaining").flatMap({ Reply.count($0) }) else { return nil }
        // A reset that is not within a day is a point in time; those of the venue's clock are of no use here.
        let reset = header("x-ratelimit-reset").flatMap { Reply.duration($0) }
        return RateHint(
            remaining: remaining, limit: header("x-ratelimit-limit").flatMap { Reply.count($0) },
            resetAfter: reset.flatMap { $0 <= .seconds(86_400) ? $0 : nil })
    }

    private static func count(_ text: String) -> Int? {
        guard let count = Int(text.filter { $0 != " " }), count >= 0 else { return nil }
        return count
    }

    private static func duration(_ text: String) -> Duration? {
        guard let seconds = Money(text.filter { $0 != " " }), !seconds.isNegative else { return nil }
        let milliseconds = seconds.raw / 1_000_000_000_000_000
        return .milliseconds(Int64(clamping: milliseconds))
    }
}
