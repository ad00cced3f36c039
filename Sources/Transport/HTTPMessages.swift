// One request, and what can come of it.

package struct HTTPRequest: Sendable {
    package var method: String
    package var path: String
    /// Without the question mark; empty for none.
    package var query: String
    package var body: [UInt8]
    package var headers: [(String, String)]
    /// How long after it was given to the lane it may still be signed and written; nil for as long as its patience.
    package var signedWithin: Duration?
    /// When it was given to the lane, which sets this: nanoseconds since the machine was started, sleep included.
    package internal(set) var submittedAt: Int64 = 0

    package init(
        method: String, path: String, query: String = "", body: [UInt8] = [],
        headers: [(String, String)] = [], signedWithin: Duration? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.headers = headers
        self.signedWithin = signedWithin
    }

    /// Whether it is one request and not, by a line end in a wrong place, two.
    var isWellFormed: Bool {
        let isPlain = { (byte: UInt8) in byte > 0x20 && byte < 0x7f }
        return !method.isEmpty && method.utf8.allSatisfy(isPlain)
            && path.hasPrefix("/") && path.utf8.allSatisfy(isPlain) && query.utf8.allSatisfy(isPlain)
            && headers.allSatisfy { name, value in
                !name.isEmpty && name.utf8.allSatisfy { isPlain($0) && $0 != UInt8(ascii: ":") }
                    && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
            }
    }
}

package struct HTTPAnswer: Sendable {
    package var status: Int
    package var headers: [(String, String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(String, String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of this name, in any case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.0.lowercased() == wanted }?.1
    }
}

package enum HTTPOutcome: Sendable {
    /// A complete answer, whatever it says.
    case answered(HTTPAnswer)
    /// No byte was handed to the socket.
    case unsent(String)
    /// Bytes were handed to the socket, and no complete answer came.
    case ambiguous(String)
}
