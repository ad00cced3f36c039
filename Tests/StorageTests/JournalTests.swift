import FoundationEssentials
import Storage
import Testing
import Trading
import TradingDomain

@Suite struct JournalTests {
    /// A closed store with twenty rows.
    private func twentyRows() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .lifeBegan(epoch: 7, mode: .paper, at: stamp(1).utc)))
        for number in 2...20 as ClosedRange<Int64> {
            try store.mustCommit(
                entry(number, event: .committed(through: number - 1), .intent(try restingOrder(number))))
        }
        try store.close()
        return directory
    }

    private func verdict(_ directory: TemporaryDirectory) throws -> JournalVerdict {
        try StateReader(at: directory.path).verifyJournal()
    }

    @Test func anUntouchedJournalIsIntact() throws {
        #expect(try verdict(try twentyRows()) == .intact(rows: 20))
    }

    @Test(arguments: [
        // One letter of a payload, of a stamp, of a turn, of a life; and of the hash itself.
        "UPDATE journal SET payload = replace(payload, 'grid-7-c', 'grid-7-d') WHERE seq = 12",
        "UPDATE journal SET utc = utc + 1 WHERE seq = 12",
        "UPDATE journal SET turn = turn + 1 WHERE seq = 12",
        "UPDATE journal SET epoch = 8 WHERE seq = 12",
        "UPDATE journal SET hash = zeroblob(32) WHERE seq = 12",
        "UPDATE journal SET payload = NULL WHERE seq = 12",
        "UPDATE journal SET payload = CAST(x'FF00FF' AS TEXT) WHERE seq = 12",
        // A row gone, and one gone with the rest moved up to close the gap.
        "DELETE FROM journal WHERE seq = 12",
        """
        DELETE FROM journal WHERE seq = 12; UPDATE journal SET seq = -seq WHERE seq > 12;
        UPDATE journal SET seq = -seq - 1 WHERE seq < 0
        """,
        // Two neighbours swapped, whole.
        """
        UPDATE journal SET seq = -1 WHERE seq = 12; UPDATE journal SET seq = 12 WHERE seq = 13;
        UPDATE journal SET seq = 13 WHERE seq = -1
        """,
        // A tail that is gone.
        "DELETE FROM journal WHERE seq >= 12",
    ])
    func theFirstBadRowIsNamed(tampering: String) throws {
        let directory = try twentyRows()
        // A payload that SQLite would not let us empty needs a table without that rule.
        if tampering.contains("NULL") {
            try directory.tamper(
                """
                CREATE TABLE other (seq INTEGER PRIMARY KEY, epoch, turn, utc, payload, hash);
                INSERT INTO other SELECT * FROM journal; DROP TABLE journal;
                ALTER TABLE other RENAME TO journal
                """)
        }
        try directory.tamper(tampering)
        guard case .broken(let seq, let problem) = try verdict(directory) else {
            Issue.record("not noticed: \(tampering)")
            return
        }
        #expect(seq == 12)
        #expect(!problem.isEmpty)
    }

    @Test func rowsBehindTheRecordedEndAreNoticed() throws {
        let directory = try twentyRows()
        try directory.tamper("UPDATE chain SET seq = 19, hash = (SELECT hash FROM journal WHERE seq = 19)")
        guard case .broken(20, _) = try verdict(directory) else {
            Issue.record("a row that no commit recorded was not noticed")
            return
        }
    }

    @Test func aPayloadThatCannotBeReadIsNoticedEvenWithALawfulHash() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        try store.mustCommit(entry(1, .alert(Alert(name: "a", message: "b", at: stamp(1).utc))))
        try store.close()
        // What a later version might have written: a record that this one does not know.
        let text = #"{"commands":[],"records":[{"unheardOf":{}}]}"#
        let hash = Hash.chained(
            previous: [UInt8](repeating: 0, count: 32), [1, 0, 1, stamp(1).utc.nanoseconds], text)
        try directory.tamper(
            """
            UPDATE journal SET payload = '\(text)', hash = x'\(hash)';
            UPDATE chain SET hash = x'\(hash)'
            """)
        guard case .broken(1, let problem) = try verdict(directory) else {
            Issue.record("an unknown record was not noticed")
            return
        }
        #expect(problem.contains("cannot be read"))
    }

    @Test func aStoreWhoseJournalLostItsEndDoesNotOpen() throws {
        let directory = try twentyRows()
        try directory.tamper("DELETE FROM journal WHERE seq > 15")
        #expect {
            try StateStore.open(at: directory.path, bot: try bot())
        } throws: {
            guard case .corrupt(directory.store, _, let cause)? = $0 as? StoreError else { return false }
            return cause.contains("15") && cause.contains("20")
        }
    }

    @Test func theExportIsOneLineOfJSONPerRow() throws {
        let directory = try twentyRows()
        var lines: [String] = []
        try StateReader(at: directory.path).exportJournal(from: 19) { lines.append($0) }
        #expect(lines.count == 2)
        #expect(lines[1].contains(#""seq":20,"turn":20,"utc":"2027-01-15T08:00:00.000000020Z""#))
        #expect(lines[1].contains(#""records":[{"intent":"#))
        #expect(!lines[1].contains("\n"))
    }

    @Test func commandsAndEventsAreInTheRow() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        let order = try restingOrder(1)
        let command = try placement(of: order)
        let turn = TurnEntry(
            number: 1, stamp: stamp(1), event: .signal(.terminate), records: [.intent(order)],
            commands: [command])
        try store.mustCommit(turn)
        var rows: [JournalRow] = []
        try StateReader(at: directory.path).journal { row in
            rows.append(row)
            return false
        }
        let payload = try #require(rows.first).payload
        #expect(payload.hasPrefix(#"{"commands":[{"command":{"place":"#))
        #expect(payload.contains(#""event":{"signal":{"_0":"SIGTERM"}}"#))
    }

    /// What the rows say must be what Foundation's encoder would say, to the byte.
    @Test func theJSONIsCanonical() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        var stream = try LawfulStream(seed: 77)
        var turns: [TurnEntry] = []
        for _ in 0..<300 { turns.append(try stream.next()) }
        let strange =
            "quote \" slash / back \\ tab \t bell \u{7} line \n\r\u{8}\u{c}\u{1f}\u{7f} é 日 \u{1F600} \u{2028}"
        let report = ShutdownReport(
            bot: try bot(), epoch: 7, startedAt: stamp(1).utc, stoppedAt: stamp(2).utc, mode: .paper,
            reason: strange)
        turns.append(
            TurnEntry(
                number: 301, stamp: stamp(301),
                event: .answered(
                    4, .placed(.ambiguous(CallFailure(strange, retryAfter: .milliseconds(1_500))))),
                records: [.alert(Alert(name: "x", message: strange, at: stamp(1).utc))],
                commands: [
                    try placement(of: try restingOrder(1)), NumberedCommand(id: 2, command: .exit(report)),
                    NumberedCommand(id: 3, command: .listOrders(OrderQuery(.working(), cursor: nil))),
                    NumberedCommand(id: 4, command: .cancel([])),
                ]))
        turns.append(entry(302, event: .feed(.market, .silent)))
        #expect(
            store.commit(Transaction(number: 1, turns: turns, checkpoint: false))
                == .committed(checkpointed: nil))
        struct Payload: Encodable {
            var event: Event?
            var records: [Trading.Record]
            var commands: [NumberedCommand]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var index = 0
        try StateReader(at: directory.path).journal { row in
            let turn = turns[index]
            let payload = Payload(event: turn.event, records: turn.records, commands: turn.commands)
            let expected = String(decoding: try encoder.encode(payload), as: UTF8.self)
            #expect(row.payload == expected)
            index += 1
            return true
        }
        #expect(index == turns.count)
    }

    @Test func progressIsToldForLongJournals() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore.open(at: directory.path, bot: try bot())
        let turns = (1...5_000).map { entry(Int64($0), .recovered(at: stamp(1).utc)) }
        #expect(
            store.commit(Transaction(number: 1, turns: turns, checkpoint: false))
                == .committed(checkpointed: nil))
        var told: [[Int64]] = []
        #expect(try store.verifyJournal { told.append([$0, $1]) } == .intact(rows: 5_000))
        #expect(told == [[4_096, 5_000], [5_000, 5_000]])
    }
}
