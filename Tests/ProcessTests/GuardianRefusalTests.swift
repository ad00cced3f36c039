// The real guardian around children that are scripts, for ends that no trader can be brought to: their codes are what
// the test says, and what was started is in a file.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct GuardianRefusalTests {
    private final class Scripted {
        let directory: String
        let guardian: RunningProcess

        /// The n-th trader and the n-th sweep end with these codes, the last again and again; a negative one waits to be
        /// killed.
        init(traders: [Int32], sweeps: [Int32], _ more: [String] = []) throws {
            directory =
                FileManager.default.temporaryDirectory
                .appendingPathComponent("trader247-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            for (name, codes) in [("trader", traders), ("sweep", sweeps)] {
                let cases = codes.enumerated().map { index, code in
                    "\(index + 1 == codes.count ? "*" : "\(index)")) "
                        + (code < 0 ? "exec sleep 600" : "exit \(code)") + ";;"
                }
                try """
                count=$(grep -c ^\(name) \(directory)/started)
                echo "\(name) $$" >> \(directory)/started
                case $count in \(cases.joined(separator: " ")) esac
                """.write(toFile: directory + "/" + name, atomically: true, encoding: .utf8)
            }
            try "".write(toFile: directory + "/started", atomically: true, encoding: .utf8)
            let binary = URL(fileURLWithPath: Arena.binary).deletingLastPathComponent().path
            guardian = try RunningProcess(
                binary + "/trader247-guardian",
                more + ["--", "2", "/bin/sh", directory + "/trader", "/bin/sh", directory + "/sweep"],
                in: directory)
        }

        deinit { try? FileManager.default.removeItem(atPath: directory) }

        var started: [String] {
            let text = (try? String(contentsOfFile: directory + "/started", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        }

        func killTrader() throws {
            let pid: pid_t = try eventually("a trader runs") {
                let text = try String(contentsOfFile: self.directory + "/started", encoding: .utf8)
                return text.split(separator: "\n").last { $0.hasPrefix("trader") }?.split(separator: " ").last
                    .flatMap { pid_t($0) }
            }
            kill(pid, SIGKILL)
        }
    }

    @Test(arguments: [64, 75, 78] as [Int32])
    func aTraderThatRefusesAfterAnUnprovedSweepIsSwept(code: Int32) throws {
        let scripted = try Scripted(traders: [-1, code], sweeps: [3, 0])
        try scripted.killTrader()
        #expect(try scripted.guardian.end() == .exit(code))
        #expect(scripted.started == ["trader", "sweep", "trader", "sweep", "trader"])
    }

    @Test(arguments: [64, 75, 78] as [Int32])
    func aFirstTraderThatRefusesLeavesAtOnce(code: Int32) throws {
        let scripted = try Scripted(traders: [code], sweeps: [0])
        #expect(try scripted.guardian.end(within: .seconds(5)) == .exit(code))
        #expect(scripted.started == ["trader"])
    }

    @Test func aSweepThatFindsTheLockHeldIsTriedAgain() throws {
        let scripted = try Scripted(traders: [-1], sweeps: [75, 0], ["--on-crash", "sweep-and-exit"])
        try scripted.killTrader()
        #expect(try scripted.guardian.end() == .exit(70))
        #expect(scripted.started == ["trader", "sweep", "sweep"])
        #expect(scripted.guardian.errorText.contains("lock-held"))
    }

    /// A stop that nobody asked for and that ended clean.
    @Test func anUnaskedEndIsFollowedByAnotherTrader() throws {
        let scripted = try Scripted(traders: [70, 0], sweeps: [0])
        #expect(try scripted.guardian.end() == .exit(0))
        #expect(scripted.started == ["trader", "sweep", "trader"])
    }

    @Test func aRefusedStartSweepsAndLeaves() throws {
        let scripted = try Scripted(traders: [0], sweeps: [3, 0], ["--start", "78"])
        #expect(try scripted.guardian.end() == .exit(78))
        #expect(scripted.started == ["sweep", "sweep"])
    }

    @Test func anotherAccountTradesAfterTheProof() throws {
        let scripted = try Scripted(traders: [0], sweeps: [3, 0], ["--start", "other-account"])
        #expect(try scripted.guardian.end() == .exit(0))
        #expect(scripted.started == ["sweep", "sweep", "trader"])
    }
}
