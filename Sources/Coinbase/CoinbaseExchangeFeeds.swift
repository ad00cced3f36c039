// The feeds and their sockets. What the messages mean is FeedState's, what becomes of the news is for others, and when
// to connect again is the core's to decide.

import NIOCore
import Synchronization
import Trading
import TradingDomain
import Transport

final class CoinbaseFeeds: Sendable {
    private struct Line: Sendable {
        var state: FeedState
        var socket: WebSocketClient?
        /// Grows with every connection: what an abandoned one still says is nobody's business.
        var number = 0
    }

    private struct State: Sendable {
        var tell: (@Sendable (Feed, FeedNews) -> Void)?
        var lines: [Feed: Line]
        var isClosed = false
    }

    private let endpoints: [Feed: Endpoint]
    private let trust: TLSTrust
    private let signer: Signer?
    private let clock: VenueClock
    private let loop: any EventLoop
    private let state: Mutex<State>
    private let timer = Mutex<RepeatedTask?>(nil)

    /// - Parameters:
    ///   - endpoints: the feeds that there are.
    ///   - tellsSizes: whether the market is told with sizes and trades.
    init(
        _ endpoints: [Feed: Endpoint], symbols: [Symbol], trust: TLSTrust, signer: Signer?, clock: VenueClock,
        loop: any EventLoop, tellsSizes: Bool = false
    ) {
        self.endpoints = endpoints
        self.trust = trust
        self.signer = signer
        self.clock = clock
        self.loop = loop
        state = Mutex(
            State(
                lines: endpoints.keys.reduce(into: [:]) {
                    $0[$1] = Line(state: FeedState($1, symbols: symbols, tellsSizes: tellsSizes))
                }
            ))
    }

    /// `tell` is called on the event loop, outside of every lock.
    func start(_ tell: @escaping @Sendable (Feed, FeedNews) -> Void) {
        state.withLock { $0.tell = tell }
        for feed in Feed.allCases where endpoints[feed] != nil { _ = connect(feed) }
        let task = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [weak self] _ in
            self?.check()
        }
        timer.withLock { $0 = task }
    }

    func connect(_ feed: Feed) -> ConnectOutcome {
        guard let endpoint = endpoints[feed] else {
            return .failed(CallFailure("there is no \(feed.rawValue) feed without a key"))
        }
        let now = clock.now().monotonic
        let change = state.withLock { state -> (old: WebSocketClient?, number: Int)? in
            guard !state.isClosed, var line = state.lines[feed] else { return nil }
            let old = line.socket
            line.number += 1
            line.socket = nil
            line.state.opening(at: now)
            state.lines[feed] = line
            return (old, line.number)
        }
        guard let change else { return .failed(CallFailure("the exchange is closed")) }
        change.old?.close()
        let number = change.number
        let socket = WebSocketClient(endpoint, trust: trust, on: loop) { [weak self] event in
            self?.take(event, of: feed, number)
        }
        let isCurrent = state.withLock { state -> Bool in
            guard !state.isClosed, state.lines[feed]?.number == number else { return false }
            state.lines[feed]?.socket = socket
            return true
        }
        if isCurrent { socket.connect() } else { socket.close() }
        return .begun
    }

    func learn(aliases: [Symbol: Symbol]) {
        state.withLock { $0.lines[.market]?.state.learn(aliases: aliases) }
    }

    func close() {
        timer.withLock { $0 }?.cancel()
        let sockets = state.withLock { state -> [WebSocketClient] in
            state.isClosed = true
            state.tell = nil
            return state.lines.values.compactMap(\.socket)
        }
        for socket in sockets { socket.close() }
    }

    private func take(_ event: WebSocketEvent, of feed: Feed, _ number: Int) {
        switch event {
        case .opened: subscribe(feed, number)
        case .text(let message):
            let now = clock.now()
            let offset = clock.reading()?.offset ?? .zero
            tell(feed, number) { $0.received(message, at: now, offset: offset) }
        case .closed(let why): tell(feed, number) { $0.closed(why) }
        }
    }

    private func subscribe(_ feed: Feed, _ number: Int) {
        let now = clock.now().monotonic
        let opened = state.withLock { state -> (WebSocketClient, [Subscription])? in
            guard state.lines[feed]?.number == number, let socket = state.lines[feed]?.socket,
                let messages = state.lines[feed]?.state.opened(at: now)
            else { return nil }
            return (socket, messages)
        }
        guard let (socket, messages) = opened else { return }
        for message in messages {
            do {
                socket.send(message.text(token: try signer?.feedToken()))
            } catch {
                tell(feed, number) { $0.closed("no token: \(error)") + [.close] }
                return
            }
        }
    }

    private func check() {
        let now = clock.now().monotonic
        let numbers = state.withLock { state in state.lines.mapValues(\.number) }
        for feed in Feed.allCases {
            if let number = numbers[feed] { tell(feed, number) { $0.check(at: now) } }
        }
    }

    /// Changes the state of a feed and passes on what follows, outside of the lock.
    private func tell(_ feed: Feed, _ number: Int, _ change: (inout FeedState) -> [FeedNews]) {
        let told = state.withLock {
            state -> (@Sendable (Feed, FeedNews) -> Void, [FeedNews], WebSocketClient?)? in
            guard let tell = state.tell, var line = state.lines[feed], line.number == number else {
                return nil
            }
            let news = change(&line.state)
            state.lines[feed] = line
            return (tell, news, line.socket)
        }
        guard let (tell, news, socket) = told else { return }
        for one in news {
            if case .close = one { socket?.close() } else { tell(feed, one) }
        }
    }
}
