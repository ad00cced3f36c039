import NIOCore

// A sandbox without a port, for whoever brings the connections himself: the fuzzer does.

package final class BareSandbox {
    private let core: SandboxCore

    /// - Throws: where the settings make no venue.
    package init(_ settings: SandboxSettings, on loop: any EventLoop) throws {
        core = try SandboxCore(settings, on: loop)
        core.start()
    }

    /// The handlers of a connection that was accepted, as the server's own have them.
    package func serve(_ channel: any Channel) throws {
        try SandboxServer.assemble(channel, NIOLoopBound(core, eventLoop: channel.eventLoop), nil)
    }

    /// What the book says of itself that can't be true; empty while it is sound.
    package var inconsistencies: [String] { core.venue.engine.inconsistencies() }

    package func stop() { core.stop() }
}
