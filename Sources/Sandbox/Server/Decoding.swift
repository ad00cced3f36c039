import ForeignJSON
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
        return .success(try JSONLimits.sandboxBody.decode(type, from: bytes, by: decoder))
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
    } catch let error as JSONError {
        return .failure(BadBody(reply: .error(400, "unknown", "proto: syntax error: \(error)")))
    } catch {
        return .failure(BadBody(reply: .error(400, "unknown", "proto: syntax error: the body is no JSON")))
    }
}

/// Whether a member of a body says anything: neither null nor empty.
struct Something: Decodable {
    let isSaid: Bool

    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    init(from decoder: any Decoder) throws {
        let one = try decoder.singleValueContainer()
        if one.decodeNil() {
            isSaid = false
        } else if let members = try? decoder.container(keyedBy: AnyKey.self) {
            isSaid = !members.allKeys.isEmpty
        } else if let values = try? decoder.unkeyedContainer() {
            isSaid = !values.isAtEnd
        } else {
            // A number or a flag says something, whichever it is.
            isSaid = (try? one.decode(String.self)) != ""
        }
    }
}

extension JSONLimits {
    /// Of requests and of WebSocket messages alike.
    static let sandboxBody = JSONLimits(bytes: HTTPFrontend.bodyLimit)
}

/// A member of an object, for what is only echoed: as it came, but for space and the order of its own members; nil without
/// one. A body that is no JSON is refused, with its reason, by whoever decodes it whole.
func echo(_ name: StaticString, of body: [UInt8]) -> [UInt8]? {
    guard let root = try? JSONDocument(body, within: .sandboxBody).root, root.has(name) else { return nil }
    return Array((root[name]?.canonicalText ?? "null").utf8)
}
