// The guardian and its surroundings: a service manager's socket, PID 1 of a namespace, a sidecar, a live venue.

import Foundation
import Glibc
import Testing

/// A service manager's end of NOTIFY_SOCKET.
final class NotifySocket {
    let path: String
    private let descriptor: Int32
    private(set) var heard: [String] = []

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, bound == 0 else { throw SpawnError(description: "no socket at \(path)") }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    func hear() {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        while case let count = recv(descriptor, &bytes, bytes.count, 0), count > 0 {
            heard.append(String(decoding: bytes[..<count], as: UTF8.self))
        }
    }
}

@Suite(.serialized) struct GuardianHostTests {
    @Test func theServiceManagerHearsTheGuardianAndNobodyElse() throws {
        let arena = try Arena()
        let socket = try NotifySocket(arena.directory + "/notify")
        let guardian = try arena.start(guarded: true, environment: ["NOTIFY_SOCKET": socket.path])
        try eventually("it is ready and pings") {
            _ = guardian.read()
            socket.hear()
            return socket.heard.contains("READY=1") && socket.heard.count { $0 == "WATCHDOG=1" } >= 2
        }
        // Its trader can't: it does not know the socket.
        let trader = try GuardedRun(guardian: guardian).child()
        let variables = FileManager.default.contents(atPath: "/proc/\(trader)/environ") ?? Data()
        #expect(!String(decoding: variables, as: UTF8.self).contains("NOTIFY_SOCKET"))
        // Pings go on while a dead trader's orders are swept, and so until the next one is ready.
        kill(trader, SIGKILL)
        try eventually("it says that it sweeps, and that the next one trades") {
            _ = guardian.read()
            socket.hear()
            return socket.heard.contains { $0.hasPrefix("STATUS=sweeping: the trader died") }
                && socket.heard.count { $0 == "READY=1" } >= 2
        }
        guardian.send(SIGTERM)
        #expect(try guardian.end() == .exit(0))
        socket.hear()
        #expect(socket.heard.contains("STOPPING=1"))
    }

    private static let hasNamespaces: Bool =
        geteuid() == 0
        && (try? Arena.command("/usr/bin/unshare", ["--pid", "--fork", "--mount-proc", "/bin/true"]).ending)
            == .exit(0)

