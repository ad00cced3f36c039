import ExchangeModel
import TradingDomain

// The exchange that is served: the engine, the market around it, and what only the venue knows of its orders.
// A value without I/O: the server gives it the time with each call and takes its news. What is asked of
// it is in Venue+Create, Venue+Cancel, Venue+Lists.

struct Venue {
    /// What happened, for those who listen.
    enum News {
        case order(Int64)
        case quote(Symbol)
        case print(TapePrint)
    }

    let settings: SandboxSettings
    /// Which one it is of all books of this process: a reset makes ids of the one before unknown.
    let generation: UInt64
    /// Which one it is of the account's portfolios; 0 is the default one.
    let portfolio: Int
    let ids: VenueIDs
    var clock: VenueClock
    var engine: MatchingEngine
    var market: MarketModel
    /// The market stands; the engine's own time goes on.
    var frozen = false
    /// By the order's number, from `firstNote`.
    private var notes: [OrderNote] = []
    private var firstNote: Int64 = 1
    private var orderLimit: Int
    var tape: TapeKeeper
    var lag = LagView()
    var permissions = Permissions()
    var bends: Bends
    /// Reversals, corrections and the like, by hand; in the order of their coming.
    var extraFills: [ExtraFill] = []
    private var pending: [(at: UTCInstant, number: Int64)] = []
    private(set) var news: [News] = []

    struct Permissions {
        var canView = true
        var canTrade = true
        var canTransfer = false
    }

    /// - Parameter balances: what this portfolio owns; nil for what the settings say.
    init(
        _ settings: SandboxSettings, clock: VenueClock, generation: UInt64, portfolio: Int = 0,
        balances: [String: Quantity]? = nil
    ) throws(EngineError) {
        self.settings = settings
        self.clock = clock
        self.generation = generation
        self.portfolio = portfolio
        orderLimit = settings.orderLimit
        bends = Bends(openLimit: settings.openListLimit)
        ids = VenueIDs(
            seed: portfolio == 0
                ? SeededGenerator.seed(settings.seed, generation)
                : SeededGenerator.seed(settings.seed, generation, UInt64(portfolio)))
        let now = clock.now()
        engine = try MatchingEngine(
            products: settings.listings.map(\.product), balances: balances ?? settings.balances,
            cancelDelay: settings.cancelDelay, now: now)
        engine.keepTape()
        tape = TapeKeeper(settings.listings, since: now)
        var simulated = SimulatedMarket(
            seed: settings.seed, start: now,
            settings.listings.map {
                SimulatedMarket.Settings(
                    symbol: $0.product.symbol, firstMid: $0.firstMid, levelQuantity: $0.levelQuantity)
            })
        // A still market has the book with which a simulated one begins.
        simulated.advance(to: now, engine: &engine)
        market = settings.market == .still ? .still : .simulated(simulated)
        gather()
        news = []
    }

    var now: UTCInstant { engine.now }
    var shownNow: UTCInstant { clock.shown(engine.now) }

    /// Lets everything happen that is due by now.
    mutating func advance() {
        let instant = clock.now()
        if frozen {
            engine.advance(to: instant)
        } else {
            market.advance(to: instant, engine: &engine)
        }
        while let first = pending.first, first.at <= instant {
            pending.removeFirst()
            if note(first.number)?.pendingUntil == first.at { settle(pending: first.number) }
        }
        news += bends.takeCatchUps(at: instant).map { .order($0) }
        placeLateOrders(due: instant)
        gather()
        if engine.orderCount > orderLimit { forget() }
    }

    /// When something happens by itself, on the engine's time.
    var nextDue: UTCInstant? {
        [engine.nextDueAt, frozen ? nil : market.nextStepAt, pending.first?.at, bends.nextDue]
            .compactMap { $0 }.min()
    }

    /// What happened since the last call.
    mutating func takeNews() -> [News] {
        gather()
        guard !news.isEmpty else { return [] }
        defer { news = [] }
        return news
    }

    /// Tells the user channel of an order, though nothing happened to it.
    mutating func report(_ number: Int64) { news.append(.order(number)) }

    // MARK: Notes

    func note(_ number: Int64) -> OrderNote? {
        noteIndex(number).map { notes[$0] }
    }

    private func noteIndex(_ number: Int64) -> Int? {
        let index = number - firstNote
        return index >= 0 && index < notes.count ? Int(index) : nil
    }

    /// Forgets what ended long ago. When that was not enough there may be so many orders.
    private mutating func forget() {
        engine.forget(terminalBefore: engine.now - .seconds(600))
        let oldest = engine.oldestNumber ?? engine.newestNumber + 1
        let gone = Int(clamping: oldest - firstNote)
        if gone > 0 {
            notes.removeFirst(min(gone, notes.count))
            firstNote = oldest
        }
        orderLimit = max(settings.orderLimit, engine.orderCount + engine.orderCount / 4)
    }

    /// For the order that was just accepted; its number is the newest.
    mutating func remember(_ note: OrderNote) {
        notes.append(note)
        bends.moves.placed(firstNote + Int64(notes.count) - 1)
        if let until = note.pendingUntil {
            let number = firstNote + Int64(notes.count) - 1
            let place = pending.firstIndex { $0.at > until } ?? pending.count
            pending.insert((until, number), at: place)
        }
    }

    private mutating func settle(pending number: Int64) {
        if let index = noteIndex(number) { notes[index].pendingUntil = nil }
        news.append(.order(number))
    }

    /// Takes over what the engine tells.
    mutating func gather() {
        for change in engine.drainChanges() {
            switch change {
            case .order(let snapshot):
                guard let number = Self.number(snapshot.exchangeOrderID) else { continue }
                news.append(.order(number))
                guard lag.isOn || bends.sizes.isOn, let order = engine.detail(number: number) else {
                    continue
                }
                if lag.isOn { lag.record(order, at: engine.now) }
                if bends.sizes.isOn { bends.sizes.record(order, at: engine.now) }
            case .fill(let fill):
                guard let number = Self.number(fill.exchangeOrderID), let index = noteIndex(number) else {
                    continue
                }
                notes[index].lastFillAt = fill.at
                bends.filled(number, at: engine.now)
            case .quote(let quote): news.append(.quote(quote.symbol))
            }
        }
        for print in engine.drainTape() {
            tape.take(print)
            news.append(.print(print))
        }
    }

    /// The engine's id "X12" is the number 12.
    static func number(_ id: ExchangeOrderID) -> Int64? { Int64(id.description.dropFirst()) }
    static func engineID(_ number: Int64) -> ExchangeOrderID { ExchangeOrderID("X\(number)") }

    func listing(_ symbol: Symbol) -> SandboxSettings.Listing? {
        settings.listings.first { $0.product.symbol == symbol }
    }

    func orderID(_ number: Int64) -> String { ids.text(.order, number) }
    var portfolioID: String { VenueIDs(seed: settings.seed).text(.portfolio, Int64(portfolio) + 1) }
    var userID: String { VenueIDs(seed: settings.seed).text(.user, 1) }
}
