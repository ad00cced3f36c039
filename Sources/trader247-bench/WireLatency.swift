// How long a placement takes from the start of the turn that decides it to the arrival of its last byte at a peer on
// loopback: the core's turns, the request, its signature and the socket, without the disk. Beside it, as a yardstick,
// the same bytes written through a NIO channel. The two alternate.

import CLinux
import Coinbase
import Daemon
import Exchanges
import NIOCore
import NIOPosix
import Trading
import TradingDomain
import WebTokens

/// Wants one order, at a distance from the best price: each new price is a new wish.
private struct OneOrder: Strategy {
    struct Memory: Codable, Equatable, Sendable {}
    let name = "one"
    let symbols: [Symbol]
    var initialMemory: Memory { Memory() }
    func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        guard let market = view.markets.first, let quote = market.quote, let size = Quantity("0.001"),
            let price = try? quote.bid - Price(1_000)
        else { return .keep }
        return .want([
            WantedOrder(
                symbol: market.product.symbol, side: .buy,
                type: .limit(price: price, timeInForce: .goodTillCanceled, postOnly: true), quantity: size)
        ])
    }
}

struct WireLatency {
    private let exchange: CoinbaseExchange
    private let inbox = Inbox()
    private let desk: ArrivalDesk
    private let loop: any EventLoop
    private let symbol: Symbol
    private var round: Int64 = 0
    private var lead = Duration.zero
    private var core: TradingCore
    private var turns: TurnNumber = 0
    private var questions: CommandID = 1 << 40
    private var ours: [Int64] = []
    private var turnTimes: [Int64] = []
    private var submits: [Int64] = []

