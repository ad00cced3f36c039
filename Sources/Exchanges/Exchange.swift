// The port to an exchange. An adapter translates one command to the wire and its answer to a typed outcome.
// It never retries, never queues, never guesses, and reports what its feeds tell.

import Trading
import TradingDomain

/// Where an exchange puts what it has to say. Implemented by the loop's inbox; called from any thread.
package protocol ExchangeSink: AnyObject, Sendable {
    /// The one answer of the command with this id.
    func answer(_ id: CommandID, _ answer: Answer)
    func quote(_ quote: Quote)
    /// What the venue says of a market's last 24 hours; once a minute is often enough.
    func statistics(_ statistics: MarketStatistics)
    func order(_ snapshot: OrderSnapshot)
    func feed(_ feed: Feed, _ condition: FeedCondition)
    /// What the venue said of our rate.
    func rate(_ hint: RateHint)
    /// The replayed recording has no more data.
    func endOfFeed()
}

extension ExchangeSink {
    package func statistics(_ statistics: MarketStatistics) {}
}

package protocol Exchange: AnyObject, Sendable {
    var capabilities: ExchangeCapabilities { get }
    /// The markets of the account.
    var products: [Product] { get }
    /// Opens the feeds; from here on the sink is spoken to.
    func start(sink: any ExchangeSink)
    /// Waits, at most so long, until a first call would find a connection. Not an answer to anything: calls may fail
    /// for want of one afterwards as well.
    func awaitConnections(_ limit: Duration)
    /// Takes an exchange call or `connect` and answers it through the sink exactly once. Returns at once.
    func submit(_ command: NumberedCommand)
    /// Lets go of threads and files. Unanswered commands stay unanswered.
    func close()
}

extension Exchange {
    package func awaitConnections(_ limit: Duration) {}
}

/// The exchange could not be opened.
package struct ExchangeError: Error, CustomStringConvertible, Sendable {
    package let description: String
    package init(_ description: String) { self.description = description }
}
