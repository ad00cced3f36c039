// The outbox of alerts as values: what the store keeps of each, and what whoever sends them tells the store.

import Trading
import TradingDomain

/// What became of one alert at one sink. Without one, it is still to be delivered there.
package enum DeliveryState: String, Codable, Sendable {
    case delivered
    /// The sink's own choice of events leaves it out.
    case unwanted
    /// Given up: too old, too many, or refused for what it is.
    case dropped
}

/// What is to be written down about the outbox, in this order.
package enum AlertMark: Equatable, Sendable {
    /// One that no record of the core told: an escalation, a guardian's.
    case added(OutgoingAlert)
    /// The same was told within a minute; the next one says how often.
    case suppressed(id: String)
    case ended(id: String, sink: String, DeliveryState, attempts: Int, at: UTCInstant, words: String)
    /// A sink was configured first at this moment; what is older is not for it.
    case sink(name: String, since: UTCInstant)
    /// So many in a row were never taken in.
    case lost(sink: String, count: Int)
}

/// What the store holds of the outbox, oldest first.
package struct Outbox: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var alert: OutgoingAlert
        package var isSuppressed: Bool
        package var deliveries: [Delivery]
        package init(alert: OutgoingAlert, isSuppressed: Bool, deliveries: [Delivery]) {
            self.alert = alert
            self.isSuppressed = isSuppressed
            self.deliveries = deliveries
        }
    }
    package struct Delivery: Equatable, Sendable {
        package var sink: String
        package var state: DeliveryState
        package var attempts: Int
        package var at: UTCInstant
        package var words: String
        package init(sink: String, state: DeliveryState, attempts: Int, at: UTCInstant, words: String) {
            self.sink = sink
            self.state = state
            self.attempts = attempts
            self.at = at
            self.words = words
        }
    }
    package struct Sink: Equatable, Sendable {
        package var name: String
        package var since: UTCInstant
        /// Alerts for it that were given up, ever.
        package var dropped: Int
        package init(name: String, since: UTCInstant, dropped: Int) {
            self.name = name
            self.since = since
            self.dropped = dropped
        }
    }

    package var entries: [Entry] = []
    package var sinks: [Sink] = []

    package init() {}
}
