// The whole book in one file: the state after a certain entry. Replaced in one step, never edited.

import ExchangeModel
import FoundationEssentials
import Trading
import TradingDomain

struct BookSnapshot: Codable, Sendable {
    static let format = 1
    static let fileName = "snapshot.json"

    struct Pending: Codable, Sendable {
        var at: UTCInstant
        var request: PaperRequest
    }

    var engine: MatchingEngine
    var market: MarketState
    var feed: FeedIdentity
    var pending: [Pending]
    var entryNumber: Int64
    var livedTo: UTCInstant
    /// How requests were answered when it was made; what a reader needs to live through the entries.
    var cancelDelayNanoseconds: Int64

    init(_ state: PaperState) {
        engine = state.engine
        market = state.market.state
        feed = state.feed
        pending = state.arrivals.sorted.compactMap { at, arrival in
            guard case .request(let request, _) = arrival else { return nil }
            return Pending(at: at, request: request)
        }
        entryNumber = state.entryNumber
        livedTo = state.livedTo
        cancelDelayNanoseconds = state.engine.cancelDelay?.wholeNanoseconds ?? 0
    }

    /// The state again. A replayed recording is not part of the file and must be given.
    func state(_ recording: ReplayData?) -> PaperState? {
        let model: MarketModel
        switch market {
        case .still: model = .still
        case .simulated(let simulated): model = .simulated(simulated)
        case .replay(let position):
            guard let recording else { return nil }
            model = .replay(ReplayMarket(recording, position: position))
        }
        var state = PaperState(engine: engine, market: model, feed: feed, livedTo: livedTo)
        state.entryNumber = entryNumber
        for item in pending { state.arrivals.insert(.request(item.request, nil), at: item.at) }
        return state
    }

    // MARK: The file: a line with format and checksum, then JSON.

    func bytes() throws(PaperBookError) -> [UInt8] {
        do {
            let json = Array(try JSONEncoder().encode(self))
            let head = "trader247-book \(Self.format) \(BookFiles.hex(BookFiles.checksum(json)))\n"
            return Array(head.utf8) + json
        } catch {
            throw .settings("the book cannot be written: \(error)")
        }
    }

    init(_ bytes: [UInt8], file: String) throws(PaperBookError) {
        let head = bytes.prefix { $0 != UInt8(ascii: "\n") }
        let words = String(decoding: head, as: UTF8.self).split(separator: " ").map(String.init)
        guard words.count == 3, words[0] == "trader247-book", let version = Int(words[1]) else {
            throw .corrupt(file: file, line: 1, "this is not the head of a paper book")
        }
        guard version <= Self.format else { throw .newer(file: file, version: version) }
        let json = bytes.dropFirst(head.count + 1)
        guard words[2] == BookFiles.hex(BookFiles.checksum(json)) else {
            throw .corrupt(file: file, line: 2, "its checksum does not fit its content")
        }
        do {
            self = try JSONDecoder().decode(BookSnapshot.self, from: Data(json))
        } catch {
            throw .corrupt(file: file, line: 2, "\(error)")
        }
    }
}
