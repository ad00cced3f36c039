// One process of a program, and its three pipes. All of it never waits, but for the start itself.

import CLinux
import Daemon
import Glibc
import Trading
import TradingDomain

struct ProgramProcess {
    /// One line of it: an answer with as many orders as are allowed is far shorter.
    static let lineLimit = 512 * 1_024
    /// From asking it to end to killing it.
    private static let patience: Duration = .seconds(1)
    private static let shoutLimit = 2_000

    let run: Int64
    let pid: Int32
    /// Readable once it has ended.
    let ended: Int32
    private var input: Int32
    private(set) var output: Int32
    private(set) var errors: Int32
    private var outgoing: [UInt8] = []
    /// Nil where it is waited for and time stands meanwhile: nobody is kept from anything.
    private var answerFlow: ProgramFlow?
    private var errorFlow: ProgramFlow?
    private var said = LineBuffer(limit: ProgramProcess.lineLimit)
    private var shouted = LineBuffer(limit: ProgramProcess.shoutLimit)
    /// The last line on its stderr: most languages say there why they end.
    private var lastWords = ""
    private var isAsked = false
    /// What it says counts no more.
    var hasFailed = false
    private(set) var isEnding = false
    private(set) var killAt: MonotonicInstant?
    /// Where no time passes but the real one.
    var answerBy: MonotonicInstant?

