// The one thread that waits for the disk, so that the loop never does. A queue of one: the pipeline hands over
// the next transaction only when the last one's result has come back.

import Synchronization
import Trading

package final class CommitThread: Committer {
    /// After a commit, so long without another one, the store may rest.
    private static let quietTime: Duration = .milliseconds(200)

    private let inbox: Inbox
    private let slot = Slot()

    /// What both threads hold, so that neither keeps the other alive.
    private final class Slot: Sendable {
        struct State: Sendable {
            var transaction: Trading.Transaction?
            var isClosed = false
            /// Somebody has something for the store's spare time.
            var asksForRest = false
        }
        let state = Mutex(State())
        let doorbell = Doorbell()
    }

    package init(store: any TransactionStore, inbox: Inbox) throws {
        self.inbox = inbox
        let slot = slot
        try PlainThread.start("commit", stack: 1024 * 1024) {
            var worked = false
            while true {
                let state = slot.state.withLock { state in
                    defer {
                        // A transaction goes first; the rest that was asked for comes after it.
                        if state.transaction == nil { state.asksForRest = false }
                        state.transaction = nil
                    }
                    return state
                }
                if let transaction = state.transaction {
                    inbox.stored(store.commit(transaction))
                    worked = true
                } else if state.asksForRest {
                    store.rest()
                } else if state.isClosed {
                    return
                } else if worked {
                    slot.doorbell.wait(Self.quietTime)
                    worked = slot.state.withLock { $0.transaction != nil }
                    if !worked { store.rest() }
                } else {
                    slot.doorbell.wait(nil)
                }
            }
        }
    }

    deinit { close() }

    package func begin(_ transaction: Trading.Transaction) {
        let isFree = slot.state.withLock { state in
            guard state.transaction == nil, !state.isClosed else { return false }
            state.transaction = transaction
            return true
        }
        guard isFree else { return inbox.stored(.failed("the commit thread was not free or is closed")) }
        slot.doorbell.ring()
    }

    /// The store's spare time comes at once, unless a transaction goes before.
    package func rest() {
        slot.state.withLock { $0.asksForRest = true }
        slot.doorbell.ring()
    }

    /// Ends the thread after the transaction under way, if that ever ends. Nobody waits for it.
    package func close() {
        slot.state.withLock { $0.isClosed = true }
        slot.doorbell.ring()
    }
}
