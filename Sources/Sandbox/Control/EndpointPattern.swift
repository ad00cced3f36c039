// Which calls a rule is about: a method and a path under the venue's prefix, each of which may be `*`; within
// a path `*` stands for any text. A whole path (`GET /v2/currencies`, `GET /ws`) works as well.

struct EndpointPattern: Sendable {
    private let method: Substring
    private let path: [Substring]

    /// Nil when the text is no pattern.
    init?(_ text: String) {
        if text == "*" {
            method = "*"
            path = ["", ""]
            return
        }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        method = parts[0]
        path = parts[1].split(separator: "*", omittingEmptySubsequences: false)
    }

    func matches(_ method: String, _ path: some StringProtocol) -> Bool {
        guard self.method == "*" ? method != "WS" || self.path.count > 1 : self.method == method else {
            return false
        }
        return glob(Substring(path))
    }

    private func glob(_ text: Substring) -> Bool {
        guard let first = path.first, let last = path.last, text.hasPrefix(first) else { return false }
        if path.count == 1 { return text == first }
        var rest = text.dropFirst(first.count)
        for part in path.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}

extension StringProtocol where SubSequence == Substring {
    /// The first place where `part` stands; an empty one stands nowhere.
    func firstRange(of part: some StringProtocol) -> Range<Index>? {
        guard !part.isEmpty else { return nil }
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) {
                return start..<index(start, offsetBy: part.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
