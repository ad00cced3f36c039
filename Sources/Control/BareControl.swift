// The control API without a port, for whoever brings the connections himself: the fuzzer does.

import Daemon
import NIOCore
import Trading
import TradingDomain

package final class BareControl {
    private let context: ServerContext

    /// - Parameter token: what opens it; its host name is `localhost:1`.
    package init(desk: ControlDesk, routes: [ControlRoute], token: String, on loop: any EventLoop) {
        let settings = ControlSettings(stateDirectory: "/nowhere")
        context = ServerContext(settings, desk: desk, routes: routes, on: loop)
        context.listens(
            at: ControlSettings.TCP(host: "127.0.0.1", port: 1, token: ControlToken(token)), port: 1)
    }

    /// The handlers of a TCP connection that was accepted, as the server's own have them.
    package func serve(_ channel: any Channel) throws { try context.admit(channel, isTCP: true) }
}
