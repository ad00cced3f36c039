import TradingDomain

// One request as the venue's code sees it, and the answer to it. Neither knows a socket.

struct Request {
    let method: String
    /// Without the query, as it came (it is not decoded: no path of the venue needs it).
    let path: String
    let query: Query
    /// The Host header.
    let host: String
    /// The bearer token, if any.
    let token: String?
    let body: [UInt8]
    let peer: String
    let arrivedAt: MonotonicInstant
    let origin: RequestOrigin

    /// Under the venue's prefix, "/orders"; else the whole path.
    var shortPath: Substring {
        path.hasPrefix(Self.prefix + "/") ? path.dropFirst(Self.prefix.utf8.count) : path[...]
    }

    static let prefix = "/api/v3/brokerage"
}

struct Reply {
    var status: Int
    var contentType: StaticString
    var headers: [(String, String)] = []
    var body: [UInt8]

    init(_ status: Int, _ contentType: StaticString, _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    static func json(_ status: Int = 200, capacity: Int = 512, _ body: (inout JSONWriter) -> Void) -> Reply {
        var writer = JSONWriter(capacity: capacity)
        writer.object(body)
        return Reply(status, "application/json", writer.bytes)
    }

    static func text(_ status: Int, _ text: String) -> Reply {
        Reply(status, "text/plain; charset=utf-8", Array(text.utf8))
    }

    /// What the edge before the venue sends when it answers by itself.
    static func html(_ status: Int, _ title: String) -> Reply {
        Reply(
            status, "text/html; charset=UTF-8",
            Array(
                """
                <!DOCTYPE html>
                <html><head><title>\(title)</title></head>
                <body><h1>\(title)</h1><p>The edge answered, not the exchange.</p></body></html>

                """.utf8))
    }

    /// The venue's usual error.
    static func error(_ status: Int, _ code: String, _ details: String) -> Reply {
        json(status) {
            $0.field("error", code)
            $0.field("error_details", details)
            $0.field("message", details)
        }
    }

    static func invalid(_ details: String) -> Reply { error(400, "INVALID_ARGUMENT", details) }

    static func notFound(_ details: String) -> Reply { error(404, "NOT_FOUND", details) }
}
