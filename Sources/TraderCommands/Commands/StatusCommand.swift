// What runs here, and how it is; without a daemon, what the last one left.

import ArgumentParser
import Control
import Daemon
import FoundationEssentials
import Storage
import Trading

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Print how the running bot is; exit 69 when none runs here.",
        discussion: """
            With --watch a terminal shows it live, as `run` does; a bot that is not there is waited for. Elsewhere each \
            change is a line. Ctrl-C ends it.

            To kill this bot, and no other of the host: kill -9 $(trader247 status --pid). Its guardian goes on, or \
            goes with it: kill -9 $(trader247 status --pid --guardian-pid).
            """)

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print JSON.")
    var json = false
    @Flag(help: "Look again and again.")
    var watch = false
    @Flag(help: "Print the pid of the process that trades, and nothing else.")
    var pid = false
    @Flag(help: "Print the pid of its guardian, and nothing else.")
    var guardianPid = false

    func validate() throws {
        if pid || guardianPid, json || watch {
            throw ValidationError("--pid and --guardian-pid print nothing else")
        }
    }

    private struct Offline: Encodable {
        let running = false
        let words: String
        let standing: Standing?
        let halts: [Halt]
        let workingOrders: Int
        let haltFile: Bool
    }

    func run() throws {
        let daemon = try RunningDaemon(options)
        if watch { try StatusWatch(daemon: daemon, isJSON: json).run() }
        guard let status = try daemon.status() else { return try offline(daemon.directory) }
        if pid || guardianPid { return try tellPids(status.pid, daemon.directory) }
        if json { return try Output.json(status) }
        Output.line(status.words)
        guard let core = status.core else { return }
        Output.line(
            "bot \(core.bot), \(core.mode.rawValue), epoch \(core.epoch), pid \(status.pid), since \(core.startedAt)"
        )
        for reason in core.gateClosedBy { Output.line("nothing new is placed: \(reason)") }
        Output.line(
            "result \(core.result), today \(core.dayResult.map { "\($0)" } ?? "unknown"), "
                + "\(core.unknownPlacements) placements with unknown outcome")
        Output.table(
            ["SYMBOL", "BID", "ASK", "POSITION", "WORKING", "RESULT"],
            core.markets.map {
                [
                    "\($0.symbol)", $0.bid.map { "\($0)" } ?? "-", $0.ask.map { "\($0)" } ?? "-",
                    "\($0.position)",
                    "\($0.workingOrders)", $0.result.map { "\($0)" } ?? "-",
                ]
            }, right: [1, 2, 3, 4, 5])
        StrategyTable.show(core.strategies)
        if let universe = core.universe {
            Output.line(
                "universe: \(universe.included.map(\.description).joined(separator: ", "))"
                    + (universe.included.isEmpty ? "nothing" : "")
                    + "; `trader247 universe` says why others are not in it")
        }
    }

    private func tellPids(_ trader: Int32, _ directory: String) throws {
        if guardianPid {
            // Whoever holds the lock for it, where that is another process.
            let holder = InstanceLock.holder(at: Locks.instancePath(in: directory))
            guard let holder, holder.pid != trader else {
                throw Leave(RunningDaemon.refused, "pid \(trader) trades without a guardian")
            }
            Output.line("\(holder.pid)")
        }
        if pid { Output.line("\(trader)") }
    }

    private func offline(_ directory: String) throws {
        var words = "not running"
        var state: DurableState?
        do throws(StoreError) {
            state = try StateReader(at: directory).load()
        } catch {
            if case .notFound = error {
                words += "; there is no store in \(directory)"
            } else {
                words += "; \(error)"
            }
        }
        if let last = PastStops(stateDirectory: directory).last {
            words += "; " + StopWordsForPeople.line(last.report)
        }
        if let halt = state?.halts.first {
            words += "; halted since \(halt.at) (\(halt.cause.rawValue)): \(halt.detail)"
        }
        if let standing = state?.standing {
            words += "; \(standing.kind.rawValue) since \(standing.at) by \(standing.by)"
        }
        let hasFile = HaltFile.exists(in: directory)
        if hasFile { words += "; the halt file is there" }
        // No word for what takes pids.
        if pid || guardianPid { throw Leave(RunningDaemon.unavailable, words) }
        if json {
            try Output.json(
                Offline(
                    words: words, standing: state?.standing, halts: state?.halts ?? [],
                    workingOrders: state?.ledger.workingCount ?? 0, haltFile: hasFile))
        } else {
            Output.line(words)
        }
        throw Leave(RunningDaemon.unavailable)
    }
}

enum StopWordsForPeople {
    static func line(_ report: ShutdownReport) -> String {
        var text =
            "stopped \(report.verdict.rawValue) at \(report.stoppedAt) (exit code \(report.exitCode), "
            + "\(report.ordersCanceled) of \(report.ordersFound) orders canceled, \(report.elapsedMs) ms): \(report.reason)"
        for order in report.remaining {
            text += "\n  STILL OUT: \(order.exchangeOrderID?.description ?? order.clientOrderID.description)"
        }
        return text
    }
}

struct LastStopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "last-stop", abstract: "Print how the last stop went; also while the bot runs again.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print the whole report, as JSON.")
    var json = false

    func run() throws {
        let directory = try options.load(onlyLooks: true).stateDirectory
        let stops = PastStops(stateDirectory: directory)
        guard let last = stops.last else {
            throw Leave(RunningDaemon.unavailable, "no stop has been reported in \(directory)")
        }
        if json { return Output.json(String(decoding: stops.text(last.name) ?? [], as: UTF8.self)) }
        let report = last.report
        Output.line(StopWordsForPeople.line(report))
        Output.table(
            ["PHASE", "STARTED", "MS", "ATTEMPTS"],
            report.phases.map {
                [$0.name.rawValue, "\($0.startedAt)", "\($0.durationMs)", "\($0.attempts)"]
            },
            right: [2, 3])
        for error in report.errors { Output.line("error: \(error)") }
    }
}
