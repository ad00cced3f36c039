import ExchangeModel
import TradingDomain

// Rows in the list of fills that no trade made: the venue takes a trade back, or books it anew.

extension ControlPlane {
    private enum TradeType: String, ControlWord {
        case reversal = "REVERSAL"
        case correction = "CORRECTION"
        case synthetic = "SYNTHETIC"
    }

    private struct FillBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case entryId, tradeType, price, size, commission }
        var entryId: String
        var tradeType: TradeType
        var price: Price?
        var size: Quantity?
        var commission: Money?
    }

    func addFill(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(FillBody.self, request)
        let kind: Fill.Kind
        switch body.tradeType {
        case .reversal: kind = .reversal
        case .correction: kind = .correction
        case .synthetic: kind = .synthetic
        }
        var origin: Fill?
        let number = account.ids.number(.fill, body.entryId)
        if let number {
            account.engine.fillsBackwards(before: number + 1) { found, fill in
                if found == number { origin = fill }
                return false
            }
        }
        guard let number, var fill = origin else { throw InvalidArgument("there is no fill \(body.entryId)") }
        fill.kind = kind
        fill.price = body.price ?? fill.price
        fill.quantity = body.size ?? fill.quantity
        fill.fee = body.commission ?? fill.fee
        let index = change { venue in
            venue.advance()
            fill.at = venue.engine.now
            venue.extraFills.append(
                ExtraFill(after: venue.engine.newestFillNumber, origin: number, fill: fill))
            return venue.extraFills.count - 1
        }
        return .json { $0.field("entry_id", account.extraEntryID(index)) }
    }
}
