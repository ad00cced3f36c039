// A fixed number of connections to one venue, opened ahead and kept alive, each with at most one request under
// way. What a lane can't send at once it does not send: nothing waits here, nothing is repeated, no redirect is
// followed, and a request is signed only when a connection is in hand.
//
// Everything mutable lives on the lane's event loop.

import NIOCore
import NIOSSL
import Synchronization

package final class HTTPLane: Sendable {
    /// What the request's bearer token is; nil for a call that needs none. Called on the event loop.
    package typealias Authorize = @Sendable (HTTPRequest) throws -> String?

    private let loop: any EventLoop
    private let core: NIOLoopBoundBox<LaneCore>
    private let readyCount: LaneGauge

    /// - Parameter idleLimit: a connection that was idle for longer is not trusted to be alive any more.
    package init(
        _ endpoint: Endpoint, connections: Int, trust: TLSTrust, on loop: any EventLoop,
        idleLimit: Duration = .seconds(25), authorize: @escaping Authorize
    ) throws(EndpointError) {
        self.loop = loop
        let context = endpoint.isEncrypted ? try trust.context() : nil
        let gauge = LaneGauge()
        readyCount = gauge
        // Made here, used on the loop alone.
        core = NIOLoopBoundBox.makeBoxSendingValue(
            LaneCore(endpoint, max(1, connections), context, loop, idleLimit, authorize, gauge),
            eventLoop: loop)
    }

    /// Opens the connections; later ones are opened again as they are lost.
    package func warm() { loop.execute { [core] in core.value.warm() } }

    /// Whether a request could be sent now.
    package var isWarm: Bool { readyCount.value > 0 }

    /// Sends one request. `done` is called exactly once, on the event loop.
    package func send(
        _ request: HTTPRequest, patience: Duration, _ done: @escaping @Sendable (HTTPOutcome) -> Void
    ) {
        loop.execute { [core] in core.value.send(request, patience, done) }
    }

    package func close() { loop.execute { [core] in core.value.close() } }
}

/// How many connections could take a request now, readable from any thread.
final class LaneGauge: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int {
        get { count.load(ordering: .relaxed) }
        set { count.store(newValue, ordering: .relaxed) }
    }
}
