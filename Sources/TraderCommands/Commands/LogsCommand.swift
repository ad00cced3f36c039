// The log file of the state directory, as it grows.

import ArgumentParser
import Daemon
import FoundationEssentials
import Glibc
import Trading
import TradingDomain

struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the log; with -f as it grows, until Ctrl-C.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .shortAndLong, help: "Go on with what comes.")
    var follow = false
    @Option(name: [.customShort("n"), .long], help: "Begin with so many of the last lines.")
    var lines = 20
    @Flag(help: "Print the JSON lines as they are.")
    var json = false

    func run() throws {
        let directory = try options.load(onlyLooks: true).stateDirectory
        var file = LogFile(directory + "/logs/trader247.log")
        guard file.isThere || follow else {
            throw Leave(RunningDaemon.unavailable, "there is no log in \(directory)/logs")
        }
        for line in file.last(max(0, lines)) { show(line) }
        while follow {
            for line in file.next() { show(line) }
            usleep(100_000)
        }
    }

    private struct Line: Decodable {
        var time: UTCInstant
        var level: Notice.Level
        var message: String
        var order: ClientOrderID?
    }

    private func show(_ text: String) {
        guard !json, let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else {
            return Output.json(text)
        }
        let order = line.order.map { " [\($0)]" } ?? ""
        Output.line("\(line.time) \(line.level.rawValue) \(VisibleText.line(line.message))\(order)")
    }
}

/// Reads a file that grows, and that is turned over under us.
struct LogFile {
    private static let window = 4 << 20

    private let path: String
    private var descriptor: Int32
    private var inode: UInt64 = 0
    private var rest: [UInt8] = []

    init(_ path: String) {
        self.path = path
        descriptor = -1
        reopen()
    }

    var isThere: Bool { descriptor >= 0 }

    private mutating func reopen() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var facts = stat()
        inode = descriptor >= 0 && fstat(descriptor, &facts) == 0 ? UInt64(facts.st_ino) : 0
    }

    /// The last lines, from at most the last few megabytes.
    mutating func last(_ count: Int) -> [String] {
        guard descriptor >= 0 else { return [] }
        let size = lseek(descriptor, 0, SEEK_END)
        lseek(descriptor, max(0, size - off_t(Self.window)), SEEK_SET)
        return Array(read().suffix(count))
    }

    /// What came since.
    mutating func next() -> [String] {
        var found = descriptor >= 0 ? read() : []
        var facts = stat()
        if stat(path, &facts) == 0, UInt64(facts.st_ino) != inode {
            reopen()
            rest = []
            found += descriptor >= 0 ? read() : []
        }
        return found
    }

    private mutating func read() -> [String] {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = Glibc.read(descriptor, &chunk, chunk.count), count > 0 {
            rest += chunk[..<count]
        }
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let text = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeSubrange(...end)
        return text.split(separator: "\n").map(String.init)
    }
}
