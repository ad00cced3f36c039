// Everything that the core can ask of the shell. Plain data, numbered, each answered by exactly one event.

import TradingDomain

package enum Command: Encodable, Equatable, Sendable {
    /// Only the risk gate can make the value that this takes.
    case place(RiskApproved)
    /// At most the exchange's batch limit of ids.
    case cancel([ExchangeOrderID])
    /// One page.
    case listOrders(OrderQuery)
    /// One page.
    case listFills(FillQuery)
    case listBalances
    /// What a life must know of its venue, one call each.
    case ask(VenueQuestion)
    case connect(Feed)
    /// Answered when every record of this turn and of those before is durable and the log checkpointed.
    case flush
    /// Write the report, tell people, and leave with its exit code. The last command of a life.
    indirect case exit(ShutdownReport)

    /// Whether the exchange answers this, so that it counts against the rate budget.
    package var isExchangeCall: Bool {
        switch self {
        case .place, .cancel, .listOrders, .listFills, .listBalances, .ask: true
        case .connect, .flush, .exit: false
        }
    }
}

package struct OrderQuery: Codable, Equatable, Sendable {
    package enum Scope: Codable, Equatable, Sendable {
        /// Orders of the account that are not terminal, in these statuses; of one market, or of all for nil.
        case working(WorkingStatuses = .any, market: Symbol? = nil)
        /// Every order created at or after this, in any status; of one market, or of the account for nil. Not every venue
        /// lets a time bound its open orders.
        case createdSince(UTCInstant, market: Symbol? = nil)
        /// These orders in any status, at most the exchange's limit of ids.
        case ids([ExchangeOrderID])
    }
    /// Of the statuses in which an order is not done, which ones.
    package enum WorkingStatuses: String, Codable, Sendable {
        case any
        /// It rests in the book.
        case open
        /// Every other one: pending, a cancel or an edit queued, unknown.
        case besideOpen

        package func include(_ status: ExchangeOrderStatus) -> Bool {
            guard !status.isTerminal else { return false }
            return switch self {
            case .any: true
            case .open: status == .open
            case .besideOpen: status != .open
            }
        }
    }

    package var scope: Scope
    package var cursor: String?

    package init(_ scope: Scope, cursor: String? = nil) {
        self.scope = scope
        self.cursor = cursor
    }
}

package struct FillQuery: Codable, Equatable, Sendable {
    package enum Scope: Codable, Equatable, Sendable {
        /// All fills of these orders.
        case orders([ExchangeOrderID])
        /// Every fill of the account at or after this, on the venue's clock.
        case since(UTCInstant)
    }

    package var scope: Scope
    package var cursor: String?

    package init(_ scope: Scope, cursor: String? = nil) {
        self.scope = scope
        self.cursor = cursor
    }

    /// The orders that are asked about; empty where a time is.
    package var orders: [ExchangeOrderID] { if case .orders(let ids) = scope { ids } else { [] } }

    package init(orders: [ExchangeOrderID], cursor: String? = nil) {
        self.init(.orders(orders), cursor: cursor)
    }
}

package struct NumberedCommand: Encodable, Equatable, Sendable {
    package let id: CommandID
    package let command: Command

    package init(id: CommandID, command: Command) {
        self.id = id
        self.command = command
    }
}
