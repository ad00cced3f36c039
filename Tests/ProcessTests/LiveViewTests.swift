// What a person sees at a terminal: the bot below its log, a stop to its summary, and never a broken line.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct LiveViewTests {
    private static let terminal = ["TERM": "xterm-256color", "LANG": "C.UTF-8", "NO_COLOR": ""]

    /// A process at a terminal of this size, and what is on it.
    private final class Seen {
        let process: RunningProcess
        var screen: TestScreen

        init(_ process: RunningProcess, _ columns: Int = 80, _ rows: Int = 24) {
            self.process = process
            screen = TestScreen(columns: columns, rows: rows)
            resize(columns, rows)
        }

        func resize(_ columns: Int, _ rows: Int) {
            var size = winsize(
                ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
            _ = ioctl(process.output, UInt(TIOCSWINSZ), &size)
            screen.resize(columns: columns, rows: rows)
        }

        func look() { screen.feed(process.read()) }

        func titles() -> [String] { screen.screen.filter { $0.hasPrefix("── trader247") } }

        func awaits(_ what: String, _ fact: () -> Bool) throws {
            do {
                try eventually(what, within: .seconds(40)) {
                    look()
                    return fact()
                }
            } catch {
                throw SpawnError(description: "\(error)\n" + screen.text.suffix(60).joined(separator: "\n"))
            }
        }

        func end() throws -> Ending {
            let ending = try eventually("it ends") {
                look()
                return process.pollEnding()
            }
            look()
            return ending
        }
    }

    private func start(
        _ arena: Arena, _ more: [String] = [], guarded: Bool = false,
        _ environment: [String: String] = terminal,
        _ columns: Int = 80, _ rows: Int = 24
    ) throws -> Seen {
        Seen(
            try arena.start(more, terminal: .own, guarded: guarded, environment: environment), columns, rows)
    }

    /// Each message of the log file is on the terminal as one line, in the same order.
    private func expectWholeLog(_ arena: Arena, _ text: [String], columns: Int = 80) throws {
        let file = try String(contentsOfFile: arena.state + "/logs/trader247.log", encoding: .utf8)
        var rest = text[...]
        for line in file.split(separator: "\n") {
            let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            guard let message = fields?["message"] as? String, fields?["level"] as? String == "info",
                // A longer one is wrapped by the terminal.
                message.count + 31 <= columns
            else { continue }
            let wanted = "INFO  " + message
            guard
                let index = rest.firstIndex(where: {
                    $0.hasSuffix(wanted.trimmingCharacters(in: .whitespaces))
                })
            else {
                Issue.record("not on the terminal: \(wanted)")
                continue
            }
            rest = rest[rest.index(after: index)...]
        }
    }

    @Test func ctrlCLeadsFromTheLiveViewToTheSummary() throws {
        let arena = try Arena()
        let seen = try start(arena)
        try seen.awaits("20 orders are shown") { seen.screen.screen.contains("● trading, 20 orders work") }
        #expect(seen.titles().count == 1 && seen.titles()[0].contains("test paper"))
        // Orders on their way work, too; the market's row shows those that rest.
        try seen.awaits("they stand in their market's row") {
            seen.screen.screen.contains {
                $0.hasPrefix("BTC-USD ") && $0.split(separator: " ").count == 9
            }
        }
        #expect(seen.screen.screen.contains { $0.hasPrefix("orders ") && $0.contains(" 20/2000") })
        #expect(seen.screen.screen.contains { $0.hasPrefix("waits for") && $0.contains("next decision") })
        try seen.awaits("they rest") { arena.working >= 20 }
        seen.process.type("\u{3}")
        try arena.expectClean(try seen.end(), found: 20)
        let text = seen.screen.text
        #expect(
            seen.screen.lastLine.contains("n-report.json") || seen.screen.lastLine.contains("exit code 0"))
        let stopped = try #require(text.lastIndex { $0.hasPrefix("● stopped: signal SIGINT") })
        #expect(text[stopped - 1].hasPrefix("── trader247"))
        #expect(text[stopped + 1].contains("20 of 20 orders ended"))
        #expect(text[stopped + 2].hasPrefix("gate ✔") && text[stopped + 2].contains("report ✔"))
        #expect(text[stopped + 3] == "proved empty by the exchange's own list")
        let summary = try #require(text.firstIndex { $0.hasSuffix("GRACEFUL SHUTDOWN COMPLETE") })
        #expect(summary > stopped + 3)
        // One picture stays, the last one.
        #expect(text.count { $0.hasPrefix("── trader247") } == 1)
        #expect(seen.screen.strange.isEmpty, "\(seen.screen.strange)")
        try expectWholeLog(arena, text)
    }

    @Test func theTerminalChangesItsSize() throws {
        let arena = try Arena()
        let seen = try start(arena)
        try seen.awaits("it is shown") { seen.screen.screen.contains { $0.contains("20 orders work") } }
        try seen.awaits("they rest") { arena.working >= 20 }
        for (columns, rows) in [(40, 10), (120, 40), (20, 5), (80, 24)] {
            seen.resize(columns, rows)
            try seen.awaits("a picture of \(columns)x\(rows)") {
                guard seen.titles().count == 1 else { return false }
                return seen.titles()[0].count <= columns
                    && (columns < 80 || seen.titles()[0].hasSuffix("Z ──"))
            }
            #expect(seen.screen.screen.allSatisfy { $0.count <= columns })
        }
        seen.process.send(SIGTERM)
        try arena.expectClean(try seen.end(), found: 20)
        #expect(seen.screen.text.contains { $0.hasSuffix("GRACEFUL SHUTDOWN COMPLETE") })
    }

    @Test func underItsGuardianAndAfterACrash() throws {
        let arena = try Arena()
        let seen = try start(arena, guarded: true)
        try seen.awaits("it is shown") { seen.screen.screen.contains("● trading, 20 orders work") }
        let first = try #require(arena.status()).pid
        kill(first, SIGKILL)
        try seen.awaits("the next life is shown") {
            seen.screen.text.contains { $0.contains("guardian restart") }
                && seen.titles().count == 1 && seen.screen.screen.contains("● trading, 20 orders work")
        }
        // What the guardian says stands on lines of its own.
        let words = seen.screen.text.filter { $0.contains("guardian") && !$0.contains("INFO") }
        #expect(words.allSatisfy { $0.hasPrefix("20") || $0.hasPrefix("ALERT") }, "\(words)")
        seen.process.type("\u{3}")
        try arena.expectClean(try seen.end())
        #expect(seen.screen.text.contains { $0.hasPrefix("● stopped: signal SIGINT") })
    }

    @Test func itIsLeftOutWhereItIsNotWanted() throws {
        for (more, environment) in [
            (["--no-view"], Self.terminal), (["--set", "view=off"], Self.terminal),
            (["--set", "log.format=json"], Self.terminal), ([], ["TERM": "dumb"]),
            ([], Self.terminal.merging(["NO_TTY": "1"]) { $1 }),
        ] {
            let arena = try Arena()
            let process = try arena.start(more + ["--once"], terminal: .own, environment: environment)
            var text = ""
            let ending = try eventually("it ends") {
                text += process.read()
                return process.pollEnding()
            }
            text += process.read()
            try arena.expectClean(ending)
            #expect(text.contains("verdict clean, exit code 0"))
            #expect(
                !text.contains("── trader247") && !text.contains("[A") && !text.contains("\u{1B}[1A"),
                "\(more)")
        }
    }

    @Test func withoutColoursAndWithASCIIOnly() throws {
        let arena = try Arena()
        let plain = ["TERM": "vt100", "NO_COLOR": "1", "LC_ALL": "C"]
        let seen = try start(arena, [], plain)
        try seen.awaits("it is shown") { seen.screen.screen.contains("* trading, 20 orders work") }
        try seen.awaits("they rest") { arena.working >= 20 }
        #expect(seen.screen.colours == 0)
        #expect(seen.screen.screen.contains { $0.hasPrefix("-- trader247 ") })
        let picture = seen.screen.screen.drop { !$0.hasPrefix("-- trader247 ") }
        #expect(picture.allSatisfy { $0.allSatisfy(\.isASCII) })
        seen.process.send(SIGTERM)
        try arena.expectClean(try seen.end(), found: 20)
        let other = try Arena()
        let coloured = try start(other)
        try coloured.awaits("colours") { coloured.screen.colours > 0 }
    }

    /// Nobody reads: the terminal is full long before the stop.
    @Test func aStuckTerminalStopsNothing() throws {
        let arena = try Arena(orders: 500)
        let process = try arena.start([], terminal: .own, environment: Self.terminal)
        try eventually("500 orders rest", within: .seconds(60)) { arena.working >= 500 }
        process.send(SIGTERM)
        // One or two may be filled by then, and their successors on their way.
        try arena.expectClean(try process.end(reading: false), found: 490)
    }

    // MARK: status --watch

    @Test func watchingFromAnotherTerminal() throws {
        let arena = try Arena()
        let watch = Seen(
            try RunningProcess(
                Arena.binary, ["status", "--watch", "--state-dir", arena.state], in: arena.directory,
                environment: Self.terminal, terminal: .own))
        try watch.awaits("it waits") { watch.screen.screen.contains { $0.hasPrefix("no bot runs in ") } }
        let process = try arena.startWorking(20)
        try watch.awaits("it shows the bot") { watch.screen.screen.contains("● trading, 20 orders work") }
        #expect(watch.titles().count == 1)
        _ = try arena.say("pause")
        try watch.awaits("it shows the pause") {
            _ = process.read()
            return watch.screen.screen.contains { $0.hasPrefix("● paused (") }
        }
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
        try watch.awaits("it waits again") {
            watch.screen.screen.contains { $0.hasPrefix("no bot runs in ") }
                && watch.screen.screen.contains { $0.hasPrefix("stopped clean") }
        }
        watch.process.type("\u{3}")
        #expect(try watch.end() == .signal(SIGINT))
        #expect(watch.screen.strange.isEmpty)
    }

    @Test func watchingWithoutATerminal() throws {
        let arena = try Arena()
        let watch = try RunningProcess(
            Arena.binary, ["status", "--watch", "--state-dir", arena.state], in: arena.directory)
        let process = try arena.startWorking(20)
        var text = ""
        try eventually("a line says that it trades") {
            _ = process.read()
            text += watch.read()
            return text.contains("Z trading, 20 orders work\n")
        }
        #expect(!text.contains("\u{1B}"))
        #expect(text.contains("no bot runs in ") || text.contains("starting") || text.contains("recovering"))
        watch.send(SIGTERM)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(), found: 20)
    }
}
