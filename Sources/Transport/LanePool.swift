// The connections of a lane and their upkeep, all on one event loop.
//
// Upkeep is not policy: it opens connections ahead and replaces what was lost or has become old. It never touches
// a request.

import NIOCore
import NIOHTTP1
import NIOPosix

/// How a lane looks after its connections. Tests make it quicker.
package struct LaneUpkeep: Sendable {
    /// A connection that was idle for longer is not used again: the other side may be about to close it.
    package var idleLimit = Duration.seconds(25)
    package var dialLimit = Duration.seconds(5)
    /// The wait after a failed dial: at random between the first and a bound that doubles up to the second.
    package var shortestBackoff = Duration.milliseconds(50)
    package var longestBackoff = Duration.seconds(5)

    package init() {}
}

final class LanePool: LaneConnectionOwner {
    private final class Slot {
        var connection: LaneConnection?
        var isDialing = false
        var failures = 0
        var backoff: Scheduled<Void?>?
    }

    /// A dial between TCP and TLS.
    private struct Opening {
        let slot: Slot
        let connection: LaneConnection
        let limit: Scheduled<Void>
    }

    private let loop: any EventLoop
    private let dialer: Dialer
    private let upkeep: LaneUpkeep
    private let gauge: LaneGauge
    private let bootTime: @Sendable () -> Int64
    private let authorize: @Sendable (HTTPRequest) throws -> String?
    private let slots: [Slot]
    private var openings: [ObjectIdentifier: Opening] = [:]
    private var sweep: Scheduled<Void?>?
    private var isOpen = false
    private var isClosed = false
    private var lastFailure: String?

    init(
        on loop: any EventLoop, dialer: Dialer, connections: Int, upkeep: LaneUpkeep, gauge: LaneGauge,
        bootTime: @escaping @Sendable () -> Int64,
        authorize: @escaping @Sendable (HTTPRequest) throws -> String?
    ) {
        self.loop = loop
        self.dialer = dialer
        self.upkeep = upkeep
        self.gauge = gauge
        self.bootTime = bootTime
        self.authorize = authorize
        slots = (0..<max(1, connections)).map { _ in Slot() }
    }

    func warm() {
        guard !isOpen, !isClosed else { return }
        isOpen = true
        for slot in slots { dial(slot) }
        scheduleSweep()
    }

    func close() {
        isClosed = true
        sweep?.cancel()
        for slot in slots {
            slot.backoff?.cancel()
            slot.connection?.end("the lane was closed")
        }
        for opening in openings.values { opening.connection.end("the lane was closed") }
    }

    func send(
        _ request: HTTPRequest, until deadline: NIODeadline, _ done: @escaping @Sendable (HTTPOutcome) -> Void
    ) {
        guard !isClosed else { return done(.unsent("the lane is closed")) }
        guard request.isWellFormed else { return done(.unsent("the request is malformed")) }
        let now = NIODeadline.now()
        // What waited longer than its patience for this thread is not worth sending any more.
        guard now < deadline, isInTime(request) else { return done(.unsent(Self.tooLate)) }
        guard let connection = freeConnection(now) else { return done(.unsent(whyNoneIsFree)) }
        let token: String?
        do {
            token = try authorize(request)
        } catch {
            return done(.unsent("the request could not be authorized: \(error)"))
        }
        // The machine may have slept while it was signed.
        guard isInTime(request) else { return done(.unsent(Self.tooLate)) }
        connection.send(head(of: request, token: token), body: request.body, until: deadline, done: done)
    }

    private static let tooLate = "there was no time left to send it"

    private func isInTime(_ request: HTTPRequest) -> Bool {
        guard let limit = request.signedWithin else { return true }
        return .nanoseconds(bootTime() - request.submittedAt) < limit
    }

