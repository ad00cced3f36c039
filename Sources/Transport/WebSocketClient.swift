// A WebSocket to one endpoint, one connection at a time. When to connect again is for others to decide.

import NIOCore

package enum WebSocketEvent: Sendable, Equatable {
    case opened
    /// One whole message.
    case text([UInt8])
    /// Why it is over, or never began. Once for each `connect`.
    case closed(String)
}

package final class WebSocketClient: Sendable {
    private let loop: any EventLoop
    private let line: NIOLoopBoundBox<WebSocketLine>
    package let endpoint: Endpoint

    /// Events are told on the event loop, in order.
    package init(
        _ endpoint: Endpoint, trust: TLSTrust, on group: any EventLoopGroup,
        openingLimit: Duration = .seconds(10), _ tell: @escaping @Sendable (WebSocketEvent) -> Void
    ) {
        self.endpoint = endpoint
        loop = group.next()
        line = .makeBoxSendingValue(
            WebSocketLine(
                on: loop, dialer: Dialer(endpoint, trust: trust), limit: TimeAmount(openingLimit), tell: tell),
            eventLoop: loop)
    }

    /// Does nothing while a connection is open or being opened.
    package func connect() {
        loop.execute { [line] in line.value.connect() }
    }

    /// Dropped when no connection is open; its end was told then.
    package func send(_ text: String) {
        loop.execute { [line] in line.value.send(text) }
    }

    /// Tells `closed` if there was something to close; `connect` may follow at once.
    package func close() {
        loop.execute { [line] in line.value.close() }
    }
}
