import Testing
import TradingDomain

@testable import Trading

@Suite("The risk gate")
struct RiskGateTests {
    let now = UTCInstant("2026-11-22T10:00:00Z")!
    let id = ClientOrderID(bot: bot, epoch: 1, sequence: 1)!

    func exposure(_ change: (inout RiskExposure) -> Void = { _ in }) -> RiskExposure {
        var exposure = RiskExposure(
            product: product(btc),
            quote: Quote(symbol: btc, bid: Price("99.5")!, ask: Price("100.5")!, at: now),
            workingOrders: 0, workingOrdersOfSymbol: 0, position: .zero, workingBuys: .zero,
            workingSells: .zero, ordersInLastMinute: 0, freeBase: Money(10), freeQuote: Money(10_000))
        change(&exposure)
        return exposure
    }

    func rule(
        _ side: Side = .buy, _ price: String = "99", _ quantity: String = "1", type: OrderType? = nil,
        maximumNotional: Money = Money(1_000), at time: UTCInstant? = nil,
        _ change: (inout RiskExposure) -> Void = { _ in }
    ) -> RiskRefusal.Rule? {
        var configured = RiskLimits()
        configured.maximumOrderNotional = maximumNotional
        configured.maximumPositionNotional = Money(5_000)
        let terms = OrderTerms(
            symbol: btc, side: side, type: type ?? .limit(Price(price)!), quantity: Quantity(quantity)!)
        let result = RiskGate(limits: configured).check(
            id, terms, strategy: "s", exposure: exposure(change), at: time ?? now)
        switch result {
        case .success(let approved):
            #expect(approved.terms == terms)
            return nil
        case .failure(let refused): return refused.rule
        }
    }

    @Test func anOrdinaryOrderPasses() {
        #expect(rule() == nil)
        #expect(rule(.sell, "101") == nil)
    }

    @Test func eachLimitRefusesByItsOwnName() {
        #expect(rule(.buy, "99", "11") == .orderNotional)
        #expect(rule { $0.workingOrdersOfSymbol = 200 } == .workingOrdersPerSymbol)
        #expect(rule { $0.workingOrders = 500 } == .workingOrders)
        #expect(rule { $0.ordersInLastMinute = 600 } == .ordersPerMinute)
        #expect(rule { $0.position = Quantity("49.5")! } == .position)
        #expect(rule { $0.workingBuys = Quantity("49.5")! } == .position)
        #expect(rule(.buy, "79.99") == .priceCollar)
        #expect(rule(.sell, "120.01") == .priceCollar)
        #expect(rule { $0.quote = nil } == .noQuote)
        #expect(rule(at: now + .seconds(31)) == .staleQuote)
        #expect(rule { $0.product = nil } == .notTradable)
        #expect(rule { $0.product?.status = .cancelOnly } == .notTradable)
        #expect(rule { $0.product?.status = .postOnly } == .notTradable)
        #expect(rule(.buy, "99.001") == .malformed)
        #expect(rule(.buy, "99", "0.00001") == .malformed)
        #expect(rule(.buy, "99", "1.000000001") == .malformed)
        #expect(rule { $0.freeQuote = Money(99) } == .funds)
        #expect(rule(.sell, "101") { $0.freeBase = Money("0.5")! } == .funds)
    }

    @Test func onTheLimitIsWithinIt() {
        #expect(rule(.buy, "100", "10") { $0.freeQuote = Money(2_000) } == nil)
        #expect(rule { $0.workingOrders = 499 } == nil)
        #expect(rule(at: now + .seconds(30)) == nil)
        #expect(rule(.buy, "80") == nil)
    }

    @Test func reducingAPositionIsAllowedBeyondTheLimit() {
        #expect(rule(.sell, "101") { $0.position = Quantity(80) } == nil)
        #expect(rule(.buy) { $0.position = Quantity(-80) } == nil)
        // But not through zero and out on the other side.
        #expect(rule(.sell, "101") { $0.workingSells = Quantity(60) } == .position)
    }

    @Test func aMarketOrderIsValuedAtTheFarSideOfTheCollar() {
        #expect(rule(.buy, type: .market) == nil)
        #expect(rule(.buy, "0", "9", type: .market) == .orderNotional)
    }

    @Test func numbersThatDoNotFitAreRefusedNotTrapped() {
        #expect(
            rule(.buy, "99", "1000", maximumNotional: Money(raw: .max)) {
                $0.position = Quantity(raw: .max)
            } == .arithmetic)
    }
}
