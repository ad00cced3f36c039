// `trader247 explain` beside a running daemon, after its stop, after a crash and on a pruned journal.

import Foundation
import Testing

@Suite struct ExplainTests {
    struct Story: Decodable {
        struct Step: Decodable {
            let kind: String
            let seq: Int64?
            let text: String
        }
        let id: String
        let exchangeOrderId: String?
        let state: String
        let steps: [Step]
        let ending: String
        let missing: [String]
    }

    private func anOrder(_ arena: Arena, _ more: [String] = []) throws -> String {
        let result = try arena.trader247(
            ["orders", "--json", "--limit", "1", "--state-dir", arena.state] + more)
        let orders = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
        return try #require(orders?.first?["client_order_id"] as? String)
    }

    private func story(_ arena: Arena, _ id: String) throws -> Story {
        let result = try arena.trader247(["explain", id, "--json", "--state-dir", arena.state])
        #expect(result.ending == .exit(0), "\(result.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Story.self, from: Data(result.output.utf8))
    }

    @Test func anOrderIsExplainedWhileItWorksAndAfterItsEnd() throws {
        let arena = try Arena()
        let process = try arena.startWorking(20)
        let id = try eventually("an order is accepted") {
            _ = process.read()
            let id = try anOrder(arena)
            return try story(arena, id).exchangeOrderId == nil ? nil : id
        }
        let working = try story(arena, id)
        #expect(working.steps.map(\.kind).prefix(3) == ["wanted", "gate", "sent"])
        #expect(working.steps.contains { $0.kind == "accepted" || $0.kind == "seen" })
        #expect(working.ending.hasPrefix("It works"))
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)

        let ended = try story(arena, id)
        let kinds = ended.steps.map(\.kind)
        #expect(ended.state == "canceled")
        #expect(kinds.contains("cancel-wanted") && kinds.contains("cancel-sent") && kinds.last == "ended")
        #expect(ended.steps.allSatisfy { $0.seq != nil } && ended.missing.isEmpty)
        let wish = try #require(ended.steps.first { $0.kind == "cancel-wanted" })
        #expect(wish.text.contains("the bot was to stop (signal SIGTERM)"), "\(wish.text)")
        // By the exchange's name, for people.
        let exchangeID = try #require(ended.exchangeOrderId)
        let text = try arena.trader247(["explain", exchangeID, "--state-dir", arena.state])
        #expect(text.ending == .exit(0))
        #expect(text.output.hasPrefix("Order \(id), at the exchange \(exchangeID)\n"), "\(text.output)")
        #expect(text.output.contains("Strategy grid wanted it"))

        // What was pruned is told from the tables.
        let prune = try arena.trader247(["journal", "prune", "--keep", "0m", "--state-dir", arena.state])
        #expect(prune.ending == .exit(0), "\(prune.errors)")
        let pruned = try story(arena, id)
        #expect(pruned.missing.contains { $0.contains("was pruned") })
        #expect(pruned.steps.first?.kind == "wanted" && pruned.steps.last?.kind == "ended")
    }

    @Test func whatIsUnknownIsAnErrorThatHelps() throws {
        let arena = try Arena()
        let process = try arena.start(["--once"])
        try arena.expectClean(try process.end(), found: 20)
        let id = try anOrder(arena, ["--all"])
        let last = try #require(id.last)
        let near = id.dropLast() + (last == "z" ? "y" : "z")
        let result = try arena.trader247(["explain", String(near) + "z", "--state-dir", arena.state])
        #expect(result.ending == .exit(64))
        #expect(result.errors.contains("did you mean test-"), "\(result.errors)")
        #expect(result.errors.contains("<bot>-<epoch>-<number>"))
        let other = try arena.trader247(["explain", "grid-7-1", "--state-dir", arena.state])
        #expect(other.ending == .exit(64))
        #expect(other.errors.contains("of bot test, not grid"), "\(other.errors)")
        #expect(try arena.trader247(["explain", "--state-dir", arena.state]).ending == .exit(64))
        let none = try arena.trader247(["explain", id, "--state-dir", arena.directory + "/none"])
        #expect(none.ending == .exit(78))
    }

    @Test func anOrderThatACrashLeftIsExplained() throws {
        let arena = try Arena()
        let process = try arena.startWorking(20)
        process.send(SIGKILL)
        _ = try process.end()
        let id = try anOrder(arena)
        let again = try arena.start(["--once"])
        try arena.expectClean(try again.end())
        let told = try story(arena, id)
        #expect(told.steps.contains { $0.text.contains("an earlier life had left it") }, "\(told)")
        #expect(told.steps.last?.kind == "ended")
    }
}
