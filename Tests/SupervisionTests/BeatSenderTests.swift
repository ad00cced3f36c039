// Who sends beats is known for certain before anybody is killed.

import Glibc
import Testing

@testable import Supervision

@Suite struct BeatSenderTests {
    /// A process that sleeps until it is killed.
    private func sleeper() throws -> pid_t {
        var pid: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("60"), nil]
        defer { for word in words { free(word) } }
        try #require(posix_spawn(&pid, "/bin/sleep", nil, nil, &words, nil) == 0)
        return pid
    }

    /// Its end is there to be seen before its parent has waited for it.
    private func end(_ pid: pid_t) {
        kill(pid, SIGKILL)
        var facts = siginfo_t()
        waitid(P_PID, id_t(pid), &facts, WEXITED | WNOWAIT)
    }

    private func reap(_ pid: pid_t) {
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    @Test func oneBeatIsNotEnoughToBeKilledFor() throws {
        let pid = try sleeper()
        var sender = BeatSender()
        #expect(sender.state == .unknown)
        sender.beat(from: pid, -1)
        #expect(sender.state == .unknown)
        sender.kill()
        sender.beat(from: pid, -1)
        #expect(sender.state == .lives, "the kill before this beat did nothing")
        sender.kill()
        reap(pid)
        #expect(sender.state == .ended)
        sender.forget()
        #expect(sender.state == .unknown)
    }

    @Test func whatEndedIsNoHang() throws {
        let pid = try sleeper()
        var sender = BeatSender()
        for _ in 0..<2 { sender.beat(from: pid, -1) }
        end(pid)
        #expect(sender.state == .ended)
        reap(pid)
        // The id is free now, and may be somebody else's.
        #expect(sender.state == .ended)
        sender.beat(from: pid, -1)
        #expect(sender.state == .ended)
    }

    @Test func anotherSenderIsAnotherProcess() throws {
        let first = try sleeper()
        let second = try sleeper()
        var sender = BeatSender()
        for _ in 0..<2 { sender.beat(from: first, -1) }
        sender.beat(from: second, -1)
        #expect(sender.state == .unknown)
        for pid in [first, second] {
            end(pid)
            reap(pid)
        }
    }
}
