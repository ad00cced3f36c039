// Asks a running bot over its socket. Blocking, one request per connection, with a time-out for all of it: for the
// command line.

import CLinux
import Daemon
import FoundationEssentials
import Glibc
import TradingDomain

package enum ControlClientError: Error, CustomStringConvertible {
    /// Nothing listens there.
    case notRunning(path: String)
    case notOurs(path: String)
    case failed(String)

    package var description: String {
        switch self {
        case .notRunning(let path): "no daemon runs here (nobody answers at \(path))"
        case .notOurs(let path): "\(path) belongs to another user"
        case .failed(let what): what
        }
    }
}

package struct ControlClient: Sendable {
    package struct Reply: Sendable {
        package var status: Int
        package var body: [UInt8]
    }

    private let path: String
    private let timeout: Duration

    package init(stateDirectory: String, timeout: Duration = .seconds(15)) {
        path = ControlSettings.socketPath(in: stateDirectory)
        self.timeout = timeout
    }

    package func get(_ target: String) throws(ControlClientError) -> Reply { try ask("GET", target, []) }

    package func post(_ target: String, _ body: [UInt8] = []) throws(ControlClientError) -> Reply {
        try ask("POST", target, body)
    }

    private func ask(_ method: String, _ target: String, _ body: [UInt8]) throws(ControlClientError) -> Reply
    {
        let end = realNow() + timeout
        let descriptor = try connect()
        defer { close(descriptor) }
        var text = Array(
            ("\(method) \(target) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
                + "content-length: \(body.count)\r\n\r\n").utf8)
        text += body
        let code = text.withUnsafeBytes {
            cl_write_within(descriptor, $0.baseAddress, $0.count, timeout.wholeNanoseconds)
        }
        guard code == 0 else { throw .failed("cannot ask the daemon: \(systemMessage(code))") }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let left = end - realNow()
            guard left > .zero, cl_wait_readable(descriptor, -1, left.wholeNanoseconds) != 0 else {
                throw .failed("the daemon did not answer within \(timeout)")
            }
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        return try Self.parse(answer)
    }

    private func connect() throws(ControlClientError) -> Int32 {
        let reachable = SocketPath(path)
        defer { withExtendedLifetime(reachable) {} }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .failed("no socket: \(systemMessage(errno))") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(reachable.path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            close(descriptor)
            throw .failed("the path \(path) is too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            switch code {
            case ENOENT, ECONNREFUSED, ENOTDIR: throw .notRunning(path: path)
            case EACCES, EPERM: throw .notOurs(path: path)
            default: throw .failed("cannot reach \(path): \(systemMessage(code))")
            }
        }
        return descriptor
    }

    /// Ours answers with a length, always.
    static func parse(_ answer: [UInt8]) throws(ControlClientError) -> Reply {
        guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw .failed(
                "the daemon went away before it answered; `trader247 last-stop` says whether it stopped")
        }
        let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
        let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else {
            throw .failed("what answers is no daemon of ours")
        }
        return Reply(status: status, body: Array(answer[end.upperBound...]))
    }
}
