// What tests of the control API need beside an arena: a client of sockets alone, and the running bot's own words.

import Foundation
import Glibc
import Testing

/// Talks HTTP to a socket in the file system or to a TCP port, byte by byte if need be.
final class RawConnection {
    let descriptor: Int32

    init(socket path: String) throws {
        descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < 108 else { throw SpawnError(description: "the path \(path) is too long") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw SpawnError(description: "nobody listens at \(path)") }
    }

    /// - Parameter source: from which of this machine's addresses, 127.0.0.1 if it is not said.
    init(port: UInt16, from source: String? = nil) throws {
        descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if let source {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr(source)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard bound == 0 else { throw SpawnError(description: "\(source) is no address of ours") }
        }
        guard withLoopback(port, { connect(descriptor, $0, $1) }) == 0 else {
            throw SpawnError(description: "nobody listens at port \(port)")
        }
    }

    deinit { close(descriptor) }

    /// False when the other side is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// What came so far; nil once the other side has closed and nothing is left.
    func read() -> String? {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
        if count > 0 { return String(decoding: chunk[..<count], as: UTF8.self) }
        return count < 0 && errno == EAGAIN ? "" : nil
    }

    func readToEnd(within limit: Duration = .seconds(20)) throws -> String {
        var text = ""
        try eventually("the connection ends", within: limit) {
            while case let part? = self.read() {
                guard !part.isEmpty else { return false }
                text += part
            }
            return true
        }
        return text
    }
}

extension Arena {
    struct Status: Decodable {
        struct Core: Decodable {
            struct Limit: Decodable {
                let name: String
                let limit: String
            }
            struct Market: Decodable { let position: String }
            let cycles: Int
            let workingOrders: Int
            let isProvedEmpty: Bool
            let isGateOpen: Bool
            let markets: [Market]
            let limits: [Limit]
        }
        let pid: Int32
        let lifecycle: String
        let core: Core?
    }

    var socket: String { state + "/control.sock" }

    /// A command of an operator.
    func say(_ words: String...) throws -> (ending: Ending, output: String, errors: String) {
        try trader247(words + ["--state-dir", state])
    }

    /// Nil when nobody answers.
    func status() -> Status? {
        guard let result = try? say("status", "--json"), result.ending == .exit(0) else { return nil }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try? decoder.decode(Status.self, from: Data(result.output.utf8))
    }

    func awaitLifecycle(_ lifecycle: String, _ process: RunningProcess) throws {
        try eventually("the bot is \(lifecycle)", within: .seconds(40)) {
            _ = process.read()
            return self.status()?.lifecycle == lifecycle
        }
    }

    func ask(_ method: String, _ path: String, _ body: String = "") throws -> (status: Int, text: String) {
        let connection = try RawConnection(socket: socket)
        connection.send(
            "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body)
        let answer = try connection.readToEnd()
        return (Int(answer.split(separator: " ").dropFirst().first ?? "") ?? 0, answer)
    }
}