    static func run(rounds: Int, algorithm: TokenAlgorithm) throws -> String {
        let servers = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let clients = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let desk = ArrivalDesk()
        let port = try ArrivalServer.start(servers, desk)
        let bare = try ClientBootstrap(group: clients)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: "127.0.0.1", port: port).wait()
        var me = try WireLatency(port: port, desk: desk, loop: clients.next(), algorithm: algorithm)
        var times: [Int64] = []
        for round in 0..<(rounds + 200) {
            let arrival = try me.place()
            let future = desk.next(on: me.loop)
            rest()
            let began = cl_boot_nanoseconds()
            bare.writeAndFlush(bare.allocator.buffer(bytes: arrival.bytes), promise: nil)
            let time = try future.wait().at - began
            // The first rounds warm everything up.
            if round == 199 { me.forget() } else if round >= 200 { times.append(time) }
            rest()
        }
        me.exchange.close()
        let (a, b) = (median(me.ours), median(times))
        return
            #"{"algorithm":"\#(algorithm.rawValue)","rounds":\#(rounds),"median_us":\#(a),"bare_median_us":\#(b),"#
            + #""ratio":\#(a / b),"turns_us":\#(median(me.turnTimes)),"submit_us":\#(median(me.submits)),"#
            + #""token_alone_us":\#(try tokenTime(algorithm)),"#
            + #""p10_us":\#(share(me.ours, 10)),"p90_us":\#(share(me.ours, 90)),"#
            + #""bare_p10_us":\#(share(times, 10)),"bare_p90_us":\#(share(times, 90))}"#
    }

    private static func median(_ times: [Int64]) -> Double { share(times, 50) }
    private static func share(_ times: [Int64], _ percent: Int) -> Double {
        Double(times.sorted()[times.count * percent / 100] / 100) / 10
    }

    /// A placement comes after a rest: nothing spins, as in a life.
    private static func rest() { _ = cl_wait_readable(-1, -1, 1_000_000) }

    private init(port: Int, desk: ArrivalDesk, loop: any EventLoop, algorithm: TokenAlgorithm) throws {
        guard let symbol = Symbol("BTC-USD"), let bot = BotID("bench"),
            let product = PaperAccount.standard.listings.first(where: { $0.product.symbol == symbol })?
                .product
        else { throw Surprise("the settings are wrong") }
        self.symbol = symbol
        self.desk = desk
        self.loop = loop
        var settings = CoinbaseSettings()
        settings.restURL = "http://127.0.0.1:\(port)"
        settings.marketURL = "ws://127.0.0.1:\(port)"
        settings.userURL = "ws://127.0.0.1:\(port)"
        let key = try Self.key(algorithm)
        exchange = try CoinbaseExchange(settings, key: key, symbols: [symbol], clock: SystemClock(speed: 1))
        var configuration = CoreConfiguration(bot: bot, mode: .paper)
        configuration.tellsOrders = false
        configuration.rate.burst = 100_000
        configuration.rate.perSecond = 100_000
        configuration.risk.maximumOrdersPerMinute = 1_000_000
        core = try TradingCore(
            configuration: configuration, capabilities: ExchangeCapabilities(), products: [product],
            strategies: [AnyStrategy(OneOrder(symbols: [symbol]))],
            durable: DurableState())
        exchange.start(sink: inbox)
        try ask(.time)
        try ask(.products)
        handle(.started)
        for feed in Feed.allCases { handle(.feed(feed, .connected)) }
        // A new state waits until no request of an older life could arrive any more; here time is moved on.
        for _ in 0..<100 where core.status.lifecycle == .recovering {
            lead += .seconds(6)
            handle(.woke)
        }
    }

    /// Its name is as long as the venue's.
    private static func key(_ algorithm: TokenAlgorithm) throws -> KeyFile {
        let id = String(repeating: "12345678-", count: 4)
        return try KeyFile(
            name: "organizations/\(id)/apiKeys/\(id)",
            privateKey: SigningKey.generate(algorithm).privateKeyText)
    }

    /// A token's part of it: alone, one after the other.
    private static func tokenTime(_ algorithm: TokenAlgorithm) throws -> Double {
        let key = try key(algorithm)
        return median(
            try (0..<2_000).map { _ in
                let began = cl_boot_nanoseconds()
                _ = try WebToken.make(
                    key: key, uri: "POST 127.0.0.1:8247/api/v3/brokerage/orders", issuedAt: 1_800_000_000,
                    life: 5, nonce: "0123456789abcdef0123456789abcdef")
                return cl_boot_nanoseconds() - began
            })
    }

    private mutating func forget() {
        ours = []
        turnTimes = []
        submits = []
    }

    /// What the adapter must have heard before it places; the connections open meanwhile.
    private mutating func ask(_ question: VenueQuestion) throws {
        for _ in 0..<200 {
            questions += 1
            exchange.submit(NumberedCommand(id: questions, command: .ask(question)))
            if case .told(let answer) = try answer(to: questions) {
                if case .failed = answer {} else { return }
            }
            Self.rest()
        }
        throw Surprise("no answer to \(question)")
    }

    private func answer(to id: CommandID) throws -> Answer {
        while let item = inbox.next(timeout: .seconds(5)) {
            if case .event(.answered(id, let answer)) = item { return answer }
        }
        throw Surprise("no answer to \(id)")
    }

    /// One quote that makes the core place, until the bytes are there; then the order ends.
    private mutating func place() throws -> Arrival {
        let future = desk.next(on: loop)
        let stamp = now()
        round += 1
        let bid = 60_000 + round % 7
        let quote = Quote(symbol: symbol, bid: Price(bid), ask: Price(bid + 1), at: stamp.utc)
        Self.rest()
        var placement: NumberedCommand?
        let began = cl_boot_nanoseconds()
        var decided = began
        var submitted = began
        // The turn that decides, and the one that hears of the commit, as the loop would take them.
        for event in [Event.quote(quote), .committed(through: turns + 1)] {
            let turn = take(event)
            for command in turn.commands {
                guard case .place = command.command else { continue }
                decided = cl_boot_nanoseconds()
                exchange.submit(command)
                submitted = cl_boot_nanoseconds()
                placement = command
            }
        }
        guard let placement else { throw Surprise("nothing was placed") }
        let arrival = try future.wait()
        ours.append(arrival.at - began)
        turnTimes.append(decided - began)
        submits.append(submitted - decided)
        let answer = try answer(to: placement.id)
        guard case .placed(.accepted(let acceptance)) = answer, case .place(let order) = placement.command
        else { throw Surprise("not accepted: \(answer)") }
        handle(.answered(placement.id, answer))
        handle(
            .order(
                OrderSnapshot(
                    exchangeOrderID: acceptance.exchangeOrderID,
                    clientOrderID: order.clientOrderID.description, terms: order.terms, status: .canceled,
                    filledQuantity: .zero, createdAt: stamp.utc, reason: "")))
        return arrival
    }

    private func now() -> Stamp {
        Stamp(monotonic: realNow() + lead, utc: UTCInstant(nanoseconds: cl_utc_nanoseconds()) + lead)
    }

    private mutating func take(_ event: Event) -> Turn {
        turns += 1
        var turn = Turn(number: turns)
        core.handle(event, at: now(), into: &turn)
        return turn
    }

    /// One event with everything that follows from it, without the wire.
    private mutating func handle(_ first: Event) {
        var events = [first]
        while !events.isEmpty {
            let turn = take(events.removeFirst())
            if !turn.records.isEmpty { events.append(.committed(through: turns)) }
            for command in turn.commands {
                switch command.command {
                case .listOrders:
                    events.append(
                        .answered(command.id, .orders(.page(OrderPage(orders: [], nextCursor: nil)))))
                case .listFills:
                    events.append(.answered(command.id, .fills(.page(FillPage(fills: [], nextCursor: nil)))))
                case .listBalances:
                    events.append(
                        .answered(
                            command.id,
                            .balances(
                                .balances([
                                    Balance(currency: symbol.base, available: Money(10), hold: .zero),
                                    Balance(
                                        currency: symbol.quote, available: Money(1_000_000), hold: .zero),
                                ]))))
                case .connect: events.append(.answered(command.id, .connected(.begun)))
                default: events.append(.answered(command.id, .withheld("not here")))
                }
            }
        }
    }
}
