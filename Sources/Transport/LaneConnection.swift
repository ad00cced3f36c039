// One connection of a lane: it carries one request at a time and tells what became of it.
//
// The rule that everything above relies on: from the moment a request is written, nothing but a complete answer
// counts as an answer. Whatever else happens is ambiguous, and the connection is closed.

import NIOCore
import NIOHTTP1
import NIOTLS

/// Who looks after a connection. Called on its event loop.
protocol LaneConnectionOwner: AnyObject {
    func connectionBecameIdle(_ connection: LaneConnection)
    func connectionEnded(_ connection: LaneConnection, reason: String)
}

final class LaneConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    static let bodyLimit = 32 << 20

    private struct Pending {
        var done: @Sendable (HTTPOutcome) -> Void
        var patience: Scheduled<Void?>?
        var head: HTTPResponseHead?
        var body = ByteBuffer()
    }

    private enum State {
        case opening
        case idle(since: NIODeadline)
        case busy(Pending)
        case over(reason: String)
    }

    private let isSecure: Bool
    private let headSuffices: Bool
    private var state = State.opening
    private var context: ChannelHandlerContext?
    /// Nil until the connection has won among the addresses that were tried.
    private weak var owner: (any LaneConnectionOwner)?
    private(set) var answers = 0
    private(set) var openedAt = NIODeadline.uptimeNanoseconds(0)

    /// - Parameter headSuffices: whether the status is all that counts: an answer then is complete with its head where
    ///   that is 2xx, and with as much of its body as comes where it is not.
    init(isSecure: Bool, headSuffices: Bool = false) {
        self.isSecure = isSecure
        self.headSuffices = headSuffices
    }

    /// Since when it has been free; nil when it is not.
    var idleSince: NIODeadline? {
        guard case .idle(let since) = state, context?.channel.isActive == true else { return nil }
        return since
    }
    var isBusy: Bool {
        if case .busy = state { true } else { false }
    }

    func adopt(by owner: any LaneConnectionOwner) {
        self.owner = owner
        switch state {
        case .opening, .busy: break
        case .idle: owner.connectionBecameIdle(self)
        case .over(let reason): owner.connectionEnded(self, reason: reason)
        }
    }

    /// Only for a connection that is idle.
    func send(
        _ head: HTTPRequestHead, body: [UInt8], until deadline: NIODeadline,
        done: @escaping @Sendable (HTTPOutcome) -> Void
    ) {
        guard let context, idleSince != nil else {
            done(.unsent("the connection is not free"))
            return
        }
        state = .busy(Pending(done: done))
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty {
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        // The clock is started when the bytes are gone, so that they need not wait for it. Writing may have ended
        // the connection already.
        guard case .busy(var pending) = state, pending.patience == nil else { return }
        pending.patience = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            [weak self] in
            self?.end("no complete answer came in time")
        }
        state = .busy(pending)
    }

    /// Closes it; a request on its way becomes ambiguous.
    func end(_ reason: String) {
        let before = state
        if case .over = before { return }
        state = .over(reason: reason)
        context?.close(promise: nil)
        context = nil
        if case .busy(let pending) = before {
            pending.patience?.cancel()
            if headSuffices, let head = pending.head {
                pending.done(.answered(Self.answer(pending, head)))
            } else {
                pending.done(.ambiguous(reason))
            }
        }
        owner?.connectionEnded(self, reason: reason)
    }

    // MARK: what the channel says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive, !isSecure { opened() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end("the connection was closed") }

    func channelActive(context: ChannelHandlerContext) {
        if !isSecure { opened() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { opened() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end("the other side closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end("\(error)") }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .busy(var pending) = state else {
            end("the other side spoke without being asked")
            return
        }
        let part = Self.unwrapInboundIn(data)
        // The state must not hold a second reference to the body while it grows, or each part would copy it all.
        state = .opening
        let problem = take(part, into: &pending)
        state = .busy(pending)
        if let problem {
            end(problem)
        } else if case .end = part, let head = pending.head {
            complete(pending, head)
        }
    }

    private func opened() {
        guard case .opening = state else { return }
        openedAt = .now()
        state = .idle(since: openedAt)
        owner?.connectionBecameIdle(self)
    }

    /// What is wrong with this part, nil when nothing is.
    private func take(_ part: HTTPClientResponsePart, into pending: inout Pending) -> String? {
        switch part {
        case .head(let head):
            guard pending.head == nil else { return "a second answer came" }
            pending.head = head
            guard head.status != .switchingProtocols else { return "the other side changed the protocol" }
            // Not waited for: it may never end, and would tell nothing.
            if headSuffices { return head.status.code / 100 == 2 ? "its status is all that counts" : nil }
            // An answer that ends where the connection ends cannot be told from one that was cut off.
            let isFramed =
                head.headers.contains(name: "content-length")
                || head.headers[canonicalForm: "transfer-encoding"].last?.lowercased() == "chunked"
                || head.status == .noContent || head.status == .notModified
            guard isFramed else { return "the answer does not say how long it is" }
            let length = head.headers.first(name: "content-length").flatMap(Int.init) ?? 0
            return length > Self.bodyLimit ? "the answer is too long" : nil
        case .body(var part):
            guard pending.body.readableBytes + part.readableBytes <= Self.bodyLimit else {
                return "the answer is too long"
            }
            pending.body.writeBuffer(&part)
            return nil
        case .end:
            return pending.head == nil ? "the answer has no head" : nil
        }
    }

    private func complete(_ pending: Pending, _ head: HTTPResponseHead) {
        pending.patience?.cancel()
        answers += 1
        let answer = Self.answer(pending, head)
        state = .idle(since: .now())
        if head.isKeepAlive, context?.channel.isActive == true {
            owner?.connectionBecameIdle(self)
        } else {
            end("the other side closes after each answer")
        }
        pending.done(.answered(answer))
    }

    private static func answer(_ pending: Pending, _ head: HTTPResponseHead) -> HTTPAnswer {
        HTTPAnswer(
            status: Int(head.status.code), headers: head.headers.map { ($0.name, $0.value) },
            body: Array(buffer: pending.body))
    }
}
