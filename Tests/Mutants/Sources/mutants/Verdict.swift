import Foundation
import Synchronization

// What became of one mutant, and where that is kept: a line of JSON each, so that a run goes on where one stopped.

/// How one of the two judges ended.
enum Ending: String, Codable {
    case survived
    /// A violation, or a test that failed.
    case caught
    case trapped
    case timedOut

    var isKilled: Bool { self != .survived }
}

struct Verdict: Codable {
    struct Judged: Codable {
        let ending: Ending
        /// What was violated, or the first test that failed.
        let words: String
        /// Schedules until then; nil for tests.
        var seeds: Int?
        /// Whether the mutated place was met at all; unknown where the process did not end by itself.
        let reached: Bool?
        let seconds: Double
    }
    /// The state of the sources.
    let key: String
    /// `drawn`, `fresh` or `planted`.
    let draw: String
    let identity: String
    let path: String
    let line: Int
    let function: String
    let kind: String
    let original: String
    let mutated: String
    let simulation: Judged
    let tests: Judged

    var isKilled: Bool { simulation.ending.isKilled || tests.ending.isKilled }
    /// Killed, but nowhere by a violation or a failed test.
    var isOnlyBroken: Bool { isKilled && simulation.ending != .caught && tests.ending != .caught }
}

/// The lines, shared by the workers.
final class Results: Sendable {
    private let path: String
    private let known: Mutex<[Verdict]>

    init(path: String) throws {
        self.path = path
        let data = FileManager.default.contents(atPath: path) ?? Data()
        // A line that was cut off by the end of a run is no result; its mutant runs again.
        known = Mutex(
            data.split(separator: 10).compactMap { try? JSONDecoder().decode(Verdict.self, from: $0) })
        if data.isEmpty { try Data().write(to: URL(fileURLWithPath: path)) }
        if let last = data.last, last != 10 { try append(Data([10])) }
    }

    var all: [Verdict] { known.withLock { $0 } }

    func add(_ verdict: Verdict) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = try encoder.encode(verdict) + [10]
        try known.withLock { known in
            try append(line)
            known.append(verdict)
        }
    }

    private func append(_ bytes: Data) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? handle.close() }  // Nothing is lost: the bytes are written when `write` returns.
        try handle.seekToEnd()
        try handle.write(contentsOf: bytes)
    }
}
