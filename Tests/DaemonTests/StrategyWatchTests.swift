import Foundation
import Synchronization
import Testing
import TradingDomain

@testable import Daemon
@testable import Trading

/// Dies of an index that is out of range, as a strategy with a mistake does.
private struct Trapping: Strategy {
    struct Memory: Codable, Equatable, Sendable {}
    let name = "trapping"
    let symbols: [Symbol] = []
    let initialMemory = Memory()
    func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        .want([[WantedOrder]()[view.markets.count + 1]])
    }
}

@Suite("The watch over strategies")
struct StrategyWatchTests {
    /// Time that a test moves.
    private final class Hand: Sendable {
        let now = Mutex<Int64>(0)
        func move(_ milliseconds: Int64) { now.withLock { $0 += milliseconds * 1_000_000 } }
    }

    private func directory(_ name: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/trader247-watch-\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private func remove(_ path: String) {
        CrashNote.remove(for: path)
        try? FileManager.default.removeItem(atPath: path)
    }

    @Test func onlyWhatTakesTooLongIsTold() {
        let hand = Hand()
        let watch = StrategyWatch(limit: .milliseconds(250), note: nil) {
            MonotonicInstant(nanoseconds: hand.now.withLock { $0 })
        }
        watch.began("quick")
        hand.move(250)
        watch.ended("quick")
        #expect(watch.takeSlow().isEmpty)
        watch.began("slow")
        hand.move(251)
        watch.ended("slow")
        let slow = watch.takeSlow()
        #expect(slow.map(\.strategy) == ["slow"] && slow.map(\.took) == [.milliseconds(251)])
        #expect(watch.takeSlow().isEmpty)
    }

    @Test func theNoteNamesWhoDecidesAndNobodyAfterwards() throws {
        let path = try directory(UUID().uuidString)
        defer { remove(path) }
        #expect(CrashNote.read(for: path) == nil)
        let watch = StrategyWatch(
            limit: .seconds(1), note: try CrashNote(for: path, names: ["one", "zwei ✓", "three"]))
        #expect(CrashNote.read(for: path) == nil)
        watch.began("zwei ✓")
        #expect(CrashNote.read(for: path) == "zwei ✓")
        watch.ended("zwei ✓")
        #expect(CrashNote.read(for: path) == nil)
        watch.began("stranger")
        #expect(CrashNote.read(for: path) == nil)
        CrashNote.remove(for: path)
        #expect(try !FileManager.default.fileExists(atPath: #require(CrashNote.path(for: path))))
    }

    /// A crash while an answer of a strategy's program is handled, on its own thread or in the loop.
    @Test func theNoteNamesWhoseAnswerIsHandledAndADecisionGoesFirst() throws {
        let path = try directory(UUID().uuidString)
        defer { remove(path) }
        let watch = StrategyWatch(
            limit: .seconds(1), note: try CrashNote(for: path, names: ["one", "two", "three"]))
        watch.beginsHandling("two")
        watch.beginsHandling("two")
        #expect(CrashNote.read(for: path) == "two")
        watch.endsHandling("two")
        #expect(CrashNote.read(for: path) == "two")
        watch.began("three")
        #expect(CrashNote.read(for: path) == "three")
        watch.ended("three")
        #expect(CrashNote.read(for: path) == "two")
        watch.endsHandling("two")
        #expect(CrashNote.read(for: path) == nil)
        watch.beginsHandling("stranger")
        #expect(CrashNote.read(for: path) == nil)
        #expect(watch.takeSlow().isEmpty)
    }

    @Test(arguments: ["", "1", "9one\n", "0one\n", "\u{FF}", "1\n\n"])
    func aDamagedNoteNamesNobody(text: String) throws {
        let path = try directory(UUID().uuidString)
        defer { remove(path) }
        try text.write(toFile: #require(CrashNote.path(for: path)), atomically: true, encoding: .utf8)
        #expect(CrashNote.read(for: path) == nil)
    }

    /// Where everybody may write, a note is read and written only if it is a file of ours.
    @Test func aPipeInItsPlaceHoldsNobodyUp() throws {
        let path = try directory(UUID().uuidString)
        defer { remove(path) }
        #expect(mkfifo(try #require(CrashNote.path(for: path)), 0o600) == 0)
        #expect(CrashNote.read(for: path) == nil)
        #expect(throws: FileFailure.self) { try CrashNote(for: path, names: ["one"]) }
    }

    /// The process is another one, which dies as the bot would.
    @Test func aTrapLeavesTheNameOfTheStrategyThatTrapped() async throws {
        let path = try directory("trap-\(getpid())")
        defer { remove(path) }
        await #expect(processExitsWith: .failure) {
            let path = FileManager.default.temporaryDirectory.path + "/trader247-watch-trap-\(getppid())"
            let note = try CrashNote(for: path, names: ["other", "trapping"])
            let watch = StrategyWatch(limit: .seconds(1), note: note)
            var runner = try AnyStrategy(Trapping()).watched(by: watch).runner(memory: nil)
            _ = runner.decide(
                StrategyView(now: UTCInstant(nanoseconds: 0), trigger: .cycle, markets: []))
        }
        #expect(CrashNote.read(for: path) == "trapping")
    }
}
