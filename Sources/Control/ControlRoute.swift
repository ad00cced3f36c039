// What a route is made of: to add one, make a `ControlRoute` and hand it to `ControlServer.start`.

import FoundationEssentials
import Trading
import TradingDomain

/// A request that was let in.
package struct ControlRequest: Sendable {
    package var method: String
    /// Decoded, without the query.
    package var path: String
    package var query: [String: String]
    package var body: [UInt8]
    /// Who asks: "socket uid 1000" or "tcp 127.0.0.1:40122".
    package var by: String
    /// What stood for `*` in the route's path.
    package var rest: String = ""
    /// False for whoever has not shown the token, at a door that is open to him: nothing of the bot's affairs is told.
    package var isTrusted = true
}

package struct ControlResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Server-sent events, until the life or the connection ends.
        case events
    }
    package var status: Int
    package var contentType: String
    package var headers: [(String, String)] = []
    package var body: Body
    /// Called when the kernel has taken all of it: what the client gets even if this process ends now.
    package var whenWritten: (@Sendable () -> Void)?

    package init(status: Int = 200, contentType: String, body: [UInt8], headers: [(String, String)] = []) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = .bytes(body)
    }

    package static func text(
        _ text: String, status: Int = 200, contentType: String = "text/plain; charset=utf-8"
    )
        -> ControlResponse
    {
        ControlResponse(status: status, contentType: contentType, body: Array(text.utf8))
    }

    package static func json(_ value: some Encodable, status: Int = 200) -> ControlResponse {
        guard let bytes = try? ControlJSON.bytes(value) else {
            return .failure(500, "internal", "the answer can't be encoded", "report this")
        }
        return ControlResponse(status: status, contentType: "application/json", body: bytes)
    }

    /// Every error: what it is called, what failed, and what to do.
    package static func failure(
        _ status: Int, _ error: String, _ what: String, _ todo: String, headers: [(String, String)] = []
    ) -> ControlResponse {
        var response = json(ControlFailure(error: error, what: what, todo: todo), status: status)
        response.headers = headers
        return response
    }

    package static let events: ControlResponse = {
        var response = ControlResponse(contentType: "text/event-stream", body: [])
        response.body = .events
        return response
    }()
}

package struct ControlFailure: Codable, Equatable, Sendable {
    package var error: String
    package var what: String
    package var todo: String

    package enum CodingKeys: String, CodingKey {
        case error, what
        case todo = "do"
    }
}

package enum ControlJSON {
    /// Keys in snake case and in order.
    package static func bytes(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Array(VisibleText.json(String(decoding: try encoder.encode(value), as: UTF8.self)).utf8)
    }

    package static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}

package struct ControlRoute: Sendable {
    package enum Access: Sendable {
        /// Anybody who reaches the server: health, and pages that hold no data.
        case open
        /// Whoever comes under a name of ours; he is told more with the token.
        case named
        /// The owner on the socket; on TCP whoever has the token.
        case operators
    }

    package var method: String
    /// Exact, or ending in `/*`.
    package var path: String
    package var access: Access
    /// Called on the server's thread: must not wait. `answer` may be called later, from any thread, once.
    package var serve:
        @Sendable (ControlRequest, _ answer: @escaping @Sendable (ControlResponse) -> Void) -> Void

    package init(
        _ method: String, _ path: String, access: Access = .operators,
        serve: @escaping @Sendable (ControlRequest, @escaping @Sendable (ControlResponse) -> Void) -> Void
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.serve = serve
    }

    /// One that has its answer at once.
    package static func get(
        _ path: String, access: Access = .operators,
        _ answer: @escaping @Sendable (ControlRequest) -> ControlResponse
    ) -> ControlRoute {
        ControlRoute("GET", path, access: access) { request, send in send(answer(request)) }
    }
}

/// Finds the route of a request.
struct ControlRouter: Sendable {
    enum Match: Sendable {
        case route(ControlRoute, rest: String)
        case otherMethod(allowed: [String])
        case none
    }

    private var exact: [String: [ControlRoute]] = [:]
    private var prefixes: [(prefix: String, route: ControlRoute)] = []

    init(_ routes: [ControlRoute]) {
        for route in routes {
            if route.path.hasSuffix("/*") {
                prefixes.append((String(route.path.dropLast()), route))
            } else {
                exact[route.path, default: []].append(route)
            }
        }
    }

    func match(_ method: String, _ path: String) -> Match {
        var found = (exact[path] ?? []).map { (route: $0, rest: "") }
        for (prefix, route) in prefixes where path.hasPrefix(prefix) && path.count > prefix.count {
            found.append((route, String(path.dropFirst(prefix.count))))
        }
        if let (route, rest) = found.first(where: { $0.route.method == method }) {
            return .route(route, rest: rest)
        }
        return found.isEmpty ? .none : .otherMethod(allowed: found.map(\.route.method).sorted())
    }
}
