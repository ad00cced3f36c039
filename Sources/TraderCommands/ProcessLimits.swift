// What a process may open, and who may look into it: said before anything is read.

import CLinux
import FoundationEssentials
import Glibc
import Trading

enum ProcessLimits {
    /// The network's threads, its connections, the store and its locks. With a few less the library of the network traps.
    static let leastDescriptors = 64
    /// Of a run: beside these a place for each connection that others may hold, so that none of them keeps a halt, or the
    /// report of a stop, from its descriptor.
    static let leastOfRun = 64 + 3 * 64

    static func least(_ command: String) -> Int { command == "run" ? leastOfRun : leastDescriptors }
    /// What can open the network.
    private static let networked = ["run", "sweep", "guard", "doctor", "universe", "sandbox", "alerts"]
    /// What holds the key and may have orders.
    private static let secretive = ["run", "sweep"]

    static func begin(_ command: String?) {
        cl_raise_descriptor_limit()
        guard let command, secretive.contains(command), !asksForBacktraces else { return }
        cl_keep_memory_private()
    }

    /// A backtracer reads the memory of what crashed.
    private static var asksForBacktraces: Bool {
        let settings = ProcessInfo.processInfo.environment["SWIFT_BACKTRACE"] ?? ""
        return settings.split(separator: ",").contains { setting in
            let words = setting.split(separator: "=").map {
                $0.trimmingCharacters(in: .whitespaces).lowercased()
            }
            return words.count == 2 && words[0] == "enable"
                && ["yes", "true", "on", "tty", "1"].contains(words[1])
        }
    }

    /// - Throws: `Leave` with 78 where even the hard limit of descriptors is too low for this command.
    static func check(_ command: String?) throws {
        guard let command, networked.contains(command) else { return }
        var limit = rlimit()
        // (A system that does not say has none.)
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let open = DiskProbe.openDescriptors
        let free = Int(clamping: limit.rlim_cur) - open
        let least = least(command)
        guard free < least else { return }
        throw Leave(
            ExitCode.configuration,
            "this process may open \(limit.rlim_cur) files and connections at most (\(open) are open), and needs "
                + "\(least) more; nothing was sent. Raise the hard limit: `ulimit -Hn`, or LimitNOFILE= of the "
                + "service")
    }
}
