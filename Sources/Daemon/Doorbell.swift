// What one thread sleeps on until another has something for it. A ring is never lost: it is remembered until
// the sleeper has come. Ringing takes no lock, so that even the watchdog may do it.

import CLinux
import Glibc

package final class Doorbell: Sendable {
    package let descriptor: Int32

    /// Without a descriptor (the process has none left) the sleeper looks around every 10 ms instead.
    package init() { descriptor = cl_eventfd() }

    deinit { if descriptor >= 0 { close(descriptor) } }

    package func ring() { if descriptor >= 0 { cl_eventfd_ring(descriptor) } }

    /// Sleeps until somebody rings or the time is over; nil for no limit. May return early.
    package func wait(_ limit: Duration?) {
        guard descriptor >= 0 else {
            _ = cl_wait_readable(-1, -1, min(limit ?? .milliseconds(10), .milliseconds(10)).wholeNanoseconds)
            return
        }
        let nanoseconds = limit.map { max(0, $0.wholeNanoseconds) } ?? -1
        if cl_wait_readable(descriptor, -1, nanoseconds) != 0 { cl_eventfd_clear(descriptor) }
    }
}
