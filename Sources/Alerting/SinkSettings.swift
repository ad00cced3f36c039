// One place where alerts go, as the operator configured it. Addresses may hold secrets: nothing here is ever printed
// but the name, the kind and the host.

import Trading
import TradingDomain
import Transport

package struct SinkSettings: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A webhook that takes Slack's `{"text": …}`: Slack, Mattermost, Rocket.Chat, Discord's /slack.
        case slack(WebhookAddress)
        /// The alert as JSON, signed.
        case webhook(WebhookAddress, secret: Secret)
        /// A local program that takes a whole message on stdin.
        case mail(program: String, to: [String], from: String?)
        /// Any program; the alert as JSON on stdin, and no shell.
        case command([String])

        package var word: String {
            switch self {
            case .slack: "slack"
            case .webhook: "webhook"
            case .mail: "sendmail"
            case .command: "command"
            }
        }
    }

    /// Unique among the sinks; the outbox knows them by it.
    package var name: String
    package var kind: Kind
    package var minimumLevel = Notice.Level.info
    /// Nil for all.
    package var topics: Set<AlertTopic>?
    /// For one attempt.
    package var patience: Duration = .seconds(4)

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    package func wants(_ alert: OutgoingAlert) -> Bool {
        let topic = AlertTopic.of(alert.name)
        return topic == .test || alert.level >= minimumLevel && (topics?.contains(topic) ?? true)
    }

    /// For people: where it goes, as far as that is no secret.
    package var place: String {
        switch kind {
        case .slack(let address), .webhook(let address, _): address.endpoint.hostAndPort
        case .mail(let program, let to, _): "\(program) to \(to.joined(separator: ", "))"
        case .command(let words): words.first ?? ""
        }
    }
}

package struct WebhookAddress: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package let endpoint: Endpoint
    /// Authorities to believe instead of this machine's.
    package let trust: TLSTrust

    package init(endpoint: Endpoint, trust: TLSTrust = .system) {
        self.endpoint = endpoint
        self.trust = trust
    }

    package var description: String { endpoint.hostAndPort }
    package var customMirror: Mirror { Mirror(self, children: ["host": endpoint.hostAndPort]) }
}

/// What signs, and is never shown.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var description: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
