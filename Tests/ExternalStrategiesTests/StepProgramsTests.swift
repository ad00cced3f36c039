import Daemon
import Foundation
import Glibc
import Synchronization
import Testing
import TradingDomain

@testable import ExternalStrategies
@testable import Trading

private let btc = Symbol("BTC-USD")!

/// A shell script at work.
private func programs(_ script: String) throws -> StepPrograms {
    try StepPrograms(
        [ProgramSettings(name: "s", command: ["sh", "-c", script])], environment: ["PATH": "/usr/bin:/bin"],
        now: { Stamp(monotonic: realNow(), utc: UTCInstant(seconds: 0)) }, write: { _ in })
}

private func order(_ word: ExternalOrder.Word, run: Int64 = 1) -> ExternalOrder {
    ExternalOrder(strategy: "s", run: run, word: word)
}

private let hello = ExternalOrder.Word.start(
    ExternalHello(name: "s", mode: .paper, symbols: [btc], products: [], memory: nil))

private func view(_ n: Int64, patience: Duration = .seconds(60)) -> ExternalOrder.Word {
    .tell(
        ExternalView(
            n: n, trigger: .cycle, symbol: nil, now: UTCInstant(seconds: 1), markets: [], onceOrders: [],
            patience: patience))
}

@Suite("Programs in step with a time that stands")
struct StepProgramsTests {
    @Test func aViewIsWaitedForUntilItIsAnswered() throws {
        let programs = try programs(
            #"n=0; read -r hello; while read -r v; do n=$((n+1)); echo "{\"type\":\"keep\",\"n\":$n}"; done"#)
        defer { programs.close() }
        #expect(programs.carryOut(order(hello)).isEmpty)
        for n in 1...50 as ClosedRange<Int64> {
            let told = programs.carryOut(order(view(n)))
            #expect(told.last?.what == .answered(ExternalAnswer(n: n, wanted: nil)))
        }
    }

    /// Should what a program says kill the process, the next life finds out whose it was.
    @Test func whileWhatItSaidIsHandledTheCrashNoteNamesIt() throws {
        let path = FileManager.default.temporaryDirectory.path + "/trader247-handling-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer {
            CrashNote.remove(for: path)
            try? FileManager.default.removeItem(atPath: path)
        }
        let seen = Mutex<[String?]>([])
        let done = Doorbell()
        let note = try CrashNote(for: path, names: ["other", "s"])
        let host = try ProgramHost(
            [
                ProgramSettings(
                    name: "s",
                    command: ["sh", "-c", #"read -r h; read -r v; echo '{"type":"keep","n":1}'; cat"#])
            ], environment: ["PATH": "/usr/bin:/bin"], isInStandingTime: true,
            watch: StrategyWatch(limit: .seconds(1), note: note),
            now: { Stamp(monotonic: realNow(), utc: UTCInstant(seconds: 0)) }, write: { _ in },
            report: { report in
                guard case .answered = report.what else { return }
                seen.withLock { $0.append(CrashNote.read(for: path)) }
                done.ring()
            })
        defer { host.close() }
        host.carryOut(order(hello))
        host.carryOut(order(view(1)))
        done.wait(.seconds(60))
        #expect(seen.withLock { $0 } == ["s"])
        while CrashNote.read(for: path) != nil { sched_yield() }
    }

    @Test(arguments: [
        ("exit 3", "it ended with exit code 3"), ("read -r a; read -r b; kill -9 $$", "it died of signal 9"),
        ("echo 'no more' >&2; exit 1", "it ended with exit code 1; its last words: no more"),
    ])
    func anEndIsAnOutcome(_ script: String, _ words: String) throws {
        let programs = try programs(script)
        defer { programs.close() }
        _ = programs.carryOut(order(hello))
        #expect(programs.carryOut(order(view(1))).last?.what == .ended(words))
    }

    @Test func silenceIsOneToo() throws {
        let programs = try programs("sleep 1000")
        defer { programs.close() }
        _ = programs.carryOut(order(hello))
        let told = programs.carryOut(order(view(1, patience: .milliseconds(50))))
        #expect(told.last?.what == .failed("it did not answer in time"))
    }

    @Test func whatIsLargerThanAPipeArrivesWhole() throws {
        // Views are counted and never read at once: the pipe is full meanwhile.
        let programs = try programs(
            #"sleep 0.2; read -r hello; read -r v; echo "{\"type\":\"keep\",\"n\":${#v}}""#)
        defer { programs.close() }
        _ = programs.carryOut(order(hello))
        var large = ExternalView(
            n: 1, trigger: .cycle, symbol: nil, now: UTCInstant(seconds: 1), markets: [], onceOrders: [],
            patience: .seconds(60))
        large.onceOrders = (0..<5_000).map {
            ExternalView.Once(
                key: "key \($0)",
                terms: OrderTerms(symbol: btc, side: .buy, type: .market, quantity: Quantity(1)),
                filled: .zero,
                isWorking: false)
        }
        let size = Int64(ProgramLines.view(large).count - 1)
        #expect(size > 300_000)
        let told = programs.carryOut(order(.tell(large)))
        // It ends right after.
        #expect(told.map(\.what).contains(.answered(ExternalAnswer(n: size, wanted: nil))))
    }
}
