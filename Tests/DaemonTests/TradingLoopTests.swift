import Daemon
import Exchanges
import Foundation
import Synchronization
import Testing
import Trading
import TradingDomain

/// A loop on a scripted core, exchange, store and clock, driven step by step.
private final class Bench {
    let directory: TemporaryDirectory
    let signals = SignalBox()
    let inbox: Inbox
    let exchange = ScriptedExchange()
    let store = ScriptedStore()
    let overseer = ScriptedOverseer()
    let realTime = ScriptedRealTime()
    let clock: VirtualClock
    var parts: LoopParts

    init(slows: Bool = false) throws {
        directory = try TemporaryDirectory()
        inbox = Inbox(signals: signals)
        let realTime = realTime
        clock = VirtualClock(start: Fixture.start, slows: slows) { realTime.now }
        parts = LoopParts(
            facts: try Fixture.facts(), clock: clock, inbox: inbox, exchange: exchange,
            committer: InlineCommitter(store: store, inbox: inbox), log: Log(writers: []),
            reportFile: ShutdownReportFile(stateDirectory: directory.path))
        parts.overseer = overseer
    }

    func loop(
        _ script: @escaping (Event, Stamp, inout Turn, inout CoreStatus) -> Void
    ) -> TradingLoop<ScriptedCore> {
        var core = ScriptedCore()
        core.script = script
        return TradingLoop(core: core, parts: parts)
    }

    /// Steps until nothing is to do.
    @discardableResult
    func settle(_ loop: TradingLoop<ScriptedCore>) -> StepResult {
        for _ in 0..<10_000 {
            let result = loop.step()
            if result != .worked { return result }
        }
        Issue.record("the loop never came to rest")
        return .worked
    }
}

/// Takes transactions and never says a word.
private final class SilentCommitter: Committer {
    func begin(_ transaction: Trading.Transaction) {}
}

@Suite struct TradingLoopTests {
    /// A disk does not get faster because trading time does.
    @Test func aCommitIsOverdueInRealTimeHoweverFastTradingTimeRuns() throws {
        let bench = try Bench()
        bench.parts.clock = SystemClock(speed: 1_000)
        bench.parts.committer = SilentCommitter()
        let loop = bench.loop { event, stamp, turn, _ in
            if event == .started { turn.records.append(.recovered(at: stamp.utc)) }
        }
        let began = realNow()
        while !loop.core.seen.contains(.commitOverdue), realNow() - began < .seconds(10) {
            if case .idle = loop.step() { usleep(1_000) }
        }
        #expect(loop.core.seen.contains(.commitOverdue))
        #expect(realNow() - began >= CommitPipeline.overdueLimit)
    }

    @Test func theFirstEventIsStartedAndTheCoreIsWokenWhenItAsked() throws {
        let bench = try Bench()
        let wake = Fixture.start.monotonic + .seconds(5)
        let loop = bench.loop { event, _, turn, _ in if event != .woke { turn.wakeAt = wake } }
        #expect(loop.step() == .worked)
        #expect(bench.settle(loop) == .idle(until: wake))
        #expect(loop.advance(to: wake))
        #expect(bench.settle(loop) == .idle(until: nil))
        #expect(!loop.advance(to: nil))
        #expect(loop.core.seen == [.started, .committed(through: 1), .woke])
    }

    @Test func aLaterTurnReplacesTheWakeOfAnEarlierOne() throws {
        let bench = try Bench()
        let loop = bench.loop { event, stamp, turn, _ in
            if event == .started { turn.wakeAt = stamp.monotonic + .seconds(5) }
        }
        bench.settle(loop)
        // The turn of `committed` asked for no wake.
        #expect(loop.step() == .idle(until: nil))
    }

    @Test func aTurnsRecordsAreCommittedAndTheCoreIsToldInOrder() throws {
        let bench = try Bench()
        let loop = bench.loop { event, stamp, turn, _ in
            if event == .started { turn.records.append(.recovered(at: stamp.utc)) }
        }
        bench.settle(loop)
        #expect(loop.core.seen == [.started, .committed(through: 1)])
        #expect(bench.store.transactions.count == 1)
        #expect(bench.store.transactions.first?.turns.first?.records == [.recovered(at: Fixture.start.utc)])
        #expect(bench.overseer.told.durable == [false, true])
    }

    @Test func theAnswerOfTheStoreNeverNeedsAnotherTransaction() throws {
        let bench = try Bench()
        let loop = bench.loop { _, _, _, _ in }
        bench.inbox.quote(try Fixture.quote())
        bench.inbox.order(try Fixture.snapshot("a"))
        bench.settle(loop)
        // `started` and the order report; neither the quote nor what the store said.
        #expect(bench.store.transactions.flatMap { $0.turns }.map(\.number).count == 2)
        // Both were of one moment of standing time: one transaction.
        #expect(loop.core.seen.filter { if case .committed = $0 { true } else { false } }.count == 1)
    }

