// A guardian that is itself new, after a reboot or `docker kill`, and a configuration that is not what it was: what the
// last life left is swept as that life was configured, before anything else, and only then may a start be refused.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct GuardianNewTests {
    private static let elsewhere = "11111111-2222-4333-8444-555555555555"

    /// Guardian and trader are killed together, and their orders rest.
    private func bothDead(_ live: LiveArena) throws {
        try live.killBoth(try live.startWorking(guarded: true))
    }

    private func rewrite(_ live: LiveArena, _ change: (String) -> String) throws {
        let file = live.directory + "/live.yaml"
        try change(try String(contentsOfFile: file, encoding: .utf8))
            .write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// The next start leaves with the code, and nothing rests.
    private func expectSwept(
        _ live: LiveArena, _ code: Int32, _ words: [String] = [], confirmation: String? = nil,
        _ place: SourceLocation = #_sourceLocation
    ) throws {
        let run = try live.start(words, confirmation: confirmation, guarded: true)
        #expect(try run.end(within: .seconds(40)) == .exit(code), "\(run.text)", sourceLocation: place)
        #expect(try live.venue.working("test-") == 0, sourceLocation: place)
        #expect(
            try live.book().orders.allSatisfy { $0.clientOrderId.hasPrefix("test-") }, sourceLocation: place)
        // Once proved nothing is swept again: the refusal comes at once.
        let requests = try live.requests().count
        let again = try live.start(words, confirmation: confirmation, guarded: true)
        #expect(try again.end() == .exit(code), "\(again.text)", sourceLocation: place)
        #expect(try live.requests().count == requests, sourceLocation: place)
    }

    @Test func aFileWithAMistake() throws {
        try LiveArena.run { live in
            try bothDead(live)
            try rewrite(live) { _ in "mode: live\nbot: test\nrisk: {max_working_orders: many}\n" }
            try expectSwept(live, 78)
        }
    }

    @Test func aFileThatIsNoYAML() throws {
        try LiveArena.run { live in
            try bothDead(live)
            try rewrite(live) { _ in "{" }
            try expectSwept(live, 78)
        }
    }

    @Test func aFileThatIsGone() throws {
        try LiveArena.run { live in
            try bothDead(live)
            unlink(live.directory + "/live.yaml")
            try expectSwept(live, 78)
        }
    }

    @Test func aCommandLineThatMakesNoSense() throws {
        try LiveArena.run { live in
            try bothDead(live)
            try expectSwept(live, 64, ["--nonsense"])
        }
    }

    @Test func liveTradingThatIsNotConfirmed() throws {
        try LiveArena.run { live in
            try bothDead(live)
            try expectSwept(live, 78, confirmation: "")
        }
    }

    @Test func anotherPortfolio() throws {
        try LiveArena.run { live in
            try bothDead(live)
            try rewrite(live) { $0.replacing(live.venue.portfolio, with: Self.elsewhere) }
            let run = try live.start(confirmation: Self.elsewhere, guarded: true)
            #expect(try run.end(within: .seconds(40)) == .exit(78), "\(run.text)")
            #expect(try live.venue.working("test-") == 0)
            #expect(run.text.contains("portfolio \(live.venue.portfolio)"))
        }
    }

    @Test func anotherName() throws {
        try LiveArena.run { live in
            try bothDead(live)
            try rewrite(live) { $0.replacing("bot: test", with: "bot: other") }
            let run = try live.start(guarded: true)
            // The directory belongs to the bot that it was made for.
            #expect(try run.end(within: .seconds(40)) == .exit(78), "\(run.text)")
            #expect(try live.venue.working("test-") == 0)
            #expect(try live.book().orders.allSatisfy { $0.clientOrderId.hasPrefix("test-") })
        }
    }

    /// Nothing but the store tells whose orders rest.
    @Test(arguments: ["gone", "spoiled"])
    func anotherNameAndNothingKept(_ harm: String) throws {
        try LiveArena.run { live in
            try bothDead(live)
            let kept = live.arena.state + "/accepted.json"
            unlink(kept)
            if harm == "spoiled" { try "{".write(toFile: kept, atomically: true, encoding: .utf8) }
            try rewrite(live) { $0.replacing("bot: test", with: "bot: other") }
            try expectSwept(live, 78)
        }
    }

    /// The store is no use, and what is kept names another bot: its list proves nothing.
    @Test func aListOfAnotherBotByHandIsNoProof() throws {
        try LiveArena.run { live in
            try bothDead(live)
            try rewrite(live) { $0.replacing("bot: test", with: "bot: other") }
            let (ending, text) = try live.command(["sweep", "--exchange-only"])
            #expect(ending == .exit(3), "\(text)")
            #expect(try live.venue.working("test-") >= 10)
        }
    }

    @Test func whatIsKeptHoldsNoSecretAndIsForItsOwnerAlone() throws {
        try LiveArena.run { live in
            let secret = live.directory + "/key-webhook"
            try "https://127.0.0.1:1/a-secret-that-is-long".write(
                toFile: secret, atomically: true, encoding: .utf8)
            chmod(secret, 0o600)
            try live.configure(
                more: """
                    alerts: [{type: slack, url_file: \(secret)},
                             {type: slack, name: inline, url: "https://127.0.0.1:1/a-secret-in-the-file"},
                             {type: command, name: page, command: [/bin/true, --token, a-secret-word]}]
                    """)
            try bothDead(live)
            let path = live.arena.state + "/accepted.json"
            var facts = stat()
            #expect(stat(path, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            for word in ["test", live.venue.portfolio, live.venue.keyFile, secret] {
                #expect(text.contains(word), "\(word) is missing in \(text)")
            }
            #expect(!text.contains("a-secret"))
            // A secret that is gone by then keeps no sweep from its work.
            unlink(secret)
            try rewrite(live) { _ in "[" }
            try expectSwept(live, 78)
        }
    }

    /// What can't be proved is not left, until somebody asks for it; and that is no refusal.
    @Test func whatCantBeProvedIsSweptOnUntilSomebodyAsks() throws {
        try LiveArena.run { live in
            try bothDead(live)
            try rewrite(live) { _ in "[" }
            #expect(rename(live.venue.keyFile, live.venue.keyFile + ".moved") == 0)
            let run = try live.start(guarded: true)
            try run.says("sweep-died")
            try run.says("orders-remain")
            #expect(run.process.pollEnding() == nil)
            #expect(try run.stop() == .exit(3))
            #expect(try live.venue.working("test-") >= 10)
        }
    }

    /// A start that can't look does not say that there was nothing to see.
    @Test(arguments: ["gone", "flow", "a line among rubbish", "misspelt"])
    func aRefusedStartThatDoesNotKnowWhereToLook(_ harm: String) throws {
        try LiveArena.run { live in
            try live.configure(more: "state_dir: \(live.arena.state)")
            try bothDead(live)
            let file = live.directory + "/live.yaml"
            var words = ["run", "--config", file]
            var code: Int32 = 3
            switch harm {
            case "gone": unlink(file)
            case "flow":
                try rewrite(live) { _ in "{mode: live, bot: test, state_dir: \"\(live.arena.state)\", x: [}" }
            case "a line among rubbish":
                try rewrite(live) { _ in "[\nstate_dir: \(live.arena.state)" }
                code = 78
            default: words = ["run", "--confg", file]
            }
            let run = try Arena.command(Arena.binary, words, live.directory)
            #expect(run.ending == .exit(code), "\(run.errors)")
            #expect(try live.venue.working("test-") == (code == 78 ? 0 : 10))
            if code == 3 { #expect(run.errors.contains("--state-dir")) }
            // Said where it is, it is looked for.
            let again = try Arena.command(
                Arena.binary, words + ["--state-dir", live.arena.state], live.directory)
            #expect([.exit(78), .exit(64)].contains(again.ending), "\(again.errors)")
            #expect(try live.venue.working("test-") == 0)
        }
    }

    @Test(arguments: ["the lock", "the store", "what is kept"])
    func aRefusedStartThatCannotLook(_ harm: String) throws {
        try LiveArena.run { live in
            try bothDead(live)
            try rewrite(live) { _ in "[" }
            let state = live.arena.state
            switch harm {
            case "the lock":
                unlink(state + "/locks/instance.lock")
                mkdir(state + "/locks/instance.lock", 0o700)
            case "the store":
                unlink(state + "/accepted.json")
                for name in try FileManager.default.contentsOfDirectory(atPath: state)
                where name.hasPrefix("state.db") {
                    try Data("no database at all".utf8).write(to: URL(fileURLWithPath: state + "/" + name))
                }
            default: try "{".write(toFile: state + "/accepted.json", atomically: true, encoding: .utf8)
            }
            let run = try live.start(guarded: true)
            #expect(try run.end() == .exit(3), "\(run.text)")
            #expect(run.text.contains("may rest"))
        }
    }

    @Test func aFirstStartThatIsRefusedLeavesAtOnce() throws {
        try LiveArena.run { live in
            try live.configure(more: "risk: {max_working_orders: many}")
            for _ in 0..<2 {
                let run = try live.start(guarded: true)
                #expect(try run.end(within: .seconds(5)) == .exit(78))
                #expect(!run.text.contains("guardian"))
            }
            #expect(try live.requests().isEmpty)
            try live.configure()
            let other = try live.start(confirmation: "", guarded: true)
            #expect(try other.end(within: .seconds(5)) == .exit(78))
        }
    }

    /// As often as somebody tries, and whatever was there before.
    @Test func aKeyOfAnotherPortfolioIsRefusedAfterACleanStop() throws {
        try LiveArena.run { live in
            let run = try live.startWorking(guarded: true)
            try live.expectClean(try run.stop())
            try rewrite(live) { $0.replacing(live.venue.portfolio, with: Self.elsewhere) }
            for _ in 0..<2 {
                let refused = try live.start(confirmation: Self.elsewhere, guarded: true)
                #expect(try refused.end() == .exit(78), "\(refused.text)")
            }
            try live.configure()
            let mended = try live.startWorking(guarded: true)
            try live.expectClean(try mended.stop())
        }
    }
}
