// How a life gets to know its venue, and how it keeps what it knows fresh: what the key may do, the markets, the
// fees, the clock, and prices where a feed is silent. Nothing is traded before all of it is known, and nothing
// while the venue's clock is not: a placement's life is measured on it.

import TradingDomain

private let refreshInterval: Duration = .seconds(3_600)
private let clockInterval: Duration = .seconds(60)
/// After a round whose last reading is not good enough to place by.
private let clockRetry: Duration = .seconds(5)
/// A reading that is older proves nothing: clocks drift, and machines are suspended.
private let clockLife: Duration = .seconds(300)
private let firstMeasurements = 5
private let laterMeasurements = 3
private let quotesPause: Duration = .seconds(5)
/// How often to look whether there is something to ask.
private let lookPause: Duration = .seconds(1)

struct Introduction: Sendable {
    enum Topic: CaseIterable { case permissions, products, fees, time, quotes }

    /// When one topic is to be asked next.
    struct Inquiry: Sendable {
        var dueAt: MonotonicInstant?
        var failures = 0
        var isAsked = false
    }

    var permissions: KeyPermissions?
    var fees: FeeRates?
    var knowsProducts = false
    var clock: ClockReading?
    /// When it was last read well enough to place by, or at all where it never was.
    var clockReadAt: MonotonicInstant?
    /// Whether it was ever read well enough to place by.
    var knowsTimeWell = false
    /// What time it was at the venue then.
    var venueTimeAtReading: UTCInstant?
    /// What the last reading told, where nobody expected it.
    var doubt: ClockDoubt?
    /// Measurements of the clock that this round still wants.
    var measurementsLeft = firstMeasurements
    /// What was last told of the clock: nil while all is well.
    var clockTrouble: String?
    var saysTransfer = false
    private var inquiries = [Inquiry](repeating: Inquiry(), count: Topic.allCases.count)

    subscript(_ topic: Topic) -> Inquiry {
        get { inquiries[index(topic)] }
        set { inquiries[index(topic)] = newValue }
    }

    /// What a proof needs of the venue is not waited for as patiently as it was asked before.
    mutating func hurryProof(at now: MonotonicInstant) {
        for topic in [Topic.permissions, .time] where self[topic].failures > 0 { self[topic].dueAt = now }
    }

    private func index(_ topic: Topic) -> Int {
        switch topic {
        case .permissions: 0
        case .products: 1
        case .fees: 2
        case .time: 3
        case .quotes: 4
        }
    }
}

extension TradingCore {
    // MARK: Asking

    mutating func requestIntroduction(_ turn: inout Turn, _ wake: inout Wake) {
        guard capabilities.introducesItself, volatile.lifecycle != .starting,
            volatile.stop?.flushBegan != true
        else { return }
        // A stop needs nothing of the venue but its clock, where that was never read: without it a cancel may be
        // signed for a time that the venue does not accept.
        let isStopping = volatile.stop != nil
        if isStopping, volatile.introduction.clock != nil, isAccountConfirmed { return }
        for topic in isStopping ? [.time, .permissions] : Introduction.Topic.allCases {
            if isStopping, topic == .time ? volatile.introduction.clock != nil : isAccountConfirmed {
                continue
            }
            guard !volatile.introduction[topic].isAsked else { continue }
            let dueAt = volatile.introduction[topic].dueAt ?? now.monotonic
            guard dueAt <= now.monotonic else {
                // Missing prices are looked for when there is a turn anyway.
                if topic != .quotes { wake.by(dueAt) }
                continue
            }
            guard let question = question(of: topic) else {
                volatile.introduction[topic].dueAt = now.monotonic + lookPause
                continue
            }
            guard canTake(isStopping || volatile.sweep != nil ? .proof : .query, &wake) else { return }
            volatile.introduction[topic].isAsked = true
            command(.ask(question), for: .ask(question), patience: attemptPatience, &turn)
        }
        // The moment at which the clock is not known any more.
        if let end = volatile.introduction.clockReadAt.map({ $0 + clockLife }), end > now.monotonic {
            wake.by(end)
        }
    }

    /// What to ask of a topic now; nil when there is nothing.
    private func question(of topic: Introduction.Topic) -> VenueQuestion? {
        switch topic {
        case .permissions: return .permissions
        case .products: return volatile.slots.isEmpty ? nil : .products
        case .fees: return .fees
        case .time: return .time
        case .quotes:
            let stale = symbolsWithoutQuote
            return stale.isEmpty ? nil : .quotes(stale)
        }
    }

    /// Markets of our strategies whose price is half as old as it may be, or not known a while after the start.
    private var symbolsWithoutQuote: [Symbol] {
        guard volatile.lifecycle == .trading else { return [] }
        let limit = configuration.risk.maximumQuoteAge / 2
        return strategySymbols.filter { symbol in
            guard let quote = lastQuote(of: symbol) else {
                return now.monotonic - volatile.startedAt.monotonic > quotesPause
            }
            return now.utc - quote.at > limit
        }
    }

    // MARK: What was told

    mutating func book(_ answer: VenueAnswer, to question: VenueQuestion, _ turn: inout Turn) {
        let topic = question.topic
        volatile.introduction[topic].isAsked = false
        if case .failed(let failure) = answer {
            heed(failure, of: .query, &turn)
            let failures = volatile.introduction[topic].failures + 1
            volatile.introduction[topic].failures = failures
            let pause = backoff.delay(attempt: failures, &volatile.generator)
            volatile.introduction[topic].dueAt = now.monotonic + max(pause, patience(after: failure) ?? .zero)
            if failures == 3 {
                tell(
                    .warning, "venue-question",
                    "the venue does not tell its \(topic): \(failure.reason); asking on", &turn)
            }
            return
        }
        volatile.introduction[topic].failures = 0
        var interval = refreshInterval
        if topic == .products, let rules = configuration.universe { interval = min(interval, rules.interval) }
        volatile.introduction[topic].dueAt = now.monotonic + interval
        switch answer {
        case .permissions(let permissions): learn(permissions, &turn)
        case .products(let products): learn(products, &turn)
        case .fees(let fees):
            volatile.introduction.fees = fees
            applyFees()
        case .time(let reading): learn(reading, &turn)
        case .quotes(let quotes):
            volatile.introduction[.quotes].dueAt = now.monotonic + quotesPause
            for quote in quotes where isNews(quote) { absorb(quote, &turn) }
        case .failed: break
        }
    }

