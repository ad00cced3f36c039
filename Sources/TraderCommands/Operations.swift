// What operators have of one life: the control API, the halt file, and SIGHUP for a reload. None of it is worth not
// trading for: what can't be opened is said, and the life goes on.

import CLinux
import Control
import Daemon
import Glibc
import Storage
import Trading
import TradingDomain

struct Operations {
    let desk: ControlDesk
    /// What operators see.
    let status: @Sendable () -> StatusView
    private let server: ControlServer?

    /// The locks are held, nothing else has begun.
    static func begin(
        _ configuration: Configuration, _ settings: ControlSettings, _ source: ConfigurationSource,
        _ inbox: Inbox, _ others: [ControlRoute], _ log: Log, _ startedAt: UTCInstant,
        _ acceptance: Acceptance?
    ) throws -> Operations {
        let directory = configuration.stateDirectory
        let desk = ControlDesk(inbox: inbox)
        let worker = try WorkThread("control-work")
        let reloader = Reloader(source, configuration, desk, log, acceptance)
        let routes = ControlRoutes(
            facts: .init(version: Version.text, pid: getpid(), stateDirectory: directory), desk: desk,
            worker: worker, reload: { reloader.reload(by: $0, $1) })
        try HaltFile.watch(directory, inbox)
        if let watchdog = Launch.watchdog { try reloadOnHangUp(watchdog, reloader, log) }
        do throws(ControlServerError) {
            let server = try ControlServer.start(settings, desk: desk, routes: routes.all + others)
            let place = server.port.map { " and \(settings.tcp?.host ?? ""):\($0)" } ?? ""
            log.write(
                LogLine(
                    .info, "control", "operators are heard at \(settings.socketPath)\(place)", at: startedAt))
            return Operations(desk: desk, status: { routes.status }, server: server)
        } catch {
            log.write(
                LogLine(
                    .alert, "control",
                    "\(error); trading goes on, and `touch \(HaltFile.path(in: directory))` still halts",
                    at: startedAt))
            return Operations(desk: desk, status: { routes.status }, server: nil)
        }
    }

    /// The last thing of a life, after its report.
    func close() { server?.close() }

    private static func reloadOnHangUp(_ watchdog: Watchdog, _ reloader: Reloader, _ log: Log) throws {
        try PlainThread.start("reload", stack: 1024 * 1024) {
            var seen = 0
            while true {
                let count = watchdog.hangUps
                guard count != seen else {
                    watchdog.hangUpBell.wait(nil)
                    continue
                }
                seen = count
                Launch.lifeline?.say(.reloading)
                reloader.reload(by: "SIGHUP") { response in
                    guard case .bytes(let bytes) = response.body else { return }
                    let isDone = response.status == 200
                    log.write(
                        LogLine(
                            isDone ? .info : .error, "reload", String(decoding: bytes, as: UTF8.self),
                            at: UTCInstant(nanoseconds: cl_utc_nanoseconds())))
                    Launch.lifeline?.say(.ready)
                }
            }
        }
    }
}
