// Where a process that is the command line begins. What trades takes the signals with its very first statement, before
// any other thread exists: a signal that comes while it starts is obeyed just the same.
//
// Swift's backtracer holds a crashed process, its lock and its sockets for seconds, and is set up before the
// first line of a program runs: whoever starts trader247 sets SWIFT_BACKTRACE=enable=no.

import Glibc
import Strategies
import Trading

package enum TraderProgram {
    /// What people call the program that runs: the binary of a strategy's author has a name of its own.
    static var name: String {
        guard !CustomKinds.all.isEmpty, let path = CommandLine.arguments.first else { return "trader247" }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return name.isEmpty ? "trader247" : name
    }

    /// To be the first statement of a program.
    /// - Parameter addStrategies: registers those that the program has built in.
    package static func main(adding addStrategies: () throws(CustomKindError) -> Void = {}) -> Never {
        // State, books and logs are the operator's alone.
        umask(0o077)
        let launch = Launch.begin(CommandLine.arguments)
        do throws(CustomKindError) {
            try addStrategies()
            for kind in CustomKinds.all { try Fields.check(kind) }
        } catch {
            Output.complain("\(error)")
            launch.leave(with: Trading.ExitCode.internalError)
        }
        launch.leave(with: launch.run())
    }
}
