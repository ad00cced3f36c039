// The trader's part in what a guardian hands down: what the venue accepted replaces what the guardian has. A guardian that
// does not read for a while gets it later.

import CLinux
import Daemon
import Glibc
import Synchronization

final class Acceptance: Sendable {
    private struct State: Sendable {
        var memory: AcceptedMemory
        /// The guardian has an older one, and a thread of ours tries to give it this one.
        var isOwed = false
    }

    private static let pause: Int64 = 500_000_000

    private let state: Mutex<State>
    private let lifeline: Lifeline
    /// Told what could not be handed up at once.
    private let complain: @Sendable (String) -> Void

    init(_ memory: AcceptedMemory, _ lifeline: Lifeline, complain: @escaping @Sendable (String) -> Void) {
        state = Mutex(State(memory: memory))
        self.lifeline = lifeline
        self.complain = complain
    }

    /// Settings that were read again and took effect.
    func take(reloaded files: ConfigurationFiles.Contents) {
        handUp { $0.take(reloaded: files) }
    }

    /// Another key than the one that was handed down.
    func take(key content: [UInt8], of path: String) {
        handUp { $0.replace(path, by: content) }
    }

    private func handUp(_ change: (inout AcceptedMemory) -> Void) {
        let problem: String? = state.withLock { state in
            change(&state.memory)
            // Whoever tries again takes what is the newest then.
            if state.isOwed { return nil }
            do {
                try send(state.memory)
                return nil
            } catch {
                state.isOwed = true
                return "\(error)"
            }
        }
        guard let problem else { return }
        complain("\(problem): until it is, this goes on after a crash as it was before; it is tried again")
        do {
            try PlainThread.start("accept", stack: 256 * 1024) { [self] in sendLater() }
        } catch {
            state.withLock { $0.isOwed = false }
            complain("\(error): after a crash this goes on as it was before")
        }
    }

    /// Until the guardian has it. One that is dead never will, and this process ends then.
    private func sendLater() {
        while state.withLock({ $0.isOwed }) {
            _ = cl_wait_readable(-1, -1, Self.pause)
            state.withLock { state in
                do {
                    try send(state.memory)
                    state.isOwed = false
                } catch {
                    // It was told when it began.
                }
            }
        }
    }

    private func send(_ memory: AcceptedMemory) throws {
        let descriptor = try memory.sealed()
        defer { close(descriptor) }
        try lifeline.handUp(descriptor)
    }
}
