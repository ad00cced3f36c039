// What stands between a mistake and trading with money. No venue is needed: nothing of this may reach one.

import Foundation
import Glibc
import Testing
import WebTokens

@Suite(.serialized) struct LiveRefusalTests {
    private static let portfolio = "11111111-2222-4333-8444-555555555555"

    /// An address of this machine on which nobody listens.
    private static let nowhere = """
        rest_url: http://127.0.0.1:1
          market_ws_url: ws://127.0.0.1:1/
          user_ws_url: ws://127.0.0.1:1/
        """

    private func file(_ yaml: String, in arena: Arena) throws -> [String] {
        let path = arena.directory + "/live.yaml"
        try yaml.write(toFile: path, atomically: true, encoding: .utf8)
        return ["--config", path, "--state-dir", arena.state]
    }

    /// A key of its own for each test.
    private func keyFile(in arena: Arena, mode: mode_t = 0o600) throws -> (path: String, secret: String) {
        let secret = try SigningKey.generate(.es256).privateKeyText
        let content = try JSONSerialization.data(withJSONObject: [
            "name": "organizations/o/apiKeys/k", "privateKey": secret,
        ])
        let path = arena.directory + "/key.json"
        try content.write(to: URL(fileURLWithPath: path))
        chmod(path, mode)
        return (path, secret)
    }

    /// A whole live configuration.
    private func complete(in arena: Arena) throws -> (arguments: [String], secret: String) {
        let key = try keyFile(in: arena)
        let arguments = try file(
            """
            mode: live
            exchange:
              \(Self.nowhere)
              portfolio: \(Self.portfolio)
              key_file: \(key.path)
            strategies: [{type: grid, symbols: [XYZ-USD]}]
            """, in: arena)
        return (arguments, key.secret)
    }

