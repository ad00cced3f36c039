// From arguments to an exit code.

import ArgumentParser
import CLinux
import Daemon
import FoundationEssentials
import Glibc
import Synchronization
import Trading
import TradingDomain

/// What every command may need of the process's beginning.
struct Launch: Sendable {
    /// There for commands that trade; the others leave signals to their defaults.
    let watchdog: Watchdog?
    private let arguments: [String]
    /// Taken and not read: they are for the guardian that this process becomes.
    private static let untouched = Mutex<Int32>(-1)
    private static let guardiansLifeline = Mutex<Lifeline?>(nil)
    private static let hangUpCounts = Mutex(true)

    /// The words after the program's name.
    static var words: [String] { Array(CommandLine.arguments.dropFirst()) }
    static var lifeline: Lifeline? { guardiansLifeline.withLock { $0 } }
    /// Whether a lost terminal is to be passed on to a trader.
    static var obeysHangUp: Bool { hangUpCounts.withLock { $0 } }
    static var interruption: Interruption {
        if let watchdog { return .watched(watchdog.signals) }
        let descriptor = untouched.withLock { $0 }
        return descriptor >= 0 ? .waiting(descriptor) : .none
    }

    /// The one of this process, for the command that asks for it.
    private static let current = Mutex<Watchdog?>(nil)
    static var watchdog: Watchdog? { current.withLock { $0 } }

    /// What this process never lets go of.
    private static let kept = Mutex<[any Sendable]>([])
    static func keepToTheEnd(_ value: any Sendable) { kept.withLock { $0.append(value) } }

    /// Those that may have orders to look after.
    private static let tradingCommands = ["run", "sweep"]

    static func begin(_ arguments: [String]) -> Launch {
        ProcessLimits.begin(arguments.dropFirst().first)
        var watchdog: Watchdog?
        if let command = arguments.dropFirst().first, tradingCommands.contains(command) {
            if command == "run", becomesGuardian(arguments) {
                // No thread yet, and no signal is read: blocked ones survive the change of program.
                hangUpCounts.withLock { $0 = cl_hangup_is_ignored() == 0 && cl_has_terminal() != 0 }
                let descriptor = cl_take_signals()
                untouched.withLock { $0 = descriptor }
                return Launch(watchdog: nil, arguments: Array(arguments.dropFirst()))
            }
            // Our threads share what they allocate: heaps of their own would hold it twice.
            cl_share_heap()
            do {
                let lifeline = try inheritedLifeline(arguments)
                guardiansLifeline.withLock { $0 = lifeline }
                watchdog = try Watchdog.start(lifeline: lifeline)
            } catch {
                Output.complain("cannot watch over the process: \(error)")
                _exit(Trading.ExitCode.internalError)
            }
        }
        current.withLock { $0 = watchdog }
        return Launch(watchdog: watchdog, arguments: Array(arguments.dropFirst()))
    }

    /// What must be known before the command line is parsed: signals come first.
    private static func becomesGuardian(_ arguments: [String]) -> Bool {
        !arguments.contains { $0 == "--no-guardian" || $0 == "--guarded" || $0.hasPrefix("--guarded=") }
    }

    private static func inheritedLifeline(_ arguments: [String]) throws -> Lifeline? {
        guard let at = arguments.firstIndex(of: "--guarded"), at + 1 < arguments.count,
            let descriptor = Guarded(arguments[at + 1])?.lifeline
        else { return nil }
        return try Lifeline(inheriting: descriptor)
    }

    /// Carries out the command and answers the exit code.
    func run() -> Int32 {
        do {
            var command = try Trader247.parseAsRoot(arguments)
            try ProcessLimits.check(arguments.first)
            try command.run()
            return 0
        } catch let leave as Leave {
            if let message = leave.message { Output.complain(message) }
            return refused(leave.code)
        } catch {
            return refused(usage(error))
        }
    }

    /// Who would have become a guardian, and is refused, may not leave over orders that rest.
    private func refused(_ code: Int32) -> Int32 {
        guard RefusedStart.isOne(code), Self.untouched.withLock({ $0 }) >= 0 else { return code }
        return RefusedStart.leave(with: code, words: arguments)
    }

    /// Help and version go to stdout with 0, what was mistyped to stderr with 64.
    private func usage(_ error: any Error) -> Int32 {
        let text = Trader247.fullMessage(for: error)
        switch Trader247.exitCode(for: error) {
        case .success:
            if !text.isEmpty { Output.line(text) }
            return 0
        case .validationFailure:
            Output.complain(text + Self.suggestion(text))
            return Trading.ExitCode.usage
        default:
            Output.complain(text)
            return Trading.ExitCode.internalError
        }
    }

    /// The command that was perhaps meant.
    private static func suggestion(_ text: String) -> String {
        guard let open = text.firstRange(of: "Unexpected argument '"),
            let close = text[open.upperBound...].firstIndex(of: "'")
        else { return "" }
        let commands = Trader247.configuration.subcommands
        let all = commands.flatMap { [$0] + $0.configuration.subcommands }
            .map { $0.configuration.commandName ?? "\($0)".lowercased() }
        return Suggestion.of(String(text[open.upperBound..<close]), among: all)
            .map { "\nDid you mean '\($0)'?" } ?? ""
    }

    /// Leaves at once: nothing runs after it. Nothing is buffered that a stuck reader could hold back.
    func leave(with code: Int32) -> Never { _exit(code) }
}

/// A command ends with this code and these words for people.
struct Leave: Error {
    let code: Int32
    let message: String?

    init(_ code: Int32, _ message: String? = nil) {
        self.code = code
        self.message = message
    }
}
