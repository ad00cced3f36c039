// Venues of which several suites need a core, and what it asks of them.

import Testing
import TradingDomain

@testable import Trading

/// One that says whose the key is, what it lists, what it charges and what time it is.
let introducing: ExchangeCapabilities = {
    var capabilities = ExchangeCapabilities()
    capabilities.introducesItself = true
    return capabilities
}()

/// One whose feed may be connected and tell nothing.
func silentFeed(listLag: Duration) -> ExchangeCapabilities {
    var capabilities = ExchangeCapabilities()
    capabilities.feedCanBeSilent = true
    capabilities.listLag = listLag
    return capabilities
}

extension CoreHarness {
    /// A core that trades so many orders, all of them open, on quotes that do not grow old.
    static func trading(_ capabilities: ExchangeCapabilities, orders count: Int = 2) throws -> CoreHarness {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(count))], capabilities: capabilities) {
            $0.risk.maximumQuoteAge = .seconds(100_000)
        }
        try bench.startTrading()
        try bench.acceptPlacements()
        bench.commands = []
        return bench
    }

    /// Whether the account's fills since the last look are asked for.
    var asksRecentFills: Bool {
        commands.contains {
            if case .listFills(let query) = $0.command, case .since = query.scope { true } else { false }
        }
    }

    mutating func takeRecentFills() throws -> (id: CommandID, since: UTCInstant) {
        let taken = try take("recent fills") {
            if case .listFills(let query) = $0, case .since(let since) = query.scope { since } else { nil }
        }
        return (taken.id, taken.value)
    }
}

// MARK: A venue that introduces itself

let mayTrade = KeyPermissions(
    canView: true, canTrade: true, canTransfer: false, portfolio: "p-1")
let goodClock = ClockReading(offset: .milliseconds(40), uncertainty: .milliseconds(20))

extension CoreHarness {
    mutating func takeQuestion(_ question: VenueQuestion) throws -> CommandID {
        try take("\(question)") { if case .ask(question) = $0 { true } else { nil } }.id
    }

    mutating func tell(_ question: VenueQuestion, _ answer: VenueAnswer) throws {
        self.answer(try takeQuestion(question), .told(answer), after: .milliseconds(10))
    }

    mutating func tellBalances(_ usd: Money, _ coins: Money = Money(1_000)) throws {
        let balances = try take("balances") { if case .listBalances = $0 { true } else { nil } }
        answer(
            balances.id,
            .balances(
                .balances([
                    Balance(currency: "USD", available: usd, hold: .zero),
                    Balance(currency: "BTC", available: coins, hold: .zero),
                ])))
    }

    mutating func introduce(clock: ClockReading = goodClock) throws {
        try tell(.permissions, .permissions(mayTrade))
        try tell(.products, .products([product(btc), product(eth)]))
        try tell(.fees, .fees(FeeRates(maker: Rate(basisPoints: 40), taker: Rate(basisPoints: 60))))
        for _ in 0..<5 { try tell(.time, .time(clock)) }
    }

    /// Everything but the past, which is listed on the venue's clock once that is known well.
    mutating func meetVenue(clock: ClockReading = goodClock) throws {
        send(.started)
        try tellBalances(Money(1_000_000))
        try answerList()
        send(.feed(.orders, .connected))
        try answerList()
        try introduce(clock: clock)
    }

    mutating func startLive(clock: ClockReading = goodClock) throws {
        try meetVenue(clock: clock)
        try answerPast()
    }
}