    init(
        _ program: ProgramSettings, _ environment: [String: String], run: Int64, isBounded: Bool
    ) throws(ProgramMistake) {
        self.run = run
        if isBounded {
            answerFlow = ProgramFlow(perSecond: ProgramFlow.answers)
            errorFlow = ProgramFlow(perSecond: ProgramFlow.errors)
        }
        let word = program.command.first ?? ""
        guard let path = program.path(environment) else {
            throw ProgramMistake("there is no program '\(word)' in PATH")
        }
        var pipes: [[Int32]] = []
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            let code = cl_pipe(&ends)
            guard code == 0 else {
                Self.close(pipes)
                throw ProgramMistake("no pipe: \(systemMessage(code))")
            }
            pipes.append(ends)
        }
        for theirs in [pipes[0][0], pipes[1][1], pipes[2][1]] { cl_make_blocking(theirs) }
        pid = Self.spawn(
            path, program.command, program.variables(of: environment), program.directory,
            (pipes[0][0], pipes[1][1], pipes[2][1]))
        guard pid > 0 else {
            Self.close(pipes)
            let place = program.directory.map { " in \($0)" } ?? ""
            throw ProgramMistake("\(path)\(place): \(systemMessage(-pid))")
        }
        ended = cl_pidfd(pid)
        guard ended >= 0 else {
            let code = errno
            kill(-pid, SIGKILL)
            waitpid(pid, nil, 0)
            Self.close(pipes)
            throw ProgramMistake("it can't be watched: \(systemMessage(code))")
        }
        for theirs in [pipes[0][0], pipes[1][1], pipes[2][1]] { Glibc.close(theirs) }
        (input, output, errors) = (pipes[0][1], pipes[1][0], pipes[2][0])
    }

    private static func close(_ pipes: [[Int32]]) {
        for end in pipes.joined() { Glibc.close(end) }
    }

    private static func spawn(
        _ path: String, _ words: [String], _ variables: [String], _ directory: String?,
        _ ends: (Int32, Int32, Int32)
    ) -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        return cl_run_program(path, &arguments, &environment, directory, ends.0, ends.1, ends.2)
    }

    // MARK: What it is told

    /// Where there is something to write to; -1 where not.
    var writable: Int32 { outgoing.isEmpty ? -1 : input }

    mutating func show(_ line: [UInt8], n: Int64?) {
        if n != nil { isAsked = true }
        guard input >= 0 else { return }
        outgoing += line
        write()
    }

    mutating func write() {
        guard input >= 0, !outgoing.isEmpty else { return }
        let count = outgoing.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
        if count > 0 { return outgoing.removeFirst(count) }
        guard errno != EAGAIN, errno != EINTR else { return }
        // It reads no more; that it does not answer will be noticed.
        closeInput()
    }

    private mutating func closeInput() {
        outgoing = []
        if input >= 0 { Glibc.close(input) }
        input = -1
    }

    // MARK: What it says

    /// Where it may be heard now; -1 where there is nothing more or it has said enough for the moment.
    mutating func hearing(at now: MonotonicInstant) -> (output: Int32, errors: Int32, pause: Duration?) {
        let isAnswering = answerFlow?.allowance(at: now) != 0
        let isComplaining = errorFlow?.allowance(at: now) != 0
        var pause: Duration?
        if !isAnswering, output >= 0 { pause = answerFlow?.pause }
        if !isComplaining, errors >= 0, let other = errorFlow?.pause { pause = min(pause ?? other, other) }
        return (isAnswering ? output : -1, isComplaining ? errors : -1, pause)
    }

    /// - Parameter isLast: it has ended, and nothing more can come.
    mutating func read(at now: MonotonicInstant, isLast: Bool) -> [LineBuffer.Piece] {
        let limit = isLast ? Int.max : answerFlow?.allowance(at: now) ?? Int.max
        let chunks = Self.drain(&output, limit)
        for chunk in chunks { answerFlow?.spend(chunk.count) }
        return chunks.flatMap { said.take($0) }
    }

    /// A line of it was read and judged.
    mutating func chargeLine() { answerFlow?.spend(ProgramFlow.lineCost) }

    var hasOverflowed: Bool { said.hasOverflowed }

    /// False when it was not asked.
    mutating func takeAnswer() -> Bool {
        defer { isAsked = false }
        answerBy = nil
        return isAsked
    }

    mutating func hear(_ talk: inout ProgramTalk, at now: Stamp, isLast: Bool) {
        let limit = isLast ? Int.max : errorFlow?.allowance(at: realNow()) ?? Int.max
        for chunk in Self.drain(&errors, limit) {
            errorFlow?.spend(chunk.count)
            for case .line(let line) in shouted.take(chunk).map(Self.cut) {
                if !line.isEmpty { errorFlow?.spend(ProgramFlow.lineCost) }
                note(line, &talk, now)
            }
        }
    }

    private static func cut(_ piece: LineBuffer.Piece) -> LineBuffer.Piece {
        if case .overlong(let beginning) = piece { .line(beginning) } else { piece }
    }

    private mutating func note(_ line: [UInt8], _ talk: inout ProgramTalk, _ now: Stamp) {
        let text = String(decoding: line, as: UTF8.self)
        guard text.contains(where: { !$0.isWhitespace }) else { return }
        lastWords = String(text.prefix(200))
        talk.say(.warning, text, at: now)
    }

    /// What waits in a pipe, as far as one look goes and about so many bytes; closed at its end.
    private static func drain(_ descriptor: inout Int32, _ limit: Int) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        var left = limit
        while descriptor >= 0, chunks.count < 16, left > 0 {
            var chunk = [UInt8](repeating: 0, count: min(left, 64 * 1_024))
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 {
                left -= count
                chunks.append(Array(chunk[..<count]))
                continue
            }
            if count == 0 || (errno != EAGAIN && errno != EINTR) {
                Glibc.close(descriptor)
                descriptor = -1
            }
            break
        }
        return chunks
    }

    // MARK: Its end

    mutating func end(at now: MonotonicInstant) {
        guard !isEnding else { return }
        isEnding = true
        answerBy = nil
        closeInput()
        kill(-pid, SIGTERM)
        killAt = now + Self.patience
    }

    mutating func killIfDue(at now: MonotonicInstant) {
        guard let at = killAt, at <= now else { return }
        killAt = nil
        kill(-pid, SIGKILL)
    }

    /// Takes it from the kernel's list. How it ended.
    consuming func bury() -> String {
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        for descriptor in [ended, input, output, errors] where descriptor >= 0 { Glibc.close(descriptor) }
        let low = status & 0x7F
        let how = low == 0 ? "it ended with exit code \((status >> 8) & 0xFF)" : "it died of signal \(low)"
        let rest = shouted.rest().map { String(decoding: $0.prefix(200), as: UTF8.self) } ?? lastWords
        return how + (rest.isEmpty ? "" : "; its last words: \(rest)")
    }
}
