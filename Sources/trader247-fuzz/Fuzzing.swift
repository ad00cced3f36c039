// One input: through every decoder, and what must hold of whatever they answer; or a whole episode with the sandbox or the
// control API.

import Coinbase
import Trading
import TradingDomain

struct Fuzzing {
    private let seed: UInt64
    private let slot: Int
    private(set) var wrong: [String] = []
    private let programs = Mutator(ProgramFuzzing.seeds)
    private let asked = [ExchangeOrderID("o-1"), ExchangeOrderID("o-2")]
    private let symbols = ["ABC-USD", "BTC-USD"].compactMap { Symbol($0) }
    private let sandbox = SandboxSurface()
    private let control: ControlSurface
    /// One input of so many is a whole episode with one of our servers, which takes as long as hundreds of bodies.
    private static let episodeEach: UInt64 = 400
    private let start = MonotonicInstant(nanoseconds: 0)
    private let now = Stamp(
        monotonic: MonotonicInstant(nanoseconds: 1_000_000_000), utc: UTCInstant(seconds: 1_790_000_000))

    init(seed: UInt64, slot: Int, _ control: ControlSurface) {
        self.seed = seed
        self.slot = slot
        self.control = control
    }

    mutating func run(_ number: UInt64, _ mutator: Mutator) {
        CrashWords.slots[slot] = number
        var random = SplitMix(seed &* 0xD134_2543_DE82_EF95 &+ number)
        if number % Self.episodeEach < 2 {
            let wrong = number % Self.episodeEach == 0 ? sandbox.run(&random) : control.run(&random)
            for what in wrong { expect(false, what, number) }
            return
        }
        let body = mutator.body(&random)
        let status = random.below(8) == 0 ? [400, 401, 403, 404, 429, 500, 307][random.below(7)] : 200
        var headers: [(String, String)] = []
        if random.below(8) == 0 {
            let text = String(decoding: body.prefix(random.below(24)), as: UTF8.self)
            headers = [
                ("Retry-After", text), ("X-RateLimit-Remaining", text), ("x-ratelimit-reset", text),
            ]
        }
        let reply = Reply(endpoint: "GET /x", status: status, headers: headers, body: body)
        calls(reply, number)
        feeds(body, number)
        if let mistake = ProgramFuzzing.run(programs.body(&random), &random) {
            expect(false, mistake, number)
        }
        _ = reply.rateHint
        // Printing everything costs more than reading it.
        if number % 64 == 0 { secrets(reply, number) }
    }

    private mutating func calls(_ reply: Reply, _ number: UInt64) {
        if case .accepted(let acceptance) = PlacementAnswer.outcome(of: reply) {
            expect(!acceptance.exchangeOrderID.description.isEmpty, "an acceptance without id", number)
            expect(reply.status == 200, "an acceptance with HTTP \(reply.status)", number)
        }
        if case .answered(let results) = CancelAnswer.outcome(of: reply, asked: asked) {
            expect(
                results.allSatisfy { asked.contains($0.exchangeOrderID) }, "a result nobody asked for", number
            )
        }
        if case .page(let page) = OrdersAnswer.outcome(of: reply) {
            expect(
                page.orders.allSatisfy {
                    !$0.exchangeOrderID.description.isEmpty && $0.terms?.quantity.isPositive ?? true
                }, "an order without id or size", number)
            expect(page.nextCursor?.isEmpty != true, "an empty cursor", number)
        }
        if case .page(let page) = FillsAnswer.outcome(of: reply, asked: FillQuery(orders: asked)) {
            expect(
                page.fills.allSatisfy { $0.quantity.isPositive && $0.price.isPositive }, "a fill of nothing",
                number)
            expect(Set(page.fills.map(\.id)).count == page.fills.count, "a fill told twice", number)
        }
        if case .page(let balances, _) = AccountsAnswer.page(of: reply) {
            _ = AccountsAnswer.summed(balances)
        }
        _ = QuestionAnswers.permissions(of: reply)
        _ = QuestionAnswers.fees(of: reply)
        if case .success(let milliseconds) = QuestionAnswers.time(of: reply) {
            var estimate = ClockEstimate()
            estimate.add(sentAt: start, receivedAt: now.monotonic, venueMilliseconds: milliseconds)
            _ = estimate.reading(at: now)
        }
        if case .quotes(let quotes) = QuestionAnswers.quotes(of: reply, offset: .seconds(1)) {
            expect(quotes.allSatisfy { $0.bid.isPositive && $0.bid <= $0.ask }, "a quote of nothing", number)
        }
        if case .success(let list) = ProductsAnswer.list(of: reply) {
            expect(
                list.products.allSatisfy { $0.baseIncrement.isPositive && $0.priceIncrement.isPositive },
                "a product without increments", number)
        }
    }

    private mutating func feeds(_ body: [UInt8], _ number: UInt64) {
        for feed in Feed.allCases {
            var state = FeedState(feed, symbols: symbols)
            _ = state.opened(at: start)
            for news in state.received(body, at: now, offset: .seconds(1)) {
                switch news {
                case .order(let order):
                    expect(!order.exchangeOrderID.description.isEmpty, "a report without id", number)
                    expect(
                        order.terms == nil || order.status == .open, "terms of an order that is done", number)
                // One message can acknowledge all channels, but not bring the snapshot of orders as well.
                case .condition(.connected) where feed == .orders:
                    expect(false, "connected by one message", number)
                default: break
                }
            }
            _ = state.check(at: now.monotonic + .seconds(60))
        }
    }

    /// What the tokens among the inputs look like; nothing of it may come back in words for people.
    private mutating func secrets(_ reply: Reply, _ number: UInt64) {
        var words = ""
        if case .ambiguous(let failure) = PlacementAnswer.outcome(of: reply) { words += failure.reason }
        if case .rejected(let reason) = PlacementAnswer.outcome(of: reply) { words += reason }
        if case .refused(let reason) = CancelAnswer.outcome(of: reply, asked: asked) { words += reason }
        if case .failed(let failure) = OrdersAnswer.outcome(of: reply) { words += failure.reason }
        if case .failed(let failure) = FillsAnswer.outcome(of: reply, asked: FillQuery(orders: asked)) {
            words += failure.reason
        }
        expect(!words.contains("eyJhbGciOiJFUzI1NiJ9."), "a token in '\(words)'", number)
    }

    private mutating func expect(_ holds: Bool, _ what: @autoclosure () -> String, _ number: UInt64) {
        if !holds, wrong.count < 20 { wrong.append("input \(number): \(what())") }
    }
}
