// What a report is made of, as the store has it.

import Trading
import TradingDomain

package struct ReportInput: Sendable {
    package var bot: BotID
    package var mode: Mode
    package var since: UTCInstant
    package var until: UTCInstant
    /// Only these; nil for all.
    package var strategy: String?
    package var symbol: Symbol?
    /// Every fill since the first one, in the order in which they were booked: what was closed in the time is judged by
    /// what it cost before.
    package var fills: [AttributedFill] = []
    /// Those that were wanted in the time.
    package var orders: [Order] = []
    /// Prices that are known otherwise: the last ones before the time, and those of a running daemon.
    package var marks: [Mark] = []
    /// The journal's rows of the time that tell of lives, stops, halts and refusals, oldest first.
    package var turns: [JournaledTurn] = []
    /// When the first row that is left was written, where the journal was pruned.
    package var journalBegins: UTCInstant?
    /// What the store itself says, to be compared.
    package var positions: [Symbol: Position] = [:]

    package init(bot: BotID, mode: Mode, since: UTCInstant, until: UTCInstant) {
        self.bot = bot
        self.mode = mode
        self.since = since
        self.until = until
    }
}

/// What a market was worth at a moment, and how we know.
package struct Mark: Equatable, Sendable, Encodable {
    package enum Source: String, Encodable, Sendable, CaseIterable {
        case fill
        /// The mid that a strategy saw when it decided.
        case decision
        /// The mid that a running daemon has now.
        case quote
    }
    package var symbol: Symbol
    package var price: Price
    package var at: UTCInstant
    package var source: Source

    package init(symbol: Symbol, price: Price, at: UTCInstant, source: Source) {
        self.symbol = symbol
        self.price = price
        self.at = at
        self.source = source
    }

    package init?(_ order: Order) {
        guard let basis = order.basis, let mid = basis.mid, mid.isPositive else { return nil }
        self.init(
            symbol: order.terms.symbol, price: mid, at: order.createdAt - basis.waited, source: .decision)
    }
}

/// Every known price of every market, in the order of time.
struct MarkLine {
    private var marks: [Symbol: [Mark]] = [:]

    init(_ input: ReportInput) {
        // A mid tells more than a fill of the same moment, and comes later in the order, so that it counts.
        var all = input.fills.map {
            Mark(symbol: $0.fill.symbol, price: $0.fill.price, at: $0.fill.at, source: .fill)
        }
        all += input.orders.compactMap { Mark($0) }
        all += input.marks
        for mark in all where mark.price.isPositive { marks[mark.symbol, default: []].append(mark) }
        for symbol in marks.keys.sorted() {
            marks[symbol]?.sort {
                ($0.at, $0.source.rank, $0.price) < ($1.at, $1.source.rank, $1.price)
            }
        }
    }

    var symbols: [Symbol] { marks.keys.sorted() }

    /// Prices of this market within the time, oldest first.
    func between(_ symbol: Symbol, _ since: UTCInstant, _ until: UTCInstant) -> ArraySlice<Mark> {
        guard let line = marks[symbol] else { return [] }
        return line[index(line, since)..<max(index(line, since), index(line, until))]
    }

    /// The last known price before this moment.
    func last(_ symbol: Symbol, before moment: UTCInstant) -> Mark? {
        guard let line = marks[symbol] else { return nil }
        let index = index(line, moment)
        return index > 0 ? line[index - 1] : nil
    }

    /// The first that is not before this moment.
    private func index(_ line: [Mark], _ moment: UTCInstant) -> Int {
        var (low, high) = (0, line.count)
        while low < high {
            let middle = (low + high) / 2
            if line[middle].at < moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Mark.Source {
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
