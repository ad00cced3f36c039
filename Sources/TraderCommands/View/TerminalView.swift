// The picture below the log of `run`: a thread of its own looks at what the loop has published last, draws it, and hands
// it to the log's writer, which keeps only the newest. Nothing here can hold a turn, and a terminal that is stuck holds
// only the writer.

import CLinux
import Control
import Daemon
import FoundationEssentials
import Synchronization
import Trading
import TradingDomain
import Viewing

final class TerminalView: LifeView {
    private static let pause: Duration = .milliseconds(250)
    private static let pauseOfStop: Duration = .milliseconds(80)

    private let screen: Screen
    private let log: Log
    private let status: @Sendable () -> StatusView
    private let isOver = Atomic<Bool>(false)
    private let doorbell = Doorbell()

    /// Nil where it is not wanted, or would not be seen.
    static func begin(
        _ configuration: Configuration, _ log: Log, _ environment: [String: String],
        _ status: @escaping @Sendable () -> StatusView
    ) throws -> TerminalView? {
        guard configuration.view == .auto, log.showsFrames, let screen = Screen(1, environment) else {
            return nil
        }
        let view = TerminalView(screen, log, status)
        try PlainThread.start("view") { view.run() }
        return view
    }

    private init(_ screen: Screen, _ log: Log, _ status: @escaping @Sendable () -> StatusView) {
        self.screen = screen
        self.log = log
        self.status = status
    }

    func conclude(_ overview: CoreOverview) {
        isOver.store(true, ordering: .sequentiallyConsistent)
        var last = status()
        last.core = overview
        log.settle(frame(last))
        doorbell.ring()
    }

    private func run() {
        while !isOver.load(ordering: .sequentiallyConsistent) {
            let now = status()
            log.show(frame(now))
            doorbell.wait(now.core?.stop == nil ? Self.pause : Self.pauseOfStop)
        }
    }

    /// The log keeps two rows of five.
    private func frame(_ status: StatusView) -> TerminalFrame {
        var canvas = screen.canvas()
        canvas.rows = min(18, canvas.rows * 3 / 5)
        let now = UTCInstant(nanoseconds: cl_utc_nanoseconds())
        return LivePicture(status: status, now: now).frame(on: canvas)
    }
}