    @Test func aFailedCommitIsToldOnceAndEveryFlushAfterItFails() throws {
        let bench = try Bench()
        bench.store.script(.failed("disk full"))
        let loop = bench.loop { event, _, turn, _ in
            if event == .storeFailed("disk full") {
                turn.commands.append(NumberedCommand(id: 9, command: .flush))
            }
        }
        bench.settle(loop)
        #expect(
            loop.core.seen == [
                .started, .storeFailed("disk full"), .answered(9, .flushed(.failed("disk full"))),
            ])
        #expect(bench.overseer.told.durable.allSatisfy { !$0 })
    }

    @Test func aFlushIsAnsweredWhenItsTurnIsDurable() throws {
        let bench = try Bench()
        let loop = bench.loop { event, stamp, turn, _ in
            if event == .operatorRequest(.stop) {
                turn.records.append(.stopBegan(reason: "asked", at: stamp.utc))
                turn.commands.append(NumberedCommand(id: 4, command: .flush))
            }
        }
        bench.settle(loop)
        #expect(bench.inbox.request(.stop))
        bench.settle(loop)
        #expect(loop.core.seen.last == .answered(4, .flushed(.flushed(checkpointed: true))))
        #expect(bench.store.transactions.last?.checkpoint == true)
    }

    @Test func exchangeCallsGoToTheExchangeInOrder() throws {
        let bench = try Bench()
        let placement = try Fixture.placement()
        let commands: [NumberedCommand] = [
            NumberedCommand(id: 1, command: .cancel([ExchangeOrderID("a")])),
            NumberedCommand(id: 2, command: placement), NumberedCommand(id: 3, command: .connect(.orders)),
            NumberedCommand(id: 4, command: .listBalances),
        ]
        let loop = bench.loop { event, _, turn, _ in if event == .started { turn.commands = commands } }
        bench.settle(loop)
        #expect(bench.exchange.submitted == commands)
    }

    @Test func aPlacementDecidedBeforeALongSleepIsWithheldACancelIsNot() throws {
        let bench = try Bench()
        let placement = try Fixture.placement()
        let cancel = NumberedCommand(id: 2, command: .cancel([ExchangeOrderID("a")]))
        let realTime = bench.realTime
        let loop = bench.loop { event, _, turn, _ in
            guard event == .started else { return }
            turn.commands = [NumberedCommand(id: 1, command: placement), cancel]
            realTime.pass(.seconds(11))
        }
        bench.settle(loop)
        #expect(bench.exchange.submitted == [cancel])
        let withheld = loop.core.seen.contains {
            if case .answered(1, .withheld) = $0 { true } else { false }
        }
        #expect(withheld)
    }

    @Test func aDecisionThatTookTooLongIsToldToTheCore() throws {
        let bench = try Bench()
        let realTime = bench.realTime
        let watch = StrategyWatch(limit: .milliseconds(250), note: nil) { realTime.now }
        bench.parts.strategyWatch = watch
        let loop = bench.loop { event, _, _, _ in
            guard case .quote = event else { return }
            watch.began("slow")
            realTime.pass(.milliseconds(300))
            watch.ended("slow")
        }
        bench.settle(loop)
        bench.inbox.quote(try Fixture.quote())
        bench.settle(loop)
        #expect(loop.core.seen.filter { $0 == .overworked(strategy: "slow", .milliseconds(300)) }.count == 1)
    }

    @Test func aLoopThatSleptTellsTheCoreBeforeAnythingElse() throws {
        let bench = try Bench()
        let loop = bench.loop { _, _, _, _ in }
        bench.settle(loop)
        bench.inbox.quote(try Fixture.quote())
        bench.signals.post(.terminate, at: bench.realTime.now)
        bench.realTime.pass(.seconds(30))
        bench.settle(loop)
        let tail = loop.core.seen.drop { if case .overslept = $0 { false } else { true } }
        #expect(tail.first == .overslept(.seconds(30)))
        #expect(tail.dropFirst().first == .signal(.terminate))
    }

    @Test func aSignalsDeadlineRunsFromItsArrivalAlsoBeforeTheStart() throws {
        let bench = try Bench(slows: true)
        // Time passes from the moment it is slowed; the signal comes while the start-up still works.
        bench.clock.slowToRealTime()
        bench.signals.post(.terminate, at: bench.realTime.now)
        bench.realTime.pass(.seconds(3))
        let loop = bench.loop { _, _, _, _ in }
        bench.settle(loop)
        #expect(Array(loop.core.seen.prefix(2)) == [.started, .signal(.terminate)])
        #expect(loop.core.stamps.prefix(2).allSatisfy { $0 == Fixture.start })
        #expect(loop.core.stamps.last?.monotonic == Fixture.start.monotonic + .seconds(3))
    }

    @Test func stampsNeverGoBack() throws {
        let bench = try Bench(slows: true)
        bench.clock.slowToRealTime()
        let loop = bench.loop { _, _, _, _ in }
        bench.settle(loop)
        let early = bench.realTime.now
        bench.realTime.pass(.seconds(2))
        bench.inbox.quote(try Fixture.quote())
        bench.settle(loop)
        bench.signals.post(.interrupt, at: early)
        bench.settle(loop)
        #expect(loop.core.seen.last == .committed(through: Int64(loop.core.seen.count - 1)))
        #expect(
            zip(loop.core.stamps, loop.core.stamps.dropFirst()).allSatisfy { $0.monotonic <= $1.monotonic })
    }

    @Test func theRunEndsByItselfAfterTheAskedTime() throws {
        let bench = try Bench()
        bench.parts.runFor = .seconds(60)
        let loop = bench.loop { _, _, _, _ in }
        #expect(bench.settle(loop) == .idle(until: Fixture.start.monotonic + .seconds(60)))
        #expect(loop.advance(to: Fixture.start.monotonic + .seconds(60)))
        bench.settle(loop)
        #expect(loop.core.seen.contains(.endOfRun("the asked running time is over")))
    }

    @Test func aStopSlowsTheClockArmsTheWatchdogAndPublishes() throws {
        let bench = try Bench(slows: true)
        let loop = bench.loop { event, stamp, _, status in
            guard case .signal = event else { return }
            status.lifecycle = .stopping
            status.phase = .cancel
            status.workingOrders = 1
            status.stopDeadline = stamp.monotonic + .seconds(8)
        }
        bench.settle(loop)
        #expect(bench.clock.isStanding)
        bench.signals.post(.terminate, at: bench.realTime.now)
        bench.settle(loop)
        #expect(!bench.clock.isStanding)
        #expect(bench.overseer.told.deadlines == [bench.realTime.now + .seconds(8)])
        #expect(bench.overseer.told.snapshots.count >= 2, "one at the start, one at the stop")
    }

    @Test func exitWritesTheReportWithVersionAndPidAndNothingRunsAfterIt() throws {
        let bench = try Bench()
        let report = try Fixture.report()
        let loop = bench.loop { event, _, turn, _ in
            if case .signal = event { turn.commands = [NumberedCommand(id: 1, command: .exit(report))] }
        }
        bench.settle(loop)
        bench.signals.post(.terminate, at: bench.realTime.now)
        bench.inbox.quote(try Fixture.quote())
        #expect(bench.settle(loop) == .ended(0))
        #expect(loop.step() == .ended(0))
        #expect(loop.core.seen.last == .signal(.terminate))
        let written = try JSONDecoder().decode(
            ShutdownReport.self, from: Data(try bench.directory.read("shutdown-report.json").utf8))
        #expect(written.version == "1.2.3" && written.pid == 42 && written.verdict == .clean)
        #expect(bench.overseer.told.reportCode == 0 && bench.overseer.told.concluded)
    }

    @Test func aReportThatCannotBeWrittenChangesNothingAboutTheState() throws {
        let bench = try Bench()
        bench.parts.reportFile = ShutdownReportFile(stateDirectory: bench.directory.path + "/missing")
        let report = try Fixture.report(clean: false)
        let loop = bench.loop { event, _, turn, _ in
            if event == .started { turn.commands = [NumberedCommand(id: 1, command: .exit(report))] }
        }
        #expect(bench.settle(loop) == .ended(ExitCode.ordersRemain))
        #expect(bench.overseer.told.concluded)
    }

    @Test func standingTimeMovesTheSourceToItsNextMomentAndStandsForCommits() throws {
        let bench = try Bench()
        let source = TickingSource(inbox: bench.inbox, ticks: 5, from: Fixture.start.monotonic)
        bench.parts.timeSources = [source]
        let report = try Fixture.report()
        let store = bench.store
        bench.parts.committer = try CommitThread(store: store, inbox: bench.inbox)
        let loop = bench.loop { event, stamp, turn, _ in
            if case .quote = event { turn.records.append(.recovered(at: stamp.utc)) }
            if case .endOfRun = event { turn.commands = [NumberedCommand(id: 1, command: .exit(report))] }
        }
        // Commits run on their own thread, and yet the order of events is always the same.
        #expect(loop.run() == 0)
        let kinds = loop.core.seen.map { event in
            switch event {
            case .started: "s"
            case .committed: "c"
            case .quote: "q"
            default: "e"
            }
        }
        let quotes = loop.core.stamps.indices.filter { kinds[$0] == "q" }
        #expect(
            quotes.map { loop.core.stamps[$0].monotonic }
                == (1...5).map { Fixture.start.monotonic + .seconds($0) })
        // The end is of the last quote's moment.
        #expect(kinds.joined() == "sc" + String(repeating: "qc", count: 4) + "qe")
    }
}

/// Sends a quote each second, and then the end.
private final class TickingSource: VirtualTimeSource {
    private let inbox: Inbox
    private let due: Mutex<[MonotonicInstant]>
    private let over = Atomic<Bool>(false)

    init(inbox: Inbox, ticks: Int64, from start: MonotonicInstant) {
        self.inbox = inbox
        due = Mutex((1...ticks).map { start + .seconds($0) })
    }

    var nextDue: MonotonicInstant? { due.withLock { $0.first } }

    func advance(to stamp: Stamp) {
        let isOver = due.withLock { due in
            due.removeAll { $0 <= stamp.monotonic }
            return due.isEmpty
        }
        if let quote = try? Fixture.quote() { inbox.quote(quote) }
        if isOver { inbox.endOfFeed() }
    }
}
