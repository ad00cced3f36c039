// The exchange's truth as a value: the matching engine, the market that moves it, and the requests that are on
// their way. What happens follows from this and from the requests alone, so a book that is read again has
// gone exactly where the living one went.
//
// Time is lived step by step. Only the time in which nobody ran is taken in strides (`leap`).

import ExchangeModel
import Trading
import TradingDomain

/// Something that will reach the engine.
enum Arrival: Sendable {
    case request(PaperRequest, CommandID?)
    case query(Command, CommandID)
    case market(MarketInput)
}

/// What the engine did, in order.
enum Effect: Sendable {
    case changed(ExchangeModel.Change)
    case answered(CommandID, Answer)
}

struct PaperState: Sendable {
    /// While a process works on a book it says at least this often, in the book's time, that it lives.
    static let livingMark: Duration = .seconds(60)

    var engine: MatchingEngine
    var market: MarketModel
    var feed: FeedIdentity
    /// Not yet at the engine.
    var arrivals = TimeHeap<Arrival>()
    /// The last entry that is part of this.
    var entryNumber: Int64 = 0
    /// The book lived at least until then.
    var livedTo: UTCInstant
    /// Market steps since the last snapshot: what reading them again would cost.
    var steps = 0

    /// When something happens by itself next.
    var nextEvent: UTCInstant? {
        [market.nextStepAt, engine.nextDueAt, arrivals.firstAt].compactMap { $0 }.min()
    }

    /// Lets everything happen that is due by then, step by step. `limits` answers queries on the way.
    mutating func live(
        to instant: UTCInstant, _ limits: PaperNetwork, _ tell: (UTCInstant, Effect) -> Void
    ) {
        while true {
            let next = max(engine.now, min(nextEvent ?? instant, instant))
            market.advance(to: next, engine: &engine)
            steps += 1
            drain(next, tell)
            while let arrival = arrivals.pop(through: next) { arrive(arrival.element, next, limits, tell) }
            if next >= instant { return }
        }
    }

    /// Brings the book through a time in which nobody ran.
    mutating func leap(to instant: UTCInstant, _ limits: PaperNetwork) {
        // Whoever ran last may have lived this much longer than the book says.
        live(to: min(instant, livedTo + Self.livingMark), limits) { _, _ in }
        if let last = arrivals.sorted.last?.at, last <= instant { live(to: last, limits) { _, _ in } }
        market.advance(to: max(instant, engine.now), engine: &engine)
        _ = engine.drainChanges()
        livedTo = max(livedTo, instant)
    }

    private mutating func arrive(
        _ arrival: Arrival, _ at: UTCInstant, _ limits: PaperNetwork, _ tell: (UTCInstant, Effect) -> Void
    ) {
        switch arrival {
        case .query(let command, let id):
            tell(at, .answered(id, PaperAnswers.answer(command, engine, limits)))
        case .market(.best(let symbol, let bid, let ask)):
            engine.setLiquidity(symbol, bids: [bid], asks: [ask], at: at)
            drain(at, tell)
        case .market(.trade(let symbol, let side, let price, let size)):
            engine.externalTrade(symbol, taker: side, limit: price, quantity: size, at: at)
            drain(at, tell)
        case .request(.place(let clientOrderID, let terms), let id):
            let result = engine.place(clientOrderID: clientOrderID, terms: terms, at: at)
            drain(at, tell)
            if let id { tell(at, .answered(id, PaperAnswers.answer(result))) }
        case .request(.cancel(let orders), let id):
            let results = orders.map { ($0, engine.requestCancel($0, at: at)) }
            drain(at, tell)
            if let id { tell(at, .answered(id, PaperAnswers.answer(results))) }
        }
    }

    private mutating func drain(_ at: UTCInstant, _ tell: (UTCInstant, Effect) -> Void) {
        for change in engine.drainChanges() { tell(at, .changed(change)) }
    }

    // MARK: Reading entries

    /// Takes an entry in that follows the last one. What it asks for happens as time is lived.
    mutating func take(_ entry: BookEntry, for id: CommandID?, _ limits: PaperNetwork) {
        entryNumber = entry.number
        switch entry.what {
        case .request(let request, let takenAt, let effectiveAt):
            arrivals.insert(.request(request, id), at: effectiveAt)
            livedTo = max(livedTo, takenAt)
        case .lived(let instant): livedTo = max(livedTo, instant)
        case .market(let input, let at):
            arrivals.insert(.market(input), at: at)
            livedTo = max(livedTo, at)
        case .opened(let instant): leap(to: instant, limits)
        }
    }

    /// An entry of the past: also lives through what it says was lived.
    mutating func replay(_ entry: BookEntry, _ limits: PaperNetwork) {
        take(entry, for: nil, limits)
        if case .lived(let instant) = entry.what { live(to: instant, limits) { _, _ in } }
    }
}
