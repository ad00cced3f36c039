// A venue that floods with pings and takes no answer.

import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import Transport

@Suite struct TransportPingTests {
    @Test func aVenueThatTakesNothingIsOwedOnePong() throws {
        let session = WebSocketSession { _ in
        } ended: { _ in
        }
        let channel = EmbeddedChannel(handler: session)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        func ping(_ number: Int) throws {
            try channel.writeInbound(
                WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(integer: UInt32(number))))
        }
        func pongs() throws -> [UInt32] {
            var numbers: [UInt32] = []
            while let frame = try channel.readOutbound(as: WebSocketFrame.self) {
                // Masked only by what writes it to the wire.
                var data = frame.data
                if frame.opcode == .pong, let number = data.readInteger(as: UInt32.self) {
                    numbers.append(number)
                }
            }
            return numbers
        }
        for number in 0..<3 { try ping(number) }
        #expect(try pongs() == [0, 1, 2])
        channel.isWritable = false
        for number in 3..<10_000 { try ping(number) }
        #expect(try pongs() == [])
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(try pongs() == [9_999])
        try ping(10_000)
        #expect(try pongs() == [10_000])
        // Its end is its end, whatever is left.
        _ = try? channel.finish()
    }
}