    @Test func eachMissingDemandIsNamed() throws {
        let arena = try Arena()
        let arguments = try file("bot: a\nmode: live\nspeed: 2\nfeed: simulated\n", in: arena)
        let result = try arena.trader247(["run"] + arguments)
        #expect(result.ending == .exit(78))
        for words in [
            "live.yaml:2: exchange.portfolio: is missing", "live.yaml:2: exchange.key_file: live needs",
            "live.yaml:2: strategies: live trades only what the file names", "live.yaml:3: speed: live runs",
            "live.yaml:4: feed: live has the venue's own prices",
        ] { #expect(result.errors.contains(words), "missing: \(words)\n\(result.errors)") }
        #expect(!FileManager.default.fileExists(atPath: arena.state))
    }

    @Test func aFlagOrTheEnvironmentAloneIsNotEnough() throws {
        let arena = try Arena()
        let key = try keyFile(in: arena)
        let arguments = try file(
            """
            exchange:
              portfolio: \(Self.portfolio)
              key_file: \(key.path)
            strategies: [{type: grid, symbols: [XYZ-USD]}]
            """, in: arena)
        let confirmed = ["TRADER247_CONFIRM_LIVE": Self.portfolio]
        let flag = try arena.trader247(["run", "--mode", "live"] + arguments, environment: confirmed)
        #expect(flag.ending == .exit(78))
        #expect(flag.errors.contains("command line: mode: live must be written in"))
        let variable = try arena.trader247(
            ["run"] + arguments, environment: confirmed.merging(["TRADER247_MODE": "live"]) { $1 })
        #expect(variable.ending == .exit(78))
        #expect(variable.errors.contains("environment TRADER247_MODE: mode: live must be written in"))
        // The portfolio, too, must stand in the file, and nothing may go over it.
        let (whole, _) = try complete(in: arena)
        let other = try arena.trader247(["run"] + whole + ["--set", "exchange.portfolio=another"])
        #expect(other.ending == .exit(78))
        #expect(other.errors.contains("command line: exchange.portfolio: is another one than in"))
    }

    @Test func endpointsBelongTogether() throws {
        let arena = try Arena()
        let (whole, _) = try complete(in: arena)
        #expect(try arena.trader247(["config", "check"] + whole).ending == .exit(0))
        let plain = try arena.trader247(
            ["config", "check"] + whole, environment: ["TRADER247_EXCHANGE_REST_URL": "http://example.com"])
        #expect(plain.ending == .exit(78))
        #expect(plain.errors.contains("TRADER247_EXCHANGE_REST_URL: exchange.rest_url: 'http://example.com'"))
        let key = try keyFile(in: arena)
        let mixed = try file(
            """
            mode: live
            exchange: {rest_url: "http://127.0.0.1:1", portfolio: p, key_file: \(key.path)}
            strategies: [{type: grid, symbols: [XYZ-USD]}]
            """, in: arena)
        let result = try arena.trader247(["config", "check"] + mixed)
        #expect(result.ending == .exit(78))
        #expect(result.errors.contains("live.yaml:2: exchange.rest_url: exchange.market_ws_url and"))
    }

    @Test func aKeyThatOthersCanReadIsRefused() throws {
        let arena = try Arena()
        let (whole, secret) = try complete(in: arena)
        chmod(arena.directory + "/key.json", 0o640)
        for command in [["run"], ["config", "check"], ["doctor"]] {
            let result = try arena.trader247(command + whole)
            #expect(result.ending == .exit(78), "\(command)")
            let text = result.errors + result.output
            #expect(text.contains("chmod 600"), "\(command): \(text)")
            #expect(!leaks(secret, text), "\(command)")
        }
    }

    /// Who owns it can change it. (Only root can give a file away.)
    @Test(.enabled(if: geteuid() == 0, "this is not root")) func aKeyOfAnotherUserIsRefused() throws {
        let arena = try Arena()
        let (whole, secret) = try complete(in: arena)
        #expect(chown(arena.directory + "/key.json", 4_711, 4_711) == 0)
        for command in [["run"], ["config", "check"], ["doctor"]] {
            let result = try arena.trader247(command + whole)
            #expect(result.ending == .exit(78), "\(command)")
            let text = result.errors + result.output
            #expect(text.contains("belongs to user 4711"), "\(command): \(text)")
            #expect(!leaks(secret, text), "\(command)")
        }
    }

    /// Whether a line of the key is in the text.
    private func leaks(_ secret: String, _ text: String) -> Bool {
        secret.split(separator: "\n").contains { !$0.hasPrefix("-----") && text.contains($0) }
    }

    @Test func secretsAreNeverShown() throws {
        let arena = try Arena()
        let (whole, secret) = try complete(in: arena)
        let name = "organizations/of-nobody/apiKeys/of-nobody"
        let variables = [
            "TRADER247_API_KEY_NAME": name, "TRADER247_API_PRIVATE_KEY": secret,
            "TRADER247_CONFIRM_LIVE": "confirmed-as-this",
        ]
        for command in [["config", "check"], ["config", "check", "--json"], ["doctor", "--json"]] {
            // From the file; from the environment, while rehearsing; from both, which is refused.
            for (arguments, environment) in [
                (whole, [:]), (Array(arena.arguments.dropFirst()), variables), (whole, variables),
            ] {
                let result = try arena.trader247(command + arguments, environment: environment)
                let text = result.errors + result.output
                #expect(!leaks(secret, text), "\(command)")
                #expect(!text.contains(name) && !text.contains("confirmed-as-this"), "\(command)")
            }
        }
        let both = try arena.trader247(["config", "check"] + whole, environment: variables)
        #expect(both.ending == .exit(78))
        #expect(both.errors.contains("take one of them away"))
        // The key itself where its path belongs.
        let pasted = try arena.trader247(["config", "check", "--set", "exchange.key_file=\(secret)"])
        #expect(pasted.ending == .exit(78))
        #expect(!leaks(secret, pasted.errors + pasted.output))
    }

    @Test func withoutATerminalTheEnvironmentConfirms() throws {
        let arena = try Arena()
        let (whole, _) = try complete(in: arena)
        let silent = try arena.trader247(["run"] + whole)
        #expect(silent.ending == .exit(78))
        #expect(silent.errors.contains("TRADER247_CONFIRM_LIVE=<portfolio id>"))
        let wrong = try arena.trader247(["run"] + whole, environment: ["TRADER247_CONFIRM_LIVE": "yes"])
        #expect(wrong.ending == .exit(78))
        #expect(wrong.errors.contains("does not name the configured portfolio"))
        #expect(!FileManager.default.fileExists(atPath: arena.state + "/state.db"))
    }

    @Test func atATerminalThePortfolioIsTyped() throws {
        let arena = try Arena()
        let (whole, _) = try complete(in: arena)
        for words in ["yes\n", "\u{3}", "\u{4}"] {
            let process = try RunningProcess(
                Arena.binary, ["run"] + whole, in: arena.directory,
                // Whatever a shell's profile says, who sits there is asked.
                environment: ["TRADER247_CONFIRM_LIVE": Self.portfolio], terminal: .own)
            var text = ""
            try eventually("it asks") {
                text += process.read()
                return text.contains("Type the portfolio's id")
            }
            process.type(words)
            #expect(try process.end(within: .seconds(5)) == .exit(78))
            for words in ["LIVE TRADING", Self.portfolio, "XYZ-USD", "daily loss", "http://127.0.0.1:1"] {
                #expect(text.contains(words), "the summary lacks \(words)")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: arena.state + "/state.db"))
    }
}
