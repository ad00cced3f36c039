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
    private let isSecret: Bool

    /// With a key of its own in the directory, or one that is there; on any port that is free, or a given one;
    /// with TLS by `tls.pem` and `tls.key` of the directory.
    convenience init(
        in directory: String, port wanted: UInt16 = 0, key: String? = nil, tls: Bool = false,
        _ more: [String] = []
    ) throws {
        let keyFile = try key ?? Self.makeKey(in: directory)
        try self.init(directory, keyFile, port: wanted, tls: tls, ["--keys", keyFile] + more)
    }

    /// Without keys: it asks nobody for a token.
    convenience init(openIn directory: String) throws {
        try self.init(directory, "", port: 0, tls: false, ["--no-auth"])
    }

    private init(_ directory: String, _ keyFile: String, port wanted: UInt16, tls: Bool, _ more: [String])
        throws
    {
        self.keyFile = keyFile
        isSecret = tls
        let certificate =
            tls ? ["--tls-cert", directory + "/tls.pem", "--tls-key", directory + "/tls.key"] : []
        let process = try RunningProcess(
            Arena.binary, ["sandbox", "--port", "\(wanted)", "--market", "still"] + certificate + more,
            in: directory)
        var text = ""
        port = try eventually("the sandbox listens") {
            text += process.read()
            if let ending = process.pollEnding() {
                throw SpawnError(description: "the sandbox ended: \(ending) \(process.errorText)")
            }
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("listening ") }) else {
                return nil
            }
            return line.split(separator: ":").last.flatMap { UInt16($0) }
        }
        self.process = process
        let greeting = try Self.decode(
            Greeting.self, try Self.told(TestHTTP(port: port, tls: tls), "GET", "/_control", ""))
        portfolio = greeting.portfolioId
    }

    /// A client's key in a new file of the directory.
    static func makeKey(in directory: String) throws -> String {
        let file = directory + "/key-\(UUID().uuidString).json"
        let made = try Arena.command(Arena.binary, ["sandbox", "keys", "--out", file], directory)
        guard made.ending == .exit(0) else { throw SpawnError(description: made.errors) }
        return file
    }

    func send(_ signal: Int32) { process.send(signal) }

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
        try Self.told(TestHTTP(port: port, tls: isSecret), method, "/_control" + path, body)
    }

    /// Working orders whose client order id begins so.
    func working(_ prefix: String) throws -> Int {
        let data = try control("GET", "/book?working=true&prefix=\(prefix)")
        return try Self.decode(Book.self, data).orders.count
    }

    func book() throws -> Book { try Self.decode(Book.self, try control("GET", "/book")) }

    static func decode<T: Decodable>(_ type: T.Type, _ data: Data) throws -> T {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: data)
    }

    /// The body of an answer that is a success.
    private static func told(_ client: TestHTTP, _ method: String, _ path: String, _ body: String) throws
        -> Data
    {
        let answer = try client.ask(method, path, body)
        guard (200..<300).contains(answer.status) else {
            throw SpawnError(description: "\(method) \(path): \(answer.status) \(answer.text)")
        }
        return answer.body
    }
}
