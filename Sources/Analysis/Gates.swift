// What still stands between a configuration and live trading. Each gate says what is wanted, what was seen of it and
// where, and what to do next. What nobody can know is said to be not known, which is not passed.

import Trading
import TradingDomain

package struct Gate: Encodable, Equatable, Sendable {
    package enum Verdict: String, Encodable, Sendable {
        case passed, open
        case unknown = "not-known"
    }
    package var name: String
    package var verdict: Verdict
    /// What was seen.
    package var evidence: String
    /// The journal's row that shows it, and when it was.
    package var seq: Int64?
    package var at: UTCInstant?
    /// Nil where nothing is to be done.
    package var todo: String?

    package init(
        _ name: String, _ verdict: Verdict, _ evidence: String, seq: Int64? = nil, at: UTCInstant? = nil,
        todo: String? = nil
    ) {
        self.name = name
        self.verdict = verdict
        self.evidence = evidence
        self.seq = seq
        self.at = at
        self.todo = todo
    }
}

/// What the gates judge by.
package struct GateEvidence: Sendable {
    package struct Sink: Sendable {
        package var name: String
        package var isTaken: Bool
        package var at: UTCInstant
        package var words: String

        package init(name: String, isTaken: Bool, at: UTCInstant, words: String) {
            self.name = name
            self.isTaken = isTaken
            self.at = at
            self.words = words
        }
    }

    package var now: UTCInstant
    /// Days of trading that are wanted, of the last `window`.
    package var wantedDays: Int
    /// Why the journal of paper trading can't be read; nil where it can.
    package var noJournal: String?
    package var lives: [LifeTold] = []
    /// Halts and when each was resumed.
    package var halts: [TradingReport.HaltTold] = []
    /// Of sinks that are configured.
    package var sinks: [String] = []
    /// What became of the last alert, or test, at each sink.
    package var deliveries: [Sink] = []
    /// Whether a guardian watches the bot that runs now; nil where none runs.
    package var isGuardedNow: Bool?
    package var lastBackup: (path: String, at: UTCInstant)?

    /// Drills and days count that long.
    package static let window: Duration = .seconds(30 * 86_400)
    package static let stopsJudged = 10

    package init(now: UTCInstant, wantedDays: Int) {
        self.now = now
        self.wantedDays = wantedDays
    }
}

extension GateEvidence {
    /// The gates that the journal and the state directory can answer for.
    package var gates: [Gate] {
        journalGates + [alerts, backup]
    }

    private var journalGates: [Gate] {
        let all = [paperDays, cleanStops, killDrill, haltDrill, guardian]
        guard let noJournal else { return all }
        return all.map { gate in
            Gate(
                gate.name, .unknown, "the journal of paper trading can't be asked: \(noJournal)",
                todo:
                    "trade on paper first; for a live configuration, name its state directory: --paper-state, or "
                    + "gates.paper_state_dir")
        }
    }

    private var since: UTCInstant { now - Self.window }

    private var paperDays: Gate {
        let paper = lives.filter { $0.mode == .paper }
        var traded = Duration.zero
        for life in paper { traded += life.traded(since: since, until: now) }
        let wanted = Duration.seconds(Int64(wantedDays) * 86_400)
        let words =
            "traded \(StoryWords.duration(traded)) on paper within the last 30 days (lives: "
            + "\(paper.filter { $0.traded(since: since, until: now) > .zero }.count)); wanted are \(wantedDays) days"
        let last = paper.last
        return Gate(
            "paper-days", traded >= wanted ? .passed : .open, words, seq: last?.seq, at: last?.beganAt,
            todo: traded >= wanted
                ? nil
                : "let it trade on paper for another \(StoryWords.duration(wanted - traded)): `trader247 run`"
        )
    }

