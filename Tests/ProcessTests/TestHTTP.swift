// A blocking HTTP client of one request per connection, of sockets alone: it shares nothing with what it judges.
// TLS goes through the openssl command.

import Foundation
import Glibc

struct TestHTTP {
    struct Answer {
        let status: Int
        let head: String
        let body: Data
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    let port: UInt16
    var tls = false

    static let openssl = ["/usr/bin/openssl", "/bin/openssl", "/usr/local/bin/openssl"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    func ask(
        _ method: String, _ path: String, _ body: String = "", token: String? = nil, version: String = "1.1"
    ) throws -> Answer {
        let request =
            "\(method) \(path) HTTP/\(version)\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: \(body.utf8.count)\r\n"
            + (token.map { "Authorization: Bearer \($0)\r\n" } ?? "") + "Connection: close\r\n\r\n\(body)"
        let answer = try tls ? secretly(request) : plainly(request)
        guard let end = answer.firstRange(of: Data("\r\n\r\n".utf8)) else {
            throw SpawnError(description: "\(method) \(path): no answer")
        }
        let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Answer(status: status, head: head, body: answer[end.upperBound...])
    }

    private func plainly(_ request: String) throws -> Data {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        guard withLoopback(port, { connect(descriptor, $0, $1) }) == 0 else {
            throw SpawnError(description: "nobody listens at port \(port)")
        }
        let bytes = Array(request.utf8)
        guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
            throw SpawnError(description: "port \(port) takes no request")
        }
        var answer = Data()
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(descriptor, &chunk, chunk.count), count > 0 { answer += chunk[..<count] }
        return answer
    }

    private func secretly(_ request: String) throws -> Data {
        guard let openssl = Self.openssl else { throw SpawnError(description: "there is no openssl") }
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("request-\(UUID().uuidString)").path
        try request.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let result = try Arena.command(
            "/bin/sh",
            ["-c", "exec '\(openssl)' s_client -quiet -connect 127.0.0.1:\(port) < '\(file)'"])
        return Data(result.output.utf8)
    }
}

func withLoopback<T>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

/// A port that nobody listens at and nobody else is given: a venue that is down. A server may take it over.
final class DeadPort {
    private let descriptor: Int32

    init(_ port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let bound = withLoopback(port) { bind(descriptor, $0, $1) }
        guard bound == 0 else {
            close(descriptor)
            throw SpawnError(description: "port \(port) is taken")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit { close(descriptor) }
}
