// Where one thread waits for an answer that another brings.

import Daemon
import Synchronization
import TradingDomain

final class AnswerBox: Sendable {
    private let answer = Mutex<SinkAnswer?>(nil)
    private let doorbell = Doorbell()

    func put(_ answer: SinkAnswer) {
        self.answer.withLock { $0 = answer }
        doorbell.ring()
    }

    /// Nil when none came in time.
    func wait(_ limit: Duration) -> SinkAnswer? {
        let end = realNow() + limit
        while true {
            if let answer = answer.withLock({ $0 }) { return answer }
            let left = end - realNow()
            guard left > .zero else { return nil }
            doorbell.wait(left)
        }
    }
}
