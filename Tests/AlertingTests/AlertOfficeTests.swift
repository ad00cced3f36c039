// The office with its thread, real programs as sinks, and a real store: nobody who posts waits, and what was delivered
// is written down.

import Daemon
import Foundation
import Glibc
import Storage
import Synchronization
import Testing
import Trading
import TradingDomain

@testable import Alerting

@Suite struct AlertOfficeTests {
    private let origin: AlertOrigin
    private let directory =
        FileManager.default.temporaryDirectory.path + "/trader247-alerts-\(UUID().uuidString)"

    init() throws {
        // As in the daemon: an office outlives its test, and its programs the directory that they write to.
        signal(SIGPIPE, SIG_IGN)
        origin = AlertOrigin(bot: try #require(BotID("t")), mode: .paper, host: "here", version: "0")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private func writer(_ name: String) -> SinkSettings {
        SinkSettings(name: name, kind: .command(["/bin/sh", "-c", "cat >> \(directory)/\(name)"]))
    }

    private func alert(_ number: Int, _ name: String = "overfill") -> OutgoingAlert {
        OutgoingAlert(
            id: "t-1-\(number)-1", name: name, level: .alert, message: "number \(number)",
            at: UTCInstant(nanoseconds: Int64(Date().timeIntervalSince1970) * 1_000_000_000))
    }

    private func lines(_ name: String) -> [String] {
        let text = (try? String(contentsOfFile: directory + "/" + name, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    private func eventually(_ what: String, _ fact: () throws -> Bool) rethrows {
        let end = ContinuousClock.now + .seconds(30)
        while try !fact() {
            guard ContinuousClock.now < end else {
                Issue.record("not in time: \(what)")
                return
            }
            usleep(2_000)
        }
    }

    @Test func whatManyThreadsPostIsDeliveredOnceAndWrittenDown() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = try StateStore.open(at: directory, bot: origin.bot)
        let office = try AlertOffice(
            [writer("a")], origin, outbox: try store.outbox(),
            store: OutboxAccess(
                mark: { store.mark($0) }, writeSoon: { store.rest() }, isWritten: { store.hasWrittenMarks }),
            spool: nil, log: Log(writers: []))
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for number in 0..<4 { office.post([alert(thread * 10 + number)]) }
        }
        eventually("all are delivered") { lines("a").count == 16 }
        #expect(Set(lines("a")).count == 16)
        try eventually("it is written down") {
            let outbox = try store.outbox()
            return outbox.sinks.map(\.name) == ["a"] && store.hasWrittenMarks
        }
    }

    @Test func aHungProgramHoldsUpNeitherWhoPostsNorTheEndNorTheOthers() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var hung = SinkSettings(name: "hung", kind: .command(["/bin/sleep", "60"]))
        hung.patience = .seconds(20)
        let office = try AlertOffice(
            [hung, writer("b")], origin, outbox: Outbox(), store: nil, spool: nil, log: Log(writers: []))
        office.post([alert(1)])
        eventually("the other hears of it") { lines("b").count == 1 }
        office.post([alert(2)])
        let began = ContinuousClock.now
        office.conclude(within: .seconds(5), atLeisure: false)
        #expect(ContinuousClock.now - began < .seconds(3))
        eventually("it arrives all the same") { lines("b").count == 2 }
    }

    @Test func notesOfAGuardianAreSentWrittenDownAndRemoved() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let spool = GuardianSpool(stateDirectory: directory, bot: origin.bot)
        #expect(spool.add(name: "hang", message: "no turn\nfor 9 s", at: alert(1).at))
        let store = try StateStore.open(at: directory, bot: origin.bot)
        let office = try AlertOffice(
            [writer("c")], origin, outbox: try store.outbox(),
            store: OutboxAccess(
                mark: { store.mark($0) }, writeSoon: { store.rest() }, isWritten: { store.hasWrittenMarks }),
            spool: spool, log: Log(writers: []))
        defer { withExtendedLifetime(office) {} }
        eventually("it is sent") { lines("c").count == 1 }
        #expect(lines("c").first?.contains("guardian: no turn for 9 s") == true)
        eventually("the note is removed") {
            !FileManager.default.fileExists(atPath: directory + "/guardian-alerts.taken")
                && !FileManager.default.fileExists(atPath: directory + "/guardian-alerts")
        }
        try eventually("the store has it") {
            try store.outbox().entries.first?.deliveries.first?.state == .delivered
        }
    }
}
