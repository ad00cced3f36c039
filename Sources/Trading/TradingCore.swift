import TradingDomain

package struct TradingCore: Sendable {
    package let configuration: CoreConfiguration
    package internal(set) var durable: DurableState
    package var status = CoreStatus()

    package init(
        configuration: CoreConfiguration, capabilities: ExchangeCapabilities, products: [Product],
        strategies: [AnyStrategy], durable: DurableState
    ) throws {
        self.configuration = configuration
        self.durable = durable
    }

    package mutating func handle(_ event: Event, at stamp: Stamp, into turn: inout Turn) {}

    package func remainingOrders() -> [ShutdownReport.RemainingOrder] { [] }
}
