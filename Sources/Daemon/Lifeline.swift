// The trader's end of the lifeline to its guardian. It says that the loop turns, and little else; when the guardian
// dies the kernel closes the other end, and the watchdog hears of it.

import CLinux
import Glibc
import Supervision

package final class Lifeline: Sendable {
    package let descriptor: Int32

    /// Takes over a descriptor that the guardian handed down.
    /// - Throws: `FileFailure` when it is none.
    package init(inheriting descriptor: Int32) throws(FileFailure) {
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw FileFailure("take over", "the lifeline to the guardian", errno)
        }
        self.descriptor = descriptor
    }

    /// Never waits. What a guardian that does not read has no room for is dropped: it will hear the next one.
    package func say(_ word: TraderWord) {
        let bytes = Array(word.line.utf8)
        _ = bytes.withUnsafeBytes { cl_say(descriptor, $0.baseAddress, $0.count) }
    }

    /// As `say(.beat)`, without allocating.
    package func beat() {
        var bytes: (UInt8, UInt8) = (UInt8(ascii: "b"), UInt8(ascii: "\n"))
        _ = withUnsafeBytes(of: &bytes) { cl_say(descriptor, $0.baseAddress, 2) }
    }

    /// Gives the guardian a sealed memory file, from which its next children are configured.
    /// - Throws: `FileFailure` when there is no room; then it has what it had.
    package func handUp(_ memory: Int32) throws(FileFailure) {
        let bytes = Array(TraderWord.handsUp.utf8)
        let failure = bytes.withUnsafeBytes { cl_hand_up(descriptor, $0.baseAddress, $0.count, memory) }
        guard failure == 0 else { throw FileFailure("hand to the guardian", "what was accepted", failure) }
    }
}
