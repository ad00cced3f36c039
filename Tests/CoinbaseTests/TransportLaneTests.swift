// What becomes of a request, by everything that a server or a network can do to it.

import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Transport

private let order = HTTPRequest(method: "POST", path: "/orders", body: Array(#"{"a":1}"#.utf8))

final class Count: Sendable {
    let value = Atomic<Int>(0)
    func add() { value.add(1, ordering: .sequentiallyConsistent) }
    var now: Int { value.load(ordering: .sequentiallyConsistent) }
}

extension LaneUpkeep {
    /// On a machine whose every thread is busy with other tests nothing is late and nothing was idle.
    static let patient: LaneUpkeep = {
        var upkeep = LaneUpkeep()
        upkeep.idleLimit = .seconds(600)
        upkeep.dialLimit = .seconds(120)
        return upkeep
    }()
}

func lane(
    to port: Int, connections: Int = 1, scheme: String = "http", host: String = "127.0.0.1",
    trust: TLSTrust = .system, upkeep: LaneUpkeep = .patient,
    authorize: @escaping @Sendable (HTTPRequest) throws -> String? = { _ in "token" },
    bootTime: (@Sendable () -> Int64)? = nil
) throws -> HTTPLane {
    let endpoint = try Endpoint("\(scheme)://\(host):\(port)", .rest)
    let group = MultiThreadedEventLoopGroup.singleton
    let lane =
        if let bootTime {
            HTTPLane(
                endpoint, connections: connections, trust: trust, on: group, upkeep: upkeep,
                bootTime: bootTime, authorize: authorize)
        } else {
            HTTPLane(
                endpoint, connections: connections, trust: trust, on: group, upkeep: upkeep,
                authorize: authorize)
        }
    lane.warm()
    return lane
}

@Suite struct TransportLaneTests {
    /// One order against a server that does this.
    private func outcome(
        of steps: [ServerStep], patience: Duration = .seconds(60), upkeep: LaneUpkeep = .patient
    ) async throws -> HTTPOutcome {
        let server = try await ScriptServer { _ in steps }
        let lane = try lane(to: server.port, upkeep: upkeep)
        try await eventually { lane.isWarm }
        let outcome = await lane.ask(order, patience: patience)
        #expect(server.requests.count == 1)
        lane.close()
        await server.stop()
        return outcome
    }

    @Test func anOrderGoesOutWholeAndItsAnswerComesBack() async throws {
        let server = try await ScriptServer { _ in [answer("hello", extra: "X-A: b\r\n")] }
        let lane = try lane(to: server.port)
        try await eventually { lane.isWarm }
        for _ in 0..<3 {
            let told = try #require(await lane.ask(order).answer)
            #expect(told.status == 200 && told.header("x-a") == "b" && told.body == Array("hello".utf8))
        }
        let query = HTTPRequest(method: "GET", path: "/list", query: "a=1&a=2", headers: [("X-B", "c")])
        #expect(await lane.ask(query).answer?.status == 200)
        #expect(server.connections == 1)
        #expect(
            server.requests[0]
                == "POST /orders HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nAuthorization: Bearer token\r\n"
                + "User-Agent: trader247\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
                + "Content-Length: 7\r\n\r\n{\"a\":1}")
        #expect(server.requests[3].hasPrefix("GET /list?a=1&a=2 HTTP/1.1\r\n"))
        #expect(server.requests[3].contains("\r\nX-B: c\r\n"))
        lane.close()
        await server.stop()
    }

    @Test func aChunkedAnswerIsJoined() async throws {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        #expect(try await outcome(of: [.send(text)]).answer?.body == Array("abcde".utf8))
    }

    @Test func noTokenMeansNoAuthorization() async throws {
        let server = try await ScriptServer { _ in [answer("")] }
        let lane = try lane(to: server.port, authorize: { _ in nil })
        try await eventually { lane.isWarm }
        #expect(await lane.ask(order).answer?.status == 200)
        #expect(!server.requests[0].contains("Authorization"))
        lane.close()
        await server.stop()
    }

    @Test func withoutAFreeConnectionNothingIsSignedOrSent() async throws {
        let signed = Count()
        let server = try await ScriptServer { _ in [] }
        let lane = try lane(to: server.port) { _ in
            signed.add()
            return nil
        }
        try await eventually { lane.isWarm }
        let first = Task { await lane.ask(order) }
        try await eventually { server.requests.count == 1 }
        #expect(await lane.ask(order).unsent?.contains("1 of 1") == true)
        #expect(signed.now == 1)
        lane.close()
        #expect(await first.value.ambiguous != nil)
        #expect(await lane.ask(order).unsent != nil)
        await server.stop()
    }

    /// The machine sleeps between the hand-over and the signature, and between the signature and the wire. NIO's own
    /// clock sleeps with it.
    @Test(arguments: [false, true]) func whatWasGivenBeforeASleepIsNotSentAfterIt(whileSigning: Bool)
        async throws
    {
        let clock = Atomic<Int64>(1_000)
        let isAsleep = Atomic<Bool>(false)
        let signed = Count()
        let server = try await ScriptServer { _ in [answer("done")] }
        let lane = try lane(
            to: server.port,
            authorize: { request in
                signed.add()
                if isAsleep.load(ordering: .sequentiallyConsistent) {
                    clock.store(1_000 + 3_600_000_000_000, ordering: .sequentiallyConsistent)
                }
                #expect(request.submittedAt >= 1_000)
                return "token"
            },
            bootTime: {
                let now = clock.load(ordering: .sequentiallyConsistent)
                // Each reading after the first is one after the sleep.
                if isAsleep.load(ordering: .sequentiallyConsistent), !whileSigning {
                    clock.store(1_000 + 3_600_000_000_000, ordering: .sequentiallyConsistent)
                }
                return now
            })
        try await eventually { lane.isWarm }
        #expect(await lane.ask(order).answer?.status == 200)
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        #expect(await lane.ask(order, patience: .seconds(600)).unsent?.contains("no time left") == true)
        #expect(server.requests.count == 1)
        #expect(signed.now == (whileSigning ? 2 : 1))
        // What is given afterwards is sent.
        isAsleep.store(false, ordering: .sequentiallyConsistent)
        #expect(await lane.ask(order).answer?.status == 200)
        lane.close()
        await server.stop()
    }

    @Test func aRequestMayHaveLessTimeForItsSignatureThanForItsAnswer() async throws {
        let clock = Atomic<Int64>(0)
        let server = try await ScriptServer { _ in [answer("done")] }
        let lane = try lane(
            to: server.port,
            bootTime: { clock.wrappingAdd(1_500_000_000, ordering: .sequentiallyConsistent).newValue })
        try await eventually { lane.isWarm }
        var brief = order
        brief.signedWithin = .seconds(1)
        #expect(await lane.ask(brief).unsent != nil)
        #expect(await lane.ask(order).answer?.status == 200)
        #expect(server.requests.count == 1)
        lane.close()
        await server.stop()
    }

    @Test func whatCannotBeAuthorizedOrIsMalformedIsNotSent() async throws {
        struct NoKey: Error {}
        let server = try await ScriptServer { _ in [answer("")] }
        let lane = try lane(to: server.port) { _ in throw NoKey() }
        try await eventually { lane.isWarm }
        #expect(await lane.ask(order).unsent != nil)
        for path in ["orders", "/a b", "/a\r\nX: y", ""] {
            #expect(await lane.ask(HTTPRequest(method: "GET", path: path)).unsent != nil)
        }
        let split = HTTPRequest(method: "GET", path: "/", headers: [("A", "b\r\nC: d")])
        #expect(await lane.ask(split).unsent != nil)
        #expect(await lane.ask(order, patience: .zero).unsent != nil)
        #expect(server.requests.isEmpty && lane.isWarm)
        lane.close()
        await server.stop()
    }

    @Test func aRefusedConnectionIsToldAndMadeLater() async throws {
        let port = try RefusingPort()
        defer { withExtendedLifetime(port) {} }
        let signed = Count()
        let lane = try lane(to: port.number) { _ in
            signed.add()
            return nil
        }
        let reason = Mutex("")
        // Asked without a pause, it kept the thread busy that the address was to be looked up on.
        try await eventually {
            lane.send(order, patience: .seconds(60)) { outcome in
                reason.withLock { $0 = outcome.unsent?.lowercased() ?? "sent" }
            }
            return reason.withLock { $0.contains("refused") }
        }
        #expect(reason.withLock { $0.contains("refused") })
        #expect(signed.now == 0 && !lane.isWarm)
        lane.close()
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\n\r\nabc", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ])
    func anAnswerThatIsCutOffIsAmbiguous(_ text: String) async throws {
        #expect(try await outcome(of: [.send(text), .close]).ambiguous != nil)
    }

    @Test(arguments: [
        "hello\r\n\r\n", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "<html></html>\r\n\r\n",
        "\u{0}\u{1}\u{2}\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
    ])
    func garbageIsAmbiguous(_ text: String) async throws {
        #expect(try await outcome(of: [.send(text)]).ambiguous != nil)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
    func aStalledAnswerIsAmbiguousWhenPatienceEnds(_ text: String) async throws {
        let begin = ContinuousClock.now
        let reason = try await outcome(of: [.send(text)], patience: .milliseconds(100)).ambiguous
        #expect(reason?.contains("in time") == true)
        #expect(ContinuousClock.now - begin >= .milliseconds(100))
    }

    @Test func aConnectionThatStalledIsReplaced() async throws {
        let server = try await ScriptServer { $0.contains("/slow") ? [] : [answer("ok")] }
        let lane = try lane(to: server.port)
        try await eventually { lane.isWarm }
        let slow = HTTPRequest(method: "GET", path: "/slow")
        #expect(await lane.ask(slow, patience: .milliseconds(50)).ambiguous != nil)
        try await eventually { server.connections == 2 && lane.isWarm }
        #expect(await lane.ask(order).answer?.status == 200)
        lane.close()
        await server.stop()
    }

    @Test func aRedirectIsAnAnswerAndIsNotFollowed() async throws {
        let other = try await ScriptServer { _ in [answer("stolen")] }
        let place = "Location: http://127.0.0.1:\(other.port)/\r\n"
        let told = try await outcome(of: [answer("", status: "307 Temporary Redirect", extra: place)]).answer
        #expect(told?.status == 307 && other.connections == 0)
        await other.stop()
    }

    @Test func afterAFarewellTheConnectionIsOpenedAnew() async throws {
        let server = try await ScriptServer { _ in [answer("bye", extra: "Connection: close\r\n"), .close] }
        let lane = try lane(to: server.port)
        for round in 1...3 {
            try await eventually { lane.isWarm && server.connections == round }
            #expect(await lane.ask(order).answer?.body == Array("bye".utf8))
        }
        lane.close()
        await server.stop()
    }

    @Test func lostConnectionsAreOpenedAnew() async throws {
        let server = try await ScriptServer { _ in [answer("ok")] }
        let lane = try lane(to: server.port, connections: 3)
        try await eventually { lane.isWarm && server.connections == 3 }
        server.dropAll()
        try await eventually { lane.isWarm && server.connections >= 6 }
        #expect(await lane.ask(order).answer?.status == 200)
        lane.close()
        await server.stop()
    }

    @Test func anIdleConnectionIsReplacedBeforeItIsTooOld() async throws {
        var upkeep = LaneUpkeep()
        upkeep.idleLimit = .milliseconds(300)
        let server = try await ScriptServer { _ in [answer("ok")] }
        let lane = try lane(to: server.port, upkeep: upkeep)
        try await eventually { server.connections >= 3 }
        // One may be replaced between the look and the question, which nothing is sent of then.
        var status: Int?
        for _ in 0..<100 where status != 200 {
            try await eventually { lane.isWarm }
            status = await lane.ask(order).answer?.status
        }
        #expect(status == 200)
        lane.close()
        await server.stop()
    }

    @Test func manyAtOnceEachGetTheirOwnAnswer() async throws {
        let server = try await ScriptServer { [answer(String($0.split(separator: " ")[1]))] }
        let lane = try lane(to: server.port, connections: 8)
        try await eventually { lane.isWarm }
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for round in 0..<200 {
                        let path = "/\(worker)/\(round)"
                        let told = await lane.ask(HTTPRequest(method: "GET", path: path)).answer
                        #expect(told?.body == Array(path.utf8))
                    }
                }
            }
        }
        #expect(server.connections == 8)
        lane.close()
        await server.stop()
    }
}
