// `status --watch`: how the bot is, again and again, until somebody ends it. On a terminal it is a picture that is drawn in
// place; elsewhere a line for each change. A bot that is not there is waited for.

import CLinux
import Control
import Daemon
import FoundationEssentials
import Glibc
import Trading
import TradingDomain
import Viewing

struct StatusWatch {
    let daemon: RunningDaemon
    let isJSON: Bool
    private static let pause: Duration = .milliseconds(500)

    func run() throws -> Never {
        let environment = ProcessInfo.processInfo.environment
        let screen = isJSON ? nil : Screen(1, environment)
        let sink = TerminalSink(descriptor: 1, alertDescriptor: nil, colours: false)
        var said = ""
        var last: TerminalFrame?
        while true {
            let (status, trouble) = look()
            if let screen {
                var canvas = screen.canvas()
                // The cursor stands below it.
                canvas.rows = max(1, canvas.rows - 1)
                let now = UTCInstant(nanoseconds: cl_utc_nanoseconds())
                let picture = LivePicture(status: status, trouble: trouble, now: now)
                let frame = picture.frame(on: canvas)
                // The last that was seen of a bot stays to be read.
                let gone: [LogItem] = status == nil ? last.map { [.settled($0)] } ?? [] : []
                last = status == nil ? nil : frame
                guard sink.write(gone + [.frame(frame)]) else { throw Leave(0) }
            } else if isJSON {
                if let status { try Output.json(status) }
            } else {
                let words = trouble ?? status?.words ?? ""
                if words != said { Output.line("\(UTCInstant(nanoseconds: cl_utc_nanoseconds())) \(words)") }
                said = words
            }
            let pause = screen == nil ? Self.pause * 2 : Self.pause
            _ = cl_wait_readable(-1, -1, pause.wholeNanoseconds)
        }
    }

    private func look() -> (status: StatusView?, trouble: String?) {
        do {
            if let status = try daemon.status() { return (status, nil) }
            let last = PastStops(stateDirectory: daemon.directory).last.map {
                "; " + StopWordsForPeople.line($0.report)
            }
            return (nil, "no bot runs in \(daemon.directory), waiting for one" + (last ?? ""))
        } catch {
            return (nil, (error as? Leave)?.message ?? "\(error)")
        }
    }
}
