// Lists are believed within what the venue promises of them: open orders apart from the others, and not more than so many.

import Testing
import TradingDomain

@testable import Trading

@Suite("Listings")
struct ListingTests {
    private let start = MonotonicInstant(nanoseconds: 0)

    private func snapshot(_ name: String, _ status: ExchangeOrderStatus = .open) -> OrderSnapshot {
        OrderSnapshot(
            exchangeOrderID: ExchangeOrderID(name), clientOrderID: name, terms: nil, status: status,
            filledQuantity: .zero, createdAt: UTCInstant(nanoseconds: 0))
    }

    private func id(_ sequence: Int64) -> ClientOrderID {
        ClientOrderID(bot: bot, epoch: 5, sequence: sequence)!
    }

    private let apart = Listing.Plan(
        [.working(.besideOpen), .working(.open), .working(.besideOpen)], openLimit: 3, markets: [btc, eth])

    /// Reads a whole listing from a venue that answers by this rule; what was asked, and the result.
    private func read(
        _ plan: Listing.Plan, _ answer: (Int, OrderQuery.Scope) -> [(OrderSnapshot, Listing.Owner)]
    ) -> (asked: [OrderQuery.Scope], result: Listing.Result?, wasCutOff: Bool) {
        var listing = Listing()
        var asked: [OrderQuery.Scope] = []
        while asked.count < 20 {
            let query = listing.ask(plan, at: start)
            asked.append(query.scope)
            let orders = answer(asked.count, query.scope)
            let result = listing.page(
                OrderPage(orders: orders.map(\.0), nextCursor: nil), owners: orders.map(\.1))
            if result != nil || !listing.isRunning { return (asked, result, listing.wasCutOff) }
        }
        return (asked, nil, listing.wasCutOff)
    }

    /// Pending at the first reading, open at the last one: only the second reading of the others could miss it.
    @Test func anOrderThatMovesBetweenStatusesIsSeen() {
        let (asked, result, _) = read(apart) { number, scope in
            number == 1 ? [(snapshot("A", .pending), .us(id(1)))] : []
        }
        #expect(asked == [.working(.besideOpen), .working(.open), .working(.besideOpen)])
        #expect(result?.oursEarlier == [id(1)] && result?.oursWorking == [])
        let (_, late, _) = read(apart) { number, _ in
            number == 3 ? [(snapshot("A", .cancelQueued), .us(id(1)))] : []
        }
        #expect(late?.oursWorking == [id(1)])
    }

    @Test func anOrderThatIsSeenTwiceCountsOnce() {
        let (_, result, _) = read(apart) { number, _ in
            [
                (snapshot("A", number == 2 ? .open : .cancelQueued), .us(id(1))),
                (snapshot("B"), .somebodyElse),
            ]
        }
        #expect(result?.oursWorking == [id(1)])
        #expect(result?.foreign == [ExchangeOrderID("B")])
    }

