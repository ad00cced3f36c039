// What of a life's records somebody should hear of at once, derived from the records alone: the store keeps it in the
// transaction that holds the record itself, and whoever sends it derives the same from memory, under the same id. It
// sends nothing and decides nothing about who hears it.

import TradingDomain

package struct OutgoingAlert: Codable, Equatable, Sendable {
    /// The same in store and memory, for whoever gets it twice: `<bot>-<epoch>-<turn>-<number in the turn>`.
    package var id: String
    package var name: String
    package var level: Notice.Level
    package var message: String
    package var at: UTCInstant

    package init(id: String, name: String, level: Notice.Level, message: String, at: UTCInstant) {
        self.id = id
        self.name = name
        self.level = level
        self.message = message
        self.at = at
    }

    /// Those of one turn, which happened at `utc`; `epoch` is the one after the turn. One that tells how the life
    /// ended must not go out before it has.
    package static func of(
        _ records: [Record], bot: BotID, epoch: Int64, turn: TurnNumber, at utc: UTCInstant
    ) -> [(alert: OutgoingAlert, isEnd: Bool)] {
        var number = 0
        return records.compactMap { record in
            guard let alert = record.alert(at: utc) else { return nil }
            number += 1
            let outgoing = OutgoingAlert(
                id: "\(bot)-\(epoch)-\(turn)-\(number)", name: alert.name, level: alert.level ?? .alert,
                message: alert.message, at: alert.at)
            if case .stopped = record { return (outgoing, true) }
            return (outgoing, false)
        }
    }
}

extension Record {
    /// Nil for what is nobody's business until they look.
    package func alert(at utc: UTCInstant) -> Alert? {
        switch self {
        case .alert(let alert): alert
        case .recovered(let at):
            Alert(
                name: "started", message: "recovery is complete: store and exchange agree", at: at,
                level: .info)
        // An operator's flatten is told of by its own alerts, and by what it leaves open.
        case .refused(let refusal) where refusal.strategy != Flatten.strategy:
            Alert(
                name: "risk-refused",
                message: "\(refusal.strategy): \(refusal.terms.symbol) \(refusal.terms.side.wire) "
                    + "\(refusal.terms.quantity) refused (\(refusal.rule.rawValue)): \(refusal.detail)",
                at: utc, level: .warning)
        case .stopped(let marker): marker.alert
        default: nil
        }
    }
}

extension StopMarker {
    /// Orders that are known to remain have an alert with their ids already.
    fileprivate var alert: Alert? {
        switch verdict {
        case .clean:
            Alert(
                name: "stopped", message: "stopped clean: the exchange's own list shows none of our orders",
                at: at, level: .info)
        case .nothingToCancel:
            Alert(
                name: "stopped", message: "stopped: nothing was sent, so there was nothing to cancel", at: at,
                level: .info)
        case .unproved, .stateNotFlushed:
            Alert(
                name: "orders-remain",
                message: "the stop ended before the exchange's list proved that none of our orders is left",
                at: at)
        case .ordersRemain, .ordersRemainAndStateNotFlushed: nil
        }
    }
}
