// One of the last fills of a life, for people who look; all of them are in the store.

import TradingDomain

package struct RecentFill: Codable, Equatable, Sendable {
    package static let limit = 10

    package var symbol: Symbol
    package var side: Side
    package var price: Price
    package var quantity: Quantity
    package var fee: Money
    package var at: UTCInstant

    package init(_ fill: Fill) {
        symbol = fill.symbol
        side = fill.side
        price = fill.price
        quantity = fill.quantity
        fee = fill.fee
        at = fill.at
    }
}
