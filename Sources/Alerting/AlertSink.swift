// What delivers one alert at a time to one place. It decides nothing, repeats nothing, and answers each attempt once.

import Trading
import TradingDomain

protocol Sink: Sendable {
    /// Returns at once. `done` may come on any thread, or, from one that hangs, never.
    func send(_ delivery: Delivery, _ done: @escaping @Sendable (SinkAnswer) -> Void)
}

package enum Sinks {
    static func make(_ settings: SinkSettings, _ origin: AlertOrigin) -> any Sink {
        let patience = settings.patience
        return switch settings.kind {
        case .slack(let address): WebhookSink(address, secret: nil, patience: patience, origin)
        case .webhook(let address, let secret):
            WebhookSink(address, secret: secret, patience: patience, origin)
        case .mail(let program, let to, let from):
            CommandSink([program, "-i"] + (from.map { ["-f", $0] } ?? []) + ["--"] + to, patience: patience) {
                AlertText.mail($0, origin, to: to, from: from)
            }
        case .command(let words):
            CommandSink(words, patience: patience) { AlertText.json($0, origin) + [UInt8(ascii: "\n")] }
        }
    }

    /// Sends one and waits for its answer; for `alerts test`.
    package static func sendOnce(_ alert: OutgoingAlert, to settings: SinkSettings, _ origin: AlertOrigin)
        -> SinkAnswer
    {
        let box = AnswerBox()
        make(settings, origin).send(Delivery(alert: alert)) { box.put($0) }
        return box.wait(settings.patience + .seconds(1))
            ?? .failed("it did not answer within \(settings.patience)")
    }
}
