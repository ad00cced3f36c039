// Gates judged by hand-made lives.

import Testing
import Trading
import TradingDomain

@testable import Analysis

@Suite struct GateTests {
    private let now = UTCInstant(dayNumber: 20_800)
    private func ago(days: Int64, _ more: Duration = .zero) -> UTCInstant {
        now - .seconds(days * 86_400) + more
    }

    private func life(
        _ epoch: Int64, daysAgo: Int64, days: Int64, verdict: Verdict? = .clean, mode: Mode = .paper,
        crash: Bool = false
    ) -> [JournaledTurn] {
        let (from, to) = (ago(days: daysAgo), ago(days: daysAgo - days))
        var records: [Trading.Record] = [.lifeBegan(epoch: epoch, mode: mode, at: from)]
        if crash {
            records.append(.alert(Alert(name: "crash", message: "killed by signal 9", at: from)))
        } else {
            records.append(.recovered(at: from))
        }
        var end: [Trading.Record] = []
        if let verdict {
            end = [
                .stopBegan(reason: "SIGTERM", at: to),
                .stopped(StopMarker(epoch: epoch, verdict: verdict, remaining: [], at: to)),
            ]
        }
        return [
            JournaledTurn(seq: epoch * 10, epoch: epoch, at: from, records: records),
            JournaledTurn(seq: epoch * 10 + 1, epoch: epoch, at: to, records: end),
        ]
    }

    private func evidence(_ turns: [[JournaledTurn]], wanted: Int = 7) -> GateEvidence {
        var evidence = GateEvidence(now: now, wantedDays: wanted)
        let all = turns.flatMap { $0 }
        var last: [Int64: UTCInstant] = [:]
        for turn in all { last[turn.epoch] = max(last[turn.epoch] ?? turn.at, turn.at) }
        evidence.lives = LifeTold.all(all, lastRows: last)
        return evidence
    }

    private func gate(_ name: String, _ evidence: GateEvidence) throws -> Gate {
        try #require(evidence.gates.first { $0.name == name })
    }

    @Test func daysOnPaperAreTimeTradedWithinTheWindow() throws {
        let enough = evidence([life(1, daysAgo: 20, days: 4), life(2, daysAgo: 5, days: 3)])
        #expect(try gate("paper-days", enough).verdict == .passed)
        let short = evidence([life(1, daysAgo: 20, days: 4), life(2, daysAgo: 5, days: 2)])
        #expect(try gate("paper-days", short).verdict == .open)
        #expect(try gate("paper-days", short).todo?.contains("another 24 h 0 min") == true)
        // Of a life that began before the window only what is in it; live and dry runs are no paper.
        #expect(
            try gate("paper-days", evidence([life(1, daysAgo: 40, days: 16)])).verdict == .open)
        #expect(
            try gate("paper-days", evidence([life(1, daysAgo: 20, days: 9, mode: .dryRun)])).verdict == .open)
        // One that was killed counts until its last row.
        #expect(
            try gate("paper-days", evidence([life(1, daysAgo: 20, days: 9, verdict: nil)])).verdict == .passed
        )
    }

    @Test func whatLiesInTheFutureIsNoTimeThatPassed() throws {
        let accelerated = evidence([life(1, daysAgo: 1, days: 20)])
        #expect(try gate("paper-days", accelerated).evidence.hasPrefix("traded 24 h 0 min"))
        #expect(try gate("paper-days", accelerated).verdict == .open)
    }

    @Test func theLastTenStopsMustBeClean() throws {
        #expect(try gate("clean-stops", evidence([])).verdict == .open)
        let bad = life(1, daysAgo: 29, days: 1, verdict: .ordersRemain)
        let nine = (2...10).map { life($0, daysAgo: 20, days: 1) }
        let open = try gate("clean-stops", evidence([bad] + nine))
        #expect(open.verdict == .open && open.seq == 11)
        #expect(
            try gate("clean-stops", evidence([bad] + nine + [life(11, daysAgo: 2, days: 1)])).verdict
                == .passed)
    }

    @Test func drillsCountForThirtyDays() throws {
        let sweep = life(2, daysAgo: 3, days: 0, crash: true)
        #expect(try gate("kill-drill", evidence([sweep])).verdict == .passed)
        #expect(try gate("kill-drill", evidence([sweep])).seq == 21)
        #expect(try gate("guardian", evidence([sweep])).verdict == .passed)
        #expect(
            try gate("kill-drill", evidence([life(2, daysAgo: 31, days: 0, crash: true)])).verdict == .open)
        #expect(
            try gate(
                "kill-drill", evidence([life(2, daysAgo: 3, days: 0, verdict: .ordersRemain, crash: true)])
            )
            .verdict == .open)
        var halted = evidence([])
        halted.halts = [.init(Halt(cause: .killSwitch, detail: "by test", at: ago(days: 2)), seq: 5)]
        #expect(try gate("halt-drill", halted).verdict == .open)
        #expect(try gate("halt-drill", halted).todo == "`trader247 resume --confirm`")
        halted.halts[0].resumedAt = ago(days: 1)
        #expect(try gate("halt-drill", halted).verdict == .passed)
        halted.halts[0].cause = .dailyLoss
        #expect(try gate("halt-drill", halted).verdict == .open)
    }

    @Test func everySinkMustHaveTakenTheLastOne() throws {
        var evidence = evidence([])
        #expect(try gate("alerts", evidence).verdict == .open)
        evidence.sinks = ["pager", "desk"]
        evidence.deliveries = [.init(name: "pager", isTaken: true, at: ago(days: 1), words: "ok")]
        #expect(try gate("alerts", evidence).evidence.contains("nothing was delivered to desk"))
        evidence.deliveries.append(.init(name: "desk", isTaken: true, at: ago(days: 2), words: "ok"))
        #expect(try gate("alerts", evidence).verdict == .passed)
        evidence.deliveries.append(.init(name: "desk", isTaken: false, at: ago(days: 0), words: "403"))
        #expect(try gate("alerts", evidence).evidence.contains("403"))
        evidence.lastBackup = ("/b.db", ago(days: 31))
        #expect(try gate("backup", evidence).verdict == .open)
        evidence.lastBackup = ("/b.db", ago(days: 3))
        #expect(try gate("backup", evidence).verdict == .passed)
    }

    @Test func whatNobodyCanKnowIsNotPassed() throws {
        var evidence = evidence([life(1, daysAgo: 20, days: 9)])
        evidence.noJournal = "there is none"
        for gate in evidence.gates.prefix(5) {
            #expect(gate.verdict == .unknown && gate.evidence.contains("there is none") && gate.todo != nil)
        }
        evidence.noJournal = nil
        #expect(try gate("guardian", evidence).verdict == .unknown)
        evidence.isGuardedNow = false
        #expect(try gate("guardian", evidence).verdict == .open)
        evidence.isGuardedNow = true
        #expect(try gate("guardian", evidence).verdict == .passed)
    }
}
