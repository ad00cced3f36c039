// What operators say to a running bot.

import ArgumentParser
import Control
import Daemon
import Trading

struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "No new entries; exits and cancels go on, until `resume`.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Cancel resting entries, too: only orders stay that close a position.")
    var reduceOnly = false

    func run() throws {
        try RunningDaemon(options).tell("/v1/pause", ["reduce_only": reduceOnly])
    }
}

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Trade on after a pause or a stop; after a halt with --confirm.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Leave a halt, too: you have seen why.")
    var confirm = false

    func run() throws {
        try RunningDaemon(options).tell("/v1/resume", ["confirm": confirm])
    }
}

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop clean, and stay stopped: a restart waits for `resume`.",
        discussion: """
            Waits for the end, and leaves with the exit code of the stop. A service manager may start the bot again: \
            it then cleans up and waits. To stop only this process, send it SIGTERM.
            """)

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Do not wait for the end.")
    var noWait = false

    func run() throws {
        let daemon = try RunningDaemon(options)
        guard let life = try daemon.status() else {
            throw Leave(RunningDaemon.unavailable, "no daemon runs here, so there is nothing to stop")
        }
        try daemon.tell("/v1/stop")
        if noWait { return }
        try Ending.wait(for: life, daemon)
    }
}

/// Waiting for the end of a life, and saying how it ended.
enum Ending {
    static func wait(for life: StatusView, _ daemon: RunningDaemon, within limit: Duration = .seconds(120))
        throws
    {
        _ = try daemon.follow(life, within: limit) { _ in false }
        guard let report = daemon.report(of: life) else {
            throw Leave(
                Trading.ExitCode.internalError,
                "the daemon ended and left no report; look at its log, then `trader247 sweep`")
        }
        Output.line(StopWordsForPeople.line(report))
        throw Leave(report.exitCode)
    }
}

struct HaltCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "halt",
        abstract: "Kill switch: cancel everything, prove it, place nothing until `resume --confirm`.",
        discussion: """
            The process stays up, and stays halted across restarts. If no daemon answers, the halt file is made: the \
            next one that starts, or the one that hangs, is halted.
            """)

    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "Why, for the journal.")
    var reason: String?
    @Flag(help: "Do not wait for the proof that nothing is left.")
    var noWait = false

    func run() throws {
        let daemon = try RunningDaemon(options)
        let life: StatusView?
        do {
            life = try daemon.status()
            guard life != nil else { throw Leave(RunningDaemon.unavailable, "no daemon runs here") }
            try daemon.tell("/v1/halt", reason.map { ["reason": $0] } ?? [:])
        } catch let leave as Leave where leave.code == RunningDaemon.unavailable {
            let path = HaltFile.path(in: daemon.directory)
            guard HaltFile.make(in: daemon.directory) else {
                throw Leave(leave.code, "\(leave.message ?? ""); and the halt file \(path) can't be made")
            }
            throw Leave(
                leave.code,
                "\(leave.message ?? ""); the halt file \(path) is made, so whatever runs or starts here is halted. "
                    + "To cancel what is left of a bot that is gone: `trader247 sweep`")
        }
        guard !noWait, let life else { return }
        let end = try daemon.follow(life, within: .seconds(60)) { $0.core?.isProvedEmpty == true }
        guard let end else { throw Leave(Trading.ExitCode.ordersRemain, "the daemon ended before the proof") }
        Output.line(end.words)
    }
}

struct FlattenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flatten", abstract: "Close every position, then pause, stop or halt.",
        discussion: """
            Orders are canceled first. Positions are closed by orders that fill at once or not at all, never further \
            from the first price seen than the slippage. What is not closed in time stays and is named.
            """)

    @OptionGroup var options: ConfigurationOptions
    @Option(help: "How far from the first price seen, in basis points (1 to 2000).")
    var slippageBps: Int64 = 50
    @Option(help: "How long it may take, like 60s.")
    var timeout = "60s"
    @Option(help: "What follows: pause, stop or halt.")
    var then = "pause"
    @Flag(help: "Do not wait for the end.")
    var noWait = false

    private struct Body: Encodable {
        var slippageBps: Int64
        var timeoutS: Int64
        var then: String
    }

    func run() throws {
        guard let limit = Values.duration(timeout), limit >= .seconds(1) else {
            throw ValidationError("--timeout wants a duration like 30s, not '\(timeout)'")
        }
        let daemon = try RunningDaemon(options)
        guard let life = try daemon.status() else {
            throw Leave(RunningDaemon.unavailable, "no daemon runs here, so nothing can be closed")
        }
        try daemon.tell(
            "/v1/flatten",
            Body(slippageBps: slippageBps, timeoutS: limit.components.seconds, then: then))
        if noWait { return }
        let over = try daemon.follow(life, within: limit + .seconds(30)) { $0.core?.isFlattening == false }
        guard let over, over.lifecycle != .stopping else { return try Ending.wait(for: life, daemon) }
        let left = (over.core?.markets ?? []).filter { !$0.position.isZero }
        for market in left { Output.line("left: \(market.symbol) \(market.position)") }
        Output.line(over.words)
        if !left.isEmpty { throw Leave(Trading.ExitCode.ordersRemain, "not every position is closed") }
    }
}

struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Take the changed configuration, as far as that needs no restart; like SIGHUP.")

    @OptionGroup var options: ConfigurationOptions

    func run() throws { Output.line(try RunningDaemon(options).say("/v1/reload")) }
}