    @Test(.enabled(if: hasNamespaces, "PID namespaces need root and unshare"))
    func itWorksAsProcessOne() throws {
        let arena = try Arena()
        let unshare = try RunningProcess(
            "/usr/bin/unshare",
            ["--pid", "--fork", "--mount-proc", "--kill-child", Arena.binary] + arena.arguments,
            in: arena.directory)
        try eventually("orders rest", within: .seconds(40)) {
            _ = unshare.read()
            return arena.working >= 20
        }
        let one = try #require(GuardedRun.children(unshare.pid).first)
        let trader = try #require(GuardedRun.children(one).first)
        #expect(
            try String(contentsOfFile: "/proc/\(one)/status", encoding: .utf8).contains("NSpid:\t\(one)\t1\n")
        )
        // An orphan of somebody else is reaped.
        kill(trader, SIGKILL)
        try eventually("a new trader trades") {
            _ = unshare.read()
            guard let next = GuardedRun.children(one).first else { return false }
            return next != trader && GuardedRun.words(next).contains("--guarded lifeline=")
                && arena.working >= 20
        }
        kill(one, SIGTERM)
        try arena.expectClean(try unshare.end(), found: 20)
    }

    private func sidecar(_ arena: Arena) throws -> RunningProcess {
        let process = try RunningProcess(
            Arena.binary, ["guard", "--attach"] + arena.arguments.dropFirst(), in: arena.directory)
        try eventually("the sidecar watches") { process.errorText.contains("watching over") }
        return process
    }

    @Test func aSidecarSweepsWhatATraderLeft() throws {
        let arena = try Arena()
        let beside = try sidecar(arena)
        let trader = try arena.startWorking(20)
        try eventually("it hears the trader") {
            _ = trader.read()
            return beside.errorText.contains("process \(trader.pid)")
        }
        trader.send(SIGKILL)
        _ = try trader.end()
        try eventually("nothing is left") { arena.working == 0 }
        try eventually("the sidecar has said so") { beside.errorText.contains("swept") }
        try arena.expectClean(.exit(0), found: 20)
        // The next life is not in its way, and a clean end is nothing to sweep.
        let next = try arena.startWorking(20, ["--set", "guardian.lock_wait=10s"])
        next.send(SIGTERM)
        try arena.expectClean(try next.end(), found: 20)
        try eventually("it saw the clean end") { beside.errorText.contains("ended clean") }
        #expect(try arena.report().reason == "signal SIGTERM")
        beside.send(SIGTERM)
        #expect(try beside.end() == .exit(0))
    }

    /// It was started with another bot than the trader that came then.
    @Test func aSidecarSweepsTheBotThatTraded() throws {
        try LiveArena.run { live in
            let file = live.directory + "/live.yaml"
            let other = live.directory + "/other.yaml"
            try String(contentsOfFile: file, encoding: .utf8).replacing("bot: test", with: "bot: other")
                .write(toFile: other, atomically: true, encoding: .utf8)
            let beside = try RunningProcess(
                Arena.binary,
                ["guard", "--attach", "--config", other, "--state-dir", live.arena.state],
                in: live.directory)
            try eventually("the sidecar watches") { beside.errorText.contains("watching over") }
            try live.killBoth(try live.startWorking(guarded: true))
            try eventually("the sidecar has proved something", within: .seconds(40)) {
                beside.errorText.contains("none of our orders is left")
            }
            #expect(try live.venue.working("test-") == 0, "\(beside.errorText)")
            beside.send(SIGTERM)
            #expect(try beside.end() == .exit(0))
        }
    }

    @Test func aSidecarKillsWhatHangs() throws {
        let arena = try Arena(more: "guardian: {hang_limit: 2s}")
        let beside = try sidecar(arena)
        let trader = try arena.startWorking(20)
        try eventually("it hears the trader") { beside.errorText.contains("process \(trader.pid)") }
        trader.send(SIGSTOP)
        #expect(try trader.end() == .signal(SIGKILL))
        try eventually("nothing is left") { arena.working == 0 }
        beside.send(SIGTERM)
        _ = try beside.end()
    }

    /// Its guardian is still there to look after what it left.
    @Test func aSidecarTellsADeathFromAHang() throws {
        let arena = try Arena(more: "guardian: {hang_limit: 2s}")
        let beside = try sidecar(arena)
        let guardian = try arena.startWorking(20, guarded: true)
        let trader = try GuardedRun(guardian: guardian).child()
        try eventually("it hears the trader") { beside.errorText.contains("process \(trader)") }
        // Alive, and unable to reap, as a guardian whose sweep takes its time.
        guardian.send(SIGSTOP)
        kill(trader, SIGKILL)
        try eventually("it says what it sees") { beside.errorText.contains("the trader has ended") }
        #expect(!beside.errorText.contains("no beat of the trader"))
        guardian.send(SIGCONT)
        try eventually("the guardian goes on") {
            _ = guardian.read()
            return GuardedRun.children(guardian.pid).contains { $0 != trader } && arena.working >= 20
        }
        beside.send(SIGTERM)
        _ = try beside.end()
        guardian.send(SIGTERM)
        try arena.expectClean(try guardian.end())
    }

    @Test func aLiveTraderThatDiesIsSwept() throws {
        try LiveArena.run { live in
            try live.placeForeign(2)
            let run = try live.startWorking(guarded: true)
            let trader = try GuardedRun(guardian: run.process).child()
            let old = Set(try live.book().working("test-").map(\.clientOrderId))
            kill(trader, SIGKILL)
            try eventually("a new trader trades") {
                _ = run.text
                let working = try live.book().working("test-").map(\.clientOrderId)
                return working.count >= 10 && old.isDisjoint(with: working)
            }
            try live.expectNoIDTwice()
            try live.expectClean(try run.stop())
            #expect(try live.book().working("foreign-").count == 2)
        }
    }
}
