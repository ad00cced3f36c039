// The file of `--record`: every event of a run with its stamp, and a digest of each turn, as JSON lines. The
// first line is the header. With the state that the run began with, it replays bit for bit.

import FoundationEssentials
import Trading
import TradingDomain

/// What the core was made of.
package struct RecordHeader: Codable, Equatable, Sendable {
    package static let currentFormat = 1

    package var format = RecordHeader.currentFormat
    package var version: String
    package var configuration: CoreConfiguration
    package var capabilities: ExchangeCapabilities
    package var products: [Product]
    /// What the command line needs to make the same strategies again; its own text.
    package var strategies: String
    package var initial: InitialState

    /// The durable state that the run began with.
    package struct InitialState: Codable, Equatable, Sendable {
        /// The epoch of the life before; 0 for a fresh store.
        package var epoch: Int64
        /// The last journal row of that state, and its hash.
        package var journalRow: Int64
        package var journalHash: String

        package static let fresh = InitialState(epoch: 0, journalRow: 0, journalHash: "")

        package init(epoch: Int64, journalRow: Int64, journalHash: String) {
            self.epoch = epoch
            self.journalRow = journalRow
            self.journalHash = journalHash
        }
    }

    package init(
        version: String, configuration: CoreConfiguration, capabilities: ExchangeCapabilities,
        products: [Product], strategies: String, initial: InitialState
    ) {
        self.version = version
        self.configuration = configuration
        self.capabilities = capabilities
        self.products = products
        self.strategies = strategies
        self.initial = initial
    }
}

/// One turn of the run.
package struct RecordedTurn: Codable, Equatable, Sendable {
    package var number: TurnNumber
    package var stamp: Stamp
    package var event: Event
    /// Of the turn's records, commands and wake-up time.
    package var digest: String
}

/// The recording ends here although the run went on.
package struct RecordEnd: Codable, Equatable, Sendable {
    package var incomplete: String
}

package enum TurnDigest {
    private struct Parts: Encodable {
        var records: [Record]
        var commands: [NumberedCommand]
        var wakeAt: MonotonicInstant?
        /// Nil where there are none, as in recordings of versions that knew none.
        var programs: [ExternalOrder]?
    }

    /// FNV-1a (64 bits) over the canonical JSON of what the turn decided. Notices are for people and left out.
    package static func digest(_ turn: Turn) -> String {
        guard let text = canonical(turn) else { return "unencodable" }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// What the digest is taken of, for showing a difference.
    package static func canonical(_ turn: Turn) -> Data? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try? encoder.encode(
            Parts(
                records: turn.records, commands: turn.commands, wakeAt: turn.wakeAt,
                programs: turn.programs.isEmpty ? nil : turn.programs))
    }
}
