// One request and what became of it, as far as the wire knows.

package struct HTTPRequest: Sendable {
    package var method: String
    package var path: String
    /// Percent-encoded, without the question mark; empty for none.
    package var query: String
    package var body: [UInt8]
    package var headers: [(String, String)]

    package init(
        _ method: String, _ path: String, query: String = "", body: [UInt8] = [],
        headers: [(String, String)] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.headers = headers
    }
}

package struct HTTPAnswer: Sendable {
    package var status: Int
    package var headers: [(String, String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of this name, whatever its case.
    package func header(_ name: String) -> String? {
        headers.first { $0.0.lowercased() == name.lowercased() }?.1
    }
}

package enum HTTPOutcome: Sendable {
    /// A complete answer, of whatever status.
    case answered(HTTPAnswer)
    /// No byte was written: there was no connection, or the request could not be signed.
    case unsent(String)
    /// Bytes were handed to the connection and no complete answer came.
    case ambiguous(String)
}
