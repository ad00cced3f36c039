// Alerts from a terminal: whether each sink takes one, and what became of those that were told.

import Alerting
import ArgumentParser
import CLinux
import Glibc
import Storage
import Trading
import TradingDomain

struct AlertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Test the alert sinks, or list what was sent.",
        subcommands: [Test.self, List.self, Note.self])

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Send one test alert to every sink, and say what each answers (70 if one does not take it).")

        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let configuration = try options.load()
            guard !configuration.alerts.isEmpty else {
                throw Leave(
                    Trading.ExitCode.configuration,
                    "no alert sink is configured; see `alerts:` in docs/alerts.md")
            }
            // A program that ends without reading must not end us.
            signal(SIGPIPE, SIG_IGN)
            let now = UTCInstant(nanoseconds: cl_utc_nanoseconds())
            let alert = OutgoingAlert(
                id: "\(configuration.bot)-test-\(now.secondsSince1970)", name: "test", level: .info,
                message: "a test: alerts of this bot arrive here", at: now)
            let lines = configuration.alerts.map { sink in
                TestLine(sink, Sinks.sendOnce(alert, to: sink, AlertOrigin(configuration)))
            }
            DrillNotes(stateDirectory: configuration.stateDirectory).leave(
                .init(
                    at: now,
                    sinks: lines.map { .init(sink: $0.sink, taken: $0.taken, answer: $0.answer) }))
            if json {
                try Output.json(lines)
            } else {
                Output.table(
                    ["SINK", "TYPE", "PLACE", "TAKEN", "ANSWER"],
                    lines.map { [$0.sink, $0.type, $0.place, $0.taken ? "yes" : "NO", $0.answer] })
            }
            if lines.contains(where: { !$0.taken }) { throw Leave(Trading.ExitCode.internalError) }
        }
    }

    /// For a guardian, which has neither network nor store: what it says is sent by the next life.
    struct Note: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leave a note for the next life to send.", shouldDisplay: false)

        @OptionGroup var options: ConfigurationOptions
        @Option(help: .hidden)
        var mode: String?
        @Option(help: "Its name.")
        var event: String
        @Option(help: "Its words.")
        var message: String
        @Option(help: .hidden)
        var accepted: Int32?
        @Flag(help: .hidden)
        var attached = false

        func run() throws {
            var source = try options.source([("mode", mode)])
            source.onlyLooks = true
            source.isForSweep = true
            source.accepted = try accepted.map { try AcceptedMemory(inherited: $0) }
            if attached { try source.takeLastLife() }
            let configuration = try source.load()
            guard !configuration.alerts.isEmpty else { return }
            let spool = GuardianSpool(stateDirectory: configuration.stateDirectory, bot: configuration.bot)
            let now = UTCInstant(nanoseconds: cl_utc_nanoseconds())
            guard spool.add(name: event, message: message, at: now) else {
                throw Leave(
                    Trading.ExitCode.internalError, "cannot leave a note in \(configuration.stateDirectory)")
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the alerts that are kept, newest first, and what became of each at each sink.")

        @OptionGroup var options: ConfigurationOptions
        @Option(help: "At most this many.")
        var limit = 50
        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let configuration = try options.load()
            let outbox = try Failure.naming { try StateReader(at: configuration.stateDirectory).outbox() }
            let sinks = outbox.sinks.filter { sink in configuration.alerts.contains { $0.name == sink.name } }
            let lines = outbox.entries.reversed().prefix(max(0, limit)).map { AlertLine($0, sinks) }
            if json {
                return try Output.json(
                    Listing(
                        alerts: Array(lines),
                        dropped: Dictionary(sinks.map { ($0.name, $0.dropped) }) { first, _ in first }))
            }
            Output.table(
                ["AT", "LEVEL", "NAME", "SINKS", "ID", "MESSAGE"],
                lines.map { [$0.at, $0.level, $0.name, $0.summary, $0.id, String($0.message.prefix(100))] })
            for sink in sinks where sink.dropped > 0 {
                Output.line("\(sink.dropped) alerts for \(sink.name) were dropped")
            }
        }
    }
}

private struct TestLine: Encodable {
    let sink: String
    let type: String
    let place: String
    let taken: Bool
    let answer: String

    init(_ settings: SinkSettings, _ answer: SinkAnswer) {
        sink = settings.name
        type = settings.kind.word
        place = settings.place
        switch answer {
        case .delivered(let words): (taken, self.answer) = (true, words)
        case .failed(let words, _), .refused(let words): (taken, self.answer) = (false, words)
        }
    }
}

private struct Listing: Encodable {
    let alerts: [AlertLine]
    let dropped: [String: Int]
}

private struct AlertLine: Encodable {
    struct Delivery: Encodable {
        let sink: String
        let state: String
        let attempts: Int?
        let at: String?
        let answer: String?
    }
    let id: String
    let name: String
    let event: String
    let level: String
    let message: String
    let at: String
    let suppressed: Bool
    let deliveries: [Delivery]

    init(_ entry: Outbox.Entry, _ sinks: [Outbox.Sink]) {
        id = entry.alert.id
        name = entry.alert.name
        event = AlertTopic.of(name).rawValue
        level = entry.alert.level.rawValue
        message = entry.alert.message
        at = "\(entry.alert.at)"
        suppressed = entry.isSuppressed
        let done = entry.deliveries.map {
            Delivery(
                sink: $0.sink, state: $0.state.rawValue, attempts: $0.attempts, at: "\($0.at)",
                answer: $0.words)
        }
        // What nobody has answered for, and is for this sink at all.
        let open = sinks.filter { sink in
            !entry.isSuppressed && entry.alert.at >= sink.since
                && !entry.deliveries.contains { $0.sink == sink.name }
        }
        deliveries =
            done + open.map { Delivery(sink: $0.name, state: "pending", attempts: nil, at: nil, answer: nil) }
    }

    var summary: String {
        if suppressed { return "same as before" }
        let told = deliveries.filter { $0.state != "unwanted" }.map { "\($0.sink) \($0.state)" }
        return told.isEmpty ? "-" : told.joined(separator: ", ")
    }
}
