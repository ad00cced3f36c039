// JSON as it came from a stranger: read once into a flat list of nodes over the bytes, looked at without copying.
// It takes any bytes and never traps: what is not JSON, is cut short or nests too deep is a typed error.
//
// Numbers stay text, because an exact decimal must never pass through a binary float, and because the venue
// prints numbers as strings and strings as numbers.

package enum JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    case empty
    /// What was expected, and at which byte something else stood.
    case malformed(String, at: Int)
    case cutShort
    /// The byte is that of the bracket which is one too many.
    case tooDeep(limit: Int, at: Int)
    case tooLarge(bytes: Int, limit: Int)

    /// Whether it may well be JSON, but more than we read.
    package var isBound: Bool {
        switch self {
        case .tooDeep, .tooLarge: true
        case .empty, .malformed, .cutShort: false
        }
    }

    package var description: String {
        switch self {
        case .empty: "an empty body"
        case .malformed(let what, let at): "not JSON: expected \(what) at byte \(at)"
        case .cutShort: "JSON that is cut short"
        case .tooDeep(let limit, let at): "JSON that nests deeper than \(limit) levels, from byte \(at) on"
        case .tooLarge(let bytes, let limit): "JSON of \(bytes) bytes, at most \(limit) are read"
        }
    }
}

/// A document that was read whole. Immutable.
package final class JSONDocument: Sendable {
    enum Kind: UInt8 { case null, yes, no, number, string, escapedString, array, object }

    /// `start..<end` are the bytes of a scalar (a string without its quotes); `next` is the node behind this one
    /// and all that is in it. In an object keys and values follow each other.
    struct Node {
        var kind: Kind
        var start: UInt32
        var end: UInt32
        var next: UInt32
    }

    let bytes: [UInt8]
    let nodes: [Node]

    package init(_ bytes: [UInt8], within limits: JSONLimits = .foreign) throws(JSONError) {
        // Places are kept in 32 bits.
        let limit = min(limits.bytes, JSONLimits.mostBytes)
        guard bytes.count <= limit else { throw .tooLarge(bytes: bytes.count, limit: limit) }
        var reader = JSONReader(bytes, depthLimit: limits.depth)
        nodes = try reader.read()
        self.bytes = bytes
    }

    package var root: JSONValue { JSONValue(document: self, index: 0) }
}

/// Reads the grammar of RFC 8259 without recursion. Control characters within strings are let through.
private struct JSONReader {
    private let bytes: [UInt8]
    private let depthLimit: Int
    private var at = 0
    private var nodes: [JSONDocument.Node] = []
    private var open: [Int] = []

    init(_ bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
        nodes.reserveCapacity(bytes.count / 12 + 4)
    }

    mutating func read() throws(JSONError) -> [JSONDocument.Node] {
        skipSpace()
        guard at < bytes.count else { throw .empty }
        while true {
            // A value stands here; a container that is not empty has its first value next.
            if try value() { continue }
            // Behind a value: close what ends, go on where something follows.
            while true {
                skipSpace()
                guard let container = open.last else {
                    guard at == bytes.count else { throw .malformed("the end", at: at) }
                    return nodes
                }
                guard at < bytes.count else { throw .cutShort }
                let isObject = nodes[container].kind == .object
                let byte = bytes[at]
                if byte == UInt8(ascii: ",") {
                    at += 1
                    if isObject { try key() }
                    skipSpace()
                    break
                }
                guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw .malformed("a comma or the end of the \(isObject ? "object" : "array")", at: at)
                }
                close()
            }
        }
    }

    /// Reads a scalar, an empty container, or the beginning of one: true when that container's first value is next.
    private mutating func value() throws(JSONError) -> Bool {
        guard at < bytes.count else { throw .cutShort }
        switch bytes[at] {
        case UInt8(ascii: "{"):
            try begin(.object)
            if at < bytes.count, bytes[at] == UInt8(ascii: "}") {
                close()
                return false
            }
            try key()
            skipSpace()
            return true
        case UInt8(ascii: "["):
            try begin(.array)
            if at < bytes.count, bytes[at] == UInt8(ascii: "]") {
                close()
                return false
            }
            return true
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try word("true", .yes)
        case UInt8(ascii: "f"): try word("false", .no)
        case UInt8(ascii: "n"): try word("null", .null)
        default: try number()
        }
        return false
    }

    private mutating func begin(_ kind: JSONDocument.Kind) throws(JSONError) {
        guard open.count < depthLimit else { throw .tooDeep(limit: depthLimit, at: at) }
        open.append(nodes.count)
        append(kind, at, at)
        at += 1
        skipSpace()
    }

    private mutating func close() {
        at += 1
        guard let container = open.popLast() else { return }
        nodes[container].end = UInt32(at)
        nodes[container].next = UInt32(nodes.count)
    }

    private mutating func key() throws(JSONError) {
        skipSpace()
        guard at < bytes.count else { throw .cutShort }
        guard bytes[at] == UInt8(ascii: "\"") else { throw .malformed("a name in quotes", at: at) }
        try string()
        skipSpace()
        guard at < bytes.count else { throw .cutShort }
        guard bytes[at] == UInt8(ascii: ":") else { throw .malformed("a colon", at: at) }
        at += 1
    }

    private mutating func string() throws(JSONError) {
        at += 1
        let start = at
        var kind = JSONDocument.Kind.string
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                append(kind, start, at)
                at += 1
                return
            }
            if byte == UInt8(ascii: "\\") {
                kind = .escapedString
                at += 1
            }
            at += 1
        }
        throw .cutShort
    }

    private mutating func word(_ word: StaticString, _ kind: JSONDocument.Kind) throws(JSONError) {
        let start = at
        for offset in 0..<word.utf8CodeUnitCount {
            guard at < bytes.count else { throw .cutShort }
            guard bytes[at] == word.utf8Start[offset] else { throw .malformed("\(word)", at: start) }
            at += 1
        }
        append(kind, start, at)
    }

    private mutating func number() throws(JSONError) {
        let start = at
        if bytes[at] == UInt8(ascii: "-") { at += 1 }
        let whole = digits()
        guard whole > 0 else {
            throw at < bytes.count ? .malformed("a value", at: start) : .cutShort
        }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            guard digits() > 0 else {
                throw at < bytes.count ? .malformed("a digit", at: at) : .cutShort
            }
        }
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") { at += 1 }
            guard digits() > 0 else {
                throw at < bytes.count ? .malformed("a digit", at: at) : .cutShort
            }
        }
        append(.number, start, at)
    }

    private mutating func digits() -> Int {
        let start = at
        while at < bytes.count, bytes[at] &- 48 < 10 { at += 1 }
        return at - start
    }

    private mutating func append(_ kind: JSONDocument.Kind, _ start: Int, _ end: Int) {
        nodes.append(
            JSONDocument.Node(
                kind: kind, start: UInt32(start), end: UInt32(end), next: UInt32(nodes.count + 1)))
    }

    private mutating func skipSpace() {
        while at < bytes.count {
            switch bytes[at] {
            case 0x20, 0x0A, 0x0D, 0x09: at += 1
            default: return
            }
        }
    }
}
