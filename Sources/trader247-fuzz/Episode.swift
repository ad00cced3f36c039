// One connection after the other to a server of ours that has no port: requests in their raw bytes, some of them damaged,
// and WebSocket frames. What comes back is judged by whoever began it.

import NIOCore
import NIOEmbedded

struct Episode {
    /// A request to begin with: `target` has its query.
    struct Template: Sendable {
        let method: String
        let target: String
        let body: [UInt8]

        init(_ method: String, _ target: String, _ body: String = "") {
            self.method = method
            self.target = target
            self.body = Array(body.utf8)
        }
    }

    static let numbers = [
        "0", "-1", "1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "4294967296",
        "9223372036854775806", "-9223372036854775807", "1e308", "", "true", "nan", "%00", "%zz", "0.5",
        "600000",
        "86400000", "-86400001",
    ]

    let loop = EmbeddedEventLoop()
    private let serve: (EmbeddedChannel) throws -> Void
    private var channel: EmbeddedChannel?

    init(_ serve: @escaping (EmbeddedChannel) throws -> Void) { self.serve = serve }

    // MARK: The connection

    private mutating func connection() -> EmbeddedChannel? {
        if let channel, channel.isActive { return channel }
        end()
        let next = EmbeddedChannel(loop: loop)
        // Only an address that can't be read would fail here.
        guard let peer = try? SocketAddress(ipAddress: "127.0.0.1", port: 40_000),
            let own = try? SocketAddress(ipAddress: "127.0.0.1", port: 1),
            (try? serve(next)) != nil
        else { return nil }
        next.localAddress = own
        next.connect(to: peer, promise: nil)
        next.remoteAddress = peer
        channel = next
        return next
    }

    /// Hands the server these bytes as they come from a socket; what it answers.
    mutating func say(_ bytes: [UInt8]) -> [UInt8] {
        guard let channel = connection() else { return [] }
        // What a server makes of broken input is its answer, or the end of the connection.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        loop.run()
        return heard()
    }

    /// Lets time pass, so that what is due happens.
    mutating func wait(_ milliseconds: Int64) -> [UInt8] {
        loop.advanceTime(by: .milliseconds(milliseconds))
        return heard()
    }

    private func heard() -> [UInt8] {
        var answer: [UInt8] = []
        while let part = try? channel?.readOutbound(as: ByteBuffer.self) { answer += part.readableBytesView }
        return answer
    }

    mutating func end() {
        channel?.close(promise: nil)
        loop.run()
        // Leftovers and errors are no matter of a connection that is over.
        _ = try? channel?.finish(acceptAlreadyClosed: true)
        channel = nil
    }

    /// The status of the first answer; nil where none has begun.
    static func status(_ answer: [UInt8]) -> Int? {
        guard answer.starts(with: Array("HTTP/1.1 ".utf8)) else { return nil }
        return Int(String(decoding: answer.dropFirst(9).prefix(3), as: UTF8.self))
    }

    // MARK: What is said

    /// A request made of this one, its query and body perhaps bent; now and then its bytes are broken.
    static func request(
        _ template: Template, body: [UInt8], headers: [String], _ random: inout SplitMix
    ) -> [UInt8] {
        var target = template.target
        if random.below(2) == 0, let mark = target.firstIndex(of: "?") {
            let parts = target[target.index(after: mark)...].split(separator: "&").map { pair in
                guard random.below(2) == 0, let sign = pair.firstIndex(of: "=") else { return String(pair) }
                return pair[...sign] + numbers[random.below(numbers.count)]
            }
            target = target[...mark] + parts.joined(separator: "&")
        }
        var bytes = Array(
            ("\(template.method) \(target) HTTP/1.1\r\n" + headers.map { $0 + "\r\n" }.joined()
                + "content-length: \(body.count)\r\n\r\n").utf8)
        bytes += body
        if random.below(16) == 0 {
            for _ in 0...random.below(3) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
        }
        return bytes
    }

    /// A masked frame as a client sends it; now and then one that no client may send.
    static func frame(_ payload: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        let opcodes: [UInt8] = [1, 1, 1, 1, 2, 9, 10, 0, 8, 3, 15]
        var bytes: [UInt8] = [opcodes[random.below(opcodes.count)] | (random.below(8) == 0 ? 0 : 0x80)]
        let mask = (0..<4).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        switch payload.count {
        case ..<126: bytes.append(0x80 | UInt8(payload.count))
        default: bytes += [0x80 | 126, UInt8(payload.count >> 8 & 0xFF), UInt8(payload.count & 0xFF)]
        }
        bytes += mask
        bytes += payload.prefix(65_535).enumerated().map { $1 ^ mask[$0 & 3] }
        if random.below(16) == 0 {
            bytes[random.below(min(14, bytes.count))] = UInt8(truncatingIfNeeded: random.next())
        }
        return bytes
    }
}
