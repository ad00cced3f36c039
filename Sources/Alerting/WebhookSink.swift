// Slack-compatible and signed webhooks: one POST per alert on a connection of its own, on a thread that trading has no
// part in. The address is never in an answer: it may be a secret.

import CLinux
import NIOCore
import NIOPosix
import Trading
import TradingDomain
import Transport

struct WebhookSink: Sink {
    /// Looking up a host's name can't be called off, so the thread lives as long as the process. One for each sink: a name
    /// that is not resolved for long would hold up every other one of the same thread.
    private let thread = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private let address: WebhookAddress
    private let secret: Secret?
    private let patience: Duration
    private let origin: AlertOrigin

    /// With a secret it signs, and says all in JSON; without one it speaks as Slack wants it.
    init(_ address: WebhookAddress, secret: Secret?, patience: Duration, _ origin: AlertOrigin) {
        self.address = address
        self.secret = secret
        self.patience = patience
        self.origin = origin
    }

    func send(_ delivery: Delivery, _ done: @escaping @Sendable (SinkAnswer) -> Void) {
        var headers = [("Content-Type", "application/json"), ("X-Trader247-Id", delivery.alert.id)]
        let body: [UInt8]
        if let secret {
            body = AlertText.json(delivery, origin)
            let seconds = UTCInstant(nanoseconds: cl_utc_nanoseconds()).secondsSince1970
            headers.append((Signature.header, Signature.value(body, secret: secret, seconds: seconds)))
        } else {
            body = AlertText.slack(delivery, origin)
        }
        SinglePost.send(
            body, to: address.endpoint, headers: headers, trust: address.trust, patience: patience,
            on: thread.next()
        ) { outcome in done(Self.judge(outcome)) }
    }

    static func judge(_ outcome: HTTPOutcome) -> SinkAnswer {
        switch outcome {
        case .unsent(let why): return .failed(clean(why))
        case .ambiguous(let why): return .failed(clean(why))
        case .answered(let answer):
            switch answer.status {
            case 200..<300: return .delivered("status \(answer.status)")
            // The alert's own fault, not the sink's state.
            case 400, 413, 415, 422: return .refused("status \(answer.status)\(said(answer))")
            default:
                let retryAfter = answer.header("Retry-After").flatMap { Int64($0) }
                return .failed(
                    "status \(answer.status)\(said(answer))",
                    retryAfter: retryAfter.map { .seconds(max(1, min($0, 3_600))) })
            }
        }
    }

    /// The first words of its answer: "invalid_payload", "no_service".
    private static func said(_ answer: HTTPAnswer) -> String {
        let text = clean(String(decoding: answer.body.prefix(80), as: UTF8.self))
        return text.isEmpty ? "" : ": \(text)"
    }

    private static func clean(_ text: String) -> String {
        String(
            text.prefix(200).map {
                $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } ? $0 : " "
            })
    }
}
