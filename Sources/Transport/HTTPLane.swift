// A fixed number of warm connections to one endpoint, for one purpose. One request in, one outcome out: nothing
// is queued, retried, redirected or pipelined.
//
// A request that was given to the lane before the machine fell asleep is not sent when it wakes: until it is written its
// time runs on the clock that counts sleep, which NIO's own does not.
//
// Written on NIO itself and not on a client library, because only here can be told whether a byte of a request
// has left, and a request is signed only when a connection is in hand.

import CLinux
import NIOCore
import Synchronization

/// What other threads may know of a lane.
final class LaneGauge: Sendable {
    let open = Atomic<Int>(0)
}

package final class HTTPLane: Sendable {
    private let loop: any EventLoop
    private let pool: NIOLoopBoundBox<LanePool>
    private let gauge = LaneGauge()
    private let bootTime: @Sendable () -> Int64
    package let endpoint: Endpoint
    package let connections: Int

    /// `authorize` gives a request's bearer token, or nil for none. It is called on the event loop, only when a
    /// connection is in hand; what it throws makes the request unsent. `bootTime` is the clock that counts sleep, in
    /// nanoseconds.
    package init(
        _ endpoint: Endpoint, connections: Int, trust: TLSTrust, on group: any EventLoopGroup,
        upkeep: LaneUpkeep = LaneUpkeep(),
        bootTime: @escaping @Sendable () -> Int64 = { cl_boot_nanoseconds() },
        authorize: @escaping @Sendable (HTTPRequest) throws -> String?
    ) {
        self.endpoint = endpoint
        self.bootTime = bootTime
        self.connections = max(1, connections)
        loop = group.next()
        pool = .makeBoxSendingValue(
            LanePool(
                on: loop, dialer: Dialer(endpoint, trust: trust), connections: connections, upkeep: upkeep,
                gauge: gauge, bootTime: bootTime, authorize: authorize),
            eventLoop: loop)
    }

    /// Opens the connections and keeps them open.
    package func warm() {
        loop.execute { [pool] in pool.value.warm() }
    }

    /// For good. Call it before the event loop is shut down; what is on its way becomes ambiguous.
    package func close() {
        loop.execute { [pool] in pool.value.close() }
    }

    /// Whether every connection is open.
    package var isWarm: Bool { openConnections == connections }
    package var openConnections: Int { gauge.open.load(ordering: .relaxed) }

    /// Returns when so many connections are open, or the time is over. Not from the event loop.
    package func awaitOpen(_ count: Int, within limit: Duration) {
        let end = ContinuousClock.now + limit
        while openConnections < min(count, connections), ContinuousClock.now < end {
            _ = cl_wait_readable(-1, -1, 500_000)
        }
    }

    /// `done` is called exactly once, on the event loop. Patience counts from now.
    package func send(
        _ request: HTTPRequest, patience: Duration, _ done: @escaping @Sendable (HTTPOutcome) -> Void
    ) {
        let deadline = NIODeadline.now() + TimeAmount(patience)
        var request = request
        request.submittedAt = bootTime()
        request.signedWithin = min(request.signedWithin ?? patience, patience)
        loop.execute { [pool, request] in pool.value.send(request, until: deadline, done) }
    }
}
