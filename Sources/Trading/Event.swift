// Everything that can happen to the core. Events enter one at a time, each with its stamp; the same events
// with the same stamps give the same turns, bit for bit.

import TradingDomain

package enum Event: Codable, Equatable, Sendable {
    /// The first event of a life: begin recovery.
    case started
    /// The instant that the last turn asked for has come.
    case woke
    case quote(Quote)
    /// What the venue says of a market's last 24 hours. Decides nothing by itself.
    case statistics(MarketStatistics)
    /// What the exchange said on the order feed, unasked. Cumulative.
    case order(OrderSnapshot)
    case answered(CommandID, Answer)
    /// Every record of the turns up to this one is on disk.
    case committed(through: TurnNumber)
    /// A commit has been under way for longer than the limit.
    case commitOverdue
    /// A commit failed. Final for this life: what a failed fsync left on disk is unknown.
    case storeFailed(String)
    case signal(StopSignal)
    case operatorRequest(OperatorRequest)
    case feed(Feed, FeedCondition)
    /// What the venue said of our rate beside an answer.
    case rate(RateHint)
    /// The loop was not scheduled for this long, beyond its hang limit.
    case overslept(Duration)
    /// A decision of this strategy took so long, which is longer than one may.
    case overworked(strategy: String, Duration)
    /// What became of the program of a strategy outside, or what it answered.
    case external(ExternalReport)
    /// The replayed recording has no more data, or the asked running time is over.
    case endOfRun(String)
    /// Something that should be impossible happened in the shell.
    case shellFailed(String)

    /// Whether the journal keeps it. Quotes and wakes are not kept, and neither is what the store itself
    /// says: its answer would need another transaction, without end.
    package var isJournaled: Bool {
        switch self {
        case .quote, .statistics, .woke, .committed, .rate, .answered(_, .flushed),
            .answered(_, .told(.quotes)):
            false
        case .external(let report): report.isJournaled
        default: true
        }
    }
}

/// Why the process is asked to stop.
package enum StopSignal: String, Codable, Sendable {
    case terminate = "SIGTERM"
    case interrupt = "SIGINT"
    case quit = "SIGQUIT"
    case hangUp = "SIGHUP"
    /// The lifeline to the guardian is closed: it is dead, and nobody would notice if we died, too.
    case guardianLost = "GUARDIAN"

    /// For the reason of a stop.
    var words: String { self == .guardianLost ? "the guardian died" : "signal \(rawValue)" }
}

package enum OperatorRequest: Codable, Equatable, Sendable {
    /// As a signal: not durable.
    case stop
    /// The kill switch: gate, sweep, prove, stay up.
    case halt(String)
    /// Leaves whatever stands: pause, stop and every halt.
    case resume
    /// Said to a running bot by somebody who waits for an answer.
    case said(OperatorOrder)
}

package enum Feed: String, Codable, Sendable, CaseIterable {
    case market, orders
}

package enum FeedCondition: Codable, Equatable, Sendable {
    case connected
    case lost(String)
    /// Messages may be missing, the connection stands.
    case gap(String)
    /// Nothing came for longer than the feed's heartbeat allows.
    case silent
}

/// What came back for one command.
package enum Answer: Codable, Equatable, Sendable {
    case placed(PlaceOutcome)
    case canceled(CancelOutcome)
    case orders(OrdersOutcome)
    case fills(FillsOutcome)
    case balances(BalancesOutcome)
    case connected(ConnectOutcome)
    case told(VenueAnswer)
    case flushed(FlushOutcome)
    /// The shell did not hand the command to the adapter: no byte left.
    case withheld(String)
}
