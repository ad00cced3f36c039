import ExchangeModel

// The venue's no to an order, in the three places where it may put a reason.

struct Refusal: Error {
    var error: String
    var preview = "UNKNOWN_PREVIEW_FAILURE_REASON"
    var newOrder = "UNKNOWN_FAILURE_REASON"
    var message: String

    /// The words stand in `error` and, with the prefix, among the preview's reasons.
    init(_ word: String, _ message: String) {
        error = word
        preview = "PREVIEW_" + word
        self.message = message
    }

    /// The words stand where reasons of new orders stand.
    init(newOrder word: String, _ message: String) {
        error = word
        newOrder = word
        self.message = message
    }

    init(_ rejection: Rejection) {
        let text = rejection.text
        switch rejection.code {
        case .invalidProduct: self.init("INVALID_PRODUCT_ID", text)
        case .orderEntryDisabled: self.init(newOrder: "ORDER_ENTRY_DISABLED", text)
        case .invalidRequest: self.init(newOrder: "INVALID_REQUEST", text)
        case .unsupportedConfiguration: self.init(newOrder: "UNSUPPORTED_ORDER_CONFIGURATION", text)
        case .invalidPrice: self.init("INVALID_LIMIT_PRICE", text)
        case .invalidPricePrecision: self.init("INVALID_PRICE_PRECISION", text)
        case .invalidSizePrecision: self.init("INVALID_SIZE_PRECISION", text)
        case .sizeTooSmall: self.init(preview: "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL", text)
        case .sizeTooLarge: self.init(preview: "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE", text)
        case .notionalTooSmall: self.init(preview: "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL", text)
        case .wouldCross: self.init("INVALID_LIMIT_PRICE_POST_ONLY", text)
        case .insufficientFunds: self.init("INSUFFICIENT_FUND", text)
        case .tooManyOpenOrders: self.init(newOrder: "COMMANDER_REJECTED_NEW_ORDER", text)
        }
    }

    /// Only the preview has a word for it.
    init(preview word: String, _ message: String) {
        error = "UNKNOWN_FAILURE_REASON"
        preview = word
        self.message = message
    }
}
