// What was tried and is in no journal: a test of the alert sinks, a backup. One small file each in the state directory,
// for `gates`. Nothing depends on them, so a note that can't be left is no failure of what was tried.

import FoundationEssentials
import Storage
import Trading
import TradingDomain

struct DrillNotes {
    struct AlertTest: Codable {
        struct Sink: Codable {
            var sink: String
            var taken: Bool
            var answer: String
        }
        var at: UTCInstant
        var sinks: [Sink]
    }
    struct Backup: Codable {
        var at: UTCInstant
        var path: String
    }

    let stateDirectory: String

    private func path(_ name: String) -> String { "\(stateDirectory)/drills/\(name).json" }

    func leave(_ test: AlertTest) { leave(test, "alerts-test") }
    func leave(_ backup: Backup) { leave(backup, "backup") }
    var alertTest: AlertTest? { read("alerts-test") }
    var backup: Backup? { read("backup") }

    private func leave(_ note: some Encodable, _ name: String) {
        // Of a directory that is not there nothing is made.
        guard FileManager.default.fileExists(atPath: stateDirectory) else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            try FileManager.default.createDirectory(
                atPath: "\(stateDirectory)/drills", withIntermediateDirectories: true)
            try AtomicFile.write(Array(try encoder.encode(note)), to: path(name), mode: 0o600)
        } catch {
            Output.complain("`trader247 gates` will not know of it: \(error)")
        }
    }

    private func read<Note: Decodable>(_ name: String) -> Note? {
        guard let data = FileManager.default.contents(atPath: path(name)) else { return nil }
        return try? JSONDecoder().decode(Note.self, from: data)
    }
}
