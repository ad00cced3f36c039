// `trader247 doctor` where no venue is needed: this machine, the configuration, the paper exchange.

import Foundation
import Glibc
import Testing

/// What `trader247 doctor --json` says.
struct DoctorText: Decodable {
    struct Check: Decodable {
        let check: String
        let verdict: String
        let detail: String
        let advice: String?
    }
    let verdict: String
    let exitCode: Int32
    let checks: [Check]

    subscript(_ name: String) -> Check? { checks.first { $0.check == name } }

    init(_ output: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Self.self, from: Data(output.utf8))
    }
}

@Suite struct DoctorTests {
    private func ask(_ arena: Arena, _ more: [String] = []) throws -> (ending: Ending, says: DoctorText) {
        let result = try arena.trader247(["doctor", "--json"] + arena.arguments.dropFirst() + more)
        return (result.ending, try DoctorText(result.output))
    }

    @Test func allIsWellOnPaper() throws {
        let arena = try Arena()
        let (ending, says) = try ask(arena)
        #expect(ending == .exit(0))
        #expect(says.checks.allSatisfy { $0.verdict != "fail" })
        for name in ["configuration", "state directory", "durability", "disk space", "locks", "descriptors"] {
            #expect(says[name] != nil, "no word of \(name)")
        }
        #expect(!FileManager.default.fileExists(atPath: arena.state), "the doctor makes nothing")
        let text = try arena.trader247(["doctor"] + arena.arguments.dropFirst())
        #expect(text.output.contains("ok    locks: free"))
    }

    @Test func aRunningBotIsNamed() throws {
        let arena = try Arena()
        let process = try arena.startWorking(20)
        let (ending, says) = try ask(arena)
        #expect(ending == .exit(0))
        #expect(says["locks"]?.verdict == "warn")
        #expect(says["locks"]?.detail.contains("pid \(process.pid)") == true)
        #expect(says["paper book"]?.detail.contains("20 working orders") == true)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
    }

    @Test func mistakesOfTheConfigurationAre78() throws {
        let arena = try Arena()
        let (ending, says) = try ask(arena, ["--set", "risk.max_daily_loss=abc"])
        #expect(ending == .exit(78))
        #expect(says.exitCode == 78)
        #expect(says["configuration"]?.detail.contains("risk.max_daily_loss") == true)
        // Somebody else's state is one, too.
        _ = try arena.trader247(arena.arguments + ["--once"])
        let other = try ask(arena, ["--set", "bot=other"])
        #expect(other.ending == .exit(78))
        #expect(other.says["state"]?.verdict == "fail")
    }

    @Test(.enabled(if: Arena.canMount, "needs the right to mount")) func aFullDiskIs70() throws {
        let arena = try Arena()
        let point = try arena.mount(["-t", "tmpfs", "-o", "size=1m", "tmpfs"], at: "state")
        #expect(FileManager.default.createFile(atPath: point + "/filler", contents: Data(count: 1 << 20)))
        let (ending, says) = try ask(arena)
        #expect(ending == .exit(70))
        #expect(says["disk space"]?.verdict == "fail")
        #expect(says["disk space"]?.advice != nil)
    }
}
