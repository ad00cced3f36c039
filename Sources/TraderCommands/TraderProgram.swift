// Where a process that is the command line begins. What trades takes the signals with its very first statement, before
// any other thread exists: a signal that comes while it starts is obeyed just the same.
//
// Swift's backtracer holds a crashed process, its lock and its sockets for seconds, and is set up before the
// first line of a program runs: whoever starts trader247 sets SWIFT_BACKTRACE=enable=no.

import Glibc

package enum TraderProgram {
    /// To be the first statement of a program.
    package static func main() -> Never {
        // State, books and logs are the operator's alone.
        umask(0o077)
        let launch = Launch.begin(CommandLine.arguments)
        launch.leave(with: launch.run())
    }
}
