// One thread for what may wait for the disk, so that the server's own never does. Takes a bounded amount of work.

import Daemon
import Synchronization

package final class WorkThread: Sendable {
    private let limit: Int
    private let bell = Doorbell()
    private let queue = Mutex<[@Sendable () -> Void]>([])

    package init(_ name: String, limit: Int = 32) throws {
        self.limit = limit
        try PlainThread.start(name, stack: 1024 * 1024) { [self] in run() }
    }

    /// False when too much waits already; then it is not done.
    package func put(_ work: @escaping @Sendable () -> Void) -> Bool {
        let isIn = queue.withLock { queue in
            guard queue.count < limit else { return false }
            queue.append(work)
            return true
        }
        if isIn { bell.ring() }
        return isIn
    }

    private func run() {
        while true {
            let next = queue.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            if let next { next() } else { bell.wait(nil) }
        }
    }
}
