import ExchangeModel
import TradingDomain

/// One valuation of the account.
package struct EquityPoint: Codable, Equatable, Sendable {
    package var at: UTCInstant
    /// What the account is worth at the middle of the last prices.
    package var equity: Money
    /// Of that, what trading brought: the rest is what the account would be worth without a single trade.
    package var result: Money
    /// Value of what was bought or sold since the beginning, either way.
    package var exposure: Money
}

/// The deepest fall of a curve from a height that it had reached.
package struct Drawdown: Codable, Equatable, Sendable {
    package var depth: Money = .zero
    /// The same as a fraction of the account's worth at the peak.
    package var fraction: Rate = .zero
    package var peakAt: UTCInstant
    package var troughAt: UTCInstant
}

/// Values the account again and again: curve, drawdown, exposure. Between two valuations nothing changes for it.
struct EquityKeeper: Sendable {
    private let byAddress = ByAddress()
    private struct Market: Sendable {
        let symbol: Symbol
        let base: String
        let opening: Quantity
        var mid: Price?
    }

    private let currency: String
    private let openingCash: Quantity
    private var markets: [Market]
    private let step: Duration
    private let pointStep: Duration
    private var nextAt: UTCInstant
    private var nextPointAt: UTCInstant

    private(set) var points: [EquityPoint] = []
    private(set) var first: EquityPoint?
    private(set) var last: EquityPoint?
    private(set) var drawdown: Drawdown?
    private var peak: (value: Money, equity: Money, at: UTCInstant)?
    private(set) var maximumExposure: Money = .zero
    private var exposureTime: Int128 = 0
    private var millisecondsIn: Int64 = 0

    init(
        _ settings: BacktestSettings, _ engine: MatchingEngine, currency: String, from start: UTCInstant,
        to end: UTCInstant
    ) {
        self.currency = currency
        openingCash = engine.balance(currency)?.total ?? .zero
        markets = settings.products.sorted { $0.symbol < $1.symbol }.map { product in
            let base = product.symbol.base
            return Market(
                symbol: product.symbol, base: base, opening: engine.balance(base)?.total ?? .zero, mid: nil)
        }
        let span = (end - start).wholeNanoseconds
        step = .nanoseconds(max(span / Int64(max(1, settings.valuations)), 1))
        pointStep = .nanoseconds(max(span / Int64(max(1, settings.curvePoints)), 1))
        nextAt = start
        nextPointAt = start
    }

    func isDue(at now: UTCInstant) -> Bool { now >= nextAt }

    mutating func value(_ engine: MatchingEngine, at now: UTCInstant) throws(BacktestError) {
        while nextAt <= now { nextAt = nextAt + max(step, (now - nextAt)) }
        do throws(ArithmeticError) {
            if let point = try point(engine, at: now) { try take(point) }
        } catch {
            throw .arithmetic(error.description)
        }
    }

    /// The curve ends with the last valuation, wherever it falls.
    mutating func end() {
        if let last, points.last?.at != last.at { points.append(last) }
    }

    // MARK: Figures over the time between the first and the last valuation

    private var milliseconds: Int64 {
        guard let first, let last else { return 0 }
        return last.at.milliseconds - first.at.milliseconds
    }

    var averageExposure: Money {
        milliseconds > 0 ? Money(raw: exposureTime / Int128(milliseconds)) : last?.exposure ?? .zero
    }

    /// Share of the time with a position.
    var timeInMarket: Rate {
        guard milliseconds > 0 else { return .zero }
        return (try? Money(millisecondsIn).over(Money(milliseconds), .halfEven)) ?? .zero
    }

    func mid(_ symbol: Symbol) -> Price? { markets.first { $0.symbol == symbol }?.mid }

    // MARK: Parts

    /// Nil while a market that matters has had no price.
    private mutating func point(_ engine: MatchingEngine, at now: UTCInstant) throws(ArithmeticError)
        -> EquityPoint?
    {
        let cash = engine.balance(currency)?.total ?? .zero
        var equity = Money(raw: cash.raw)
        var hold = Money(raw: openingCash.raw)
        var exposure = Money.zero
        for index in markets.indices {
            if let mid = engine.quote(markets[index].symbol)?.mid { markets[index].mid = mid }
            let total = engine.balance(markets[index].base)?.total ?? .zero
            let opening = markets[index].opening
            guard let mid = markets[index].mid else {
                if total.isZero, opening.isZero { continue }
                return nil
            }
            equity = try equity + mid.times(total, .halfEven)
            hold = try hold + mid.times(opening, .halfEven)
            exposure = try exposure + mid.times((total - opening).magnitude, .halfEven)
        }
        return EquityPoint(at: now, equity: equity, result: try equity - hold, exposure: exposure)
    }

    private mutating func take(_ point: EquityPoint) throws(ArithmeticError) {
        if let last {
            let passed = point.at.milliseconds - last.at.milliseconds
            if last.exposure.isPositive { millisecondsIn += passed }
            let (area, overflow) = last.exposure.raw.multipliedReportingOverflow(by: Int128(passed))
            let (sum, overflows) = exposureTime.addingReportingOverflow(area)
            if overflow || overflows { throw .overflow("the exposure over time") }
            exposureTime = sum
        }
        if first == nil { first = point }
        last = point
        maximumExposure = max(maximumExposure, point.exposure)
        try follow(point)
        if point.at >= nextPointAt {
            points.append(point)
            while nextPointAt <= point.at {
                nextPointAt = nextPointAt + max(pointStep, point.at - nextPointAt)
            }
        }
    }

    /// What the market does to what the account had from the beginning is no drawdown of the strategy's: the curve is the
    /// result's.
    private mutating func follow(_ point: EquityPoint) throws(ArithmeticError) {
        guard let peak, point.result < peak.value else {
            self.peak = (point.result, point.equity, point.at)
            return
        }
        let depth = try peak.value - point.result
        guard depth > drawdown?.depth ?? .zero else { return }
        let fraction = peak.equity.isPositive ? try depth.over(peak.equity, .halfEven) : .zero
        drawdown = Drawdown(depth: depth, fraction: fraction, peakAt: peak.at, troughAt: point.at)
    }
}

extension UTCInstant {
    /// Since 1970, rounded toward zero: differences add up however often they are taken.
    fileprivate var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
