// Whether a market takes the orders of a strategy, and how exact numbers are for people.

import Strategies
import TradingDomain

extension VenueChecks {
    static func finding(_ product: Product, _ strategy: StrategySettings) -> Finding {
        let words =
            "\(product.symbol): sizes by \(product.baseIncrement) from \(product.minimumQuantity), prices by "
            + "\(product.priceIncrement), at least \(product.minimumNotional) an order"
        switch product.status {
        case .online: break
        case .postOnly, .limitOnly:
            return .warn(
                "products", "\(words); now \(product.status.rawValue)", "some orders may be refused there now"
            )
        case .cancelOnly, .disabled:
            return .fail(
                "products", "\(product.symbol) is not traded now: \(product.status.rawValue)",
                "wait, or take it out of strategy '\(strategy.name)'")
        }
        let isTooSmall =
            switch strategy.orderSize {
            case .base(let quantity): quantity < product.minimumQuantity
            case .quote(let money): money < product.minimumNotional
            case nil: false
            }
        guard !isTooSmall else {
            return .fail(
                "products", "\(words); the orders of strategy '\(strategy.name)' are smaller",
                "raise its size", isConfiguration: true)
        }
        return .ok("products", words)
    }

    static func percent(_ rate: Rate) -> String {
        ((try? rate.scaled(by: 100, over: 1, .halfEven).description) ?? "\(rate)") + " %"
    }

    static func magnitude(_ duration: Duration) -> Duration {
        duration < .zero ? .zero - duration : duration
    }

    /// In milliseconds, to a tenth.
    static func text(_ duration: Duration) -> String {
        let tenths = duration.wholeNanoseconds / 100_000
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10) ms"
    }
}
