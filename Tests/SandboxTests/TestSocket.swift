// A bare WebSocket client: the handshake and frames of RFC 6455, by hand, so that nothing of the server's own
// library judges what it sends.

import FoundationEssentials
import Testing

enum TestFrame: Equatable {
    case message(JSON)
    case close(UInt16?)
    case pong([UInt8])
    /// The connection ended without a word.
    case ended
}

final class TestSocket {
    private let client: TestClient

    /// - Parameter client: a connection that has served requests already; nil for a new one.
    init(port: Int, path: String = "/ws", on client: TestClient? = nil) throws {
        let client = try client ?? TestClient(port: port)
        self.client = client
        try client.send(
            "GET", path,
            headers: [
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ])
        let head = try client.readHead()
        try #require(head.hasPrefix("HTTP/1.1 101"), "\(head)")
        // The answer to that key, from the RFC.
        #expect(head.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="))
    }

    var patience: Duration {
        get { client.patience }
        set { client.patience = newValue }
    }

    func send(_ text: String, opcode: UInt8 = 1, final: Bool = true) throws {
        let bytes = Array(text.utf8)
        let mask: [UInt8] = [1, 2, 3, 4]
        var frame = [opcode | (final ? 0x80 : 0)]
        if bytes.count < 126 {
            frame.append(0x80 | UInt8(bytes.count))
        } else {
            frame += [0x80 | 126, UInt8(bytes.count >> 8), UInt8(bytes.count & 255)]
        }
        frame += mask
        for (index, byte) in bytes.enumerated() { frame.append(byte ^ mask[index % 4]) }
        try client.write(frame)
    }

    func subscribe(
        _ channel: String, _ products: [String] = [], jwt: String? = nil, type: String = "subscribe"
    ) throws {
        let ids = products.map { "\"\($0)\"" }.joined(separator: ",")
        let token = jwt.map { #","jwt":"\#($0)""# } ?? ""
        try send(#"{"type":"\#(type)","product_ids":[\#(ids)],"channel":"\#(channel)"\#(token)}"#)
    }

    func next() throws -> TestFrame {
        do {
            let head = try client.read(2)
            var length = Int(head[1] & 0x7F)
            if length == 126 {
                length = try client.read(2).reduce(0) { $0 << 8 | Int($1) }
            } else if length == 127 {
                length = try client.read(8).reduce(0) { $0 << 8 | Int($1) }
            }
            let payload = try client.read(length)
            switch head[0] & 0x0F {
            case 1: return .message(try JSONDecoder().decode(JSON.self, from: Data(payload)))
            case 8: return .close(payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil)
            case 10: return .pong(payload)
            default: throw ClientError.closed("opcode \(head[0])")
            }
        } catch ClientError.closed {
            return .ended
        }
    }

    func message() throws -> JSON {
        let frame = try next()
        guard case .message(let json) = frame else {
            throw ClientError.closed("\(frame)")
        }
        return json
    }

    /// The next message of this channel.
    func message(_ channel: String) throws -> JSON {
        while true {
            let json = try message()
            if json["channel"].text == channel { return json }
        }
    }
}
