// The process that sends beats, known for certain: a process id may be somebody else's by the time that a signal is
// sent. The kernel hands its descriptor (pidfd) out with a beat. One that is too old for that (before 6.5) leaves it to us
// to open one, which is believed with the next beat: whoever has the id then had it when the descriptor was opened, or
// the descriptor says that its process has ended.

import CLinux
import Glibc

struct BeatSender {
    enum State: Equatable {
        /// Its process can't be seen from here, or one beat is all that came of it.
        case unknown
        case lives
        case ended
    }

    private var pid: Int32 = 0
    private var pidfd: Int32 = -1
    private var isCertain = false
    /// It had ended before its descriptor could be opened.
    private var isGone = false

    /// - Parameters:
    ///   - pid: 0 for a sender in another namespace.
    ///   - handed: its descriptor, which is this one's to close; -1 for none.
    mutating func beat(from pid: Int32, _ handed: Int32) {
        guard pid > 0 else {
            if handed >= 0 { close(handed) }
            return forget()
        }
        if handed >= 0 {
            forget()
            (self.pid, pidfd, isCertain) = (pid, handed, true)
        } else if pid == self.pid, pidfd >= 0, !hasEnded {
            isCertain = true
        } else {
            forget()
            self.pid = pid
            pidfd = cl_pidfd(pid)
            isGone = pidfd < 0 && errno == ESRCH
        }
    }

    mutating func forget() {
        if pidfd >= 0 { close(pidfd) }
        self = BeatSender()
    }

    var state: State {
        guard pidfd >= 0 else { return isGone ? .ended : .unknown }
        if hasEnded { return .ended }
        return isCertain ? .lives : .unknown
    }

    func kill() { if isCertain { _ = cl_kill_pidfd(pidfd, SIGKILL) } }

    private var hasEnded: Bool { cl_wait_readable(pidfd, -1, 0) & 1 != 0 }
}
