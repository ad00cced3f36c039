// What a stop did, for people and machines: `shutdown-report.json`. Field names are the file's.

import TradingDomain

package enum Verdict: String, Codable, Sendable {
    case clean
    case nothingToCancel = "nothing-to-cancel"
    case ordersRemain = "orders-remain"
    /// The deadline came before the exchange's list proved empty, and nothing is known to remain.
    case unproved
    case stateNotFlushed = "state-not-flushed"
    case ordersRemainAndStateNotFlushed = "orders-remain-and-state-not-flushed"
}

/// Exit codes of the process. 5, 3, 4 go before 70.
package enum ExitCode {
    package static let clean: Int32 = 0
    package static let ordersRemain: Int32 = 3
    package static let stateNotFlushed: Int32 = 4
    package static let ordersRemainAndStateNotFlushed: Int32 = 5
    package static let usage: Int32 = 64
    package static let internalError: Int32 = 70
    package static let alreadyRunning: Int32 = 75
    package static let configuration: Int32 = 78
}

package enum StopPhase: String, Codable, Sendable, CaseIterable, Comparable {
    case gate, settle, cancel, verify, flush, report

    package var number: Int {
        switch self {
        case .gate: 1
        case .settle: 2
        case .cancel: 3
        case .verify: 4
        case .flush: 5
        case .report: 6
        }
    }
    package static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}

package struct ShutdownReport: Codable, Equatable, Sendable {
    package struct RemainingOrder: Codable, Equatable, Sendable {
        package var clientOrderID: ClientOrderID
        package var exchangeOrderID: ExchangeOrderID?
        /// Symbol, side and quantity are nil for an order of which the exchange told no more than its id.
        package var symbol: Symbol?
        package var side: Side?
        package var quantityLeft: Quantity?
        /// What is known: "working", or "unknown placement" for one that may exist.
        package var status: String

        package enum CodingKeys: String, CodingKey {
            case clientOrderID = "client_order_id"
            case exchangeOrderID = "exchange_order_id"
            case symbol, side
            case quantityLeft = "quantity_left"
            case status
        }

        package init(
            clientOrderID: ClientOrderID, exchangeOrderID: ExchangeOrderID?, symbol: Symbol?, side: Side?,
            quantityLeft: Quantity?, status: String
        ) {
            self.clientOrderID = clientOrderID
            self.exchangeOrderID = exchangeOrderID
            self.symbol = symbol
            self.side = side
            self.quantityLeft = quantityLeft
            self.status = status
        }
    }

    package struct Phase: Codable, Equatable, Sendable {
        package var name: StopPhase
        package var startedAt: UTCInstant
        package var durationMs: Int64
        /// Exchange calls made in this phase.
        package var attempts: Int

        package enum CodingKeys: String, CodingKey {
            case name
            case startedAt = "started_at"
            case durationMs = "duration_ms"
            case attempts
        }

        package init(name: StopPhase, startedAt: UTCInstant, durationMs: Int64, attempts: Int) {
            self.name = name
            self.startedAt = startedAt
            self.durationMs = durationMs
            self.attempts = attempts
        }
    }

    /// Version of trader247, filled in by the shell.
    package var version: String
    package var bot: BotID
    package var epoch: Int64
    /// Filled in by the shell.
    package var pid: Int32
    package var startedAt: UTCInstant
    package var stoppedAt: UTCInstant
    package var mode: Mode
    package var reason: String
    package var verdict: Verdict
    package var exitCode: Int32
    /// Working orders when the stop began, and those found since.
    package var ordersFound: Int
    /// Of those, how many the exchange says are canceled.
    package var ordersCanceled: Int
    /// Of those, how many ended otherwise (filled, expired, never arrived).
    package var ordersEndedOtherwise: Int
    /// Cancel calls or results that failed, each counted.
    package var cancelErrors: Int
    /// Fills booked after the cancel of their order was sent.
    package var lateFills: Int
    /// Orders whose fills do not add up to what the exchange says was filled.
    package var fillsIncomplete: [ClientOrderID]
    /// Placements without an outcome when the stop began whose outcome is now known.
    package var placementsSettled: Int
    package var verifiedEmpty: Bool
    package var stateFlushed: Bool
    package var remaining: [RemainingOrder]
    /// Working orders of the account that are not ours; never touched.
    package var foreignOrders: Int
    /// Of others', how many a sweep of the whole account canceled; nil for any other stop.
    package var foreignOrdersEnded: Int?
    /// From the signal, or the request, to this report.
    package var elapsedMs: Int64
    package var phases: [Phase]
    /// What went wrong, for people; empty when nothing did.
    package var errors: [String]

    package enum CodingKeys: String, CodingKey {
        case version, bot, epoch, pid
        case startedAt = "started_at"
        case stoppedAt = "stopped_at"
        case mode, reason, verdict
        case exitCode = "exit_code"
        case ordersFound = "orders_found"
        case ordersCanceled = "orders_canceled"
        case ordersEndedOtherwise = "orders_ended_otherwise"
        case cancelErrors = "cancel_errors"
        case lateFills = "late_fills"
        case fillsIncomplete = "fills_incomplete"
        case placementsSettled = "placements_settled"
        case verifiedEmpty = "verified_empty"
        case stateFlushed = "state_flushed"
        case remaining
        case foreignOrders = "foreign_orders"
        case foreignOrdersEnded = "foreign_orders_ended"
        case elapsedMs = "elapsed_ms"
        case phases, errors
    }

    package init(
        bot: BotID, epoch: Int64, startedAt: UTCInstant, stoppedAt: UTCInstant, mode: Mode, reason: String
    ) {
        version = ""
        self.bot = bot
        self.epoch = epoch
        pid = 0
        self.startedAt = startedAt
        self.stoppedAt = stoppedAt
        self.mode = mode
        self.reason = reason
        verdict = .unproved
        exitCode = ExitCode.ordersRemain
        ordersFound = 0
        ordersCanceled = 0
        ordersEndedOtherwise = 0
        cancelErrors = 0
        lateFills = 0
        fillsIncomplete = []
        placementsSettled = 0
        verifiedEmpty = false
        stateFlushed = false
        remaining = []
        foreignOrders = 0
        elapsedMs = 0
        phases = []
        errors = []
    }

    /// Verdict and exit code from what was seen. Zero only when proved empty and flushed, nothing less.
    package mutating func judge(nothingToCancel: Bool, failureCode: Int32? = nil) {
        let open = !verifiedEmpty && !nothingToCancel
        switch (open, stateFlushed) {
        case (false, true):
            verdict = nothingToCancel ? .nothingToCancel : .clean
            exitCode = failureCode ?? ExitCode.clean
        case (true, true):
            verdict = remaining.isEmpty ? .unproved : .ordersRemain
            exitCode = ExitCode.ordersRemain
        case (false, false):
            verdict = .stateNotFlushed
            exitCode = ExitCode.stateNotFlushed
        case (true, false):
            verdict = .ordersRemainAndStateNotFlushed
            exitCode = ExitCode.ordersRemainAndStateNotFlushed
        }
    }
}
