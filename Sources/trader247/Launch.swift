// From arguments to an exit code.

import ArgumentParser
import CLinux
import Daemon
import FoundationEssentials
import Glibc
import Synchronization
import Trading

/// What every command may need of the process's beginning.
struct Launch: Sendable {
    /// There for commands that trade; the others leave signals to their defaults.
    let watchdog: Watchdog?
    private let arguments: [String]

    /// The one of this process, for the command that asks for it.
    private static let current = Mutex<Watchdog?>(nil)
    static var watchdog: Watchdog? { current.withLock { $0 } }

    /// Those that may have orders to look after.
    private static let tradingCommands = ["run", "sweep"]

    static func begin(_ arguments: [String]) -> Launch {
        var watchdog: Watchdog?
        if let command = arguments.dropFirst().first, tradingCommands.contains(command) {
            // Our threads share what they allocate: heaps of their own would hold it twice.
            cl_share_heap()
            do {
                watchdog = try Watchdog.start()
            } catch {
                Output.complain("cannot watch over the process: \(error)")
                _exit(Trading.ExitCode.internalError)
            }
        }
        current.withLock { $0 = watchdog }
        return Launch(watchdog: watchdog, arguments: Array(arguments.dropFirst()))
    }

    /// Carries out the command and answers the exit code.
    func run() -> Int32 {
        do {
            var command = try Trader247.parseAsRoot(arguments)
            try command.run()
            return 0
        } catch let leave as Leave {
            if let message = leave.message { Output.complain(message) }
            return leave.code
        } catch {
            return usage(error)
        }
    }

    /// Help and version go to stdout with 0, what was mistyped to stderr with 64.
    private func usage(_ error: any Error) -> Int32 {
        let text = Trader247.fullMessage(for: error)
        switch Trader247.exitCode(for: error) {
        case .success:
            if !text.isEmpty { Output.line(text) }
            return 0
        case .validationFailure:
            Output.complain(text)
            return Trading.ExitCode.usage
        default:
            Output.complain(text)
            return Trading.ExitCode.internalError
        }
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
