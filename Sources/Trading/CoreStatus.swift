// What the shell may show or publish after a turn. Small: no copy of the ledger.

import TradingDomain

package struct CoreStatus: Equatable, Sendable {
    package enum Lifecycle: String, Codable, Sendable {
        case starting, recovering, trading
        /// Trading, with no new entries.
        case paused
        case halted
        /// Stopped by an operator in an earlier life: up, swept, waiting for `resume`.
        case idle
        case stopping, ended
    }
    package var lifecycle: Lifecycle = .starting
    /// Set while a stop runs.
    package var phase: StopPhase?
    package var epoch: Int64 = 0
    /// Orders that may be alive at the exchange.
    package var workingOrders = 0
    /// Placements whose outcome is unknown.
    package var unknownPlacements = 0
    /// Working orders when the stop began, and those found since.
    package var ordersFound = 0
    /// Whether the stop has proved by the exchange's own list that none of our orders is left.
    package var isProvedEmpty = false
    /// Sweeps begun in this life, and which of them was the last one proved (0 for none).
    package var sweeps = 0
    package var lastProvedSweep = 0
    /// Positions are being closed.
    package var isFlattening = false
    /// The stop's deadline; nil while none runs.
    package var stopDeadline: MonotonicInstant?

    package init() {}
}
