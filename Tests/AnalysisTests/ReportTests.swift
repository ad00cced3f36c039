// Reports add up: whatever the rows are about, their sum is the same, to the last digit, and is what the store says.

import Testing
import Trading
import TradingDomain

@testable import Analysis

/// Random trading of three strategies in three markets over five days, booked as the core would.
private struct RandomTrading {
    var input: ReportInput
    private var random: SeededGenerator
    private static let day0 = UTCInstant(dayNumber: 20_800)

    init(seed: UInt64, sharesMarkets: Bool, flattens: Bool = false) throws {
        random = SeededGenerator(seed: seed)
        let bot = try #require(BotID("grid"))
        input = ReportInput(
            bot: bot, mode: .paper, since: Self.day0, until: Self.day0 + .seconds(5 * 86_400))
        let symbols = try ["BTC-USD", "ETH-USD", "SOL-EUR"].map { try #require(Symbol($0)) }
        var positions: [Symbol: Position] = [:]
        for number in 1...Int64(200) {
            let index = Int.random(in: 0..<3, using: &random)
            var strategy =
                sharesMarkets ? "s\(Int.random(in: 0..<3, using: &random))" : "s\(index)"
            let symbol = symbols[index]
            var side: Side = Bool.random(using: &random) ? .buy : .sell
            let held = positions[symbol]?.quantity ?? .zero
            // An operator closes what the bot holds, or some of it.
            if flattens, number % 4 == 2, !held.isZero {
                (strategy, side) = (Flatten.strategy, held.isPositive ? .sell : .buy)
            }
            let price = Price(raw: Int128.random(in: 90_00...110_00, using: &random) * 10_000_000_000_000_000)
            var quantity = Quantity(raw: Int128.random(in: 1...99_999, using: &random) * 100_000_000_000_000)
            if strategy == Flatten.strategy { quantity = min(quantity, held.magnitude) }
            // Some before the time; not quite in the order in which they are booked.
            let at =
                Self.day0
                + .seconds(number * 2_600 - 86_400 + Int64.random(in: -4_000...4_000, using: &random))
            let id = try #require(ClientOrderID(bot: bot, epoch: 7, sequence: number))
            var order = Order(
                id: id,
                terms: OrderTerms(symbol: symbol, side: side, type: .limit(price), quantity: quantity),
                strategy: strategy, createdAt: at - .seconds(60))
            if number % 3 != 0 {
                order.basis = OrderBasis(
                    trigger: .quote, bid: price, ask: try price + Price("0.02")!, waited: .zero,
                    position: .zero, workingOrders: 0, workingOrdersOfSymbol: 0, ordersInLastMinute: 0)
            }
            order.sentAt = order.createdAt
            order.state = .canceled
            order.endedAt = at
            if number % 4 != 0 {
                let filled = try quantity.scaled(by: Int64.random(in: 1...4, using: &random), over: 4, .down)
                let fill = Fill(
                    id: FillID("f\(number)"), exchangeOrderID: ExchangeOrderID("X\(number)"), symbol: symbol,
                    side: side, price: price, quantity: filled,
                    fee: Money(raw: Int128.random(in: -5...500, using: &random) * 1_000_000_000_000_000),
                    liquidity: number % 2 == 0 ? .maker : .taker, at: at,
                    kind: number % 40 == 1 ? .reversal : .trade)
                order.bookedQuantity = filled
                order.filledQuantity = filled
                if filled == quantity { order.state = .filled }
                input.fills.append(
                    AttributedFill(order: id, strategy: strategy, mid: order.basis?.mid, fill: fill))
                if at < input.until {
                    var position = positions[symbol] ?? Position()
                    try position.book(fill)
                    positions[symbol] = position
                }
            }
            input.orders.append(order)
        }
        input.fills.removeAll { $0.fill.at >= input.until }
        input.orders = input.orders.filter { $0.createdAt >= input.since && $0.createdAt < input.until }
        input.positions = positions
    }
}

@Suite struct ReportTests {
    private func sum(_ rows: [TradingReport.Row], _ currency: String) throws -> ReportFigures {
        var sum = ReportFigures()
        for row in rows where row.currency == currency { try sum.add(row.figures) }
        sum.lifetimes.sort()
        return sum
    }

