import Analysis
import ArgumentParser
import Daemon
import Trading

struct GatesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gates",
        abstract: "Say what still stands between this configuration and live, each with its evidence.",
        discussion: """
            Reads the journal of paper trading, looks at this machine, and asks the venue where one is configured. It \
            places and cancels nothing, and may run beside a bot that trades.

            Exit code 0 when every gate is passed, else 1.
            """)

    static let notPassed: Int32 = 1

    @OptionGroup var options: ConfigurationOptions
    @Option(
        help: ArgumentHelp(
            "The state directory of paper trading, where this configuration is not the one of paper.",
            valueName: "dir"))
    var paperState: String?
    @Flag(help: "Do not ask the venue.")
    var offline = false
    @Flag(help: "Print JSON.")
    var json = false

    private struct Report: Encodable {
        let passed: Bool
        let gates: [Gate]
    }

    func run() throws {
        var source = try options.source()
        source.onlyLooks = true
        let configuration = try source.load()
        let keeper = GateKeeper(configuration, paperDirectory: paperState, now: SystemClock().now().utc)
        var gates = try Failure.naming { try keeper.journalGates() }
        gates.append(keeper.configurationGate(source))
        var findings = Findings()
        HostChecks(configuration).run(&findings)
        if !offline { DoctorCommand.checkVenue(configuration, &findings) }
        let nobody =
            offline ? "the venue was not asked" : "no venue that answers is configured here"
        gates += [
            GateKeeper.gate(
                "state-directory", "state directory", of: findings.all, otherwise: "not looked at"),
            GateKeeper.gate("clock", "clock", of: findings.all, otherwise: nobody),
            GateKeeper.gate("key", "permissions", of: findings.all, otherwise: "\(nobody) with a key"),
            GateKeeper.gate(
                "key-cannot-withdraw", "transfer", of: findings.all, otherwise: "\(nobody) with a key"),
        ]
        let passed = gates.allSatisfy { $0.verdict == .passed }
        if json {
            try Output.json(Report(passed: passed, gates: gates))
        } else {
            Self.tell(gates)
        }
        throw Leave(passed ? Trading.ExitCode.clean : Self.notPassed)
    }

    private static func tell(_ gates: [Gate]) {
        for gate in gates {
            let mark =
                switch gate.verdict {
                case .passed: "passed   "
                case .open: "OPEN     "
                case .unknown: "not known"
                }
            let row = gate.seq.map { " (journal row \($0)\(gate.at.map { ", \($0)" } ?? ""))" }
            let time = gate.at.map { " (\($0))" }
            Output.line("\(mark)  \(gate.name): \(gate.evidence)\(row ?? time ?? "")")
            if let todo = gate.todo { Output.line("           -> \(todo)") }
        }
        let missing = gates.filter { $0.verdict != .passed }.count
        Output.line(
            missing == 0
                ? "every gate is passed"
                : "\(missing) of \(gates.count) gates are not passed; docs/going-live.md")
    }
}

extension GateKeeper {
    /// At a live start: what is open is said, and refused only where the configuration wants that.
    static func tellAtStart(_ configuration: Configuration, _ source: ConfigurationSource) throws {
        let keeper = GateKeeper(configuration, paperDirectory: nil, now: SystemClock().now().utc)
        var gates = [keeper.configurationGate(source)]
        do {
            gates = try keeper.journalGates() + gates
        } catch {
            // A rehearsal that can't be read is no reason not to trade, unless gates are.
            gates.append(Gate("journal", .unknown, "\(error)"))
        }
        let open = gates.filter { $0.verdict != .passed }
        guard !open.isEmpty else { return }
        let names = open.map { "\($0.name) (\($0.verdict == .open ? "open" : "not known"))" }
        let words = "gates before live that are not passed: \(names.joined(separator: ", "))"
        guard configuration.gates.isRequired else {
            return Output.complain("\(words); `trader247 gates` says why, trading goes on all the same")
        }
        throw Leave(
            ExitCode.configuration,
            "\(words); gates.require is set: `trader247 gates` says why; nothing was started")
    }
}
