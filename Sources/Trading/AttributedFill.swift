// A fill with what its order says of why: for reports, which need nothing else of the order.

import TradingDomain

package struct AttributedFill: Equatable, Sendable {
    package var order: ClientOrderID
    /// Empty where only the exchange told of the order.
    package var strategy: String
    /// Halfway between the prices that the strategy saw when it decided; nil where that is not recorded.
    package var mid: Price?
    package var fill: Fill

    package init(order: ClientOrderID, strategy: String, mid: Price?, fill: Fill) {
        self.order = order
        self.strategy = strategy
        self.mid = mid
        self.fill = fill
    }
}
