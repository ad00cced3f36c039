import ExchangeModel
import NIOCore
import TradingDomain

// All sockets of the sandbox, and what they are told: the venue's news at once, trades in batches of a quarter
// of a second, books a little after they changed, heartbeats and candles each second. Knows no frame.

final class FeedHub {
    unowned let core: SandboxCore
    /// In the order of their coming.
    private(set) var sockets: [SocketHandler] = []
    private var ticker: Scheduled<Void>?
    private var nextTick = NIODeadline.now()
    private var ticks = 0
    private var pendingPrints: [TapePrint] = []
    private var dirtyBooks: Set<String> = []
    private var printsAreDue = false
    private var booksAreDue = false

    private static let printInterval = TimeAmount.milliseconds(250)
    private static let bookInterval = TimeAmount.milliseconds(50)

    init(_ core: SandboxCore) { self.core = core }

    var settings: SandboxSettings { core.settings }
    var shownNow: UTCInstant { core.venue.clock.shown(core.venue.clock.now()) }
    var venue: Venue { core.venue }

    // MARK: Sockets

    func add(_ socket: SocketHandler) {
        sockets.append(socket)
        guard ticker == nil else { return }
        nextTick = .now()
        scheduleTick()
    }

    private func scheduleTick() {
        nextTick = nextTick + .seconds(1)
        ticker = core.loop.assumeIsolated().scheduleTask(deadline: nextTick) { [weak self] in self?.tick() }
    }

    func remove(_ socket: SocketHandler) {
        sockets.removeAll { $0 === socket }
        guard sockets.isEmpty else { return }
        ticker?.cancel()
        ticker = nil
    }

    func stop() {
        ticker?.cancel()
        for socket in sockets { socket.close(.goingAway) }
    }

    /// The book is a new one: whoever listened has to come again.
    func reset() {
        pendingPrints = []
        dirtyBooks = []
        for socket in sockets { socket.close(.goingAway) }
    }

    /// The portfolio whose orders it would hear of; nil for whoever may not.
    func admits(_ channel: FeedChannel, token: String?) -> Int? {
        // The official client sends a token with every channel, once it has a key.
        if channel != .user, token == nil { return 0 }
        return core.authenticator.visitor(socketToken: token, now: shownNow)
            .map { core.portfolios.number(of: $0) }
    }

    func isProduct(_ text: String) -> Bool {
        Symbol(text).map { core.venue.engine.product($0) != nil } ?? false
    }

    func fault(_ channel: StaticString, _ now: MonotonicInstant) -> FaultRule? {
        core.faults.fire(channel: channel, now: now)
    }

    private func has(_ channel: FeedChannel) -> Bool {
        sockets.contains { $0.subscriptions[channel] != nil }
    }

    // MARK: News

    func tell(_ news: [Venue.News], of portfolio: Int) {
        guard !sockets.isEmpty else { return }
        var orders: [Int64] = []
        var seen: Set<Int64> = []
        var markets: [Symbol] = []
        for item in news {
            switch item {
            case .order(let number):
                if seen.insert(number).inserted { orders.append(number) }
                if portfolio == 0, let symbol = core.venue.engine.detail(number: number)?.terms.symbol {
                    dirtyBooks.insert(symbol.description)
                }
            case .quote where portfolio != 0, .print where portfolio != 0: break
            case .quote(let symbol):
                if !markets.contains(symbol) { markets.append(symbol) }
                dirtyBooks.insert(symbol.description)
            case .print(let print):
                if !markets.contains(print.symbol) { markets.append(print.symbol) }
                dirtyBooks.insert(print.symbol.description)
                pendingPrints.append(print)
            }
        }
        if has(.user), !orders.isEmpty { tellOrders(orders, of: portfolio) }
        if has(.ticker) { for symbol in markets { tellTicker(symbol) } }
        scheduleBatches()
    }

    private func scheduleBatches() {
        let loop = core.loop.assumeIsolated()
        if !has(.marketTrades) {
            pendingPrints = []
        } else if !pendingPrints.isEmpty, !printsAreDue {
            printsAreDue = true
            loop.scheduleTask(in: Self.printInterval) { [weak self] in self?.flushPrints() }
        }
        if !has(.level2) {
            dirtyBooks = []
        } else if !dirtyBooks.isEmpty, !booksAreDue {
            booksAreDue = true
            loop.scheduleTask(in: Self.bookInterval) { [weak self] in self?.flushBooks() }
        }
    }

    private func tellOrders(_ numbers: [Int64], of portfolio: Int) {
        let venue = core.venues[portfolio]
        let views = numbers.compactMap { venue.view($0) }.filter { !venue.bends.withheld.contains($0) }
        for socket in sockets where socket.subscriptions[.user] != nil && socket.portfolio == portfolio {
            let own = views.filter { socket.wants(.user, $0.order.terms.symbol.description) }
            for start in stride(from: 0, to: own.count, by: Self.orderBatch) {
                let batch = own[start..<min(start + Self.orderBatch, own.count)]
                socket.send("user", events: orderEvents("update", batch, of: venue))
            }
        }
    }

    private func tellTicker(_ symbol: Symbol) {
        let events = tickerEvents("update", [symbol], withBest: true)
        for socket in sockets where socket.wants(.ticker, symbol.description) {
            socket.send("ticker", events: events)
        }
    }

    private func flushPrints() {
        printsAreDue = false
        let prints = pendingPrints
        pendingPrints = []
        for listing in settings.listings {
            let id = listing.product.symbol.description
            let own = prints.filter { $0.symbol == listing.product.symbol }
            guard !own.isEmpty else { continue }
            let events = tradeEvents("update", own)
            for socket in sockets where socket.wants(.marketTrades, id) {
                socket.send("market_trades", events: events)
            }
        }
    }

    private func flushBooks() {
        booksAreDue = false
        let dirty = dirtyBooks.sorted()
        dirtyBooks = []
        for id in dirty {
            guard let symbol = Symbol(id) else { continue }
            let image = BookImage(core.venue.engine, symbol)
            for socket in sockets where socket.wants(.level2, id) {
                let changes = image.changes(since: socket.books[symbol])
                guard !changes.isEmpty else { continue }
                socket.books[symbol] = image
                socket.send("l2_data", events: bookEvents("update", symbol, changes))
            }
        }
    }

    // MARK: The second's clock

    private func tick() {
        scheduleTick()
        ticks += 1
        let now = SandboxCore.now()
        for socket in sockets {
            if socket.subscriptions[.heartbeats] != nil {
                socket.send("heartbeats", events: heartbeatEvents(socket.beat()))
            }
            if ticks % 5 == 0, let products = socket.subscriptions[.tickerBatch] {
                socket.send(
                    "ticker_batch", events: tickerEvents("update", symbols(products), withBest: false))
            }
            if let products = socket.subscriptions[.candles] {
                socket.send("candles", events: candleEvents("update", symbols(products), count: 1))
            }
            socket.tick(now)
        }
    }

    /// The markets of a subscription, in the venue's order.
    func symbols(_ products: Set<String>?) -> [Symbol] {
        settings.listings.map(\.product.symbol).filter { products?.contains($0.description) ?? true }
    }

    static let orderBatch = 50
}
