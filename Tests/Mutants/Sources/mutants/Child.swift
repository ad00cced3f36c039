import Foundation

// One program run to its end or to its time limit, with what it says.

enum Child {
    enum End: Equatable, Sendable {
        case exit(Int32)
        case signal(Int32)
        case timeOut
        case notStarted(Int32)
    }

    struct Outcome: Sendable {
        let end: End
        /// Standard output and error together; of very long ones the beginning.
        let output: String
        let seconds: Double
    }

    /// A program that grows without bound is stopped by this, kibibytes of address space.
    private static let memoryLimit = 8_000_000
    private static let outputLimit = 4 << 20
    /// From making a pipe until it is marked as ours nobody else may start a program.
    private static let starting = NSLock()

    /// - Parameters:
    ///   - arguments: the program's path first.
    ///   - limit: seconds; a program that takes longer is killed.
    static func run(
        _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:], limit: Double,
        isLimited: Bool = false
    ) -> Outcome {
        let start = ContinuousClock.now
        // Processor time as well, so that one that hangs ends by itself if nobody is left to end it.
        let cage =
            isLimited ? "ulimit -v \(memoryLimit); ulimit -c 0; ulimit -t \(Int(limit) * 4 + 60); " : ""
        let move = folder == nil ? "" : "cd \"$MUTANTS_FOLDER\" && "
        let words = ["/bin/sh", "-c", "\(cage)\(move)exec \"$0\" \"$@\""] + arguments
        var variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        variables["SWIFT_BACKTRACE"] = "enable=no"
        variables["MUTANTS_FOLDER"] = folder
        let (pid, output, failure) = spawn(words, variables)
        guard failure == 0 else {
            return Outcome(end: .notStarted(failure), output: "", seconds: 0)
        }
        let (text, isOver) = read(output, until: start + .seconds(limit))
        close(output)
        if !isOver { kill(pid, SIGKILL) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let took = (ContinuousClock.now - start) / .seconds(1)
        let signal = status & 0x7f
        let end: End = !isOver ? .timeOut : signal != 0 ? .signal(signal) : .exit((status >> 8) & 0xff)
        return Outcome(end: end, output: text, seconds: took)
    }

    private static func spawn(_ words: [String], _ variables: [String: String])
        -> (pid: pid_t, output: Int32, failure: Int32)
    {
        starting.lock()
        defer { starting.unlock() }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return (0, 0, errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] =
            variables.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, words[0], &actions, nil, &arguments, &environment)
        for pointer in arguments + environment { free(pointer) }
        posix_spawn_file_actions_destroy(&actions)
        close(ends[1])
        if failure != 0 { close(ends[0]) }
        return (pid, ends[0], failure)
    }

    /// Reads until every writer is gone, which is when the program and all that it started have ended.
    private static func read(_ output: Int32, until deadline: ContinuousClock.Instant) -> (String, Bool) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let left = (deadline - ContinuousClock.now) / .milliseconds(1)
            guard left > 0 else { return (String(decoding: bytes, as: UTF8.self), false) }
            var watched = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            let ready = poll(&watched, 1, Int32(min(left.rounded(.up), 1_000_000)))
            if ready <= 0 { continue }
            #if canImport(Glibc)
                let count = Glibc.read(output, &buffer, buffer.count)
            #else
                let count = Darwin.read(output, &buffer, buffer.count)
            #endif
            if count == 0 { return (String(decoding: bytes, as: UTF8.self), true) }
            if count > 0, bytes.count < outputLimit { bytes += buffer[..<count] }
        }
    }
}
