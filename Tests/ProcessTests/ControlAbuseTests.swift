// What clients get who are wrong, slow, many, or not meant to ask at all: a clear answer, and no effect on trading.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct ControlAbuseTests {
    private static let token = "a-token-that-is-long-enough"

    private func listening(_ orders: Int = 20) throws -> (arena: Arena, process: RunningProcess, port: UInt16)
    {
        let arena = try Arena(
            orders: orders, more: "control: {listen: \"127.0.0.1:0\", token_file: TOKEN}")
        let file = arena.directory + "/token"
        try Self.token.write(toFile: file, atomically: true, encoding: .utf8)
        chmod(file, 0o600)
        let process = try arena.startWorking(orders, ["--set", "control.token_file=\(file)"])
        try arena.awaitLifecycle("trading", process)
        let log = try String(contentsOfFile: arena.state + "/logs/trader247.log", encoding: .utf8)
        let found = log.firstMatch(of: /control.sock and 127\.0\.0\.1:(\d+)/)?.1
        return (arena, process, try #require(found.flatMap { UInt16($0) }))
    }

    /// It trades on, and its orders rest; some may be filled by now.
    private func expectUnmoved(_ arena: Arena, _ process: RunningProcess, atLeast: Int = 10) throws {
        let cycles = try #require(arena.status()?.core?.cycles)
        try eventually("it goes on deciding") {
            _ = process.read()
            return (arena.status()?.core?.cycles ?? 0) > cycles
        }
        #expect(arena.status()?.lifecycle == "trading")
        #expect(arena.working >= atLeast)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: atLeast)
    }

    @Test func onlyWhoHasTheTokenIsHeard() throws {
        let (arena, process, port) = try listening()
        let http = TestHTTP(port: port)
        #expect(try http.ask("GET", "/v1/status", token: Self.token).status == 200)
        #expect(try http.ask("GET", "/v1/status").status == 401)
        #expect(try http.ask("POST", "/v1/stop", token: Self.token + "x").status == 401)
        // Health needs none.
        #expect(try http.ask("GET", "/livez").status == 200)
        func raw(_ headers: String) throws -> String {
            let connection = try RawConnection(port: port)
            connection.send(
                "POST /v1/stop HTTP/1.1\r\n\(headers)Authorization: Bearer \(Self.token)\r\nConnection: close\r\n\r\n"
            )
            return try connection.readToEnd()
        }
        #expect(try raw("Host: evil.example:\(port)\r\n").hasPrefix("HTTP/1.1 403"))
        #expect(
            try raw("Host: 127.0.0.1:\(port)\r\nOrigin: http://evil.example\r\n").hasPrefix("HTTP/1.1 403"))
        // After ten wrong tokens the eleventh waits, and the right one does not.
        for _ in 0..<10 { _ = try http.ask("GET", "/v1/status", token: "wrong-wrong-wrong-wrong") }
        let limited = try http.ask("GET", "/v1/status", token: "wrong-wrong-wrong-wrong")
        #expect(limited.status == 429)
        #expect(limited.head.lowercased().contains("retry-after"))
        #expect(try http.ask("GET", "/v1/status", token: Self.token).status == 200)
        let log = try String(contentsOfFile: arena.state + "/logs/trader247.log", encoding: .utf8)
        #expect(!log.contains(Self.token))
        try expectUnmoved(arena, process)
    }

    @Test func anUnsafeListenerIsRefusedBeforeAnythingBegins() throws {
        let arena = try Arena()
        let file = arena.directory + "/token"
        try Self.token.write(toFile: file, atomically: true, encoding: .utf8)
        chmod(file, 0o644)
        func run(_ settings: String...) throws -> (ending: Ending, output: String, errors: String) {
            try arena.trader247(arena.arguments + ["--no-guardian"] + settings.flatMap { ["--set", $0] })
        }
        let open = try run("control.listen=127.0.0.1:0", "control.token_file=\(file)")
        #expect(open.ending == .exit(78) && open.errors.contains("chmod 600"))
        let missing = try run("control.listen=127.0.0.1:0")
        #expect(missing.ending == .exit(78) && missing.errors.contains("TCP needs a token"))
        chmod(file, 0o600)
        let remote = try run("control.listen=0.0.0.0:0", "control.token_file=\(file)")
        #expect(remote.ending == .exit(78) && remote.errors.contains("control.allow_remote"))
        #expect(!FileManager.default.fileExists(atPath: arena.state + "/state.db"))
    }

    @Test func idleConnectionsAndGuessesNeverKeepTheKillSwitchFromWorking() throws {
        let (arena, process, port) = try listening()
        var crowd: [RawConnection] = []
        for number in 0..<200 {
            crowd.append(try RawConnection(port: port, from: "127.0.\(number / 100).\(number % 100 + 1)"))
        }
        // Guesses from many addresses of one machine are those of one source.
        var answers: [String] = []
        for number in 0..<40 {
            let guess = try RawConnection(port: port, from: "127.1.0.\(number + 1)")
            guess.send(
                "POST /v1/stop HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAuthorization: Bearer guess-\(number)-guess-guess\r\n\r\n"
            )
            crowd.append(guess)
        }
        let http = TestHTTP(port: port)
        let halted = try http.ask("POST", "/v1/halt", #"{"reason": "a test"}"#, token: Self.token)
        #expect(halted.status == 200, "\(halted.text)")
        for guess in crowd.suffix(40) {
            try eventually("the guess is answered") {
                guard let text = guess.read() else { return true }
                if text.hasPrefix("HTTP/1.1 ") { answers.append(String(text.dropFirst(9).prefix(3))) }
                return !text.isEmpty
            }
        }
        #expect(answers.filter { $0 == "401" }.count == 10)
        #expect(answers.filter { $0 == "429" }.count == 30)
        try arena.awaitLifecycle("halted", process)
        try eventually("no order works") { arena.working == 0 }
        process.send(SIGTERM)
        _ = try process.end()
    }

    @Test func everyWordOfALineOfRequestsIsAnsweredInOrder() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        let connection = try RawConnection(socket: arena.socket)
        func request(_ line: String, _ more: String = "") -> String {
            "\(line) HTTP/1.1\r\nHost: x\r\n\(more)\r\n"
        }
        connection.send(
            request("POST /v1/pause") + request("GET /nowhere") + request("POST /v1/resume")
                + request("POST /v1/stop", "Content-Length: 70000\r\n")
                + String(repeating: "x", count: 70_000)
                + request("POST /v1/halt"))
        let answer = try connection.readToEnd()
        let statuses = answer.matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) }
        // The fourth is refused and ends the connection; what came after it was never heard.
        #expect(statuses == ["200", "404", "200", "413"], "\(answer)")
        // Nor is anything after the last request that a client asked to be answered.
        let last = try RawConnection(socket: arena.socket)
        last.send(request("GET /livez", "Connection: close\r\n") + request("POST /v1/halt"))
        let only = try last.readToEnd().matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) }
        #expect(only == ["200"] || only == ["200", "400"], "\(only)")
        // As many as one likes, however little of the answers is read.
        let crowd = try RawConnection(socket: arena.socket)
        let one = Array(request("GET /livez").utf8)
        crowd.send(one)
        let length = try eventually("the first is answered") {
            crowd.read().flatMap { $0.isEmpty ? nil : $0.utf8.count }
        }
        let number = 2_000
        var rest = [[UInt8]](repeating: one, count: number).flatMap { $0 }[...]
        var received = 0
        try eventually("all are answered", within: .seconds(40)) {
            let sent = rest.prefix(65_536).withUnsafeBytes {
                send(crowd.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            rest = rest.dropFirst(max(0, sent))
            received += crowd.read()?.utf8.count ?? 0
            return received == number * length
        }
        try expectUnmoved(arena, process)
    }

    @Test func whatIsSaidTwiceIsAmbiguous() throws {
        let (arena, process, port) = try listening()
        for twice in [
            "Host: 127.0.0.1:\(port)", "Origin: http://127.0.0.1:\(port)",
            "Authorization: Bearer \(Self.token)",
        ] {
            let connection = try RawConnection(port: port)
            connection.send(
                "POST /v1/halt HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nOrigin: http://127.0.0.1:\(port)\r\n"
                    + "Authorization: Bearer \(Self.token)\r\n\(twice)\r\nConnection: close\r\n\r\n")
            #expect(try connection.readToEnd().hasPrefix("HTTP/1.1 400"), "\(twice)")
        }
        try expectUnmoved(arena, process)
    }

    @Test func aStrangerLearnsNotWhyItIsNotReady() throws {
        let (arena, process, port) = try listening()
        let reason = "the secret reason of a test"
        _ = try arena.say("halt", reason)
        try arena.awaitLifecycle("halted", process)
        func ready(_ host: String, _ more: String = "") throws -> String {
            let connection = try RawConnection(port: port)
            connection.send("GET /readyz HTTP/1.1\r\nHost: \(host)\r\n\(more)Connection: close\r\n\r\n")
            return try connection.readToEnd()
        }
        let own = "127.0.0.1:\(port)"
        #expect(try ready("evil.example").hasPrefix("HTTP/1.1 403"))
        let strangers = try ready(own)
        #expect(strangers.hasPrefix("HTTP/1.1 503") && !strangers.contains(reason), "\(strangers)")
        #expect(try ready(own, "Authorization: Bearer \(Self.token)\r\n").contains(reason))
        #expect(try arena.ask("GET", "/readyz").text.contains(reason))
        process.send(SIGTERM)
        _ = try process.end()
    }

    @Test func whatIsNoTokenFileIsRefusedAtOnceByStartCheckAndDoctor() throws {
        let arena = try Arena()
        let file = arena.directory + "/token"
        func expect(_ words: String, _ make: () throws -> Void) throws {
            try make()
            let settings = ["--set", "control.listen=127.0.0.1:0", "--set", "control.token_file=\(file)"]
            for command in [
                arena.arguments + ["--no-guardian"],
                ["config", "check", "--config", arena.directory + "/config.yaml"],
                ["doctor", "--config", arena.directory + "/config.yaml", "--state-dir", arena.state],
            ] {
                let result = try arena.trader247(command + settings)
                #expect(result.ending == .exit(78), "\(command) \(result.output) \(result.errors)")
                #expect((result.output + result.errors).contains(words), "\(result.output) \(result.errors)")
            }
            try FileManager.default.removeItem(atPath: file)
        }
        func write(_ text: String) throws {
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            chmod(file, 0o600)
        }
        try expect("a named pipe") { mkfifo(file, 0o600) }
        try expect("a directory") { mkdir(file, 0o700) }
        try expect("is empty") { try write("                ") }
        try expect("longer than") { try write(String(repeating: "x", count: 100_000)) }
        #expect(!FileManager.default.fileExists(atPath: arena.state + "/state.db"))
    }

    @Test func badInputIsAnsweredClearly() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        func expect(
            _ method: String, _ path: String, _ status: Int, _ words: String, body: String = "",
            _ place: SourceLocation = #_sourceLocation
        ) throws {
            let answer = try arena.ask(method, path, body)
            #expect(answer.status == status, "\(answer.text)", sourceLocation: place)
            #expect(answer.text.contains(words), "\(answer.text)", sourceLocation: place)
            #expect(answer.text.contains("\"do\":\""), sourceLocation: place)
        }
        try expect("GET", "/v1/orders/nobody-1-1", 404, "unknown_order")
        try expect("GET", "/v1/orders/test-1-1", 404, "unknown_order")
        try expect("GET", "/v1/orders?limit=lots", 400, "limit is a number")
        try expect("GET", "/v1/orders?symbol=%zz", 400, "bad_query")
        try expect("GET", "/v1/orders?color=red", 400, "'color' is not known")
        try expect("GET", "/v1/stops/..%2f..%2fetc", 404, "unknown_stop")
        try expect("GET", "/v1/stops/../config.yaml", 404, "unknown_stop")
        try expect("GET", "/nowhere", 404, "not_found")
        try expect("DELETE", "/v1/orders", 405, "method_not_allowed")
        try expect("POST", "/v1/halt", 400, "bad_argument", body: "{")
        try expect("POST", "/v1/halt", 400, "bad_argument", body: "[1]")
        try expect("POST", "/v1/halt", 400, "bad_argument", body: #"{"reason": 7}"#)
        for opening in ["[", #"{"reason":"#] {
            let deep = String(repeating: opening, count: 60_000 / opening.utf8.count)
            try expect("POST", "/v1/halt", 400, "bad_argument", body: deep)
        }
        try expect("POST", "/v1/stop", 400, "'force' is not known", body: #"{"force": true}"#)
        try expect("POST", "/v1/flatten", 400, "from 1 to 2000", body: #"{"slippage_bps": 100000}"#)
        try expect("POST", "/v1/flatten", 400, "pause, stop or halt", body: #"{"then": "party"}"#)
        let large = String(repeating: "x", count: 10 << 20)
        try expect("POST", "/v1/stop", 413, "too_large", body: large)
        try expect("GET", "/v1/status?" + String(repeating: "y", count: 20_000), 431, "head_too_large")
        for rubbish in ["\u{16}\u{3}\u{1}", "GET\r\n\r\n", "POST /v1/stop HTTP/9.9\r\n\r\n"] {
            let connection = try RawConnection(socket: arena.socket)
            connection.send(rubbish)
            shutdown(connection.descriptor, Int32(SHUT_WR))
            let answer = try connection.readToEnd()
            #expect(
                answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.0 4"),
                "\(answer)")
        }
        try expectUnmoved(arena, process)
    }

    @Test func slowClientsAreLeft() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        // One sends its head a byte at a time, one promises a body, one never says a word.
        let drip = try RawConnection(socket: arena.socket)
        let promise = try RawConnection(socket: arena.socket)
        let silent = try RawConnection(socket: arena.socket)
        promise.send("POST /v1/stop HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        var head = Array("GET /v1/status HTTP/1.1\r\nHost: x\r\nX: ".utf8)
        var ended: Set<Int> = []
        var told = ""
        try eventually("all three are closed", within: .seconds(30)) {
            _ = process.read()
            drip.send([head.isEmpty ? UInt8(ascii: "x") : head.removeFirst()])
            for (index, connection) in [drip, promise, silent].enumerated() {
                guard let text = connection.read() else {
                    ended.insert(index)
                    continue
                }
                told += text
            }
            return ended.count == 3
        }
        #expect(told.contains("408") && told.contains("too_slow"))
        try expectUnmoved(arena, process)
    }

    @Test func aThousandConnectionsAreTooManyAndHarmNobody() throws {
        let (arena, process, port) = try listening()
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 4_096)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var crowd: [RawConnection] = []
        for _ in 0..<1_000 { crowd.append(try RawConnection(port: port)) }
        // The oldest gave way to those that came after them.
        #expect(try crowd[0].readToEnd() == "")
        #expect(try TestHTTP(port: port).ask("GET", "/v1/status", token: Self.token).status == 200)
        let last = try #require(crowd.last)
        last.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        try eventually("the youngest is heard") { last.read()?.hasPrefix("HTTP/1.1 200") ?? true }
        // The socket is not theirs.
        #expect(arena.status()?.lifecycle == "trading")
        crowd.removeAll()
        try eventually("there is room again") {
            (try? TestHTTP(port: port).ask("GET", "/livez").status) == 200
        }
        try expectUnmoved(arena, process)
    }

    @Test func listenersThatDoNotReadNeverHoldUpAStop() throws {
        let arena = try Arena(orders: 20)
        let process = try arena.startWorking(20)
        try arena.awaitLifecycle("trading", process)
        var listeners: [RawConnection] = []
        for _ in 0..<50 {
            let listener = try RawConnection(socket: arena.socket)
            listener.send("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            listeners.append(listener)
        }
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
        #expect(try arena.report().elapsedMs < 3_000)
        withExtendedLifetime(listeners) {}
    }
}
