// Which of the venue's functions answers which path. Who may ask is decided before; faults come around it.

enum Route {
    case time, products
    case product(String)
    case book, bestBidAsk
    case ticker(String)
    case candles(String)
    case accounts
    case account(String)
    case summary, permissions, portfolios
    case create, cancel, edit, orders
    case order(String)
    case fills
    /// What ccxt asks of the older interface.
    case emptyData

    init?(_ method: String, _ path: String) {
        switch (method, path) {
        case ("GET", "/v2/currencies"), ("GET", "/v2/currencies/crypto"), ("GET", "/v2/exchange-rates"):
            self = .emptyData
            return
        default: break
        }
        guard path.hasPrefix(Request.prefix + "/") else { return nil }
        var parts = path.dropFirst(Request.prefix.utf8.count + 1)
            .split(separator: "/", omittingEmptySubsequences: false)
        let isPublic = parts.first == "market"
        if isPublic { parts.removeFirst() }
        let market = Self.market(method, parts)
        guard let route = market ?? (isPublic ? nil : Self.own(method, parts)) else { return nil }
        self = route
    }

    private static func market(_ method: String, _ parts: [Substring]) -> Route? {
        guard method == "GET", let first = parts.first else { return nil }
        switch (first, parts.count) {
        case ("products", 1): return .products
        case ("products", 2): return .product(String(parts[1]))
        case ("products", 3) where parts[2] == "ticker": return .ticker(String(parts[1]))
        case ("products", 3) where parts[2] == "candles": return .candles(String(parts[1]))
        case ("product_book", 1): return .book
        default: return nil
        }
    }

    private static func own(_ method: String, _ parts: [Substring]) -> Route? {
        switch (method, parts.joined(separator: "/")) {
        case ("GET", "time"): return .time
        case ("GET", "best_bid_ask"): return .bestBidAsk
        case ("GET", "accounts"): return .accounts
        case ("GET", "transaction_summary"): return .summary
        case ("GET", "key_permissions"): return .permissions
        case ("GET", "portfolios"): return .portfolios
        case ("POST", "orders"): return .create
        case ("POST", "orders/batch_cancel"): return .cancel
        case ("POST", "orders/edit"): return .edit
        case ("GET", "orders/historical/batch"): return .orders
        case ("GET", "orders/historical/fills"): return .fills
        default: break
        }
        guard method == "GET" else { return nil }
        if parts.count == 2, parts[0] == "accounts" { return .account(String(parts[1])) }
        if parts.count == 3, parts[0] == "orders", parts[1] == "historical" {
            return .order(String(parts[2]))
        }
        return nil
    }

    static func isPublic(_ path: String) -> Bool {
        path.hasPrefix(Request.prefix + "/market/") || path == Request.prefix + "/time"
            || path.hasPrefix("/v2/")
    }

    /// Whether the call shows something of the account.
    var views: Bool {
        switch self {
        case .accounts, .account, .summary, .portfolios, .orders, .order, .fills: true
        default: false
        }
    }

    /// Whether the call changes anything of the account.
    var trades: Bool {
        switch self {
        case .create, .cancel, .edit: true
        default: false
        }
    }
}

extension Venue {
    mutating func answer(_ route: Route, _ request: Request, _ fired: FiredFaults) -> Reply {
        switch route {
        case .time: answerTime()
        case .products: answerProducts(request.query)
        case .product(let id): answerProduct(id)
        case .book: answerBook(request.query)
        case .bestBidAsk: answerBestBidAsk(request.query)
        case .ticker(let id): answerTicker(id, request.query)
        case .candles(let id): answerCandles(id, request.query)
        case .accounts: answerAccounts(request.query)
        case .account(let id): answerAccount(id)
        case .summary: answerSummary()
        case .permissions: answerPermissions()
        case .portfolios: answerPortfolios(request.query)
        case .create: answerCreate(request, fired)
        case .cancel: answerCancel(request, fired)
        case .edit: answerEdit(request)
        case .orders: answerOrders(request, fired)
        case .order(let id): answerOrder(id)
        case .fills: answerFills(request, fired)
        case .emptyData: answerEmptyData()
        }
    }
}
