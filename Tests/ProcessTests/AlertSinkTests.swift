// Each kind of sink as an operator tries it, with `alerts test`; and what a configuration may not say.

import Foundation
import Testing

@Suite(.serialized) struct AlertSinkTests {
    private struct Line: Decodable {
        let sink: String
        let taken: Bool
        let answer: String
    }

    private func file(_ arena: Arena, _ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let path = arena.directory + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private func test(_ arena: Arena) throws -> (ending: Ending, lines: [Line], text: String) {
        let result = try arena.trader247(
            ["alerts", "test", "--json", "--config", arena.directory + "/config.yaml"],
            environment: ["TRADER247_API_KEY_NAME": "name", "TRADER247_API_PRIVATE_KEY": "hush-key"])
        let lines = (try? JSONDecoder().decode([Line].self, from: Data(result.output.utf8))) ?? []
        return (result.ending, lines, result.output + result.errors)
    }

    @Test func aSignedWebhookIsWhatAReceiverCanCheck() throws {
        let server = try SinkServer()
        defer { server.close() }
        let arena = try Arena()
        let secret = try file(arena, "secret", "hush\n")
        _ = try file(
            arena, "config.yaml",
            "bot: test\nalerts: [{type: webhook, url: '\(server.url)?key=topsecret', secret_file: '\(secret)'}]"
        )
        let result = try test(arena)
        #expect(result.ending == .exit(0))
        #expect(result.lines.map(\.taken) == [true])
        #expect(!result.text.contains("topsecret"))
        let post = try #require(server.posts.first)
        #expect(post.path == "/hook?key=topsecret")
        #expect(post.fields["event"] as? String == "test")
        let signature = try #require(post.header("X-Trader247-Signature"))
        let parts = signature.split(separator: ",")
        let seconds = try #require(parts.first?.dropFirst(2))
        // By another program than ours.
        let openssl = try #require(TestHTTP.openssl)
        let body = try file(arena, "body", "\(seconds)." + String(decoding: post.body, as: UTF8.self))
        let mac = try Arena.command(openssl, ["dgst", "-sha256", "-hmac", "hush", body])
        let digest = mac.output.split(separator: " ").last?.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(parts.last == "v1=\(digest ?? "none")")
    }

    @Test func slackIsToldInItsOwnWayAndItsAddressMayStandInAFile() throws {
        let server = try SinkServer()
        defer { server.close() }
        let arena = try Arena()
        let url = try file(arena, "url", server.url + "\n")
        _ = try file(arena, "config.yaml", "bot: test\nalerts: [{type: slack, url_file: '\(url)'}]")
        #expect(try test(arena).ending == .exit(0))
        let text = try #require(server.posts.first?.fields["text"] as? String)
        #expect(text.hasPrefix("[test paper] info test: a test"))
    }

    /// Its status is all that counts, however its body ends.
    @Test func aSinkIsBelievedByItsStatusAlone() throws {
        let servers = try [
            SinkServer(.answersWithoutLength(200)), SinkServer(.answersWithHeadAlone(204)),
            SinkServer(.answersWithHeadAlone(200)), SinkServer(.answersWithoutLength(503)),
            SinkServer(.answersWithHeadAlone(404)),
        ]
        defer { for server in servers { server.close() } }
        let arena = try Arena()
        let sinks = servers.enumerated().map {
            "  - {type: slack, name: s\($0.offset), url: \"\($0.element.url)\", timeout: 500ms}"
        }
        _ = try file(arena, "config.yaml", "alerts:\n" + sinks.joined(separator: "\n"))
        let result = try test(arena)
        #expect(result.lines.map(\.taken) == [true, true, true, false, false], "\(result.text)")
        #expect(
            result.lines.map(\.answer) == [
                "status 200", "status 204", "status 200", "status 503: words", "status 404: words",
            ])
    }

