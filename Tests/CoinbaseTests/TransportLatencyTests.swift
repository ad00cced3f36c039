// The time from `send` to the bytes' arrival at a peer on this machine, signing included. The bound is loose: it
// must hold in a debug build on a busy machine. The measured median is printed.

import Coinbase
import NIOCore
import NIOPosix
import Synchronization
import Testing
import WebTokens

@Suite struct TransportLatencyTests {
    @Test func aSignedOrderArrivesSoon() async throws {
        let key = try KeyFile(name: "k", privateKey: SigningKey.generate(.es256).privateKeyText)
        let arrived = Mutex<ContinuousClock.Instant?>(nil)
        let server = try await ScriptServer { _ in
            arrived.withLock { $0 = $0 ?? .now }
            return [answer("{}")]
        }
        let lane = try lane(to: server.port) { request in
            try WebToken.make(
                key: key, uri: "POST h\(request.path)", issuedAt: 1_795_341_600, life: 5, nonce: "00ff")
        }
        try await eventually { lane.isWarm }
        let order = HTTPRequest(
            method: "POST", path: "/orders", body: [UInt8](repeating: UInt8(ascii: "x"), count: 200))
        var times: [Duration] = []
        for _ in 0..<500 {
            arrived.withLock { $0 = nil }
            let begin = ContinuousClock.now
            _ = await lane.ask(order)
            times.append(try #require(arrived.withLock { $0 }) - begin)
        }
        times.sort()
        print("from send to arrival, signed: median \(times[250]), 99 % \(times[495])")
        #expect(times[250] < .milliseconds(5))
        lane.close()
        await server.stop()
    }
}
