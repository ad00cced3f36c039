import FoundationEssentials
import TradingDomain

// What a call under /_control takes. The venue ignores what it does not know; here a typo would be a fault that never
// happens, so every unknown key or word is a mistake, told with what is known.

/// The body of one call: its keys are all that it may have.
protocol ControlBody: Decodable {
    associatedtype CodingKeys: CodingKey & CaseIterable
}

/// A word out of a list.
protocol ControlWord: RawRepresentable, CaseIterable, Decodable where RawValue == String {}

extension ControlWord {
    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let word = Self(rawValue: text) else {
            throw ControlMistake(
                decoder.codingPath, Suggestion.words(text, among: Self.allCases.map(\.rawValue)))
        }
        self = word
    }
}

struct ControlMistake: Error {
    let text: String

    init(_ path: [any CodingKey], _ what: String) {
        let place = path.reduce(into: "") { place, key in
            if let index = key.intValue {
                place += "[\(index)]"
            } else {
                place += (place.isEmpty ? "" : ".") + Self.snake(key.stringValue)
            }
        }
        text = place.isEmpty ? what : "\(place): \(what)"
    }

    init(_ error: DecodingError) {
        self =
            switch error {
            case .typeMismatch(let type, let context):
                ControlMistake(context.codingPath, "must be \(Self.words(type))")
            case .valueNotFound(let type, let context):
                ControlMistake(context.codingPath, "must be \(Self.words(type)), not null")
            case .keyNotFound(let key, let context):
                ControlMistake(context.codingPath, "\(Self.snake(key.stringValue)) is required")
            case .dataCorrupted(let context) where !context.codingPath.isEmpty:
                ControlMistake(
                    context.codingPath,
                    "cannot be read: prices, sizes and amounts are decimals in quotes, counts are whole numbers"
                )
            default: ControlMistake([], "the body is no JSON")
            }
    }

    private static func words(_ type: any Any.Type) -> String {
        switch type {
        case is any BinaryInteger.Type: "a whole number"
        case is Double.Type: "a number"
        case is Bool.Type: "true or false"
        case is String.Type, is Price.Type, is Quantity.Type, is Money.Type: "text in quotes"
        default: "\(type)".hasPrefix("Array") ? "a list" : "an object"
        }
    }

    /// As it stands in the JSON.
    static func snake(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
    }
}

/// A body that has no key but its own.
struct Strict<Body: ControlBody>: Decodable {
    let body: Body

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let known = Body.CodingKeys.allCases.map(\.stringValue)
        let keys = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        if let key = keys.sorted().first(where: { !known.contains($0) }) {
            throw ControlMistake(
                decoder.codingPath,
                "the key "
                    + Suggestion.words(ControlMistake.snake(key), among: known.map(ControlMistake.snake)))
        }
        body = try Body(from: decoder)
    }
}

extension ControlPlane {
    func body<Body: ControlBody>(_ type: Body.Type, _ request: Request) throws(InvalidArgument) -> Body {
        try read(Strict<Body>.self, request).body
    }

    func read<Body: Decodable>(_ type: Body.Type, _ request: Request) throws(InvalidArgument) -> Body {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(
                type, from: Data(request.body.isEmpty ? Array("{}".utf8) : request.body))
        } catch let mistake as ControlMistake {
            throw InvalidArgument(mistake.text)
        } catch let error as DecodingError {
            throw InvalidArgument(ControlMistake(error).text)
        } catch {
            throw InvalidArgument("the body is no JSON")
        }
    }

    /// Of a call that takes none, so that one that names what it is about is not taken for all.
    func noBody(_ request: Request) throws(InvalidArgument) {
        guard !request.body.isEmpty else { return }
        _ = try body(NoKeys.self, request)
    }
}

private struct NoKeys: ControlBody {
    enum CodingKeys: CodingKey, CaseIterable {}
    init(from decoder: any Decoder) throws {}
}