    private func head(of request: HTTPRequest, token: String?) -> HTTPRequestHead {
        var headers: [(String, String)] = [("Host", dialer.endpoint.hostAndPort)]
        headers.reserveCapacity(6 + request.headers.count)
        if let token { headers.append(("Authorization", "Bearer " + token)) }
        headers.append(("User-Agent", "trader247"))
        headers.append(("Accept", "application/json"))
        if !request.body.isEmpty { headers.append(("Content-Type", "application/json")) }
        if !request.body.isEmpty || request.method != "GET" {
            headers.append(("Content-Length", String(request.body.count)))
        }
        headers += request.headers
        return HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method),
            uri: request.query.isEmpty ? request.path : request.path + "?" + request.query,
            headers: HTTPHeaders(headers))
    }

    /// The one that was used last: it is the least likely to be closed from afar just now.
    private func freeConnection(_ now: NIODeadline) -> LaneConnection? {
        var best: (connection: LaneConnection, since: NIODeadline)?
        for slot in slots {
            guard let connection = slot.connection, let since = connection.idleSince else { continue }
            if now - since > TimeAmount(upkeep.idleLimit) {
                connection.end("it was idle for too long")
            } else if since >= best?.since ?? since {
                best = (connection, since)
            }
        }
        return best?.connection
    }

    private var whyNoneIsFree: String {
        let busy = slots.count { $0.connection?.isBusy == true }
        if busy > 0 { return "no connection is free (\(busy) of \(slots.count) are in use)" }
        let place = dialer.endpoint.hostAndPort
        if let lastFailure { return "there is no connection to \(place): \(lastFailure)" }
        return "there is no connection to \(place) yet"
    }

    // MARK: upkeep

    private func scheduleSweep() {
        sweep = loop.assumeIsolated().scheduleTask(in: TimeAmount(upkeep.idleLimit / 10)) { [weak self] in
            self?.replaceOld()
        }
    }

    private func dial(_ slot: Slot) {
        guard !isClosed, !slot.isDialing else { return }
        slot.backoff?.cancel()
        slot.backoff = nil
        slot.isDialing = true
        let isSecure = dialer.endpoint.isSecure
        let limit = TimeAmount(upkeep.dialLimit)
        dialer.dial(on: loop, within: limit) { channel in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(RequestWriter())
            try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder()))
            try pipeline.addHandler(LaneConnection(isSecure: isSecure))
        }
        .assumeIsolated().whenComplete { result in
            do {
                let pipeline = try result.get().pipeline.syncOperations
                let connection = try pipeline.handler(type: LaneConnection.self)
                self.awaitOpening(of: connection, in: slot, within: limit)
            } catch {
                self.dialFailed(slot, self.dialer.reason(error))
            }
        }
    }

    /// TCP is there; the connection counts when TLS is, too.
    private func awaitOpening(of connection: LaneConnection, in slot: Slot, within limit: TimeAmount) {
        let overdue = loop.assumeIsolated().scheduleTask(in: limit) {
            connection.end("TLS was not agreed upon in time")
        }
        openings[ObjectIdentifier(connection)] = Opening(slot: slot, connection: connection, limit: overdue)
        connection.adopt(by: self)
    }

    func connectionBecameIdle(_ connection: LaneConnection) {
        guard let opening = openings.removeValue(forKey: ObjectIdentifier(connection)) else { return }
        opening.limit.cancel()
        let slot = opening.slot
        slot.isDialing = false
        guard !isClosed else { return connection.end("the lane was closed") }
        // The one that it was to replace may have been used meanwhile, and is then as good as new.
        let old = slot.connection
        if let old, old.isBusy { return connection.end("it is not needed") }
        slot.connection = connection
        lastFailure = nil
        if let old {
            old.end("it was idle for too long")
        } else {
            gauge.open.add(1, ordering: .relaxed)
        }
    }

    func connectionEnded(_ connection: LaneConnection, reason: String) {
        if let opening = openings.removeValue(forKey: ObjectIdentifier(connection)) {
            opening.limit.cancel()
            dialFailed(opening.slot, reason)
            return
        }
        guard let slot = slots.first(where: { $0.connection === connection }) else { return }
        slot.connection = nil
        gauge.open.subtract(1, ordering: .relaxed)
        // Whoever accepts us only to hang up must not be called again at once.
        if connection.answers > 0 || NIODeadline.now() - connection.openedAt > .seconds(1) {
            slot.failures = 0
            dial(slot)
        } else {
            backOff(slot, reason)
        }
    }

    private func dialFailed(_ slot: Slot, _ reason: String) {
        slot.isDialing = false
        backOff(slot, reason)
    }

    private func backOff(_ slot: Slot, _ reason: String) {
        lastFailure = reason
        guard !isClosed else { return }
        slot.failures += 1
        let shortest = TimeAmount(upkeep.shortestBackoff).nanoseconds
        let longest = max(shortest, TimeAmount(upkeep.longestBackoff).nanoseconds)
        let bound = min(longest, shortest << min(slot.failures, 16))
        slot.backoff?.cancel()
        slot.backoff = loop.assumeIsolated().scheduleTask(
            in: .nanoseconds(.random(in: shortest...max(shortest, bound)))
        ) { [weak self] in self?.dial(slot) }
    }

    /// Opens a successor early enough, so that the lane is never without a connection for being quiet.
    private func replaceOld() {
        let now = NIODeadline.now()
        for slot in slots {
            guard let since = slot.connection?.idleSince, slot.backoff == nil else { continue }
            if now - since > TimeAmount(upkeep.idleLimit * 4 / 5) { dial(slot) }
        }
        scheduleSweep()
    }
}
