// The part of the overview that is for metrics: where orders stand, what each market earned, what the account holds,
// and what is left of the rate budget. Sums that the books keep anyway; nothing here walks orders.

import TradingDomain

extension CoreOverview {
    /// Of one market since the first life, quote units.
    package struct Earnings: Codable, Equatable, Sendable {
        package var symbol: Symbol
        /// Before fees.
        package var realised: Money
        package var fees: Money
        /// At the mid of the last quote; nil for an open position without one.
        package var unrealised: Money?
        /// What the open quantity cost.
        package var costBasis: Money
    }

    package struct Fund: Codable, Equatable, Sendable {
        package var currency: String
        /// Holds included.
        package var total: Money
    }

    package struct Measures: Codable, Equatable, Sendable {
        package var orders = LiveCounts()
        package var earnings: [Earnings] = []
        /// As the exchange told them last; empty until it did.
        package var funds: [Fund] = []
        package var rate: RateLeft?

        package init() {}
    }
}

extension TradingCore {
    var measures: CoreOverview.Measures {
        var measures = CoreOverview.Measures()
        measures.orders = durable.ledger.liveCounts
        measures.rate = volatile.budget.left(at: now.monotonic)
        measures.funds = (volatile.funds?.pairs ?? [])
            .map { CoreOverview.Fund(currency: $0.key, total: $0.value) }
        measures.earnings = overviewSymbols.map { symbol in
            let position = durable.ledger.position(symbol)
            let open =
                position.quantity.isZero
                ? .zero : volatile.quotes[symbol].flatMap { try? position.unrealised(at: $0.mid) }
            return CoreOverview.Earnings(
                symbol: symbol, realised: position.realised, fees: position.fees, unrealised: open,
                costBasis: position.costBasis)
        }
        return measures
    }
}
