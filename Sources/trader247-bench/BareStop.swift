// The yardstick of the stop benchmark: a client that knows every order, cancels them in batches as fast as the
// exchange lets it, and asks for one listing when all batches are answered. It writes nothing down, checks no
// order's end, and straight speaks to the same embedded exchange over the same network.

import CLinux
import Daemon
import Exchanges
import Trading
import TradingDomain

struct BareStop {
    private let exchange: PaperExchange
    private let inbox = Inbox()
    private var lastID: CommandID = 0

    static func run(book: String, recording: String) throws -> String {
        let feed = PaperFeed.replay(
            try ReplayFile.load(
                recording, symbol: nil, spread: Rate(basisPoints: 2), depth: Quantity(1)))
        var network = PaperNetwork()
        network.latency = .milliseconds(50)
        let opened = try PaperBook.open(
            book, account: .standard, feed: feed, network: network, now: utc())
        let exchange = PaperExchange(
            opened, network: network, clock: SystemClock(speed: 1), isVirtual: false)
        var client = BareStop(exchange: exchange)
        exchange.start(sink: client.inbox)
        let orders = try client.working().map(\.exchangeOrderID)
        // The bucket fills up again.
        client.rest(.seconds(3))
        let began = utc()
        let answered = try client.cancel(orders, batch: network.cancelBatchLimit, burst: 30, perSecond: 30)
        guard try client.working().isEmpty else { throw Surprise("the listing still shows orders") }
        let proved = utc()
        exchange.close()
        return #"{"orders":\#(orders.count),"began_ns":\#(began.nanoseconds),"#
            + #""answered_ns":\#(answered.nanoseconds),"proved_ns":\#(proved.nanoseconds)}"#
    }

    private init(exchange: PaperExchange) { self.exchange = exchange }

    // MARK: Requests

    private mutating func send(_ command: Command) -> CommandID {
        lastID += 1
        exchange.submit(NumberedCommand(id: lastID, command: command))
        return lastID
    }

    /// A complete listing.
    private mutating func working() throws -> [OrderSnapshot] {
        var orders: [OrderSnapshot] = []
        var cursor: String?
        repeat {
            let id = send(.listOrders(OrderQuery(.working(), cursor: cursor)))
            guard case .orders(.page(let page)) = try answer(to: id) else {
                throw Surprise("the listing failed")
            }
            orders += page.orders
            cursor = page.nextCursor
        } while cursor != nil
        return orders
    }

    private func answer(to id: CommandID) throws -> Answer {
        while let item = inbox.next(timeout: .seconds(5)) {
            if case .event(.answered(id, let answer)) = item { return answer }
        }
        throw Surprise("no answer to \(id)")
    }

    /// - Returns: when the last batch was answered.
    private mutating func cancel(_ orders: [ExchangeOrderID], batch: Int, burst: Int, perSecond: Int) throws
        -> UTCInstant
    {
        var rest = orders[...]
        var unanswered: Set<CommandID> = []
        // The exchange counts from when it takes the first request, which is a little after we made it.
        var began: MonotonicInstant?
        var sent = 0
        while !rest.isEmpty || !unanswered.isEmpty {
            let due = sent < burst ? nil : began.map { $0 + .seconds(1) / perSecond * (sent + 1 - burst) }
            if !rest.isEmpty, due.map({ realNow() >= $0 }) ?? true {
                unanswered.insert(send(.cancel(Array(rest.prefix(batch)))))
                rest = rest.dropFirst(batch)
                sent += 1
                began = began ?? realNow()
                continue
            }
            let patience = rest.isEmpty ? nil : due.map { $0 - realNow() }
            guard let item = inbox.next(timeout: patience ?? .seconds(5)) else {
                if rest.isEmpty { throw Surprise("a batch is not answered") }
                continue
            }
            guard case .event(.answered(let id, let answer)) = item else { continue }
            guard case .canceled(.answered(let results)) = answer,
                results.allSatisfy({ $0.verdict == .accepted })
            else { throw Surprise("a batch failed: \(answer)") }
            unanswered.remove(id)
        }
        return Self.utc()
    }

    private func rest(_ duration: Duration) {
        let end = realNow() + duration
        while realNow() < end { _ = inbox.next(timeout: end - realNow()) }
    }

    private static func utc() -> UTCInstant { UTCInstant(nanoseconds: cl_utc_nanoseconds()) }
}

struct Surprise: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
