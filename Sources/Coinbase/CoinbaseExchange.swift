// Coinbase Advanced Trade as an exchange: commands to requests on two lanes of warm connections, answers to typed
// outcomes, feeds to reports. One thread. Nothing is retried, queued or decided here.

import Exchanges
import NIOCore
import NIOPosix
import Synchronization
import Trading
import TradingDomain
import Transport
import WebTokens

package final class CoinbaseExchange: Exchange {
    let settings: CoinbaseSettings
    let writer: CommandWriter
    let clock: VenueClock
    /// Nil without a key.
    private let signer: Signer?
    let feeds: CoinbaseFeeds
    /// Placements alone. Whatever becomes of them, cancels and questions have their own connections.
    let placements: HTTPLane
    let questions: HTTPLane
    let isKeyed: Bool
    /// The one thread, for as long as the process lives: looking up a host's name can't be called off, and comes back
    /// to the loop whenever it ends.
    static let thread = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let state = Mutex(State())

    private struct State: Sendable {
        var sink: (any ExchangeSink)?
        var products: [Symbol: Product] = [:]
        var isClosed = false
    }

    /// - Parameter key: nil for public data only: markets, the time, prices.
    package init(
        _ settings: CoinbaseSettings, key: KeyFile?, symbols: [Symbol], clock: any TradingClock
    ) throws(ExchangeError) {
        let rest: Endpoint
        var sockets: [Feed: Endpoint] = [:]
        let trust = settings.trust
        do throws(EndpointError) {
            rest = try Endpoint(settings.restURL, .rest)
            sockets[.market] = try Endpoint(settings.marketURL, .webSocket)
            if key != nil { sockets[.orders] = try Endpoint(settings.userURL, .webSocket) }
        } catch {
            throw ExchangeError(error.description)
        }
        self.settings = settings
        writer = CommandWriter(page: settings.page, isKeyed: key != nil)
        isKeyed = key != nil
        let venueClock = VenueClock(clock)
        self.clock = venueClock
        let signer = key.map { Signer($0, venueClock, placementLife: settings.tokenLife) }
        self.signer = signer
        let host = rest.hostAndPort
        let loop = Self.thread.next()
        placements = HTTPLane(
            rest, connections: settings.placementConnections, trust: trust, on: loop,
            authorize: {
                try signer?.placementToken(
                    $0.method, host + $0.path,
                    submittedAt: MonotonicInstant(nanoseconds: $0.submittedAt))
            })
        questions = HTTPLane(
            rest, connections: settings.queryConnections, trust: trust, on: loop,
            authorize: { request in
                guard let signer, !WireRequest.isOpen(request.path) else { return nil }
                return try signer.token(request.method, host + request.path)
            })
        feeds = CoinbaseFeeds(
            sockets, symbols: symbols, trust: trust, signer: signer, clock: venueClock, loop: loop)
    }

    /// Requests that are signed from here on have this key: for one that the venue takes where it refuses the other.
    package func sign(with key: KeyFile) { signer?.sign(with: key) }

    package var capabilities: ExchangeCapabilities {
        var capabilities = ExchangeCapabilities(
            cancelBatchLimit: settings.cancelBatch, queryIDLimit: settings.queryIDs,
            requestLife: settings.requestLife, holdsOrders: true)
        capabilities.listLag = settings.listLag
        // The venue pairs OPEN with no other status, cuts that list short, and its user channel was seen to keep its
        // heartbeats while reports were missing.
        capabilities.listsOpenAlone = true
        capabilities.openListLimit = settings.openListLimit
        capabilities.feedCanBeSilent = true
        capabilities.introducesItself = true
        capabilities.placementsAtOnce = settings.placementConnections
        capabilities.callsAtOnce = settings.queryConnections
        return capabilities
    }

    /// Told later, by the answer to the question for them.
    package var products: [Product] { [] }

    package func start(sink: any ExchangeSink) {
        state.withLock { $0.sink = sink }
        if isKeyed { placements.warm() }
        questions.warm()
        feeds.start { feed, news in
            switch news {
            case .quote(let quote): sink.quote(quote)
            case .statistics(let told): sink.statistics(told)
            case .order(let snapshot): sink.order(snapshot)
            case .condition(let condition): sink.feed(feed, condition)
            // Nobody asked for sizes.
            case .best, .trade, .close: break
            }
        }
    }

    package func awaitConnections(_ limit: Duration) { questions.awaitOpen(4, within: limit) }

    package func submit(_ command: NumberedCommand) {
        let id = command.id
        switch command.command {
        case .place(let order): place(order.clientOrderID.description, order.terms, id)
        case .cancel(let orders): cancel(orders, id)
        case .listOrders(let query): listOrders(query, id)
        case .listFills(let query): listFills(query, id)
        case .listBalances: listBalances(id)
        case .ask(let question): ask(question, id)
        case .connect(let feed): answer(id, .connected(feeds.connect(feed)))
        // The shell's own; not for an exchange.
        case .flush: answer(id, .flushed(.failed("an exchange has nothing to flush")))
        case .exit: break
        }
    }

    package func close() {
        state.withLock { state in
            state.isClosed = true
            state.sink = nil
        }
        feeds.close()
        placements.close()
        questions.close()
    }

    func answer(_ id: CommandID, _ answer: Answer) { state.withLock { $0.sink }?.answer(id, answer) }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func product(_ symbol: Symbol) -> Product? { state.withLock { $0.products[symbol] } }

    func learn(_ list: ProductList) {
        let products = Dictionary(list.products.map { ($0.symbol, $0) }) { $1 }
        state.withLock { $0.products = products }
        feeds.learn(aliases: list.aliases)
    }

    func tell(_ hint: RateHint) { state.withLock { $0.sink }?.rate(hint) }
}
