import ExchangeModel
import ForeignJSON
import FoundationEssentials
import NIOCore
import NIOWebSocket
import TradingDomain

// One WebSocket connection: what it subscribed to, its one counter over all channels, and how its messages
// leave, faults included. What there is to say comes from the hub.

final class SocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let hub: FeedHub
    private var context: ChannelHandlerContext?
    /// Per channel: the products, or nil for all of them.
    private(set) var subscriptions: [FeedChannel: Set<String>?] = [:]
    /// Whose orders it hears of.
    private(set) var portfolio = 0
    private var sequence: Int64 = 0
    private var silentUntil: MonotonicInstant?
    private var lastSent = SandboxCore.now()
    private var subscribeBy: Scheduled<Void>?
    private(set) var heartbeats = 0
    /// What the client was told of each book, by price.
    var books: [Symbol: BookImage] = [:]
    /// What waits for the client to take it; a snapshot of a large book is a part of this.
    static let unsentLimit = 32 << 20
    private var unsent = 0
    /// A client that takes nothing is owed one pong, the latest.
    private var owedPong: ByteBuffer?
    /// Ticks of the hub's clock during which the client took nothing.
    private var stuckTicks = 0

    init(_ hub: FeedHub) { self.hub = hub }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        hub.add(self)
        let within = TimeAmount.nanoseconds(hub.settings.subscribeWithin.wholeNanoseconds)
        subscribeBy = context.eventLoop.assumeIsolated().scheduleTask(in: within) { [weak self] in
            self?.close(.policyViolation)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        subscribeBy?.cancel()
        self.context = nil
        hub.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary: take(Array(frame.unmaskedData.readableBytesView))
        case .ping:
            if context.channel.isWritable {
                write(.pong, frame.unmaskedData)
            } else {
                owedPong = frame.unmaskedData
            }
        case .connectionClose:
            write(.connectionClose, frame.unmaskedData)
            context.close(promise: nil)
        default: break
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let pong = owedPong {
            owedPong = nil
            write(.pong, pong)
        }
        context.fireChannelWritabilityChanged()
    }

    /// Says goodbye and ends the connection.
    func close(_ code: WebSocketErrorCode) {
        guard let context else { return }
        var data = context.channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: code)
        write(.connectionClose, data)
        context.close(promise: nil)
    }

    func closeAbruptly() { context?.close(promise: nil) }

    /// Once a second: ends a connection that nothing goes over, or whose client takes nothing.
    func tick(_ now: MonotonicInstant) {
        if now - lastSent > hub.settings.idleLimit, silentUntil == nil { return close(.normalClosure) }
        stuckTicks = context?.channel.isWritable == false ? stuckTicks + 1 : 0
        if stuckTicks > 30 { closeAbruptly() }
    }

    // MARK: Requests

    private func take(_ bytes: [UInt8]) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let request: FeedRequest
        do {
            request = try JSONLimits.sandboxBody.decode(FeedRequest.self, from: bytes, by: decoder)
        } catch let error as JSONError {
            return complain("failed to parse request: \(error)")
        } catch {
            return complain("failed to parse request")
        }
        guard let name = request.channel, let channel = FeedChannel(rawValue: name) else {
            return complain("unsupported channel: \(request.channel ?? "")")
        }
        let products = Set(request.productIds ?? [])
        switch request.type {
        case "subscribe":
            guard let portfolio = hub.admits(channel, token: request.jwt) else {
                return complain("authentication failure")
            }
            if let stranger = products.sorted().first(where: { !hub.isProduct($0) }) {
                return complain("\(stranger) is not a valid product")
            }
            if channel == .user { self.portfolio = portfolio }
            subscribeBy?.cancel()
            subscribe(channel, products)
        case "unsubscribe":
            unsubscribe(channel, products)
            hub.acknowledge(self)
        default: complain("unsupported type: \(request.type)")
        }
    }

    private func subscribe(_ channel: FeedChannel, _ products: Set<String>) {
        let before: Set<String>?? = subscriptions[channel]
        if products.isEmpty {
            subscriptions[channel] = .some(nil)
        } else if let before {
            // All products stay all products.
            subscriptions[channel] = .some(before.map { $0.union(products) })
        } else {
            subscriptions[channel] = .some(products)
        }
        hub.acknowledge(self)
        hub.snapshot(channel, products.isEmpty ? nil : products, to: self)
    }

    private func unsubscribe(_ channel: FeedChannel, _ products: Set<String>) {
        guard let before = subscriptions[channel] else { return }
        let rest = before.map { $0.subtracting(products) } ?? []
        if products.isEmpty || rest.isEmpty {
            subscriptions[channel] = nil
        } else {
            subscriptions[channel] = .some(rest)
        }
    }

    func wants(_ channel: FeedChannel, _ product: String) -> Bool {
        guard let products = subscriptions[channel] else { return false }
        return products?.contains(product) ?? true
    }

    func beat() -> Int {
        heartbeats += 1
        return heartbeats
    }

    // MARK: Messages

    private func complain(_ message: String) {
        var json = JSONWriter(capacity: 96)
        json.object { json in
            json.field("type", constant: "error")
            json.field("message", message)
        }
        writeText(json.bytes)
    }

    /// One message in the envelope, with the next number.
    func send(_ channel: StaticString, events: [UInt8]) {
        guard context != nil else { return }
        let now = SandboxCore.now()
        let number = sequence
        sequence += 1
        if let fault = hub.fault(channel, now) {
            switch fault.action {
            case .wsGap: return
            case .wsSilence:
                silentUntil = fault.ms.map { now + .milliseconds($0) } ?? .distantFuture
            case .wsCloseClean: return close(.normalClosure)
            case .wsCloseAbnormal: return closeAbruptly()
            default: break
            }
        }
        if let until = silentUntil {
            if now < until { return }
            silentUntil = nil
        }
        lastSent = now
        var json = JSONWriter(capacity: events.count + 160)
        json.object { json in
            json.field("channel", constant: channel)
            json.field("client_id", constant: "")
            json.field("timestamp", hub.shownNow)
            json.number("sequence_num", number)
            json.field("events", json: events)
        }
        writeText(json.bytes)
    }

    private func writeText(_ bytes: [UInt8]) {
        guard let context else { return }
        write(.text, context.channel.allocator.buffer(bytes: bytes))
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        guard let context, context.channel.isActive else { return }
        let size = data.readableBytes
        unsent += size
        guard unsent <= Self.unsentLimit else { return closeAbruptly() }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: data)))
            .whenComplete { _ in bound.value.unsent -= size }
    }
}
