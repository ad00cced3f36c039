// The venue together with its book: what is asked is written down before it is under way, and what happened
// is written down before it is told. Not safe to share; its owner has a lock around it.

import ExchangeModel
import Trading
import TradingDomain

struct PaperDesk: Sendable {
    private(set) var venue: PaperVenue
    /// Nil for an exchange that lives in memory alone.
    private var book: PaperBook?
    /// The venue's time at a moment of the clock. It follows the monotonic clock; where the machine's UTC jumps
    /// ahead, so does it, and it never runs back.
    private var origin: Stamp
    /// Terminal orders older than this are forgotten at the next snapshot; nil keeps them all.
    private let history: Duration?
    /// Why the book could not be written, the last time it was tried.
    private(set) var trouble: String?

    init(
        _ state: PaperState, _ book: PaperBook?, _ network: PaperNetwork, at stamp: Stamp, history: Duration?
    ) {
        venue = PaperVenue(state, network)
        self.book = book
        self.history = history
        origin = Stamp(monotonic: stamp.monotonic, utc: max(stamp.utc, venue.now))
    }

    // MARK: Time

    private mutating func time(_ stamp: Stamp) -> UTCInstant {
        let mapped = origin.utc + (stamp.monotonic - origin.monotonic)
        guard stamp.utc - mapped > .seconds(1) else { return mapped }
        origin = stamp
        return stamp.utc
    }

    /// The clock's moment at which something happens or is to be told next.
    var nextDue: MonotonicInstant? {
        venue.nextDue.map { origin.monotonic + ($0 - origin.utc) }
    }

    // MARK: Work

    mutating func connect(at stamp: Stamp, tellsMarket: Bool) {
        venue.connect(at: time(stamp), tellsMarket: tellsMarket)
    }

    /// A real market moved. It has moved whether or not that can be written down.
    mutating func receive(_ input: MarketInput, at stamp: Stamp) {
        let entry = venue.marketEntry(input, at: time(stamp))
        if let kept = book?.log.keep(entry), !kept { trouble = "the last entries are not written" }
        venue.enter(entry, for: nil)
    }

    /// Takes a command; one that changes the book is written down first.
    mutating func receive(_ command: NumberedCommand, at stamp: Stamp) {
        let instant = time(stamp)
        guard let entry = venue.receive(command, at: instant) else { return }
        if case .cancel = command.command {
            // Nobody may be kept from canceling by a full disk: it counts now and is written when it can be.
            _ = book?.log.keep(entry)
            venue.enter(entry, for: command.id)
            return
        }
        do throws(PaperBookError) {
            try book?.log.append(entry)
            venue.enter(entry, for: command.id)
            trouble = nil
        } catch {
            trouble = error.description
            venue.turnAway(command, "the paper exchange cannot keep its book: \(error)", at: instant)
        }
    }

    /// Lets everything happen that is due, and answers what is to be told now.
    mutating func advance(to stamp: Stamp) -> [Delivery] {
        let due = venue.advance(to: time(stamp))
        let isNews = due.contains { delivery in
            switch delivery {
            case .quote, .statistics: false
            default: true
            }
        }
        let silence = venue.now - venue.state.livedTo
        if book != nil, (isNews && silence > .zero) || silence >= PaperState.livingMark { markLived() }
        return due
    }

    private mutating func markLived() {
        let entry = venue.livedEntry()
        if let kept = book?.log.keep(entry), !kept { trouble = "the last entries are not written" }
        venue.enter(entry, for: nil)
    }

    /// Makes a new snapshot when reading the entries again would take long. Call when nothing is waiting.
    mutating func upkeep() {
        guard let book else { return }
        let work = venue.state.steps + book.log.length / 64
        // The more there is to write, the rarer it is written.
        guard work > book.upkeepWork + 4 * venue.orderCount else { return }
        if let history { venue.forget(terminalBefore: venue.now - history) }
        do throws(PaperBookError) {
            try self.book?.snapshot(venue.state)
            trouble = nil
        } catch {
            trouble = error.description
        }
        venue.snapshotTaken()
    }

    /// The last words; afterwards the book belongs to whoever opens it.
    mutating func close() {
        if book != nil { markLived() }
        book = nil
    }
}
