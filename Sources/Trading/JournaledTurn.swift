// One turn as it is read back from the journal, for whoever asks later what happened.

import TradingDomain

package struct JournaledTurn: Equatable, Sendable {
    /// The journal's row.
    package var seq: Int64
    /// The life that it belongs to.
    package var epoch: Int64
    package var at: UTCInstant
    /// Nil for one that the journal does not keep, like a quote.
    package var event: Event?
    package var records: [Record]
    package var commands: [SentCommand]

    package init(
        seq: Int64, epoch: Int64, at: UTCInstant, event: Event? = nil, records: [Record] = [],
        commands: [SentCommand] = []
    ) {
        self.seq = seq
        self.epoch = epoch
        self.at = at
        self.event = event
        self.records = records
        self.commands = commands
    }
}

/// What can be read back of a command that went out. An approved order can't be made from text, so it is not one.
package struct SentCommand: Decodable, Equatable, Sendable {
    package enum What: Equatable, Sendable {
        case place(ClientOrderID)
        case cancel([ExchangeOrderID])
        case other
    }
    package var id: CommandID
    package var what: What

    package init(id: CommandID, what: What) {
        self.id = id
        self.what = what
    }

    private enum Keys: CodingKey { case id, command }
    private enum Names: CodingKey { case place, cancel }
    private struct Placed: Decodable {
        struct Order: Decodable { var clientOrderID: ClientOrderID }
        var _0: Order
    }
    private struct Canceled: Decodable { var _0: [ExchangeOrderID] }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        id = try container.decode(CommandID.self, forKey: .id)
        let command = try container.nestedContainer(keyedBy: Names.self, forKey: .command)
        if let placed = try command.decodeIfPresent(Placed.self, forKey: .place) {
            what = .place(placed._0.clientOrderID)
        } else if let canceled = try command.decodeIfPresent(Canceled.self, forKey: .cancel) {
            what = .cancel(canceled._0)
        } else {
            what = .other
        }
    }
}
