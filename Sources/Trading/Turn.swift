// What one event made the core decide. The shell commits the records, carries out the commands, shows the
// notices, and wakes the core at `wakeAt`.

import TradingDomain

package struct Turn: Sendable {
    package var number: TurnNumber
    /// Durable changes, already applied in the core, to be committed in this order.
    package var records: [Record] = []
    /// To be carried out in this order. A placement only ever follows the commit of its intent.
    package var commands: [NumberedCommand] = []
    /// For strategies that are programs of their own, in this order and after the commands. Not journaled: what they
    /// answer counts, not what they were shown.
    package var programs: [ExternalOrder] = []
    /// For people; nothing depends on them.
    package var notices: [Notice] = []
    /// For operators who wait; given once the turn's records are on disk.
    package var replies: [OperatorReply] = []
    /// Why wishes were refused, each time; the journal has one that repeats once a minute.
    package var refusals: [RiskRefusal.Rule] = []
    /// When the core wants `Event.woke`, nil for never. Replaces what earlier turns asked.
    package var wakeAt: MonotonicInstant?

    package init(number: TurnNumber) { self.number = number }

    /// Becomes the next turn, in which nothing was decided yet, and keeps its memory.
    package mutating func begin(_ number: TurnNumber) {
        self.number = number
        wakeAt = nil
        // Most turns decide nothing, and emptying what is empty takes longer than to look.
        if !records.isEmpty { records.removeAll(keepingCapacity: true) }
        if !commands.isEmpty { commands.removeAll(keepingCapacity: true) }
        if !programs.isEmpty { programs.removeAll(keepingCapacity: true) }
        if !notices.isEmpty { notices.removeAll(keepingCapacity: true) }
        if !replies.isEmpty { replies.removeAll(keepingCapacity: true) }
        if !refusals.isEmpty { refusals.removeAll(keepingCapacity: true) }
    }
}

/// One thing that people may want to read. `event` is its stable name for machines.
package struct Notice: Codable, Equatable, Sendable {
    package enum Level: String, Codable, Sendable, Comparable {
        case debug, info, warning, error
        /// Somebody must look. Also a journal row.
        case alert
        private var rank: Int {
            switch self {
            case .debug: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            case .alert: 4
            }
        }
        package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
    }
    package var level: Level
    package var event: String
    package var message: String
    /// The order that it is about: the one id that every line of its life bears, from intent to last fill.
    package var order: ClientOrderID?
    /// Where it is about several.
    package var orders: [ClientOrderID]?

    package init(
        _ level: Level, _ event: String, _ message: String, order: ClientOrderID? = nil,
        orders: [ClientOrderID]? = nil
    ) {
        self.orders = orders
        self.level = level
        self.event = event
        self.message = message
        self.order = order
    }
}