    @Test func aListThatIsCutOffIsReadMarketByMarket() {
        let foreign = ["X", "Y", "Z"].map { (snapshot($0), Listing.Owner.somebodyElse) }
        let (asked, result, _) = read(apart) { _, scope in
            switch scope {
            case .working(.open, nil): foreign
            case .working(.open, eth): [(snapshot("A"), .us(id(4)))]
            default: []
            }
        }
        #expect(
            asked == [
                .working(.besideOpen), .working(.open), .working(.open, market: btc),
                .working(.open, market: eth),
                .working(.besideOpen),
            ])
        #expect(result?.oursWorking == [id(4)])
    }

    @Test func aMarketThatIsCutOffProvesNothing() {
        let foreign = ["X", "Y", "Z"].map { (snapshot($0), Listing.Owner.somebodyElse) }
        let (_, result, wasCutOff) = read(apart) { _, scope in
            if case .working(.open, _) = scope { foreign } else { [] }
        }
        #expect(result == nil && wasCutOff)
    }

    @Test func aListThatIsCutOffProvesNothingWhereTheMarketsAreNotKnown() {
        var plan = apart
        plan.markets = nil
        let foreign = ["X", "Y", "Z"].map { (snapshot($0), Listing.Owner.somebodyElse) }
        let (asked, result, wasCutOff) = read(plan) { _, scope in
            if case .working(.open, _) = scope { foreign } else { [] }
        }
        #expect(asked.count == 2 && result == nil && wasCutOff)
    }

    /// The open orders are read anew from when the books are empty on; the others need not be read once more before.
    @Test func theFirstReadingMayBeOlder() {
        var listing = Listing()
        func answer(_ orders: [(OrderSnapshot, Listing.Owner)] = []) -> Listing.Result? {
            listing.page(OrderPage(orders: orders.map(\.0), nextCursor: nil), owners: orders.map(\.1))
        }
        _ = listing.ask(apart, at: start)
        _ = answer([(snapshot("A", .cancelQueued), .us(id(1)))])
        #expect(listing.ask(apart, at: start + .seconds(1)).scope == .working(.open))
        let isUseless = listing.beginAnew()
        #expect(isUseless, "the open orders are asked for since before")
        #expect(listing.ask(apart, at: start + .seconds(2)).scope == .working(.open))
        _ = answer()
        #expect(listing.ask(apart, at: start + .seconds(3)).scope == .working(.besideOpen))
        let result = answer()
        #expect(result?.openSince == start + .seconds(2))
        #expect(result?.oursEarlier == [id(1)])
    }

    @Test func aFirstReadingThatIsUnderWayIsNotDisturbed() {
        var listing = Listing()
        _ = listing.ask(apart, at: start)
        let isUseless = listing.beginAnew()
        #expect(!isUseless)
        _ = listing.page(OrderPage(orders: [], nextCursor: nil), owners: [])
        #expect(listing.ask(apart, at: start + .seconds(4)).scope == .working(.open))
        #expect(listing.openSince == start + .seconds(4))
    }

    // MARK: In the core

    private var coinbaseLike: ExchangeCapabilities {
        var capabilities = ExchangeCapabilities()
        capabilities.listsOpenAlone = true
        capabilities.openListLimit = 3
        return capabilities
    }

    /// Answers the listings of a stop from this book until the core wants to flush.
    private func finish(_ bench: inout CoreHarness, _ book: (OrderQuery.Scope) -> [OrderSnapshot]) throws {
        var rounds = 0
        while !bench.asksFlush, rounds < 400 {
            rounds += 1
            let list = bench.commands.first {
                if case .listOrders(let query) = $0.command, case .working = query.scope {
                    true
                } else {
                    false
                }
            }
            guard let list, case .listOrders(let query) = list.command else {
                bench.send(.woke, after: .milliseconds(50))
                continue
            }
            bench.commands.removeAll { $0.id == list.id }
            bench.answer(list.id, .orders(.page(OrderPage(orders: book(query.scope), nextCursor: nil))))
        }
        bench.answer(try bench.takeFlush(), .flushed(.flushed(checkpointed: true)))
    }

    private func started() throws -> CoreHarness {
        var bench = try CoreHarness([AnyStrategy(FixedStrategy.ladder(1))], capabilities: coinbaseLike)
        bench.send(.started)
        bench.send(.signal(.terminate))
        return bench
    }

    /// An order that was placed after that reading could be pending while the open ones are read, and open afterwards.
    @Test func aReadingThatIsOlderThanTheStopIsNoPartOfItsProof() throws {
        var bench = try CoreHarness(
            [AnyStrategy(FixedStrategy.ladder(1))], durable: CoreHarness.aStoreThatStoppedClean,
            capabilities: coinbaseLike)
        bench.send(.started)
        let others = try bench.take("the others") {
            if case .listOrders(let query) = $0, query.scope == .working(.besideOpen) { true } else { nil }
        }
        bench.answer(others.id, .orders(.page(OrderPage(orders: [], nextCursor: nil))))
        bench.send(.signal(.terminate), after: .seconds(1))
        var asked: [OrderQuery.Scope] = []
        try finish(&bench) { scope in
            asked.append(scope)
            return []
        }
        #expect(asked.suffix(3) == [.working(.besideOpen), .working(.open), .working(.besideOpen)])
        #expect(bench.report?.verifiedEmpty == true)
    }

    @Test func aStopAmongManyOrdersOfOthersProvesByMarket() throws {
        var bench = try started()
        let others = (1...3).map { snapshot("other-\($0)") }
        try finish(&bench) { scope in
            if case .working(.open, nil) = scope { others } else { [] }
        }
        #expect(bench.report?.verifiedEmpty == true && bench.report?.exitCode == 0)
    }

    @Test func aStopAmongTooManyOrdersOfOthersSaysThatItProvedNothing() throws {
        var bench = try started()
        let others = (1...3).map { snapshot("other-\($0)") }
        try finish(&bench) { scope in
            if case .working(.open, _) = scope { others } else { [] }
        }
        #expect(bench.report?.verifiedEmpty == false && bench.report?.exitCode == ExitCode.ordersRemain)
        #expect(bench.report?.errors.contains { $0.contains("3 open orders at most") } == true)
    }
}
