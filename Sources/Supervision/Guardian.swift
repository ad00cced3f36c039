// The guardian: a tiny parent that spawns, watches, signals and reaps. It opens neither store nor network. Everything
// that it decides is in `GuardianPlan`; here is what touches the world: signals, children, the lifeline, the service
// manager's socket.

import CLinux
import Glibc

package final class Guardian {
    private struct Running {
        var pid: Int32
        var pidfd: Int32
    }

    private let order: GuardianOrder
    private let signals: Int32
    private let environment: [String]
    private let notifySocket: String?
    private let log = GuardianLog()
    private let hasTerminal = cl_has_terminal() != 0
    private var plan: GuardianPlan
    private var trader: Running?
    private var sweep: Running?
    private var lifeline: Int32 = -1
    /// What children are configured by, never opened here: the key is in it.
    private var accepted: Int32
    private var kept: Int32
    private var reader = LifelineReader()
    /// What happened while something was carried out, oldest first.
    private var waiting: [GuardianEvent] = []
    private var exitCode: Int32?
    /// There is no trader of ours.
    private var isAttached = false
    /// A stop was asked for while this one guarded.
    private(set) var wasAskedToStop = false

    /// - Returns: nil when the signals can't be taken; `errno` says why.
    package convenience init?(_ order: GuardianOrder) {
        let signals = cl_take_guardian_signals()
        guard signals >= 0 else { return nil }
        self.init(order, signals: signals)
    }

    init(_ order: GuardianOrder, signals: Int32) {
        self.signals = signals
        for descriptor in [order.lock, order.accepted, order.kept] where descriptor >= 0 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        if !order.dumpsCore {
            cl_no_core_dumps()
            // The key is in a file of memory that is open here.
            cl_keep_memory_private()
        }
        self.order = order
        accepted = order.accepted
        kept = order.kept
        plan = GuardianPlan(order.limits, start: order.start)
        var variables: [String] = []
        var socket: String?
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            if variable.hasPrefix("NOTIFY_SOCKET=") {
                // The guardian alone speaks to the service manager.
                socket = String(variable.dropFirst("NOTIFY_SOCKET=".count))
            } else if !variable.hasPrefix("SWIFT_BACKTRACE="), !variable.hasPrefix("WATCHDOG_") {
                variables.append(variable)
            }
            entry += 1
        }
        // A backtracer would hold a crashed process, its lock and its sockets for seconds.
        environment = variables + ["SWIFT_BACKTRACE=enable=no"]
        notifySocket = socket
    }

    /// Of a guardian that can't begin.
    package static func complain(_ text: String) { GuardianLog().say(.alert, "guardian", text) }

    /// Guards until the plan leaves. Returns the exit code; nothing of ours runs then but what cannot be killed.
    package func run() -> Int32 {
        handle(.started)
        return watch()
    }

    /// The same for a trader that somebody else had started, and that is dead.
    func runAfterDeath() -> Int32 {
        isAttached = true
        handle(.started)
        handle(.ended(.trader, .signal(0)))
        return watch()
    }

    private func watch() -> Int32 {
        while exitCode == nil {
            let now = boot()
            let wait = plan.wakeAt.map { max(.zero, $0 - now) } ?? .seconds(1)
            let descriptors = [signals, lifeline, trader?.pidfd ?? -1, sweep?.pidfd ?? -1]
            _ = cl_wait_any(descriptors, Int32(descriptors.count), nanoseconds(wait))
            // What was said before an end, before the end.
            hear()
            takeSignals()
            reap()
            if exitCode == nil { handle(.woke) }
        }
        return exitCode ?? GuardianExit.internalError
    }

    // MARK: What happens

    private func handle(_ event: GuardianEvent) {
        waiting.append(event)
        while exitCode == nil, !waiting.isEmpty {
            let next = waiting.removeFirst()
            for action in plan.handle(next, at: boot()) { carryOut(action) }
        }
    }

    private func takeSignals() {
        while exitCode == nil, case let number = cl_next_signal(signals), number != 0 {
            if number == SIGCHLD { continue }
            guard number == SIGHUP, !order.obeysHangUp else {
                wasAskedToStop = true
                handle(.signal(number))
                continue
            }
            // Without a terminal it is a wish to read the configuration again; under nohup it is nothing.
            if !hasTerminal { handle(.reload) }
        }
    }

    private func hear() {
        guard lifeline >= 0 else { return }
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while exitCode == nil {
            var handed: Int32 = -1
            let count = cl_hear(lifeline, &chunk, chunk.count, &handed)
            if handed >= 0 { accept(handed) }
            guard count > 0 else { return }
            var isAlive = false
            for word in reader.words(chunk[..<Int(count)]) {
                // However many beats came together, they say the same.
                if word == .beat { isAlive = true } else { handle(.said(word)) }
            }
            if isAlive { handle(.said(.beat)) }
        }
    }

    /// From here on children are configured by this; the one before is gone once they are.
    private func accept(_ handed: Int32) {
        guard cl_sealed_size(handed) > 0 else {
            log.say(
                .warning, "not-accepted", "the trader handed up what is no sealed memory; it is left unused")
            close(handed)
            return
        }
        if accepted >= 0 { close(accepted) }
        accepted = handed
    }

    /// Children of ours, and, as PID 1, orphans of others.
    private func reap() {
        var status: Int32 = 0
        while exitCode == nil, case let pid = waitpid(-1, &status, WNOHANG), pid > 0 {
            let low = status & 0x7F
            let end: ProcessEnd = low == 0 ? .exit((status >> 8) & 0xFF) : .signal(low)
            if let child = trader, child.pid == pid {
                close(child.pidfd)
                trader = nil
                hear()
                closeLifeline()
                handle(.ended(.trader, end))
            } else if let child = sweep, child.pid == pid {
                close(child.pidfd)
                sweep = nil
                handle(.ended(.sweep, end))
            }
        }
    }

    // MARK: What is done about it

    private func carryOut(_ action: GuardianAction) {
        switch action {
        case .spawnTrader(let restarts, let adopts): if !isAttached { spawnTrader(restarts, adopts) }
        case .spawnSweep(let kind, let limit, let reason, let settings):
            spawnSweep(
                kind, within: limit, because: reason, configuredBy: settings == .kept ? kept : accepted)
        case .kill(let child, let signal):
            if let pid = (child == .trader ? trader : sweep)?.pid { kill(pid, signal) }
        case .notify(let text): notify(text)
        case .say(let level, let event, let message):
            log.say(level, event, message)
            // Of a crash the sweep or the next trader tells by itself.
            if level == .alert, event != "crash" { leaveNote(event, message) }
        case .leave(let code): exitCode = code
        }
    }

    private func spawnTrader(_ restarts: Int, _ adopts: Bool) {
        var ends: [Int32] = [-1, -1]
        let failure = cl_lifeline(&ends)
        guard failure == 0 else {
            waiting.append(.notSpawned(.trader, "no lifeline: errno \(failure)"))
            return
        }
        let spec =
            "lifeline=\(ends[1]),lock=\(order.lock),restarts=\(restarts),adopt=\(adopts ? 1 : 0),"
            + "deadline=\(nanoseconds(order.limits.stopDeadline) / 1_000_000)," + configured(accepted)
        let started = spawn(order.trader + ["--guarded", spec], [ends[1], order.lock, accepted])
        close(ends[1])
        guard let started else {
            close(ends[0])
            waiting.append(.notSpawned(.trader, "cannot start \(order.trader.first ?? ""): errno \(errno)"))
            return
        }
        trader = started
        lifeline = ends[0]
        reader = LifelineReader()
    }

    /// By what a child is configured, and how often in a row it was no use: then it may try another key.
    private func configured(_ memory: Int32) -> String {
        "accepted=\(memory),failed=\(plan.failedSweeps)" + (isAttached ? ",attached=1" : "")
    }

    private func spawnSweep(
        _ kind: SweepKind, within limit: Duration, because reason: String, configuredBy memory: Int32
    ) {
        let name =
            switch kind {
            case .afterCrash: "after-crash"
            case .exchangeOnly: "exchange-only"
            case .besideTrader: "beside-trader"
            }
        let spec =
            "lock=\(order.lock),sweep=\(name),limit=\(nanoseconds(limit) / 1_000_000)," + configured(memory)
        let words = order.sweep + ["--guarded", spec, "--reason", reason]
        guard let started = spawn(words, [order.lock, memory]) else {
            waiting.append(.notSpawned(.sweep, "cannot start a sweep: errno \(errno)"))
            return
        }
        sweep = started
    }

    /// Has a process of its own write it down for the next life that has a network. A disk that hangs must not hang
    /// the guardian, so nobody waits for it, and it does not hold the lock.
    private func leaveNote(_ event: String, _ message: String) {
        guard let program = order.sweep.first, order.sweep.count > 1 else { return }
        let memory = plan.settings == .kept ? kept : accepted
        let words =
            [program, "alerts", "note"] + order.sweep.dropFirst(2) + ["--event", event, "--message", message]
            + (memory >= 0 ? ["--accepted", "\(memory)"] : []) + (isAttached ? ["--attached"] : [])
        _ = spawn(words, [memory]).map { close($0.pidfd) }
    }

    private func spawn(_ words: [String], _ inherited: [Int32]) -> Running? {
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        let pid = cl_spawn(words.first ?? "", &arguments, &variables, inherited, Int32(inherited.count))
        guard pid > 0 else {
            errno = -pid
            return nil
        }
        return Running(pid: pid, pidfd: cl_pidfd(pid))
    }

    private func closeLifeline() {
        if lifeline >= 0 { close(lifeline) }
        lifeline = -1
    }

    private func notify(_ text: String) {
        guard let notifySocket else { return }
        let bytes = Array(text.utf8)
        _ = notifySocket.withCString { path in
            bytes.withUnsafeBytes { cl_notify(path, $0.baseAddress, $0.count) }
        }
    }

    private func boot() -> Duration { .nanoseconds(cl_boot_nanoseconds()) }

    private func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
