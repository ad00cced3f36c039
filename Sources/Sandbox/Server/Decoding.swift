import FoundationEssentials

// Bodies of requests, and the venue's words for those that are none.

struct BadBody: Error {
    let reply: Reply
}

func decoded<Body: Decodable>(_ type: Body.Type, _ request: Request) -> Result<Body, BadBody> {
    do {
        let bytes = request.body.isEmpty ? Array("{}".utf8) : request.body
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return .success(try decoder.decode(type, from: Data(bytes)))
    } catch let error as DecodingError {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return .failure(BadBody(reply: .invalid("proto: invalid value for field \(path)")))
        case .keyNotFound(let key, _):
            return .failure(BadBody(reply: .invalid("\(key.stringValue) is required")))
        default:
            return .failure(
                BadBody(reply: .error(400, "unknown", "proto: syntax error: the body is no JSON")))
        }
    } catch {
        return .failure(BadBody(reply: .error(400, "unknown", "proto: syntax error: the body is no JSON")))
    }
}

/// Any JSON, for what is only echoed. The order of members is not kept.
enum JSONValue: Decodable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Whether it says anything: neither null nor empty.
    var isSomething: Bool {
        switch self {
        case .null: false
        case .object(let members): !members.isEmpty
        case .array(let values): !values.isEmpty
        case .string(let text): !text.isEmpty
        case .bool, .number: true
        }
    }

    /// A member of an object as it came, but for the order of its own members; nil without one.
    static func member(_ name: String, of body: [UInt8]) -> [UInt8]? {
        // A body that is no JSON is refused, with its reason, by whoever decodes it whole.
        guard let whole = try? JSONDecoder().decode(JSONValue.self, from: Data(body)),
            case .object(let members) = whole, let member = members[name]
        else { return nil }
        var writer = JSONWriter(capacity: 128)
        writer.value(member)
        return writer.bytes
    }

    init(from decoder: any Decoder) throws {
        let one = try decoder.singleValueContainer()
        if one.decodeNil() {
            self = .null
        } else if let value = try? one.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? one.decode(String.self) {
            self = .string(value)
        } else if let value = try? one.decode(Int64.self) {
            self = .number(String(value))
        } else if let value = try? one.decode(Double.self) {
            self = .number(String(value))
        } else if let values = try? one.decode([JSONValue].self) {
            self = .array(values)
        } else {
            self = .object(try one.decode([String: JSONValue].self))
        }
    }
}

extension JSONWriter {
    mutating func value(_ value: JSONValue) {
        switch value {
        case .null: element(json: Array("null".utf8))
        case .bool(let flag): element(json: Array((flag ? "true" : "false").utf8))
        case .number(let text): element(json: Array(text.utf8))
        case .string(let text): string(text)
        case .array(let values): array { json in for value in values { json.value(value) } }
        case .object(let members):
            object { json in
                for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                    json.key(named: name) { $0.value(member) }
                }
            }
        }
    }
}
