// The bundled sandbox as a process of its own, and what it says of itself under /_control: the truth about the book.

import Foundation
import Glibc

final class SandboxProcess {
    struct Book: Decodable {
        struct Order: Decodable {
            let clientOrderId: String
            let status: String
        }
        let working: Int
        let ordersEver: Int
        let orders: [Order]
    }

    struct Greeting: Decodable { let portfolioId: String }

    let keyFile: String
    let portfolio: String
    let port: UInt16
    private let process: RunningProcess

    /// With a key of its own in the directory.
    convenience init(in directory: String, _ more: [String] = []) throws {
        let keyFile = directory + "/key-\(UUID().uuidString).json"
        let made = try Arena.command(
            Arena.binary,
            ["sandbox", "keys", "--out", keyFile], directory)
        guard made.ending == .exit(0) else { throw SpawnError(description: made.errors) }
        try self.init(directory, keyFile, ["--keys", keyFile] + more)
    }

    /// Without keys: it asks nobody for a token.
    convenience init(openIn directory: String) throws { try self.init(directory, "", ["--no-auth"]) }

    private init(_ directory: String, _ keyFile: String, _ more: [String]) throws {
        self.keyFile = keyFile
        let process = try RunningProcess(
            Arena.binary, ["sandbox", "--port", "0", "--market", "still"] + more, in: directory)
        var text = ""
        port = try eventually("the sandbox listens") {
            text += process.read()
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("listening ") }) else {
                return nil
            }
            return line.split(separator: ":").last.flatMap { UInt16($0) }
        }
        self.process = process
        let greeting = try Self.decode(
            Greeting.self, try Self.exchange(port, "GET", "/_control", ""))
        portfolio = greeting.portfolioId
    }

    func stop() throws {
        process.send(SIGTERM)
        _ = try process.end()
    }

    /// What a configuration says to come here. Requests die early, so that no test waits for them.
    func configuration(bot: String = "test", symbols: String = "[BTC-USD]", more: String = "") -> String {
        """
        mode: live
        bot: \(bot)
        interval: 200ms
        exchange:
          rest_url: http://127.0.0.1:\(port)
          market_ws_url: ws://127.0.0.1:\(port)/ws
          user_ws_url: ws://127.0.0.1:\(port)/ws
          key_file: \(keyFile)
          portfolio: \(portfolio)
          token_life: 1s
          token_leeway: 0s
          list_lag: 500ms
        strategies: [{type: grid, symbols: \(symbols), levels: 10, spacing_bps: 10, size_quote: 5, recentre: 1000}]
        \(more)
        """
    }

    // MARK: The control plane

    @discardableResult
    func control(_ method: String, _ path: String, _ body: String = "") throws -> Data {
        try Self.exchange(port, method, "/_control" + path, body)
    }

    /// Working orders whose client order id begins so.
    func working(_ prefix: String) throws -> Int {
        let data = try control("GET", "/book?working=true&prefix=\(prefix)")
        return try Self.decode(Book.self, data).orders.count
    }

    func book() throws -> Book { try Self.decode(Book.self, try control("GET", "/book")) }

    private static func decode<T: Decodable>(_ type: T.Type, _ data: Data) throws -> T {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: data)
    }

    /// One request on a connection of its own; the answer's body.
    private static func exchange(_ port: UInt16, _ method: String, _ path: String, _ body: String) throws
        -> Data
    {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw SpawnError(description: "the sandbox is not there") }
        let request = Array(
            ("\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: \(body.utf8.count)\r\n"
                + "Connection: close\r\n\r\n\(body)").utf8)
        guard request.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == request.count else {
            throw SpawnError(description: "the sandbox takes no request")
        }
        var answer = Data()
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(descriptor, &chunk, chunk.count), count > 0 { answer += chunk[..<count] }
        guard let end = answer.firstRange(of: Data("\r\n\r\n".utf8)),
            answer.starts(with: Data("HTTP/1.1 2".utf8))
        else {
            throw SpawnError(description: "\(method) \(path): \(String(decoding: answer, as: UTF8.self))")
        }
        return answer[end.upperBound...]
    }
}
