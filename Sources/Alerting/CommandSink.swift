// Programs of this machine that take alerts on stdin: sendmail, or any other. No shell, a time limit, a process group
// of its own that is killed as a whole, and none of our settings or keys in its environment. One thread per attempt, and
// one attempt at a time.

import CLinux
import Daemon
import Glibc
import Trading
import TradingDomain

struct CommandSink: Sink {
    private let words: [String]
    private let patience: Duration
    private let text: @Sendable (Delivery) -> [UInt8]

    init(
        _ words: [String], patience: Duration, _ text: @escaping @Sendable (Delivery) -> [UInt8]
    ) {
        self.words = words
        self.patience = patience
        self.text = text
    }

    func send(_ delivery: Delivery, _ done: @escaping @Sendable (SinkAnswer) -> Void) {
        let input = text(delivery)
        do {
            try PlainThread.start("alert-command") { done(run(input)) }
        } catch {
            done(.failed(error.description))
        }
    }

    private func run(_ input: [UInt8]) -> SinkAnswer {
        var stdin: [Int32] = [-1, -1]
        var output: [Int32] = [-1, -1]
        guard cl_pipe(&stdin) == 0 else { return .failed("no pipe: \(systemMessage(errno))") }
        guard cl_pipe(&output) == 0 else {
            for end in stdin { close(end) }
            return .failed("no pipe: \(systemMessage(errno))")
        }
        cl_make_blocking(stdin[0])
        cl_make_blocking(output[1])
        let pid = spawn(stdin[0], output[1])
        close(stdin[0])
        close(output[1])
        defer { close(output[0]) }
        guard pid > 0 else {
            close(stdin[1])
            return .failed("cannot start \(words.first ?? ""): \(systemMessage(-pid))")
        }
        let end = realNow() + patience
        let pidfd = cl_pidfd(pid)
        defer { if pidfd >= 0 { close(pidfd) } }
        // What it does not read within the time is its loss: then it is killed.
        let written = input.withUnsafeBytes {
            cl_write_within(stdin[1], $0.baseAddress, $0.count, patience.wholeNanoseconds)
        }
        close(stdin[1])
        var said: [UInt8] = []
        var status: Int32 = 0
        while waitpid(pid, &status, WNOHANG) == 0 {
            let left = end - realNow()
            guard left > .zero else {
                kill(-pid, SIGKILL)
                waitpid(pid, &status, 0)
                return .failed("it did not end within \(patience) and was killed")
            }
            let isOpen = drain(output[0], &said)
            _ = cl_wait_readable(
                pidfd, isOpen ? output[0] : -1, min(left, .milliseconds(100)).wholeNanoseconds)
        }
        _ = drain(output[0], &said)
        return judge(status, written, said)
    }

    private func judge(_ status: Int32, _ written: Int32, _ said: [UInt8]) -> SinkAnswer {
        let low = status & 0x7F
        guard low == 0 else { return .failed("it died of signal \(low)") }
        let code = (status >> 8) & 0xFF
        guard code == 0 else {
            let words = String(decoding: said.prefix(120).map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self)
            return .failed("exit code \(code)" + (words.isEmpty ? "" : ": \(words)"))
        }
        return .delivered(written == 0 ? "exit code 0" : "exit code 0, without reading all of it")
    }

    /// Whether there may be more.
    private func drain(_ descriptor: Int32, _ said: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return count != 0 }
            if said.count < 512 { said += chunk[..<count] }
        }
    }

    private func spawn(_ input: Int32, _ output: Int32) -> Int32 {
        var variables: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            // Keys may be among them.
            if !variable.hasPrefix("TRADER247_"), !variable.hasPrefix("NOTIFY_SOCKET=") {
                variables.append(variable)
            }
            entry += 1
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        return cl_run(words.first ?? "", &arguments, &environment, input, output)
    }
}
