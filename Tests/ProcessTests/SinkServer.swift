// A webhook's receiver of sockets alone, whose mood a test changes: it takes, refuses, fails, or never answers.

import Foundation
import Glibc
import Synchronization

final class SinkServer: Sendable {
    enum Mood: Sendable, Equatable {
        case takes
        case answers(Int)
        /// Reads all and says nothing.
        case hangs
        /// As Python's own `http.server` does it: the answer ends where the connection ends.
        case answersWithoutLength(Int)
        /// Promises a body that never comes, and keeps the connection.
        case answersWithHeadAlone(Int)
    }

    struct Post: Sendable {
        let path: String
        let head: String
        let body: Data
        let at: ContinuousClock.Instant

        func header(_ name: String) -> String? {
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { $0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces) }
        }

        /// The alert's id, as every webhook is told it.
        var id: String { header("X-Trader247-Id") ?? "" }
        var fields: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }
        var name: String { fields["name"] as? String ?? "" }
    }

    private struct State: Sendable {
        var mood: Mood
        var posts: [Post] = []
        /// Those that were read and not taken.
        var refused: [Post] = []
        var held: [Int32] = []
        var isOver = false
    }

    let port: UInt16
    private let listener: Int32
    private let state: Mutex<State>

    /// At a port of its own, or where another one was.
    init(_ mood: Mood = .takes, port wanted: UInt16 = 0) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard withLoopback(wanted, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 64) == 0 else {
            throw SpawnError(description: "no port for a sink")
        }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
        }
        port = UInt16(bigEndian: address.sin_port)
        listener = descriptor
        state = Mutex(State(mood: mood))
        Thread.detachNewThread { [self] in accept() }
    }

    var url: String { "http://127.0.0.1:\(port)/hook" }
    var mood: Mood {
        get { state.withLock { $0.mood } }
        set { state.withLock { $0.mood = newValue } }
    }
    /// What was taken, oldest first.
    var posts: [Post] { state.withLock { $0.posts } }
    var refused: [Post] { state.withLock { $0.refused } }

    func close() {
        let held = state.withLock { state in
            state.isOver = true
            return state.held
        }
        for descriptor in held { Glibc.close(descriptor) }
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
    }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { return }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            Thread.detachNewThread { [self] in serve(connection) }
        }
    }

    private func serve(_ connection: Int32) {
        var data = Data()
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = read(connection, &chunk, chunk.count)
            guard count > 0 else { break }
            data += chunk[..<count]
            guard let post = Self.whole(data) else { continue }
            let mood = state.withLock { state in
                if state.mood.isTaking { state.posts.append(post) } else { state.refused.append(post) }
                if state.mood.keepsConnection { state.held.append(connection) }
                return state.mood
            }
            guard let text = mood.answer else { return }
            let answer = Array(text.utf8)
            _ = answer.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if mood.keepsConnection { return }
            break
        }
        Glibc.close(connection)
    }

    private static func whole(_ data: Data) -> Post? {
        guard let end = data.firstRange(of: Data("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: data[..<end.lowerBound], as: UTF8.self)
        var post = Post(path: "", head: head, body: Data(), at: .now)
        let length = post.header("Content-Length").flatMap { Int($0) } ?? 0
        let body = data[end.upperBound...]
        guard body.count >= length else { return nil }
        let path = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        post = Post(path: path, head: head, body: Data(body), at: .now)
        return post
    }
}

extension SinkServer.Mood {
    fileprivate var status: Int? {
        switch self {
        case .hangs: nil
        case .takes: 200
        case .answers(let code), .answersWithoutLength(let code), .answersWithHeadAlone(let code): code
        }
    }
    fileprivate var isTaking: Bool { status.map { (200..<300).contains($0) } ?? false }
    fileprivate var keepsConnection: Bool {
        switch self {
        case .hangs, .answersWithHeadAlone: true
        case .takes, .answers, .answersWithoutLength: false
        }
    }
    fileprivate var answer: String? {
        guard let status else { return nil }
        return switch self {
        case .answersWithoutLength: "HTTP/1.0 \(status) X\r\nServer: test\r\n\r\nwords"
        case .answersWithHeadAlone: "HTTP/1.1 \(status) X\r\nContent-Length: 200\r\n\r\nwords"
        case .hangs, .takes, .answers: "HTTP/1.1 \(status) X\r\nContent-Length: 2\r\n\r\nok"
        }
    }
}