    @Test(arguments: 1...UInt64(25), [false, true])
    func everyGroupingHasTheSameTotal(seed: UInt64, sharesMarkets: Bool) throws {
        let trading = try RandomTrading(seed: seed, sharesMarkets: sharesMarkets)
        let report = try TradingReport(trading.input)
        let groupings: [Set<TradingReport.Dimension>] = [
            [.day], [.strategy], [.symbol], [.day, .strategy], [.day, .symbol], [.strategy, .symbol],
            [.day, .strategy, .symbol],
        ]
        #expect(report.totals.map(\.currency) == ["EUR", "USD"])
        for total in report.totals {
            var expected = total.figures
            expected.lifetimes.sort()
            for by in groupings {
                #expect(try sum(report.rows(by: by), total.currency) == expected, "\(by)")
            }
            // The curve ends where the figures do.
            let curve = try #require(report.curves.first { $0.currency == total.currency })
            #expect(try curve.points.last?.result == total.figures.result)
            #expect(total.drawdown == curve.drawdown)
        }
        #expect(!report.notes.contains { $0.contains("DISAGREES") }, "\(report.notes)")
    }

    @Test(arguments: 1...UInt64(25), [false, true])
    func theTotalsAreTheStoresPositions(seed: UInt64, sharesMarkets: Bool) throws {
        var input = try RandomTrading(seed: seed, sharesMarkets: sharesMarkets).input
        // From the very beginning, so that the figures are all there ever was.
        input.since = input.since - .seconds(10 * 86_400)
        let report = try TradingReport(input)
        for row in report.rows(by: [.symbol]) {
            let symbol = try #require(row.symbol)
            let position = try #require(input.positions[symbol])
            #expect(row.figures.fees == position.fees)
            if !sharesMarkets { #expect(row.figures.realised == position.realised) }
            let mark = try #require(report.open.first { $0.symbol == symbol }?.mark)
            let worth = try position.cash + mark.price.times(position.quantity, .halfEven)
            #expect(try row.figures.result == worth)
            let open = report.open.filter { $0.symbol == symbol }
            var quantity = Quantity.zero
            for part in open { quantity = try quantity + part.quantity }
            #expect(quantity == position.quantity)
        }
    }

    /// What the store keeps by strategy (`positions --by-strategy`, the console, the metrics) and what a report says.
    @Test(arguments: 1...UInt64(25))
    func everyStrategyHasItsBooks(seed: UInt64) throws {
        var input = try RandomTrading(seed: seed, sharesMarkets: true, flattens: true).input
        input.since = input.since - .seconds(10 * 86_400)
        var books = StrategyBooks()
        for fill in input.fills { try books.book(fill.fill, strategy: fill.strategy) }
        let report = try TradingReport(input)
        let rows = report.rows(by: [.strategy, .symbol])
        for strategy in books.strategies {
            for symbol in books.symbols(of: strategy) {
                let book = books.position(strategy, symbol)
                let row = rows.first { $0.strategy == strategy && $0.symbol == symbol }
                #expect(row?.figures.realised ?? .zero == book.realised, "\(strategy) \(symbol)")
                #expect(row?.figures.fees ?? .zero == book.fees, "\(strategy) \(symbol)")
                let open = report.open.first { $0.strategy == strategy && $0.symbol == symbol }
                #expect(open?.quantity ?? .zero == book.quantity, "\(strategy) \(symbol)")
                var part = input
                (part.strategy, part.symbol) = (strategy, symbol)
                #expect(try TradingReport(part).totals.first?.figures == row?.figures)
            }
        }
        #expect(rows.reduce(0) { $0 + $1.figures.fills } == input.fills.count)
        #expect(books.position(Flatten.strategy, try #require(Symbol("BTC-USD"))) == Position())
    }

    @Test func aStoreThatDisagreesWithItselfIsSaid() throws {
        var input = try RandomTrading(seed: 3, sharesMarkets: false).input
        input.fills.removeLast()
        #expect(try TradingReport(input).notes.contains { $0.contains("DISAGREES") })
    }

    @Test func oneStrategyOrMarketIsItsShareOfTheWhole() throws {
        let input = try RandomTrading(seed: 5, sharesMarkets: true).input
        let whole = try TradingReport(input)
        for row in whole.rows(by: [.strategy, .symbol]) {
            var part = input
            (part.strategy, part.symbol) = (row.strategy, row.symbol)
            let report = try TradingReport(part)
            #expect(report.totals.first?.figures == row.figures)
            #expect(report.totals.first?.drawdown == row.drawdown)
        }
    }

    // MARK: Figures worked out by hand

    private let start = UTCInstant(dayNumber: 20_800)

    private func fill(
        _ number: Int64, _ side: Side, _ quantity: String, _ price: String, fee: String = "0",
        mid: String? = nil, liquidity: Fill.Liquidity = .maker, hours: Int64
    ) throws -> AttributedFill {
        let bot = try #require(BotID("grid"))
        let id = try #require(ClientOrderID(bot: bot, epoch: 7, sequence: number))
        return AttributedFill(
            order: id, strategy: "grid", mid: mid.flatMap { Price($0) },
            fill: Fill(
                id: FillID("f\(number)"), exchangeOrderID: ExchangeOrderID("X\(number)"),
                symbol: try #require(Symbol("BTC-USD")), side: side, price: try #require(Price(price)),
                quantity: try #require(Quantity(quantity)), fee: try #require(Money(fee)),
                liquidity: liquidity, at: start + .seconds(hours * 3_600)))
    }

    private func input(_ fills: [AttributedFill]) throws -> ReportInput {
        var input = ReportInput(
            bot: try #require(BotID("grid")), mode: .paper, since: start,
            until: start + .seconds(3 * 86_400))
        input.fills = fills
        return input
    }

    @Test func resultsDrawdownAndSlippageByHand() throws {
        var input = try input([
            fill(1, .buy, "1", "100", fee: "0.1", mid: "101", hours: 1),
            fill(2, .sell, "0.5", "110", fee: "0.05", mid: "108", liquidity: .taker, hours: 2),
            fill(3, .sell, "0.5", "90", fee: "0.05", hours: 30),
        ])
        let symbol = try #require(Symbol("BTC-USD"))
        input.marks = [
            Mark(symbol: symbol, price: Price(80), at: start + .seconds(20 * 3_600), source: .decision)
        ]
        let report = try TradingReport(input)
        let total = try #require(report.totals.first)
        // +5 on the first half, -5 on the second, 0.2 of fees.
        #expect(total.figures.realised == .zero)
        #expect(try total.figures.result == Money("-0.2"))
        #expect(total.figures.unrealised.isZero)
        // Best after the second fill: 5 + 5 - 0.15; at 80 it is 5 - 10 - 0.15.
        #expect(total.drawdown?.largest == Money(15))
        #expect(total.drawdown?.from == start + .seconds(2 * 3_600))
        #expect(total.drawdown?.to == start + .seconds(20 * 3_600))
        #expect(total.drawdown?.current == Money("10.05"))
        // -1 on the first, -1 on the second (sold 2 above for half a coin): -2 of 155.
        #expect(total.figures.slippage == Money(-2))
        #expect(total.figures.slippageBasisPoints == Rate("-129.03225806"))
        #expect(total.figures.makerShare == Rate("0.725"))
        let days = report.rows(by: [.day])
        try #require(days.map(\.day) == [20_800, 20_801])
        #expect(try days[0].figures.result == Money("-5.15"))
        #expect(try days[1].figures.result == Money("4.95"))
        #expect(report.notes.contains { $0.contains("2 of 3 fills") })
        #expect(report.open.isEmpty)
    }

    @Test func whatWasOpenBeforeIsNotEarnedAgain() throws {
        var input = try input([fill(1, .buy, "2", "100", fee: "1", hours: -30)])
        let symbol = try #require(Symbol("BTC-USD"))
        input.marks = [
            Mark(symbol: symbol, price: Price(150), at: start - .seconds(1), source: .decision),
            Mark(symbol: symbol, price: Price(160), at: start + .seconds(40 * 3_600), source: .quote),
        ]
        let report = try TradingReport(input)
        #expect(try report.totals.first?.figures.result == Money(20))
        #expect(report.totals.first?.figures.fees == .zero)
        #expect(report.rows(by: [.day]).map(\.day) == [20_801])
        #expect(report.open.first?.unrealised == Money(120))
        #expect(report.open.first?.mark?.source == .quote)
    }

    @Test func ordersRefusalsStopsAndHaltsAreCounted() throws {
        var input = try input([])
        let bot = try #require(BotID("grid"))
        let symbol = try #require(Symbol("BTC-USD"))
        let terms = OrderTerms(symbol: symbol, side: .buy, type: .limit(Price(100)), quantity: Quantity(2))
        for (number, state) in [OrderState.filled, .canceled, .canceled, .rejected, .open, .failed]
            .enumerated()
        {
            let id = try #require(ClientOrderID(bot: bot, epoch: 7, sequence: Int64(number) + 1))
            var order = Order(id: id, terms: terms, strategy: "grid", createdAt: start + .seconds(60))
            order.state = state
            // The last one never left us.
            if state != .failed { order.sentAt = order.createdAt }
            if state.isTerminal { order.endedAt = order.createdAt + .seconds(Int64(number) * 10) }
            if state == .filled { order.filledQuantity = Quantity(2) }
            if number == 1 { order.filledQuantity = Quantity("0.5")! }
            input.orders.append(order)
        }
        func turn(_ seq: Int64, _ hours: Int64, _ records: Trading.Record...) -> JournaledTurn {
            JournaledTurn(seq: seq, epoch: 7, at: start + .seconds(hours * 3_600), records: records)
        }
        let refusal = RiskRefusal(rule: .funds, strategy: "grid", terms: terms, detail: "costs 5, free 3")
        let halt = Halt(cause: .dailyLoss, detail: "lost 3", at: start + .seconds(4 * 3_600))
        input.turns = [
            turn(1, 0, .lifeBegan(epoch: 7, mode: .paper, at: start)), turn(2, 1, .refused(refusal)),
            turn(3, 2, .refused(refusal)), turn(4, 4, .halted(halt)),
            turn(5, 5, .resumed(at: start + .seconds(5 * 3_600))),
            turn(6, 6, .stopBegan(reason: "SIGTERM", at: start + .seconds(6 * 3_600))),
            turn(7, 6, .stopped(StopMarker(epoch: 7, verdict: .clean, remaining: [], at: start))),
            // Not of this time.
            turn(8, 90, .refused(refusal)),
        ]
        let report = try TradingReport(input)
        let figures = try #require(report.totals.first?.figures)
        #expect(figures.ordersPlaced == 5 && figures.ordersFilled == 1 && figures.ordersPartlyFilled == 1)
        #expect(figures.ordersFailed == 1)
        #expect(figures.fillRatio == Rate("0.2"))
        #expect(figures.fillRatioByValue == Rate("0.25"))
        #expect(figures.medianLifetime == .seconds(10) && figures.longestLifetime == .seconds(30))
        #expect(figures.refusals == 2)
        #expect(report.refusals.map(\.count) == [2] && report.refusals[0].last == "costs 5, free 3")
        #expect(report.stops.map(\.verdict) == [.clean])
        #expect(report.halts.map(\.resumedAt) == [start + .seconds(5 * 3_600)])
        #expect(report.lives == 1)
    }
}