    @Test func sinksThatFailAreNamedWithTheirAnswer() throws {
        let refusing = try SinkServer(.answers(404))
        let hanging = try SinkServer(.hangs)
        let nobody = try SinkServer()
        nobody.close()
        defer {
            refusing.close()
            hanging.close()
        }
        let arena = try Arena()
        _ = try file(
            arena, "config.yaml",
            """
            alerts:
              - {type: slack, name: gone, url: "\(refusing.url)"}
              - {type: slack, name: hung, url: "\(hanging.url)", timeout: 300ms}
              - {type: slack, name: nobody, url: "\(nobody.url)"}
              - {type: command, name: sleeper, command: [/bin/sleep, "60"], timeout: 300ms}
              - {type: command, name: sour, command: [/bin/sh, -c, "echo broken >&2; exit 3"]}
              - {type: command, name: missing, command: [/no/such/program]}
            """)
        let result = try test(arena)
        #expect(result.ending == .exit(70))
        let answers = Dictionary(uniqueKeysWithValues: result.lines.map { ($0.sink, $0) })
        #expect(answers.count == 6 && result.lines.allSatisfy { !$0.taken })
        #expect(answers["gone"]?.answer.hasPrefix("status 404") == true)
        #expect(answers["hung"]?.answer.contains("in time") == true)
        #expect(answers["nobody"]?.answer.contains("refused") == true)
        #expect(answers["sleeper"]?.answer.contains("killed") == true)
        #expect(answers["sour"]?.answer == "exit code 3: broken ")
        #expect(answers["missing"]?.answer.contains("No such file") == true)
    }

    @Test func aProgramGetsTheAlertAndNoneOfOurKeys() throws {
        let arena = try Arena()
        let out = arena.directory + "/out"
        _ = try file(
            arena, "config.yaml",
            "alerts: [{type: command, command: [/bin/sh, -c, 'cat > \(out); env >> \(out)']}]")
        #expect(try test(arena).ending == .exit(0))
        let text = try String(contentsOfFile: out, encoding: .utf8)
        #expect(text.hasPrefix(#"{"id":"t247-test-"#))
        #expect(text.contains("PATH="))
        #expect(!text.contains("hush-key") && !text.contains("TRADER247_"))
    }

    @Test func mailIsAWholeMessageForSendmail() throws {
        let arena = try Arena()
        let out = arena.directory + "/mail"
        let program = try file(
            arena, "sendmail", "#!/bin/sh\necho \"$@\" > \(out)\ncat >> \(out)\n", mode: 0o700)
        _ = try file(
            arena, "config.yaml",
            "bot: test\nalerts: [{type: sendmail, command: '\(program)', to: [a@example.org, b@example.org], from: bot@example.org}]"
        )
        #expect(try test(arena).ending == .exit(0))
        let lines = try String(contentsOfFile: out, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "-i -f bot@example.org -- a@example.org b@example.org")
        #expect(lines.contains("To: a@example.org, b@example.org"))
        #expect(lines.contains("Subject: [test paper] info test"))
        let blank = try #require(lines.firstIndex(of: ""))
        #expect(lines[blank + 1].contains("a test: alerts of this bot arrive here"))
    }

    @Test func everyMistakeIsNamedWithItsPlaceAndNoAddressIsRepeated() throws {
        let arena = try Arena()
        let open = try file(arena, "open", "x", mode: 0o644)
        _ = try file(
            arena, "config.yaml",
            """
            alerts:
              - {type: slack, url: "http://hooks.example.org/TOPSECRET"}
              - {type: webhook, url: "https://example.org/TOPSECRET", secret_file: "\(open)"}
              - {type: pigeon}
              - {type: slack, url: "https://example.org/a", events: [hault]}
              - {type: command, command: "rm -rf /"}
              - {type: sendmail, to: "nobody"}
              - {type: slack, url: "https://example.org/b", level: loud, secret: x}
            """)
        let result = try arena.trader247(["config", "check", "--config", arena.directory + "/config.yaml"])
        #expect(result.ending == .exit(78))
        #expect(!result.errors.contains("TOPSECRET"))
        for part in [
            ":2: alerts[0].url: would send in the clear", ":3: alerts[1].secret_file:", "others can read it",
            ":4: alerts[2].type: 'pigeon' is unknown",
            ":5: alerts[3].events: 'hault' is no event; did you mean halt?",
            ":6: alerts[4].command: must be a list of words", ":7: alerts[5].to: must be a mail address",
            ":8: alerts[6].level: 'loud' is not allowed", ":8: alerts[6].secret: unknown key",
        ] {
            #expect(result.errors.contains(part), "\(part)\n\(result.errors)")
        }
    }
}
