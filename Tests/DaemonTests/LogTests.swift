import Daemon
import Foundation
import Synchronization
import Testing
import Trading
import TradingDomain

/// A sink that is stuck until it is let go, and remembers its lines.
private final class StuckSink: LogSink {
    private let state = Mutex<(free: Bool, items: [LogItem])>((false, []))
    let isIn = Atomic<Bool>(false)
    func letGo() { state.withLock { $0.free = true } }
    var items: [LogItem] { state.withLock { $0.items } }
    func write(_ items: [LogItem]) -> Bool {
        isIn.store(true, ordering: .sequentiallyConsistent)
        eventually("the test lets the reader go") { state.withLock { $0.free } }
        state.withLock { $0.items += items }
        return true
    }
}

private func line(_ message: String, _ level: Notice.Level = .info) -> LogLine {
    LogLine(level, "test", message, at: UTCInstant(seconds: 1_000))
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct LogTests {
    @Test func aMessageStandsInItsLineAsItIs() {
        let message = "SHUTDOWN SIGNAL RECEIVED - Initiating graceful shutdown"
        #expect(text(line(message).human(colours: false)) == "1970-01-01T00:16:40.000Z INFO  \(message)\n")
        #expect(text(line(message).human(colours: true)).contains(" \(message)\n"))
        #expect(
            text(line(message).json())
                == "{\"time\":\"1970-01-01T00:16:40Z\",\"level\":\"info\",\"event\":\"test\",\"message\":\"\(message)\"}\n"
        )
    }

    @Test func whatAnExchangeSaysCannotSteerATerminalOrBreakALine() throws {
        let evil = "no\u{1B}[2J\nfunds \"now\""
        #expect(text(line(evil).human(colours: false)).filter { $0 == "\n" }.count == 1)
        #expect(!text(line(evil).human(colours: false)).contains("\u{1B}"))
        struct Decoded: Decodable { var message: String }
        #expect(try JSONDecoder().decode(Decoded.self, from: Data(line(evil).json())).message == evil)
        #expect(text(line("orders remain", .alert).alert()) == "ALERT test: orders remain\n")
    }

    @Test func aStuckReaderCostsLinesNeverTime() throws {
        let sink = StuckSink()
        let writer = try LogWriter("test", sink, lineLimit: 10)
        writer.put(line("first"))
        eventually("the reader is stuck") { sink.isIn.load(ordering: .sequentiallyConsistent) }
        for number in 0..<1_000 { writer.put(line("\(number)")) }
        #expect(writer.dropped == 990)
        #expect(!writer.drain(until: realNow() + .milliseconds(5)))
        sink.letGo()
        #expect(writer.drain(until: realNow() + .seconds(10)))
        writer.put(line("last"))
        #expect(writer.drain(until: realNow() + .seconds(10)))
        let lines = sink.items.compactMap { if case .line(let line) = $0 { line.message } else { nil } }
        #expect(lines == ["first"] + (0..<10).map { "\($0)" } + ["last"])
        let dropped = sink.items.reduce(0) { if case .dropped(let count) = $1 { $0 + count } else { $0 } }
        #expect(dropped == 990)
    }

    @Test func whatOthersSaySteersNoTerminal() throws {
        let hostile = "a\u{1B}[2J\u{9B}31m\u{7F}\u{202E}b\u{2066}\u{200F}\u{2028}\r\n\tc"
        let line = LogLine(.alert, "halted", hostile, at: UTCInstant(nanoseconds: 0))
        let named = "a\\u{1b}[2J\\u{9b}31m\\u{7f}\\u{202e}b\\u{2066}\\u{200f}\\u{2028}\\u{d}\\u{a}\\u{9}c\n"
        #expect(String(decoding: line.human(colours: false), as: UTF8.self).hasSuffix(named))
        #expect(String(decoding: line.alert(), as: UTF8.self) == "ALERT halted: " + named)
        // Machines get the same value, in plain letters.
        let json = line.json().dropLast()
        #expect(VisibleText.isPlain(String(decoding: json, as: UTF8.self)))
        struct Line: Decodable { let message: String }
        #expect(try JSONDecoder().decode(Line.self, from: Data(json)).message == hostile)
    }

    @Test func aFullPipeStopsNobodyButItsOwnThread() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        // Full from the first line on, however late its thread comes to it.
        let flags = fcntl(ends[1], F_GETFL)
        _ = fcntl(ends[1], F_SETFL, flags | O_NONBLOCK)
        let filling = [UInt8](repeating: 0, count: 4_096)
        while write(ends[1], filling, filling.count) > 0 {}
        _ = fcntl(ends[1], F_SETFL, flags)
        let directory = try TemporaryDirectory()
        let stuck = try LogWriter("stuck", JSONSink(descriptor: ends[1]), lineLimit: 100)
        let file = try LogWriter("file", try FileSink(path: directory.path + "/logs/trader247.log"))
        let log = Log(writers: [stuck, file])
        for number in 0..<5_000 { log.write(line(String(repeating: "x", count: 100) + " \(number)")) }
        eventually("the pipe is full and lines are dropped") {
            log.write(line(String(repeating: "y", count: 200)))
            return stuck.dropped > 0
        }
        #expect(file.drain(until: realNow() + .seconds(10)))
        #expect(try directory.read("logs/trader247.log").contains(" 4999"))
        #expect(!log.drain(.milliseconds(10)))
        // As in the daemon.
        signal(SIGPIPE, SIG_IGN)
        close(ends[0])
        // EPIPE: the sink is dead, and nothing is left to wait for.
        eventually("the writer notices") { log.drain(.milliseconds(10)) }
        close(ends[1])
    }

    @Test func aLogFileTurnsOverAndKeepsAFew() throws {
        let directory = try TemporaryDirectory()
        var rotation = LogRotation()
        rotation.size = 100
        let sink = try FileSink(path: directory.path + "/trader247.log", rotation: rotation)
        for number in 0..<20 {
            #expect(sink.write([.line(line("line \(number) " + String(repeating: "x", count: 100)))]))
        }
        let names = try directory.names()
        #expect(names == (1...5).map { "trader247.log.\($0)" })
        #expect(try directory.read("trader247.log.1").contains("line 19 "))
        #expect(try directory.read("trader247.log.5").contains("line 15 "))
    }

    @Test func aLogFileTurnsOverByItsAgeAlsoAcrossLives() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/trader247.log"
        var rotation = LogRotation()
        rotation.age = .seconds(3_600)
        rotation.keep = 2
        // The lines of these tests are written at second 1,000.
        func sink(_ second: Int64) throws -> FileSink {
            try FileSink(path: path, rotation: rotation, now: { UTCInstant(seconds: second) })
        }
        #expect(try sink(1_000).write([.line(line("first"))]))
        #expect(try sink(4_599).write([.line(line("second"))]))
        #expect(try directory.names() == ["trader247.log"])
        #expect(try sink(4_600).write([.line(line("third"))]))
        #expect(try directory.read("trader247.log.1").contains("second"))
        #expect(try directory.read("trader247.log").contains("third"))
        for second: Int64 in [9_000, 18_000, 27_000] {
            #expect(try sink(second).write([.line(line("at \(second)"))]))
        }
        #expect(try directory.names() == ["trader247.log", "trader247.log.1", "trader247.log.2"])
    }

    @Test func aLogFileThatSomebodyMovedAwayComesBack() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/trader247.log"
        let sink = try FileSink(path: path)
        #expect(sink.write([.line(line("first"))]))
        #expect(rename(path, path + ".old") == 0)
        #expect(sink.write([.line(line("second"))]))
        #expect(try directory.read("trader247.log").contains("second"))
        #expect(!(try directory.read("trader247.log.old")).contains("second"))
    }

    @Test func theProgressLineNeverMixesWithALine() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let sink = TerminalSink(descriptor: ends[1], alertDescriptor: ends[1], colours: false)
        let items: [LogItem] = [
            .progress("3 of 3 left"), .line(line("a line")), .line(line("look", .alert)),
            .progress("2 of 3 left"),
        ]
        for item in items { #expect(sink.write([item])) }
        var bytes = [UInt8](repeating: 0, count: 1_000)
        let count = read(ends[0], &bytes, bytes.count)
        let erase = "\r\u{1B}[K"
        let output = text(Array(bytes[..<count])).replacingOccurrences(of: erase + erase, with: erase)
        #expect(
            output == "\(erase)3 of 3 left\(erase)1970-01-01T00:16:40.000Z INFO  a line\n"
                + "\(erase)ALERT test: look\n\(erase)2 of 3 left")
        close(ends[0])
        close(ends[1])
    }
}
