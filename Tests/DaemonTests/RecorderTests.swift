import Daemon
import Foundation
import Testing
import Trading
import TradingDomain

private func header() throws -> RecordHeader {
    RecordHeader(
        version: "1.2.3", configuration: CoreConfiguration(bot: try Fixture.bot(), mode: .paper),
        capabilities: ExchangeCapabilities(), products: [], strategies: "grid", initial: .fresh)
}

/// Records something at each quote; `flaw` changes what it decides at one turn.
private func core(flaw: TurnNumber? = nil) -> ScriptedCore {
    var core = ScriptedCore()
    core.script = { event, stamp, turn, _ in
        if case .quote = event { turn.records.append(.recovered(at: stamp.utc)) }
        if turn.number == flaw { turn.wakeAt = stamp.monotonic }
    }
    return core
}

private func stamp(_ second: Int64) -> Stamp {
    Stamp(
        monotonic: MonotonicInstant(nanoseconds: second * 1_000_000_000), utc: UTCInstant(seconds: second))
}

private func record(to path: String, turns: Int64) throws -> Recorder {
    let recorder = try Recorder(path: path, header: try header(), waitsWhenFull: true, turnLimit: 16)
    var core = core()
    for number in 1...turns {
        let event: Event = number == 1 ? .started : .quote(try Fixture.quote(bid: number))
        var turn = Turn(number: number)
        core.handle(event, at: stamp(number), into: &turn)
        recorder.note(event, at: stamp(number), turn)
    }
    return recorder
}

@Suite struct RecorderTests {
    @Test func aRecordingReplaysEqual() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/run.jsonl"
        #expect(try record(to: path, turns: 500).finish(within: .seconds(10)))
        #expect(try Replay.header(of: path) == header())
        #expect(try Replay.run(path) { _ in core() } == .equal(turns: 500))
    }

    @Test func theFirstDifferenceIsNamed() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/run.jsonl"
        #expect(try record(to: path, turns: 50).finish(within: .seconds(10)))
        guard
            case .differs(let turn, let line, let event, let recorded, let replayed, let decided) =
                try Replay.run(path, makeCore: { _ in core(flaw: 33) })
        else {
            Issue.record("the difference was not seen")
            return
        }
        #expect(turn == 33 && line == 34)
        #expect(event.contains("quote") && recorded != replayed && decided.contains("wakeAt"))
    }

    @Test func everyKindOfEventComesBackFromTheFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/run.jsonl"
        let events: [Event] = [
            .started, .woke, .quote(try Fixture.quote()),
            .order(try Fixture.snapshot("a", .filled, filled: 10)),
            .answered(1, .placed(.ambiguous(CallFailure("timeout", retryAfter: .milliseconds(1))))),
            .answered(
                2,
                .canceled(
                    .answered([CancelResult(exchangeOrderID: ExchangeOrderID("a"), verdict: .unknownOrder)]))),
            .answered(3, .flushed(.flushed(checkpointed: true))), .committed(through: 4), .commitOverdue,
            .storeFailed("full"), .signal(.hangUp), .operatorRequest(.halt("why")), .feed(.orders, .gap("x")),
            .overslept(.seconds(11)), .endOfRun("over"), .shellFailed("impossible"),
        ]
        let recorder = try Recorder(path: path, header: try header(), waitsWhenFull: true)
        for (index, event) in events.enumerated() {
            recorder.note(event, at: stamp(Int64(index)), Turn(number: Int64(index + 1)))
        }
        #expect(recorder.finish(within: .seconds(10)))
        var seen: [Event] = []
        let outcome = try Replay.run(path) { _ in
            Witness { seen.append($0) }
        }
        #expect(outcome == .equal(turns: events.count))
        #expect(seen == events)
    }

    @Test func aRecordingThatCannotKeepUpEndsAndSaysSo() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/run.jsonl"
        let recorder = try Recorder(path: file, header: try header(), waitsWhenFull: false, turnLimit: 1)
        var turns = 0
        eventually("the recorder gives up") {
            for _ in 0..<1_000 {
                turns += 1
                recorder.note(.woke, at: stamp(1), Turn(number: Int64(turns)))
            }
            return recorder.failure != nil
        }
        #expect(!recorder.finish(within: .seconds(10)))
        guard
            case .incomplete(let replayed, let reason) = try Replay.run(
                file, makeCore: { _ in Witness { _ in } })
        else {
            Issue.record("the recording does not say that it is incomplete")
            return
        }
        #expect(replayed < turns && reason.contains("keep up"))
    }

    @Test func aRecordingIsNeverOverwrittenAndADamagedOneIsNamed() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/run.jsonl"
        #expect(try record(to: path, turns: 3).finish(within: .seconds(10)))
        #expect(throws: FileFailure.self) {
            _ = try Recorder(path: path, header: try header(), waitsWhenFull: true)
        }
        let text = try directory.read("run.jsonl")
        try String(text.dropLast(20)).write(toFile: path, atomically: false, encoding: .utf8)
        #expect(throws: RecordingError.self) { _ = try Replay.run(path) { _ in core() } }
        try "".write(toFile: path, atomically: false, encoding: .utf8)
        #expect(throws: RecordingError.self) { _ = try Replay.header(of: path) }
    }
}

private struct Witness: LoopCore {
    let status = CoreStatus()
    let note: (Event) -> Void
    init(_ note: @escaping (Event) -> Void) { self.note = note }
    mutating func handle(_ event: Event, at stamp: Stamp, into turn: inout Turn) { note(event) }
    func remainingOrders() -> [ShutdownReport.RemainingOrder] { [] }
}
