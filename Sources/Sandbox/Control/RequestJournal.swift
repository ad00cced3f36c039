import TradingDomain

// The latest requests with the moment at which they were there, for whoever measures or explains. It never
// keeps a token.

struct RequestJournal {
    struct Entry {
        let number: Int64
        let arrivedAt: MonotonicInstant
        let utc: UTCInstant
        let method: String
        let path: String
        let query: String
        let peer: String
        let body: [UInt8]
        /// 0 until it was answered, and for good if it never was.
        var status = 0
        var answeredAt: MonotonicInstant?
        var fault: FaultAction?
    }

    private var entries: [Entry] = []
    private(set) var lastNumber: Int64 = 0
    private let limit: Int
    /// A batch of a hundred cancels fits.
    private static let bodyLimit = 8_192

    init(limit: Int) { self.limit = max(1, limit) }

    /// - Returns: the entry's number.
    mutating func begin(_ request: Request, utc: UTCInstant) -> Int64 {
        if entries.count >= 2 * limit { entries.removeFirst(limit) }
        lastNumber += 1
        entries.append(
            Entry(
                number: lastNumber, arrivedAt: request.arrivedAt, utc: utc, method: request.method,
                path: request.path, query: request.query.text, peer: request.peer,
                body: Array(request.body.prefix(Self.bodyLimit))))
        return lastNumber
    }

    mutating func end(_ number: Int64, status: Int, at: MonotonicInstant) {
        guard let index = index(number) else { return }
        entries[index].status = status
        entries[index].answeredAt = at
    }

    mutating func mark(_ number: Int64, _ fault: FaultAction) {
        if let index = index(number) { entries[index].fault = fault }
    }

    mutating func removeAll() { entries = [] }

    private func index(_ number: Int64) -> Int? {
        guard let first = entries.first?.number, number >= first, number - first < entries.count else {
            return nil
        }
        return Int(number - first)
    }

    func write(after: Int64, limit: Int, to json: inout JSONWriter) {
        let first = entries.first?.number ?? 1
        let from = after < first ? 0 : Int(clamping: after - first) + 1
        json.number("last", lastNumber)
        json.array("requests") { json in
            for entry in entries.dropFirst(from).prefix(limit) {
                json.object { json in
                    json.number("number", entry.number)
                    json.number("monotonic_ns", entry.arrivedAt.nanoseconds)
                    json.field("utc", entry.utc)
                    json.field("method", entry.method)
                    json.field("path", entry.path)
                    json.field("query", entry.query)
                    json.field("peer", entry.peer)
                    json.field("body", String(decoding: entry.body, as: UTF8.self))
                    json.number("status", entry.status)
                    if let answered = entry.answeredAt {
                        json.number("answered_ns", answered.nanoseconds)
                    } else {
                        json.null("answered_ns")
                    }
                    if let fault = entry.fault {
                        json.field("fault", fault.rawValue)
                    } else {
                        json.null("fault")
                    }
                }
            }
        }
    }
}
