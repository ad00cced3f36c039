// What a guardian had to say and could not send: it has no network. A file in the state directory, one line per alert,
// that the next life reads, sends and removes. Reading it twice harms nothing: each line has an id of its own.

import Glibc
import Trading
import TradingDomain

package struct GuardianSpool: Sendable {
    private static let sizeLimit = 256 << 10

    private let path: String
    private let bot: BotID
    private var taken: String { path + ".taken" }

    package init(stateDirectory: String, bot: BotID) {
        path = stateDirectory + "/guardian-alerts"
        self.bot = bot
    }

    /// Adds one line; for the process that a guardian asks to.
    package func add(name: String, message: String, at utc: UTCInstant) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard lseek(file, 0, SEEK_END) < Self.sizeLimit else { return false }
        let words = message.map { $0.isNewline || $0 == "\t" ? " " : $0 }
        let line = Array("\(utc.nanoseconds)\t\(name)\t\(String(words))\n".utf8)
        return line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } == line.count
    }

    /// What is there, this time or from a life that died over it.
    func take() -> [OutgoingAlert] {
        if access(taken, F_OK) != 0 {
            guard access(path, F_OK) == 0, rename(path, taken) == 0 else { return [] }
        }
        return read()
    }

    /// All of it is written elsewhere.
    func forgetTaken() { if access(taken, F_OK) == 0 { unlink(taken) } }

    private func read() -> [OutgoingAlert] {
        let file = open(taken, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Self.sizeLimit * 2)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count > 0 else { return [] }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, let nanoseconds = Int64(parts[0]) else { return nil }
            return OutgoingAlert(
                id: "\(bot)-guardian-\(nanoseconds)", name: String(parts[1]), level: .alert,
                message: "guardian: \(parts[2])", at: UTCInstant(nanoseconds: nanoseconds))
        }
    }
}
