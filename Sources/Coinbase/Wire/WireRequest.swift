// One HTTP request as the venue wants it, before it is signed: plain data, the same bytes for the same command.

package struct WireRequest: Equatable, Sendable {
    package enum Access: Sendable { case signed, open }

    package var method: String
    package var path: String
    package var query: String
    package var body: [UInt8]
    package var access: Access

    static let prefix = "/api/v3/brokerage"

    static func get(_ path: String, _ query: Query = Query(), _ access: Access = .signed) -> WireRequest {
        WireRequest(method: "GET", path: prefix + path, query: query.text, body: [], access: access)
    }

    static func post(_ path: String, _ body: ObjectText) -> WireRequest {
        WireRequest(
            method: "POST", path: prefix + path, query: "", body: Array(body.text.utf8), access: .signed)
    }

    /// Whether a path is open to everybody, so that no token is signed for it.
    static func isOpen(_ path: String) -> Bool {
        path == prefix + "/time" || path.hasPrefix(prefix + "/market/")
    }

    /// For messages: the query is left out, it may be long.
    package var endpoint: String { "\(method) \(path)" }
}

/// A query string. A filter of several values is repeated under its plural name; the venue ignores singular ones.
struct Query {
    private(set) var text = ""

    mutating func add(_ name: String, _ value: String) {
        if !text.isEmpty { text += "&" }
        text += "\(name)=\(Query.encoded(value))"
    }

    /// Everything but letters, digits and `-._~` in percent-encoding.
    static func encoded(_ value: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A JSON object being written, its names in the order in which they are added.
struct ObjectText {
    private var members = ""

    var text: String { "{\(members)}" }

    mutating func add(_ name: String, _ value: String) { addRaw(name, ObjectText.quoted(value)) }
    mutating func add(_ name: String, _ value: Bool) { addRaw(name, value ? "true" : "false") }
    mutating func add(_ name: String, _ value: ObjectText) { addRaw(name, value.text) }
    mutating func add(_ name: String, _ values: [String]) {
        addRaw(name, "[\(values.map(ObjectText.quoted).joined(separator: ","))]")
    }

    private mutating func addRaw(_ name: String, _ value: String) {
        if !members.isEmpty { members += "," }
        members += "\(ObjectText.quoted(name)):\(value)"
    }

    static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            default:
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text + "\""
    }
}
