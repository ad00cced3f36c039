// A backtest: the same core that trades live, against the same matching engine that paper trading trades against, in
// one virtual time that is the data's. A value without a clock, a thread or a file; the same settings, data and seed
// give the same result to the last digit.
//
// At each instant things happen in this order: the market moves, requests that have travelled long enough reach
// the exchange, then what the exchange told long enough ago reaches the core. So nothing that the core decides
// can meet a price of the past, however short the way.

import ExchangeModel
import Trading
import TradingDomain

package struct Backtest: Sendable {
    private let byAddress = ByAddress()
    let settings: BacktestSettings
    private(set) var core: TradingCore
    var engine: MatchingEngine
    var wire: BacktestWire
    /// What travels to the exchange.
    var requests = TimedQueue<NumberedCommand>()
    /// What travels to the core, beside prices.
    var messages = TimedQueue<Event>()
    var quotes = TimedQueue<Quote>()
    var books: BacktestBooks
    var equity: EquityKeeper
    /// Nil where no strategy is a program of its own.
    let programs: (any BacktestPrograms)?
    var programFailure: String?

    /// One for each series.
    private var markets: [ReplayMarket]
    private var marketsDue: [UTCInstant?]
    private var figures: [MarketFigures]
    /// Instead of a series: a market that never was.
    private var walk: SimulatedWalk?
    private var changes: [Change] = []
    private(set) var now: UTCInstant
    let start: UTCInstant
    /// Of the strategies, in their order.
    let names: [String]
    private var wakeAt: UTCInstant?
    private var turns: TurnNumber = 0
    /// The last one, for its memory.
    private var spare = Turn(number: 0)
    /// Nobody waits for this disk: what is handed to it is on it at the end of the instant.
    private var hasUncommitted = false
    /// Flushes to be answered then.
    var flushes: [CommandID] = []
    private var saidEnd = false
    /// A feed never overtakes itself.
    private var lastQuoteAt: UTCInstant
    private var lastReportAt: UTCInstant
    /// The report of the stop; there when it is over.
    var report: ShutdownReport? { didSet { isFinished = report != nil } }
    /// Whether the stop that follows the data is over. Asked for at every instant, so not of the report itself.
    package private(set) var isFinished = false
    /// Prices of a bar that were played count as a quarter of it.
    private let pointsOfRow: [Int]
    package let rows: Int

    package init(
        _ settings: BacktestSettings, _ series: [BacktestSeries], _ strategies: [AnyStrategy],
        programs: (any BacktestPrograms)? = nil
    ) throws(BacktestError) {
        let filled = series.filter { $0.rows > 0 }
        let products = settings.products.map(\.symbol)
        guard let start = filled.compactMap(\.firstAt).min(), let end = filled.compactMap(\.lastAt).max()
        else {
            throw .noData
        }
        for series in filled where !products.contains(series.symbol) { throw .noProduct(series.symbol) }
        try self.init(settings, filled, nil, from: start, to: end, strategies, programs)
    }

    /// Plays a simulated market instead of data, until `end`.
    package init(
        _ settings: BacktestSettings, _ market: SimulatedMarket, until end: UTCInstant,
        _ strategies: [AnyStrategy]
    ) throws(BacktestError) {
        let walk = SimulatedWalk(market: market, end: end)
        try self.init(settings, [], walk, from: market.start, to: end, strategies, nil)
    }

    private init(
        _ settings: BacktestSettings, _ filled: [BacktestSeries], _ walk: SimulatedWalk?,
        from start: UTCInstant, to end: UTCInstant, _ strategies: [AnyStrategy],
        _ programs: (any BacktestPrograms)?
    ) throws(BacktestError) {
        self.settings = settings
        self.programs = programs
        let currency = try settings.currency()
        do throws(EngineError) {
            engine = try MatchingEngine(
                products: settings.products, balances: settings.balances,
                cancelDelay: settings.exchange.cancelDelay, now: start)
        } catch {
            throw .exchange(error.description)
        }
        do {
            core = try TradingCore(
                configuration: settings.core, capabilities: settings.capabilities,
                products: settings.products, strategies: strategies.map { $0.unrecorded() },
                durable: DurableState())
        } catch {
            throw .strategy("\(error)")
        }
        names = strategies.map(\.name)
        markets = filled.map { ReplayMarket($0.data, settings: settings.market) }
        marketsDue = markets.map(\.nextStepAt)
        figures = filled.map { MarketFigures($0) }
        self.walk = walk
        pointsOfRow = filled.map { if case .bars = $0.data { 4 } else { 1 } }
        rows = filled.reduce(0) { $0 + $1.rows }
        wire = BacktestWire(settings.network, seed: settings.seed)
        books = BacktestBooks()
        equity = EquityKeeper(settings, engine, currency: currency, from: start, to: end)
        self.start = start
        now = start
        lastQuoteAt = start
        lastReportAt = start
        turn(.started)
        commit()
    }

    /// How many rows of the data were played.
    package var played: Int {
        zip(markets, pointsOfRow).reduce(0) { $0 + $1.0.position.played / $1.1 }
    }

    /// Lives on, for about so many instants.
    /// - Returns: whether there is more to come.
    package mutating func advance(instants: Int) throws(BacktestError) -> Bool {
        for _ in 0..<instants {
            guard !isFinished else { return false }
            try step()
        }
        return !isFinished
    }

    // MARK: One instant

    private mutating func step() throws(BacktestError) {
        if let programFailure { throw .strategy(programFailure) }
        var marketAt = UTCInstant.never
        for at in marketsDue { if let at, at < marketAt { marketAt = at } }
        if let at = walk?.nextStepAt, at < marketAt { marketAt = at }
        if let at = engine.nextDueAt, at < marketAt { marketAt = at }
        var next = marketAt
        if let at = requests.firstAt, at < next { next = at }
        if let at = messages.firstAt, at < next { next = at }
        if let at = quotes.firstAt, at < next { next = at }
        if let at = wakeAt, at < next { next = at }
        guard next < .never else { throw .noEnd(at: now) }
        now = max(now, next)
        if marketAt <= now { try play() }
        while let request = requests.pop(through: now) {
            arrive(request)
            hear()
        }
        while !isFinished, let message = messages.pop(through: now) { turn(message) }
        while !isFinished, let quote = quotes.pop(through: now) { turn(.quote(quote)) }
        if !isFinished, let at = wakeAt, at <= now { turn(.woke) }
        commit()
    }

    private mutating func play() throws(BacktestError) {
        for index in markets.indices {
            guard let at = marketsDue[index], at <= now else { continue }
            markets[index].advance(to: now, engine: &engine)
            marketsDue[index] = markets[index].nextStepAt
            if let told = figures[index].count(through: markets[index].position.played) {
                messages.add(.statistics(told), at: now + wire.feed())
            }
        }
        walk?.advance(to: now, engine: &engine)
        engine.advance(to: now)
        hear()
        if books.exchangeFilled || equity.isDue(at: now) {
            books.exchangeFilled = false
            try equity.value(engine, at: now)
        }
        if !saidEnd, marketsDue.allSatisfy({ $0 == nil }), walk?.nextStepAt == nil {
            saidEnd = true
            let at = max(now + settings.network.longest(settings.network.feed), lastQuoteAt, lastReportAt)
            messages.add(.endOfRun("the data have ended"), at: at)
        }
    }

    /// Passes on what the exchange tells on its feeds. Of prices of one instant the last counts.
    private mutating func hear() {
        engine.drainChanges(into: &changes)
        for index in changes.indices {
            switch changes[index] {
            case .quote(let quote): tell(quote)
            case .order(let order):
                lastReportAt = max(lastReportAt, now + wire.feed())
                messages.add(.order(order), at: lastReportAt)
            // Fills are asked for; the cumulative order says that there are some.
            case .fill: books.exchangeFilled = true
            }
        }
    }

    private mutating func tell(_ quote: Quote) {
        let replaced = quotes.replaceLast(at: lastQuoteAt, with: quote) {
            $0.symbol == quote.symbol && $0.at == quote.at
        }
        guard !replaced else { return }
        lastQuoteAt = max(lastQuoteAt, now + wire.feed())
        quotes.add(quote, at: lastQuoteAt)
    }

    // MARK: The core's turns

    mutating func turn(_ event: Event) {
        turns += 1
        let stamp = Stamp(
            monotonic: MonotonicInstant(nanoseconds: now.nanoseconds - start.nanoseconds + 1_000_000_000),
            utc: now)
        // (What a program answers is a turn within this one, and has memory of its own.)
        var turn = Turn(number: turns)
        swap(&turn, &spare)
        defer { swap(&turn, &spare) }
        turn.begin(turns)
        core.handle(event, at: stamp, into: &turn)
        wakeAt = turn.wakeAt.map { now + ($0 - stamp.monotonic) }
        for rule in turn.refusals { books.refused(rule) }
        guard !turn.records.isEmpty || !turn.commands.isEmpty else { return tell(turn.programs) }
        for record in turn.records { books.note(record, core.durable) }
        hasUncommitted = true
        for command in turn.commands { carryOut(command) }
        tell(turn.programs)
    }

    /// Durable before wire, and all turns of an instant in one commit, as in the daemon; only that this store has no disk
    /// to wait for.
    private mutating func commit() {
        while !isFinished, hasUncommitted {
            hasUncommitted = false
            let answered = flushes
            flushes = []
            turn(.committed(through: turns))
            for id in answered { turn(.answered(id, .flushed(.flushed(checkpointed: true)))) }
        }
    }
}

extension UTCInstant {
    static let never = UTCInstant(nanoseconds: .max)
}
