import Daemon
import Foundation
import Testing
import Trading
import TradingDomain

private func text(_ words: SnapshotBoard.Frozen) -> String {
    String(decoding: Array(words.head) + Array(words.list) + Array(words.tail), as: UTF8.self)
}

private func decode(_ words: SnapshotBoard.Frozen) throws -> ShutdownReport {
    try JSONDecoder().decode(ShutdownReport.self, from: Data(text(words).utf8))
}

@Suite struct LastWordsTests {
    @Test func thePreparedWordsAreAReportThatNamesWhatIsLeft() throws {
        var status = CoreStatus()
        status.lifecycle = .stopping
        status.phase = .cancel
        status.epoch = 7
        status.ordersFound = 2
        let remaining = [try Fixture.remaining(1), try Fixture.remaining(2)]
        let board = SnapshotBoard()
        board.publish(
            SnapshotWriter.snapshot(
                try Fixture.facts(), status: status, remaining: remaining, at: UTCInstant(seconds: 900)))
        board.setDurable(true)
        let durable = board.freeze()
        let report = try decode(durable)
        #expect(report.remaining == remaining)
        #expect(report.verdict == .ordersRemain && report.exitCode == 3 && durable.exitCode == 3)
        #expect(report.stateFlushed && !report.verifiedEmpty)
        #expect(report.version == "1.2.3" && report.pid == 42 && report.epoch == 7)
    }

    @Test func recordsThatAreNotDurableAreNotCalledFlushed() throws {
        let board = SnapshotBoard()
        let snapshot = SnapshotWriter.snapshot(
            try Fixture.facts(), status: CoreStatus(), remaining: [], at: UTCInstant(seconds: 900))
        board.publish(snapshot)
        board.setDurable(true)
        board.setDurable(false)
        let words = board.freeze()
        #expect(words.exitCode == 5)
        #expect(try decode(words).verdict == .ordersRemainAndStateNotFlushed)
    }

    @Test func nothingKnownToRemainIsUnprovedNotClean() throws {
        let board = SnapshotBoard()
        board.publish(
            SnapshotWriter.snapshot(
                try Fixture.facts(), status: CoreStatus(), remaining: [], at: UTCInstant(seconds: 900)))
        board.setDurable(true)
        #expect(try decode(board.freeze()).verdict == .unproved)
    }

    @Test func aDryRunLeavesNothingBehind() throws {
        let board = SnapshotBoard()
        board.publish(
            SnapshotWriter.snapshot(
                try Fixture.facts(mode: .dryRun), status: CoreStatus(), remaining: [],
                at: UTCInstant(seconds: 900)))
        board.setDurable(true)
        let words = board.freeze()
        #expect(words.exitCode == 0)
        #expect(try decode(words).verdict == .nothingToCancel)
    }

    @Test func aFinishedReportIsRepeatedAsItIs() throws {
        let board = SnapshotBoard()
        let report = try Fixture.report(clean: false)
        board.publish(SnapshotWriter.snapshot(final: report))
        #expect(try decode(board.freeze()) == report)
    }

    @Test func afterTheFreezeNothingChangesAndAnEmptyBoardSaysSo() throws {
        let board = SnapshotBoard()
        #expect(board.freeze().isEmpty)
        board.publish(SnapshotWriter.snapshot(final: try Fixture.report()))
        #expect(board.freeze().isEmpty)
    }

    @Test func theLastSnapshotIsWholeWhileTheLoopGoesOnPublishing() throws {
        for _ in 0..<50 {
            let board = SnapshotBoard()
            board.publish(SnapshotWriter.snapshot(final: try Fixture.report()))
            let snapshots = [
                SnapshotWriter.snapshot(final: try Fixture.report()),
                SnapshotWriter.snapshot(final: try Fixture.report(clean: false)),
            ]
            try PlainThread.start("publisher") {
                var turn = 0
                while !board.isFrozen {
                    board.publish(snapshots[turn % 2])
                    turn += 1
                }
            }
            let report = try decode(board.freeze())
            #expect(report.exitCode == 0 || report.remaining.count == 1)
        }
    }

    @Test func theLastGaspTakesTheReportsPlace() throws {
        let directory = try TemporaryDirectory()
        let reports = ShutdownReportFile(stateDirectory: directory.path)
        let file = try reports.openLastGasp()
        let board = SnapshotBoard()
        board.publish(SnapshotWriter.snapshot(final: try Fixture.report(clean: false)))
        #expect(file.write(board.freeze()) == 0)
        #expect(try directory.names() == ["shutdown-report.json"])
        let report = try JSONDecoder().decode(
            ShutdownReport.self, from: Data(try directory.read("shutdown-report.json").utf8))
        #expect(report.verdict == .ordersRemain)
    }

    @Test func yesterdaysReportMovesAwayAndTheOldestAreForgotten() throws {
        let directory = try TemporaryDirectory()
        let reports = ShutdownReportFile(stateDirectory: directory.path)
        try reports.archiveOlder()
        #expect(try directory.names() == [])
        for _ in 0..<ShutdownReportFile.retention + 5 {
            try reports.write(SnapshotWriter.text(try Fixture.report()))
            try reports.archiveOlder()
        }
        #expect(try directory.names() == ["reports"])
        let kept = try directory.names("reports")
        #expect(kept.count == ShutdownReportFile.retention)
        #expect(kept.contains("shutdown-report-19700101T001500Z-epoch-7.json") || kept.count == 50)
    }

    @Test func aReportThatIsNoJSONIsKeptToo() throws {
        let directory = try TemporaryDirectory()
        let reports = ShutdownReportFile(stateDirectory: directory.path)
        try Data("half a rep".utf8).write(to: URL(filePath: reports.path))
        try reports.archiveOlder()
        let kept = try directory.names("reports")
        #expect(kept.count == 1)
        #expect(kept.first?.hasSuffix("-epoch-unknown.json") == true)
    }

    @Test func writingTheReportRemovesTheUnusedLastGasp() throws {
        let directory = try TemporaryDirectory()
        let reports = ShutdownReportFile(stateDirectory: directory.path)
        let file = try reports.openLastGasp()
        try reports.write(SnapshotWriter.text(try Fixture.report()))
        #expect(try directory.names() == ["shutdown-report.json"])
        withExtendedLifetime(file) {}
    }

    @Test func aDirectoryThatCannotBeWrittenIsNamed() {
        let reports = ShutdownReportFile(stateDirectory: "/nonexistent/state")
        #expect(throws: FileFailure.self) { try reports.write([]) }
        #expect(throws: FileFailure.self) { try reports.openLastGasp() }
    }
}