    private func isNews(_ quote: Quote) -> Bool {
        volatile.quotes[quote.symbol].map { $0.at < quote.at } ?? true
    }

    private mutating func learn(_ permissions: KeyPermissions, _ turn: inout Turn) {
        let wasConfirmed = isAccountConfirmed
        volatile.introduction.permissions = permissions
        guard confirmAccount(permissions.portfolio, wasConfirmed: wasConfirmed, &turn) else { return }
        guard permissions.canView, permissions.canTrade else {
            guard volatile.stop == nil else { return }
            return beginStop(
                "the key may not \(permissions.canView ? "trade" : "view the account"); make one that may",
                failure: .configuration, &turn)
        }
        guard permissions.canTransfer, !volatile.introduction.saysTransfer else { return }
        volatile.introduction.saysTransfer = true
        alert(
            "key-can-transfer",
            "the key may MOVE MONEY out of the account. A bot must never be able to: replace it by one that may "
                + "view and trade only", &turn)
    }

    private mutating func learn(_ list: [Product], _ turn: inout Turn) {
        var known = FewKeyed<Symbol, Product>()
        for product in list where strategySymbols.contains(product.symbol) { known[product.symbol] = product }
        // Said when it is seen first: at the start, or when a market disappears.
        for symbol in strategySymbols where known[symbol] == nil {
            guard products[symbol] != nil || !volatile.introduction.knowsProducts else { continue }
            alert("no-product", "the exchange does not list \(symbol); nothing is placed there", &turn)
        }
        products = known
        volatile.introduction.knowsProducts = true
        applyFees()
        if configuration.universe != nil {
            volatile.universe.products = list
            if volatile.lifecycle == .trading { chooseUniverse(&turn) }
        }
    }

    private mutating func applyFees() {
        if let fees = volatile.introduction.fees {
            for symbol in products.keys {
                products[symbol]?.makerFee = fees.maker
                products[symbol]?.takerFee = fees.taker
            }
        }
        countWorstFees()
    }

    private mutating func learn(_ told: ClockReading, _ turn: inout Turn) {
        let reading = doubted(told)
        volatile.introduction.clock = reading
        let isGood = reading.uncertainty <= configuration.maximumClockUncertainty
        // Until it is known well, known badly is better than our own.
        if isGood || !volatile.introduction.knowsTimeWell {
            volatile.introduction.knowsTimeWell = isGood
            volatile.introduction.clockReadAt = now.monotonic
            volatile.introduction.venueTimeAtReading = now.utc + reading.offset
        }
        volatile.introduction.measurementsLeft -= 1
        if volatile.introduction.doubt?.at == now.monotonic {
            // Not at once: a cache would say the same again.
            volatile.introduction.measurementsLeft = laterMeasurements
            volatile.introduction[.time].dueAt = now.monotonic + clockRetry
        } else if volatile.introduction.measurementsLeft > 0 {
            volatile.introduction[.time].dueAt = now.monotonic
        } else {
            volatile.introduction.measurementsLeft = laterMeasurements
            volatile.introduction[.time].dueAt = now.monotonic + (isGood ? clockInterval : clockRetry)
        }
        watchClock(&turn)
    }

    // MARK: What it means

    /// Whether a life may begin to trade as far as its venue is known.
    var isIntroduced: Bool {
        guard capabilities.introducesItself else { return true }
        let known = volatile.introduction
        return known.permissions != nil && known.fees != nil && clockTrouble == nil
            && (known.knowsProducts || volatile.slots.isEmpty)
    }

    /// Why the venue's clock can't be relied on; nil when it can.
    var clockTrouble: String? {
        guard capabilities.introducesItself else { return nil }
        guard let reading = volatile.introduction.clock else { return "it is not measured yet" }
        let limit = configuration.maximumClockUncertainty
        guard reading.uncertainty <= limit, let readAt = volatile.introduction.clockReadAt else {
            return "it is known to within \(reading.uncertainty) only, allowed are \(limit)"
        }
        guard now.monotonic - readAt < clockLife else {
            return "it was last measured \(now.monotonic - readAt) ago"
        }
        return nil
    }

    /// Says when the venue's clock is lost while trading, and when it is back.
    mutating func watchClock(_ turn: inout Turn) {
        guard capabilities.introducesItself, volatile.lifecycle == .trading else { return }
        let trouble = clockTrouble
        if trouble != nil, volatile.introduction.clockTrouble == nil, let trouble {
            alert(
                "clock", "the venue's clock can't be relied on (\(trouble)); no new orders until it can",
                &turn)
            dropIntents("the venue's clock can't be relied on", &turn)
        } else if trouble == nil, volatile.introduction.clockTrouble != nil {
            inform("clock-known", "the venue's clock is known again", &turn)
        }
        volatile.introduction.clockTrouble = trouble
    }
}

extension VenueQuestion {
    var topic: Introduction.Topic {
        switch self {
        case .permissions: .permissions
        case .products: .products
        case .fees: .fees
        case .time: .time
        case .quotes: .quotes
        }
    }
}
