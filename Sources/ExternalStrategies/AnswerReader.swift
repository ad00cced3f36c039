// What a program may say, one JSON object a line. Strict: a key that nobody knows is a mistake, because a `post_onyl`
// that is passed over costs money.

import ForeignJSON
import FoundationEssentials
import Trading
import TradingDomain

/// A line of a program that is none of the protocol.
package struct ProgramMistake: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// One line of a program.
package enum ProgramLine: Equatable, Sendable {
    case answer(ExternalAnswer)
    case log(Notice.Level, String)
}

package enum AnswerReader {
    package static func read(_ line: [UInt8]) throws(ProgramMistake) -> ProgramLine {
        do {
            let document = try JSONDocument(line, within: limits).root
            if let count = document["orders"]?.elements?.count, count > ExternalRules.orderLimit {
                throw ProgramMistake(
                    "a line with \(count) orders, at most \(ExternalRules.orderLimit) are allowed")
            }
            let said = try JSONDecoder().decode(SaidLine.self, from: Data(line)).line
            guard case .answer(var answer) = said, document.has("memory") else { return said }
            answer.memory = try memory(document["memory"])
            return .answer(answer)
        } catch let error as JSONError where error.isBound {
            throw ProgramMistake("a line of \(error): \(excerpt(line))")
        } catch is JSONError {
            throw ProgramMistake("a line that is no JSON: \(excerpt(line))")
        } catch let mistake as ProgramMistake {
            throw mistake
        } catch let error as DecodingError {
            throw ProgramMistake(words(error) + ": \(excerpt(line))")
        } catch {
            throw ProgramMistake("a line that can't be read: \(excerpt(line))")
        }
    }

    private static let limits = JSONLimits(bytes: ProgramProcess.lineLimit)

    /// Its text; nil stands for null, which is a memory like any other.
    private static func memory(_ value: JSONValue?) throws(ProgramMistake) -> String {
        guard let value else { return "null" }
        guard let text = value.canonicalText else {
            throw ProgramMistake("a memory with text that is no JSON")
        }
        return text
    }

    /// The beginning of a line, for people: what it says is not ours and must not steer a terminal.
    static func excerpt(_ line: [UInt8], limit: Int = 120) -> String {
        let text = String(decoding: line.prefix(limit), as: UTF8.self)
        let plain = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
        return "'\(plain)'" + (line.count > limit ? "…" : "")
    }

    private static func words(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(place(context))\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            context.codingPath.isEmpty
                ? "a line that is no object" : "\(place(context))\(plain(context))"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "a line that is no JSON" : "\(place(context))\(plain(context))"
        @unknown default: "a line that can't be read"
        }
    }

    private static func plain(_ context: DecodingError.Context) -> String {
        let words = context.debugDescription
        return words.hasSuffix(".") ? String(words.dropLast()) : words
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
        return path.isEmpty ? "" : path.joined(separator: " ") + ": "
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    fileprivate func demandKeys(_ known: [String], _ what: String) throws {
        let found = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).sorted()
        guard let stranger = found.first(where: { !known.contains($0) }) else { return }
        throw ProgramMistake("'\(stranger)' is no key of \(what); known: \(known.joined(separator: ", "))")
    }
}

/// All of a line but its memory, which is not understood.
private struct SaidLine: Decodable {
    let line: ProgramLine

    private enum Keys: String, CodingKey { case type, n, orders, level, message }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        let type = try container.decode(String.self, forKey: .type)
        switch type {
        case "want":
            try decoder.demandKeys(["type", "n", "orders", "memory"], "want")
            let orders = try container.decode([SaidOrder].self, forKey: .orders)
            line = .answer(
                ExternalAnswer(
                    n: try container.decode(Int64.self, forKey: .n), wanted: orders.map(\.wish)))
        case "keep":
            try decoder.demandKeys(["type", "n", "memory"], "keep")
            line = .answer(
                ExternalAnswer(n: try container.decode(Int64.self, forKey: .n), wanted: nil))
        case "log":
            try decoder.demandKeys(["type", "level", "message"], "log")
            let word = try container.decodeIfPresent(String.self, forKey: .level) ?? "info"
            // An alert is the bot's to make.
            guard let level = Notice.Level(rawValue: word), level < .alert else {
                throw ProgramMistake("'\(word)' is no level; known: debug, info, warning, error")
            }
            line = .log(level, try container.decode(String.self, forKey: .message))
        default: throw ProgramMistake("'\(type)' is no type of a line; known: want, keep, log")
        }
    }

}

private struct SaidOrder: Decodable {
    let wish: ExternalAnswer.Wish

    private enum Keys: String, CodingKey {
        case symbol, side, type, price, quantity, once
        case postOnly = "post_only"
        case timeInForce = "time_in_force"
    }
    private static let known = [
        "symbol", "side", "type", "price", "quantity", "post_only", "time_in_force", "once",
    ]

    init(from decoder: any Decoder) throws {
        try decoder.demandKeys(Self.known, "an order")
        let container = try decoder.container(keyedBy: Keys.self)
        let quantity = try container.decode(Quantity.self, forKey: .quantity)
        guard quantity.isPositive else { throw ProgramMistake("the quantity \(quantity) is not above 0") }
        let once = try container.decodeIfPresent(String.self, forKey: .once)
        if let once, once.isEmpty || once.count > ExternalRules.keyLimit {
            throw ProgramMistake("a key of once has 1 to \(ExternalRules.keyLimit) characters")
        }
        let side = try container.decode(String.self, forKey: .side)
        guard let side = Side(rawValue: side) else {
            throw ProgramMistake("'\(side)' is no side; known: buy, sell")
        }
        wish = ExternalAnswer.Wish(
            terms: OrderTerms(
                symbol: try container.decode(Symbol.self, forKey: .symbol), side: side,
                type: try Self.type(container), quantity: quantity),
            once: once)
    }

    private static func type(_ container: KeyedDecodingContainer<Keys>) throws -> OrderType {
        let type = try container.decode(String.self, forKey: .type)
        let price = try container.decodeIfPresent(Price.self, forKey: .price)
        let isPostOnly = try container.decodeIfPresent(Bool.self, forKey: .postOnly) ?? false
        let word = try container.decodeIfPresent(String.self, forKey: .timeInForce)
        switch (type, price) {
        case ("limit", let price?):
            guard price.isPositive else { throw ProgramMistake("the price \(price) is not above 0") }
            return .limit(
                price: price, timeInForce: try time(word ?? "gtc", isPostOnly), postOnly: isPostOnly)
        case ("limit", nil): throw ProgramMistake("a limit order needs a price")
        case ("market", nil):
            guard !isPostOnly, word == nil else {
                throw ProgramMistake("a market order has neither post_only nor time_in_force")
            }
            return .market
        case ("market", _): throw ProgramMistake("a market order has no price")
        default: throw ProgramMistake("'\(type)' is no type of an order; known: limit, market")
        }
    }

    private static func time(_ word: String, _ isPostOnly: Bool) throws -> TimeInForce {
        switch word {
        case "gtc": return .goodTillCanceled
        case "ioc" where !isPostOnly: return .immediateOrCancel
        case "fok" where !isPostOnly: return .fillOrKill
        case "ioc", "fok": throw ProgramMistake("an order that is \(word) can't be post_only")
        default: throw ProgramMistake("'\(word)' is no time_in_force; known: gtc, ioc, fok")
        }
    }
}
