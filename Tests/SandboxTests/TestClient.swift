// A bare HTTP client over a socket, one connection: what the tests say goes over the wire byte by byte.

import FoundationEssentials
import Glibc
import Testing

struct HTTPAnswer {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON { (try? JSONDecoder().decode(JSON.self, from: Data(body))) ?? .null }
}

enum ClientError: Error, Equatable {
    case socket(Int32)
    /// The connection ended; with what had come until then.
    case closed(String)
    /// Nothing more came in time; with what had come until then.
    case timedOut(String)
}

final class TestClient {
    private let descriptor: Int32
    private let host: String
    private var pending: [UInt8] = []

    init(port: Int) throws {
        host = "127.0.0.1:\(port)"
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw ClientError.socket(errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw ClientError.socket(errno) }
        patience = .seconds(60)
    }

    deinit { close(descriptor) }

    /// How long to wait for bytes.
    var patience: Duration = .seconds(60) {
        didSet {
            let nanoseconds =
                patience.components.seconds * 1_000_000 + patience.components.attoseconds / 1_000_000_000_000
            var time = timeval(tv_sec: Int(nanoseconds / 1_000_000), tv_usec: Int(nanoseconds % 1_000_000))
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    func send(_ method: String, _ target: String, body: String? = nil, headers: [String] = []) throws {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: \(host)"] + headers
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        try write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")).utf8))
    }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ClientError.socket(errno) }
            sent += count
        }
    }

    /// The next `count` bytes.
    func read(_ count: Int) throws -> [UInt8] {
        while pending.count < count { try fill() }
        defer { pending.removeFirst(count) }
        return Array(pending.prefix(count))
    }

    /// Everything up to an empty line.
    func readHead() throws -> String {
        let mark = Array("\r\n\r\n".utf8)
        var from = 0
        while true {
            if pending.count >= 4 {
                for start in from...(pending.count - 4) where Array(pending[start..<start + 4]) == mark {
                    return String(decoding: try read(start + 4), as: UTF8.self)
                }
                from = pending.count - 3
            }
            try fill()
        }
    }

    private func fill() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        let soFar = String(decoding: pending, as: UTF8.self)
        if count == 0 || (count < 0 && errno == ECONNRESET) { throw ClientError.closed(soFar) }
        guard count > 0 else {
            throw errno == EAGAIN ? ClientError.timedOut(soFar) : ClientError.socket(errno)
        }
        pending += buffer.prefix(count)
    }

    func receive() throws -> HTTPAnswer {
        let lines = try readHead().split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        let body = try read(Int(headers["content-length"] ?? "0") ?? 0)
        return HTTPAnswer(status: status, headers: headers, body: body)
    }

    @discardableResult
    func call(_ method: String, _ target: String, _ body: String? = nil, headers: [String] = []) throws
        -> HTTPAnswer
    {
        try send(method, target, body: body, headers: headers)
        return try receive()
    }
}
