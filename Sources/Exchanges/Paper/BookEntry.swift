// What the book writes down, in order: what was asked, that it lived, that somebody opened it again. From a
// snapshot and the entries after it everything else follows.

import ExchangeModel
import FoundationEssentials
import TradingDomain

/// A request that changes the book.
enum PaperRequest: Codable, Equatable, Sendable {
    case place(clientOrderID: String, terms: OrderTerms)
    case cancel([ExchangeOrderID])
}

/// What a real market told.
enum MarketInput: Codable, Equatable, Sendable {
    case best(Symbol, bid: BookLevel, ask: BookLevel)
    case trade(Symbol, side: Side, price: Price, size: Quantity)
}

struct BookEntry: Codable, Equatable, Sendable {
    enum What: Codable, Equatable, Sendable {
        /// Taken at `takenAt`, takes effect at `effectiveAt`, whoever is still there by then.
        case request(PaperRequest, takenAt: UTCInstant, effectiveAt: UTCInstant)
        /// Everything up to here has happened and may have been told.
        case lived(to: UTCInstant)
        /// A real market moved.
        case market(MarketInput, at: UTCInstant)
        /// A process opened the book; what had been left to itself was brought up to here.
        case opened(at: UTCInstant)
    }

    /// From 1, without gaps.
    var number: Int64
    var what: What

    /// `<checksum> <json>\n`.
    func line(_ encoder: JSONEncoder) throws(PaperBookError) -> [UInt8] {
        do {
            let json = Array(try encoder.encode(self))
            return Array("\(BookFiles.hex(BookFiles.checksum(json))) ".utf8) + json + [UInt8(ascii: "\n")]
        } catch {
            throw .settings("an entry of the book cannot be written: \(error)")
        }
    }

    /// Reads the content of one line, without its end. Nil with the reason when it is not one.
    static func parse(_ line: ArraySlice<UInt8>, _ decoder: JSONDecoder) -> Result<BookEntry, Damage> {
        guard line.count > 17, line[line.startIndex + 16] == UInt8(ascii: " ") else {
            return .failure(Damage("it does not begin with a checksum"))
        }
        let json = line.dropFirst(17)
        let sum = String(decoding: line.prefix(16), as: UTF8.self)
        guard sum == BookFiles.hex(BookFiles.checksum(json)) else {
            return .failure(Damage("its checksum does not fit its content"))
        }
        do {
            return .success(try decoder.decode(BookEntry.self, from: Data(json)))
        } catch {
            return .failure(Damage("\(error)"))
        }
    }

    struct Damage: Error {
        let problem: String
        init(_ problem: String) { self.problem = problem }
    }
}
