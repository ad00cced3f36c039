// One request on a connection of its own, for places that hear of us rarely: no connection is kept, nothing is
// retried, redirected or queued. The head of an answer is enough, however long its body is or claims to be. `done` is
// called exactly once, on the event loop.

import NIOCore
import NIOHTTP1
import NIOPosix

package enum SinglePost {
    /// Patience counts from now and covers name, connection, TLS and answer.
    package static func send(
        _ body: [UInt8], to endpoint: Endpoint, headers: [(String, String)], trust: TLSTrust,
        patience: Duration, on loop: any EventLoop, _ done: @escaping @Sendable (HTTPOutcome) -> Void
    ) {
        let deadline = NIODeadline.now() + TimeAmount(patience)
        loop.execute {
            Post(endpoint, trust, body, headers, loop, deadline, done).begin()
        }
    }
}

/// Lives from the dial to the outcome; the connection's owner.
private final class Post: LaneConnectionOwner {
    private let dialer: Dialer
    private let body: [UInt8]
    private let headers: [(String, String)]
    private let loop: any EventLoop
    private let deadline: NIODeadline
    private var done: (@Sendable (HTTPOutcome) -> Void)?
    private var connection: LaneConnection?
    private var overdue: Scheduled<Void?>?
    private var isSent = false

    init(
        _ endpoint: Endpoint, _ trust: TLSTrust, _ body: [UInt8], _ headers: [(String, String)],
        _ loop: any EventLoop, _ deadline: NIODeadline, _ done: @escaping @Sendable (HTTPOutcome) -> Void
    ) {
        dialer = Dialer(endpoint, trust: trust)
        self.body = body
        self.headers = headers
        self.loop = loop
        self.deadline = deadline
        self.done = done
    }

    func begin() {
        // A name that is never resolved, or TLS that is never agreed upon, has no other end.
        overdue = loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.conclude(.unsent("there was no connection in time"))
        }
        let isSecure = dialer.endpoint.isSecure
        dialer.dial(on: loop, within: max(.milliseconds(1), deadline - .now())) { channel in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(RequestWriter())
            try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder()))
            try pipeline.addHandler(LaneConnection(isSecure: isSecure, headSuffices: true))
        }
        .assumeIsolated().whenComplete { result in
            do {
                let connection = try result.get().pipeline.syncOperations.handler(type: LaneConnection.self)
                guard self.done != nil else { return connection.end("it is not needed") }
                self.connection = connection
                connection.adopt(by: self)
            } catch {
                self.conclude(.unsent(self.dialer.reason(error)))
            }
        }
    }

    func connectionBecameIdle(_ connection: LaneConnection) {
        guard !isSent, done != nil else { return }
        isSent = true
        overdue?.cancel()
        let head = HTTPRequestHead(
            version: .http1_1, method: .POST, uri: dialer.endpoint.path,
            headers: HTTPHeaders(
                [
                    ("Host", dialer.endpoint.hostAndPort), ("User-Agent", "trader247"),
                    ("Accept", "*/*"), ("Content-Length", String(body.count)), ("Connection", "close"),
                ] + headers))
        let bound = NIOLoopBound(self, eventLoop: loop)
        connection.send(head, body: body, until: deadline) { outcome in bound.value.conclude(outcome) }
    }

    func connectionEnded(_ connection: LaneConnection, reason: String) {
        if !isSent { conclude(.unsent(reason)) }
    }

    private func conclude(_ outcome: HTTPOutcome) {
        guard let done = done.take() else { return }
        overdue?.cancel()
        // Its own words on ending come back here, where nobody listens any more.
        connection?.end("the answer is there")
        connection = nil
        done(outcome)
    }
}
