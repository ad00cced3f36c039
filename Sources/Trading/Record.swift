// Everything durable. A record is decided once, applied in one place (`DurableState.apply`), journaled, and
// never edited. Live running, recovery and replay share that one place.

import TradingDomain

package enum Record: Codable, Equatable, Sendable {
    /// A life began under this epoch. Durable before its first order.
    case lifeBegan(epoch: Int64, mode: Mode, at: UTCInstant)
    /// The venue said that the key belongs to this portfolio: the books of this store are about it from now on.
    case accountConfirmed(portfolio: String, at: UTCInstant)
    /// The exchange showed an order of an epoch at or above ours; we go above it.
    case epochRaised(Int64)
    /// Recovery is complete; trading may begin.
    case recovered(at: UTCInstant)
    case intent(Order)
    case sent(ClientOrderID, at: UTCInstant)
    /// A new state, by evidence.
    case changed(OrderChange)
    /// The exchange showed an order of ours that the store did not know.
    case discovered(Order)
    case cancelRequested([ClientOrderID], at: UTCInstant, why: CancelCause? = nil)
    /// A cancel was asked for because of the order's lease: what is left of it shall be placed again.
    case leaseEnding([ClientOrderID], at: UTCInstant)
    case fill(ClientOrderID, Fill)
    /// What the account held, as the exchange told it and our fills explain it.
    case balancesNoted([Holding], at: UTCInstant)
    case strategyMemory(strategy: String, memory: String)
    case dayBegan(TradingDay)
    case halted(Halt)
    case resumed(at: UTCInstant)
    /// One strategy was taken out; the others go on.
    case strategyHalted(StrategyHalt)
    /// While which strategy was deciding the life before died; nil where it did not.
    case diedDeciding(strategy: String?, at: UTCInstant)
    /// An operator's word, by whom and when.
    case operatorSaid(OperatorNote)
    case refused(RiskRefusal)
    case alert(Alert)
    case stopBegan(reason: String, at: UTCInstant)
    case stopped(StopMarker)
}

/// How one order changed. Fields that are nil stay as they were.
package struct OrderChange: Codable, Equatable, Sendable {
    package var id: ClientOrderID
    package var state: OrderState
    package var exchangeOrderID: ExchangeOrderID?
    package var filledQuantity: Quantity?
    package var reason: String?
    /// Whether the filled size of an order that has ended is final.
    package var isSizeFinal: Bool?
    package var at: UTCInstant

    package init(
        id: ClientOrderID, state: OrderState, exchangeOrderID: ExchangeOrderID? = nil,
        filledQuantity: Quantity? = nil, reason: String? = nil, isSizeFinal: Bool? = nil, at: UTCInstant
    ) {
        self.isSizeFinal = isSizeFinal
        self.id = id
        self.state = state
        self.exchangeOrderID = exchangeOrderID
        self.filledQuantity = filledQuantity
        self.reason = reason
        self.at = at
    }
}

package enum Mode: String, Codable, Sendable, CaseIterable {
    /// Nothing is sent.
    case dryRun = "dry-run"
    /// Orders go to the embedded exchange.
    case paper
    case live
}

/// The UTC day that the daily loss is measured over.
package struct TradingDay: Codable, Equatable, Sendable {
    /// Days since 1970-01-01.
    package var number: Int64
    /// Result (realised after fees, plus unrealised) when the day began, quote units.
    package var baseline: Money
    /// The same of each strategy that had one, by name; nil in records of versions that knew none.
    package var strategies: [StrategyBaseline]?

    package init(number: Int64, baseline: Money, strategies: [StrategyBaseline]? = nil) {
        self.number = number
        self.baseline = baseline
        self.strategies = strategies
    }
}

/// Trading is gated and swept, the process stays up, until an operator resumes.
package struct Halt: Codable, Equatable, Sendable {
    package enum Cause: String, Codable, Sendable {
        case killSwitch, dailyLoss, integrity, secondInstance, idCollision
    }
    package var cause: Cause
    package var detail: String
    package var at: UTCInstant

    package init(cause: Cause, detail: String, at: UTCInstant) {
        self.cause = cause
        self.detail = detail
        self.at = at
    }
}

package struct Alert: Codable, Equatable, Sendable {
    /// Its stable name, e.g. "stopping", "orders-remain", "overfill".
    package var name: String
    package var message: String
    package var at: UTCInstant
    /// Nil where somebody must look, which most alerts are about.
    package var level: Notice.Level?

    package init(name: String, message: String, at: UTCInstant, level: Notice.Level? = nil) {
        self.name = name
        self.message = message
        self.at = at
        self.level = level
    }
}

/// The last record of a life that stopped by its own sequence. Clean only with verdict `clean` or
/// `nothing-to-cancel`.
package struct StopMarker: Codable, Equatable, Sendable {
    package var epoch: Int64
    package var verdict: Verdict
    package var remaining: [ClientOrderID]
    package var at: UTCInstant

    package init(epoch: Int64, verdict: Verdict, remaining: [ClientOrderID], at: UTCInstant) {
        self.epoch = epoch
        self.verdict = verdict
        self.remaining = remaining
        self.at = at
    }
}
