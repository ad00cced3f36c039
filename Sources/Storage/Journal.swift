// The journal's rows and the chain that holds them together: each row carries the SHA-256 of the row before
// it and of its own content, so that no row can be changed, removed, inserted or moved unseen. The chain
// proves that the journal is what was written; it does not prove who wrote it.

import FoundationEssentials
import Trading
import TradingDomain

/// The journal's last row: its number and its hash. Also kept in a table of its own, so that a journal
/// whose tail was cut is noticed.
package struct ChainHead: Equatable, Sendable {
    package var seq: Int64 = 0
    /// 32 bytes; zeros before the first row.
    package var hash = [UInt8](repeating: 0, count: SHA256Digest.length)

    package init() {}

    init(seq: Int64, hash: [UInt8]) {
        self.seq = seq
        self.hash = hash
    }

    /// The head after a row with this content: SHA-256 of the hash before it, then number, epoch, turn and
    /// UTC nanoseconds as 8 bytes each, most significant first, then the payload's UTF-8.
    func next(epoch: Int64, turn: TurnNumber, utc: UTCInstant, payload: String) -> ChainHead {
        let number = seq + 1
        var bytes = hash
        bytes.reserveCapacity(bytes.count + 32 + payload.utf8.count)
        for value in [number, epoch, turn, utc.nanoseconds] {
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: payload.utf8)
        return ChainHead(seq: number, hash: SHA256Digest.of(bytes))
    }
}

/// One row as it is stored.
package struct JournalRow: Equatable, Sendable {
    package var seq: Int64
    /// The life that the turn belongs to, after its records.
    package var epoch: Int64
    package var turn: TurnNumber
    package var utc: UTCInstant
    /// Canonical JSON: `event` (absent for a quote or a wake), `records`, `commands`.
    package var payload: String
    package var hash: [UInt8]

    /// One line of JSON.
    package var line: String {
        let digits = hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return #"{"epoch":\#(epoch),"hash":"\#(digits)","payload":\#(payload),"seq":\#(seq),"#
            + #""turn":\#(turn),"utc":"\#(utc)"}"#
    }
}

/// What a turn's row says. Commands can be written only: an approved order cannot be made from text.
struct JournalPayload: Encodable {
    var event: Event?
    var records: [Record]
    var commands: [NumberedCommand]

    /// The part that replay reads back.
    struct Readable: Decodable {
        var event: Event?
        var records: [Record]
    }

    static func text(of entry: TurnEntry) throws -> String {
        try CanonicalJSON.text(
            of: JournalPayload(event: entry.event, records: entry.records, commands: entry.commands))
    }

    static func read(_ text: String) throws -> Readable {
        try JSONDecoder().decode(Readable.self, from: Data(text.utf8))
    }
}
