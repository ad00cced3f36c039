import TradingDomain

// What the engine answers and reports: results of requests, refusals in the exchange's words, changes.

/// Why an order was refused. Nothing was stored, so its client order id stays free.
package struct Rejection: Error, Hashable, Codable, Sendable, CustomStringConvertible {
    /// The exchange's words where Coinbase has one for the case.
    package enum Code: String, Codable, Sendable, CaseIterable {
        case invalidProduct = "INVALID_PRODUCT_ID"
        case orderEntryDisabled = "ORDER_ENTRY_DISABLED"
        case invalidRequest = "INVALID_REQUEST"
        case unsupportedConfiguration = "UNSUPPORTED_ORDER_CONFIGURATION"
        case invalidPrice = "INVALID_LIMIT_PRICE"
        case invalidPricePrecision = "INVALID_PRICE_PRECISION"
        case invalidSizePrecision = "INVALID_SIZE_PRECISION"
        case sizeTooSmall = "BASE_SIZE_TOO_SMALL"
        case sizeTooLarge = "BASE_SIZE_TOO_LARGE"
        case notionalTooSmall = "QUOTE_SIZE_TOO_SMALL"
        case wouldCross = "INVALID_LIMIT_PRICE_POST_ONLY"
        case insufficientFunds = "INSUFFICIENT_FUND"
        case tooManyOpenOrders = "TOO_MANY_OPEN_ORDERS"
    }
    package let code: Code
    package let text: String

    package init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }
    package var description: String { "\(code.rawValue): \(text)" }
}

package enum PlaceResult: Hashable, Sendable {
    /// A new order, as it stands after matching; it may already be terminal.
    case accepted(OrderSnapshot)
    /// The client order id was used before; this is the order that has it, whatever the new terms said.
    case duplicate(OrderSnapshot)
    case rejected(Rejection)
}

package enum CancelResult: Hashable, Sendable {
    /// The cancel is queued; the order works until it takes effect.
    case accepted
    /// A cancel of this order is queued already.
    case duplicateRequest
    case alreadyFilled
    /// The order ended otherwise: canceled, expired or failed.
    case alreadyFinal(ExchangeOrderStatus)
    case unknownOrder

    /// Coinbase's word for the failure; nil when the request was accepted.
    package var failureReason: String? {
        switch self {
        case .accepted: nil
        case .duplicateRequest: "DUPLICATE_CANCEL_REQUEST"
        case .alreadyFilled: "ORDER_IS_FULLY_FILLED"
        case .alreadyFinal, .unknownOrder: "UNKNOWN_CANCEL_ORDER"
        }
    }
}

/// Something that the exchange tells on its feeds, in the order in which it happened.
package enum Change: Hashable, Codable, Sendable {
    /// An order as it stands now (cumulative).
    case order(OrderSnapshot)
    case fill(Fill)
    /// New best prices. Told when they change, and whenever the market model states its liquidity anew.
    case quote(Quote)
}

/// A balance of one currency. `available` is what new orders may reserve.
package struct Balance: Hashable, Codable, Sendable {
    package let currency: String
    /// All that the account owns, reserved or not, in units of the currency.
    package let total: Quantity
    package let held: Quantity
    package var available: Quantity { Quantity(raw: total.raw - held.raw) }
}

/// One page of a listing, ascending by creation.
package struct Page<Element: Sendable>: Sendable {
    package let items: [Element]
    /// Pass it as `after` to get the next page; nil when this page is the last.
    package let next: ExchangeOrderID?
}

/// Why an engine cannot be made of these products and balances.
package enum EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    case duplicateProduct(Symbol)
    case invalidProduct(Symbol, String)
    case negativeBalance(String)
    case tooMuch(String)

    package var description: String {
        switch self {
        case .duplicateProduct(let symbol): "the product \(symbol) is listed twice"
        case .invalidProduct(let symbol, let why): "the product \(symbol) is unusable: \(why)"
        case .negativeBalance(let currency): "the balance of \(currency) is negative"
        case .tooMuch(let what): what
        }
    }
}