    private var cleanStops: Gate {
        let stops = lives.compactMap(\.end).suffix(Self.stopsJudged)
        guard let last = stops.last else {
            return Gate(
                "clean-stops", .open, "no stop is in the journal",
                todo: "stop it once: Ctrl-C, or `trader247 stop`")
        }
        let bad = stops.last { $0.verdict != .clean }
        guard let bad else {
            return Gate(
                "clean-stops", .passed,
                (stops.count == 1 ? "the last stop was clean" : "the last \(stops.count) stops were clean")
                    + ", the youngest: \(last.reason)",
                seq: last.seq, at: last.at)
        }
        let verdict = bad.verdict?.rawValue ?? "its end is not in the journal"
        return Gate(
            "clean-stops", .open,
            "of the last \(stops.count) stops one was not clean (\(verdict)): \(bad.reason)",
            seq: bad.seq, at: bad.at,
            todo:
                "see why: `trader247 last-stop`, docs/stop-sequence.md; it counts until \(Self.stopsJudged) stops "
                + "have come after it")
    }

    private var killDrill: Gate {
        let sweep = lives.last { life in
            life.crash != nil && life.end?.verdict == .clean && life.beganAt >= since
        }
        guard let sweep, let crash = sweep.crash, let end = sweep.end else {
            return Gate(
                "kill-drill", .open, "no sweep after a crash that proved the account empty, within 30 days",
                todo:
                    "with orders working under `trader247 run`: `kill -9 $(trader247 status --pid)`, with the options of "
                    + "that run; its guardian sweeps"
            )
        }
        return Gate(
            "kill-drill", .passed,
            "\(crash.words); proved empty \(StoryWords.duration(max(.zero, end.at - crash.at))) later",
            seq: end.seq,
            at: end.at)
    }

    private var haltDrill: Gate {
        let drill = halts.last { $0.cause == .killSwitch && $0.resumedAt != nil && $0.at >= since }
        guard let drill, let resumed = drill.resumedAt else {
            let todo =
                halts.last.flatMap { $0.resumedAt == nil ? "`trader247 resume --confirm`" : nil }
                ?? "while it runs: `trader247 halt`, see that it is proved, then `trader247 resume --confirm`"
            return Gate(
                "halt-drill", .open, "no halt by an operator that was resumed, within 30 days", todo: todo)
        }
        return Gate(
            "halt-drill", .passed, "halted (\(drill.detail)), resumed \(resumed)", seq: drill.seq,
            at: drill.at)
    }

    private var guardian: Gate {
        if let crash = lives.last(where: { $0.crash != nil && $0.beganAt >= since })?.crash {
            return Gate(
                "guardian", .passed, "a guardian swept after a crash: \(crash.words)", seq: crash.seq,
                at: crash.at)
        }
        switch isGuardedNow {
        case true?: return Gate("guardian", .passed, "the bot that runs now has one")
        case false?:
            return Gate(
                "guardian", .open, "the bot that runs now has none", todo: "run it without --no-guardian")
        case nil:
            return Gate(
                "guardian", .unknown, "none is seen in the journal, and no bot runs now",
                todo: "ask while it runs, or do the kill drill")
        }
    }

    private var alerts: Gate {
        guard !sinks.isEmpty else {
            return Gate(
                "alerts", .open, "no alert sink is configured",
                todo: "name one that reaches you at night: `alerts:`, docs/alerts.md")
        }
        var latest: Sink?
        for name in sinks {
            let told = deliveries.filter { $0.name == name && $0.at >= since }
            guard let last = told.max(by: { $0.at < $1.at }) else {
                return Gate(
                    "alerts", .open, "nothing was delivered to \(name) within 30 days",
                    todo: "`trader247 alerts test`")
            }
            guard last.isTaken else {
                return Gate(
                    "alerts", .open, "\(name) did not take the last one: \(last.words)", at: last.at,
                    todo: "see to it, then `trader247 alerts test`")
            }
            if latest.map({ $0.at < last.at }) ?? true { latest = last }
        }
        return Gate(
            "alerts", .passed, "delivered to \(sinks.joined(separator: ", "))", at: latest?.at)
    }

    private var backup: Gate {
        guard let lastBackup, lastBackup.at >= since else {
            let words = lastBackup.map { "the last backup is of \($0.at)" } ?? "no backup is known"
            return Gate("backup", .open, words, todo: "`trader247 backup`, and copy it to another disk")
        }
        return Gate("backup", .passed, lastBackup.path, at: lastBackup.at)
    }
}
