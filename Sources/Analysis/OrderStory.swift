// One order's life, told from what the journal says of it: why it was wanted, what the gate said, what was sent when,
// what came back, how it ended. What the journal no longer has is told from the tables, and named as missing.

import Trading
import TradingDomain

package struct OrderStory: Encodable, Equatable, Sendable {
    /// One thing that happened.
    package struct Step: Encodable, Equatable, Sendable {
        package enum Kind: String, Encodable, Sendable {
            case wanted, gate, sent, accepted, rejected, throttled, unsent, unknown, seen, fill, alert, ended
            case cancelWanted = "cancel-wanted"
            case cancelSent = "cancel-sent"
            case cancelAnswered = "cancel-answered"
        }
        package var at: UTCInstant
        /// The journal's row; nil where only the tables tell.
        package var seq: Int64?
        package var kind: Kind
        package var text: String
    }

    package var id: ClientOrderID
    package var exchangeOrderID: ExchangeOrderID?
    package var strategy: String
    /// What it said, in one line.
    package var terms: String
    package var state: OrderState
    package var steps: [Step]
    /// How it stands, or ended.
    package var ending: String
    /// What is not known any more, or never was.
    package var missing: [String]

    /// - Parameters:
    ///   - fills: what is booked of it, in that order.
    ///   - turns: the journal's rows that speak of it, oldest first.
    ///   - parts: in whose books each fill was booked, where that is not the order's own strategy.
    ///   - journalBegins: when the first row that is left was written, where the journal was pruned.
    package init(
        _ order: Order, fills: [Fill], turns: [JournaledTurn], parts: [FillID: [StrategyBooks.Part]] = [:],
        journalBegins: UTCInstant? = nil
    ) {
        id = order.id
        exchangeOrderID = order.exchangeOrderID
        strategy = order.strategy
        terms = StoryWords.terms(order.terms)
        state = order.state
        ending = StoryWords.ending(order, fills)
        missing = []
        var teller = StoryTeller(order, parts: parts)
        for turn in turns { teller.tell(turn) }
        teller.complete(fills)
        // Rows stand in the order in which things were decided; what the tables add goes where its time says.
        steps = teller.steps.enumerated().sorted {
            ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
        }.map(\.element)
        if let journalBegins, order.createdAt < journalBegins {
            missing.append(
                "the journal before \(journalBegins) was pruned: what came back for its requests until then is gone, "
                    + "and steps without a row are told from the tables")
        } else if !teller.hasIntent, !order.strategy.isEmpty {
            missing.append(
                "the journal has no row with its intent: steps without a row are told from the tables")
        }
        if order.strategy.isEmpty {
            missing.append(
                "why it was wanted: only the exchange told of it, its life was lost with an older store")
        } else if order.basis == nil {
            missing.append("what it was decided on: a version wrote it that did not record that")
        }
        if order.cancelRequestedAt != nil, order.cancelCause == nil {
            missing.append("why it was canceled: a version wrote it that did not record that")
        }
    }

    /// The story for people, line by line.
    package var lines: [String] {
        let exchange =
            exchangeOrderID.map { ", at the exchange \($0)" } ?? ", never known to the exchange by an id"
        var lines = ["Order \(id)\(exchange)"]
        lines.append(terms + (strategy.isEmpty ? "" : ", wanted by \(strategy)"))
        lines.append("")
        var last: UTCInstant?
        for step in steps {
            let delta = last.flatMap { step.at > $0 ? "+" + StoryWords.duration(step.at - $0) : nil } ?? ""
            let time = StoryWords.padded("\(step.at)", 30)
            lines.append("\(time)  \(StoryWords.padded(delta, 9, right: true))  \(step.text)")
            last = step.at
        }
        lines.append("")
        lines.append(ending)
        lines += missing.map { "Not known: \($0)." }
        return lines
    }
}
