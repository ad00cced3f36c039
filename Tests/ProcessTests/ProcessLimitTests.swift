// What the process may open, and who may look into it, under the real binary.

import CLinux
import Foundation
import Glibc
import Testing

@Suite(.serialized) struct ProcessLimitTests {
    /// The binary under limits that a shell sets.
    private func limited(_ limits: String, _ arguments: [String], _ arena: Arena) throws -> RunningProcess {
        try RunningProcess(
            "/bin/sh", ["-c", limits + #" && exec "$0" "$@""#, Arena.binary] + arguments, in: arena.directory)
    }

    /// With so few the library of the network traps: nothing is begun, and it is said what to raise.
    @Test(arguments: [
        ("run", 16), ("run --no-guardian", 60), ("sweep", 16), ("doctor", 16), ("universe", 60),
    ])
    func aHardLimitThatIsTooLowIsAMistakeOfTheConfiguration(_ command: String, _ limit: Int) throws {
        let arena = try Arena()
        let words = command.split(separator: " ").map(String.init)
        let process = try limited(
            "ulimit -n \(limit)", [words[0]] + arena.arguments.dropFirst() + words.dropFirst(), arena)
        #expect(try process.end() == .exit(78), "\(process.errorText)")
        let text = process.errorText
        #expect(text.contains("may open \(limit) files and connections at most"), "\(text)")
        #expect(text.contains("ulimit -Hn") && !text.contains("Fatal"))
        #expect(!FileManager.default.fileExists(atPath: arena.book + "/book.log"))
    }

    @Test func aLowSoftLimitIsRaised() throws {
        let arena = try Arena()
        let process = try limited("ulimit -Sn 16", arena.arguments + ["--no-guardian"], arena)
        try eventually("its orders rest", within: .seconds(40)) {
            _ = process.read()
            if let ending = process.pollEnding() {
                throw SpawnError(description: "ended early: \(ending) \(process.errorText)")
            }
            return arena.working >= 20
        }
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }

    /// Who owns what the kernel shows of a process: its user, or root where nobody of that user may look into it. (As root
    /// there is no telling.)
    private func owner(of pid: pid_t) throws -> uid_t {
        var facts = stat()
        guard stat("/proc/\(pid)/environ", &facts) == 0 else {
            throw SpawnError(description: "no process \(pid)")
        }
        return facts.st_uid
    }

    @Test(.enabled(if: geteuid() != 0, "root looks into everything"))
    func nobodyOfTheSameUserLooksIntoGuardianOrTrader() throws {
        let arena = try Arena()
        let guardian = try arena.startWorking(20, guarded: true)
        let trader = try GuardedRun(guardian: guardian).child()
        for pid in [guardian.pid, trader] {
            #expect(try owner(of: pid) == 0)
            #expect(FileManager.default.contents(atPath: "/proc/\(pid)/environ") == nil)
        }
        guardian.send(SIGTERM)
        try arena.expectClean(try guardian.end())
    }

    @Test(
        .enabled(if: geteuid() != 0, "root looks into everything"),
        arguments: [
            "ulimit -Sc unlimited", "SWIFT_BACKTRACE=enable=yes,interactive=no; export SWIFT_BACKTRACE",
        ])
    func whoeverAskedForCoreDumpsOrBacktracesGetsThem(_ wish: String) throws {
        let arena = try Arena()
        let process = try limited(wish, arena.arguments + ["--no-guardian"], arena)
        try eventually("its orders rest", within: .seconds(40)) {
            _ = process.read()
            return arena.working >= 20
        }
        #expect(try owner(of: process.pid) == geteuid())
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
    }
}
