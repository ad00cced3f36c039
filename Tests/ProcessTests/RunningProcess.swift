// A child process with pipes or a terminal, its signals at their defaults. It never outlives its test.

import Foundation
import Glibc

struct SpawnError: Error, CustomStringConvertible {
    let description: String
}

/// How a process ended.
enum Ending: Equatable, Sendable {
    case exit(Int32)
    case signal(Int32)
}

final class RunningProcess {
    enum Terminal {
        /// stdout is a pipe, no terminal.
        case none
        /// A terminal of its own, which is the process's controlling one.
        case own
    }

    let pid: pid_t
    /// What the process writes to; the master side of its terminal, or a pipe. Closed by `closeOutput`.
    private(set) var output: Int32
    let errorFile: String
    private var ending: Ending?

    // What Glibc's module lacks: TIOCSPTLCK, TIOCGPTN, POSIX_SPAWN_SETSID.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430
    private static let newSession: Int32 = 0x80

    init(
        _ executable: String, _ arguments: [String], in directory: String,
        environment: [String: String] = [:], terminal: Terminal = .none
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var empty = sigset_t()
        sigemptyset(&empty)
        posix_spawnattr_setsigmask(&attributes, &empty)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)

        errorFile = directory + "/stderr-\(UUID().uuidString)"
        var child: Int32 = -1
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        switch terminal {
        case .none:
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw SpawnError(description: "no pipe") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            output = ends[0]
            child = ends[1]
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, child, 1)
            posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        case .own:
            output = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            var unlocked: Int32 = 0
            var number: Int32 = 0
            guard output >= 0, ioctl(output, Self.setLock, &unlocked) == 0,
                ioctl(output, Self.getNumber, &number) == 0
            else { throw SpawnError(description: "no terminal") }
            let name = "/dev/pts/\(number)"
            // The first terminal that a new session opens becomes its controlling one.
            flags |= Self.newSession
            posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
        }
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TRADER247_") }
        for name in ["KUBERNETES_SERVICE_HOST", "NOTIFY_SOCKET", "INVOCATION_ID"] { variables[name] = nil }
        variables["SWIFT_BACKTRACE"] = "enable=no"
        variables.merge(environment) { $1 }
        var argv = ([executable] + arguments).map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var started: pid_t = 0
        let code = posix_spawn(&started, executable, &actions, &attributes, &argv, &envp)
        if child >= 0 { close(child) }
        guard code == 0 else {
            close(output)
            throw SpawnError(description: "cannot start \(executable): \(String(cString: strerror(code)))")
        }
        pid = started
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
    }

    deinit {
        closeOutput()
        if pollEnding() == nil {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }
    }

    func send(_ signal: Int32) { if pollEnding() == nil { kill(pid, signal) } }

    /// As if typed at the terminal.
    func type(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
    }

    func closeOutput() {
        if output >= 0 { close(output) }
        output = -1
    }

    /// What the process has written since the last call.
    func read() -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while output >= 0 {
            let count = Glibc.read(output, &chunk, chunk.count)
            if count <= 0 { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func pollEnding() -> Ending? {
        if let ending { return ending }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let low = status & 0x7F
        ending = low == 0 ? .exit((status >> 8) & 0xFF) : .signal(low)
        return ending
    }

    /// Waits for the end and reads what comes meanwhile, so that no pipe is in the way.
    func end(within limit: Duration = .seconds(20), reading: Bool = true) throws -> Ending {
        try eventually("process \(pid) ends", within: limit) {
            if reading { _ = self.read() }
            return self.pollEnding()
        }
    }

    var errorText: String { (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? "" }
}

/// A sanitizer makes everything slower; bounds grow with TRADER247_TEST_PATIENCE, a whole number, as `make sanitize` says.
let patience = ProcessInfo.processInfo.environment["TRADER247_TEST_PATIENCE"].flatMap(Int.init) ?? 1

/// Waits for a fact, at most so long.
@discardableResult
func eventually<T>(_ what: String, within limit: Duration = .seconds(20), _ fact: () throws -> T?) throws -> T
{
    let end = ContinuousClock.now + limit * patience
    while true {
        if let value = try fact() { return value }
        guard ContinuousClock.now < end else { throw SpawnError(description: "not within \(limit): \(what)") }
        usleep(5_000)
    }
}

/// Kills a guardian and its trader, which stands still, so that neither acts on the other's death. (The kernel wakes what stands
/// still in a group of processes that its parent's end leaves alone: so the trader goes first, while the guardian stands still.)
func killTogether(guardian: pid_t, frozen trader: pid_t) {
    kill(guardian, SIGSTOP)
    kill(trader, SIGKILL)
    kill(guardian, SIGKILL)
}

/// Stops the trader with SIGSTOP at a moment at which its orders rest. On a busy machine it may be between two of them,
/// or in a stop of its own because the disk was slow: then it goes on for a moment, or its successor is asked for.
@discardableResult func freeze(
    _ trader: @autoclosure () throws -> pid_t, where itsOrdersRest: () throws -> Bool
) throws -> pid_t {
    try eventually("the trader stands still while its orders rest", within: .seconds(40)) {
        let trader = try trader()
        kill(trader, SIGSTOP)
        if try itsOrdersRest() { return trader }
        kill(trader, SIGCONT)
        return nil
    }
}

func eventually(_ what: String, within limit: Duration = .seconds(20), _ fact: () throws -> Bool) throws {
    let _: Bool = try eventually(what, within: limit) { try fact() ? true : nil }
}
