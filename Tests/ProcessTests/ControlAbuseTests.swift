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
        // After ten wrong tokens even the right one waits.
        for _ in 0..<10 { _ = try http.ask("GET", "/v1/status", token: "wrong-wrong-wrong-wrong") }
        let limited = try http.ask("GET", "/v1/status", token: Self.token)
        #expect(limited.status == 429)
        #expect(limited.head.lowercased().contains("retry-after"))
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
        let last = try #require(crowd.last)
        last.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try last.readToEnd().contains("too many connections"))
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
