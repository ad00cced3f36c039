// Alerts of a running bot: through crashes, dead sinks and hung ones, to the sink that has healed.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct AlertDeliveryTests {
    private func arena(_ server: SinkServer, orders: Int = 4, more: String = "") throws -> (Arena, String) {
        let secret = FileManager.default.temporaryDirectory.appendingPathComponent("secret-\(UUID())").path
        try "hush".write(toFile: secret, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
        let arena = try Arena(
            orders: orders,
            more: """
                alerts:
                  - {type: webhook, name: hook, url: "\(server.url)", secret_file: "\(secret)", timeout: 1s}
                \(more)
                """)
        return (arena, secret)
    }

    private struct Listing: Decodable {
        struct Alert: Decodable {
            struct Delivery: Decodable {
                let sink: String
                let state: String
            }
            let id: String
            let name: String
            let suppressed: Bool
            let deliveries: [Delivery]
        }
        let alerts: [Alert]
        let dropped: [String: Int]
    }

    private func list(_ arena: Arena) throws -> [Listing.Alert] {
        let result = try arena.trader247(
            [
                "alerts", "list", "--json", "--config", arena.directory + "/config.yaml", "--state-dir",
                arena.state,
            ])
        return try JSONDecoder().decode(Listing.self, from: Data(result.output.utf8)).alerts
    }

    @Test func aLifeTellsOfItsStartAndItsCleanEndAndNothingTwice() throws {
        let server = try SinkServer()
        defer { server.close() }
        let (arena, secret) = try arena(server)
        defer { unlink(secret) }
        let process = try arena.startWorking(4)
        try eventually("started is told", within: .seconds(5)) {
            server.posts.contains { $0.name == "started" }
        }
        process.send(SIGTERM)
        try arena.expectClean(try process.end())
        #expect(server.posts.map(\.name) == ["started", "stopping", "stopped"])
        #expect(try list(arena).allSatisfy { $0.deliveries.map(\.state) == ["delivered"] })
        // The next life has nothing of this one to tell.
        let next = try arena.startWorking(4)
        try eventually("the next one notes its start") { try list(arena).count { $0.name == "started" } == 2 }
        next.send(SIGTERM)
        try arena.expectClean(try next.end())
        // So soon after the first it waits for its time, in the store.
        #expect(server.posts.map(\.name) == ["started", "stopping", "stopped"])
        #expect(Set(server.posts.map(\.id)).count == server.posts.count)
    }

    @Test func killedWithItsGuardianUnderADeadSinkItIsStillHeardOfOnceTheSinkHeals() throws {
        let server = try SinkServer(.answers(503))
        defer { server.close() }
        let (arena, secret) = try arena(server)
        defer { unlink(secret) }
        let guardian = try arena.startWorking(4, guarded: true)
        try eventually("the sink is tried") { !server.refused.isEmpty }
        let children = try Arena.command("/bin/sh", ["-c", "cat /proc/\(guardian.pid)/task/*/children"])
        let trader = try #require(children.output.split(separator: " ").first.flatMap { pid_t($0) })
        kill(guardian.pid, SIGKILL)
        kill(trader, SIGKILL)
        _ = try guardian.end()
        try eventually("the trader is gone") { kill(trader, 0) != 0 }
        #expect(server.posts.isEmpty)

        // What the dead life had to tell is still in the store, and the next one takes it up.
        let pending = try list(arena).filter { $0.deliveries.contains { $0.state == "pending" } }
        #expect(pending.map(\.name) == ["started"])
        let next = try arena.startWorking(4)
        try eventually("the crash is noticed") { try list(arena).contains { $0.name == "crash" } }
        #expect(server.posts.isEmpty)
        server.mood = .takes
        try eventually("all of it arrives", within: .seconds(70)) {
            Set(server.posts.map(\.name)).isSuperset(of: ["started", "crash"])
        }
        next.send(SIGTERM)
        try arena.expectClean(try next.end())
        #expect(server.posts.first?.id == pending.first?.id, "oldest first")
        #expect(Set(server.posts.map(\.id)).count == server.posts.count, "each once, as nothing went wrong")
    }

    @Test func aKilledTraderIsToldOfByItsSweepWithinSeconds() throws {
        let server = try SinkServer()
        defer { server.close() }
        let (arena, secret) = try arena(server, more: "on_crash: sweep-and-exit")
        defer { unlink(secret) }
        let guardian = try arena.startWorking(4, guarded: true)
        let children = try Arena.command("/bin/sh", ["-c", "cat /proc/\(guardian.pid)/task/*/children"])
        let trader = try #require(children.output.split(separator: " ").first.flatMap { pid_t($0) })
        let killedAt = ContinuousClock.now
        kill(trader, SIGKILL)
        _ = try guardian.end()
        let crash = try #require(server.posts.first { $0.name == "crash" })
        #expect(crash.at - killedAt < .seconds(5) * patience)
        #expect((crash.fields["message"] as? String)?.contains("SIGKILL") == true)
        #expect(server.posts.contains { $0.name == "stopped" }, "and that it was swept clean")
        #expect(arena.working == 0)
    }

    @Test func whatOnlyTheGuardianSawIsSentByTheNextLife() throws {
        let server = try SinkServer()
        defer { server.close() }
        let (arena, secret) = try arena(server, more: "guardian: {hang_limit: 2s}")
        defer { unlink(secret) }
        let guardian = try arena.startWorking(4, guarded: true)
        let children = try Arena.command("/bin/sh", ["-c", "cat /proc/\(guardian.pid)/task/*/children"])
        let trader = try #require(children.output.split(separator: " ").first.flatMap { pid_t($0) })
        kill(trader, SIGSTOP)
        try eventually("the hang is told") { server.posts.contains { $0.name == "hang" } }
        try eventually("the next life begins") { try list(arena).count { $0.name == "started" } == 2 }
        #expect(!FileManager.default.fileExists(atPath: arena.state + "/guardian-alerts"))
        guardian.send(SIGTERM)
        try arena.expectClean(try guardian.end())
        #expect(Set(server.posts.map(\.id)).count == server.posts.count)
        #expect(try list(arena).contains { $0.name == "hang" && $0.deliveries.map(\.state) == ["delivered"] })
    }

    @Test func aStopWaitsForNoSinkThatHangs() throws {
        let server = try SinkServer(.hangs)
        defer { server.close() }
        let (arena, secret) = try arena(
            server, orders: 20, more: "  - {type: command, command: [/bin/sleep, \"60\"], timeout: 20s}")
        defer { unlink(secret) }
        let process = try arena.startWorking(20)
        try eventually("the sink hangs") { !server.refused.isEmpty }
        let began = ContinuousClock.now
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
        #expect(ContinuousClock.now - began < .seconds(2) * patience)
        // And nothing is lost: they go at the next start.
        let pending = try list(arena).filter {
            $0.deliveries.contains { $0.sink == "hook" && $0.state == "pending" }
        }
        #expect(Set(pending.map(\.name)) == ["started", "stopping", "stopped"])
        server.mood = .takes
        let next = try arena.startWorking(20)
        try eventually("they arrive") {
            Set(server.posts.map(\.name)).isSuperset(of: ["stopped", "stopping"])
        }
        next.send(SIGTERM)
        try arena.expectClean(try next.end(), found: 20)
    }

    @Test func aStoreThatCannotBeReadIsToldFromMemory() throws {
        let server = try SinkServer()
        defer { server.close() }
        let (arena, secret) = try arena(server)
        defer { unlink(secret) }
        let process = try arena.startWorking(4)
        process.send(SIGKILL)
        _ = try process.end()
        try Data(repeating: 0x5A, count: 8_192).write(to: URL(fileURLWithPath: arena.state + "/state.db"))
        for suffix in ["-wal", "-shm"] { unlink(arena.state + "/state.db" + suffix) }
        let next = try arena.start()
        #expect(try next.end() == .exit(4))
        #expect(arena.working == 0)
        let told = server.posts.map(\.name)
        #expect(told.contains("store-unreadable"), "\(told)")
        #expect(server.posts.allSatisfy { !$0.body.isEmpty })
    }
}
