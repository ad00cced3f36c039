// How the loop gets transactions onto the disk. It hands over one at a time and goes on; the result comes
// back through the inbox.

import Trading

/// What commits a transaction atomically and durably. May take long, may hang; called on one thread.
package protocol TransactionStore: Sendable {
    func commit(_ transaction: Trading.Transaction) -> CommitResult
    /// Nothing was to be committed for a while: time for what can wait. Called on the same thread.
    func rest()
}

extension TransactionStore {
    package func rest() {}
}

/// Takes one transaction after another off the loop's hands and posts each result into the inbox.
package protocol Committer: AnyObject, Sendable {
    /// Returns at once. Never called before the result of the previous transaction is in the inbox.
    func begin(_ transaction: Trading.Transaction)
}

/// Commits on the loop's own thread. For tests and for whoever wants no thread.
package final class InlineCommitter: Committer {
    private let store: any TransactionStore
    private let inbox: Inbox

    package init(store: any TransactionStore, inbox: Inbox) {
        self.store = store
        self.inbox = inbox
    }

    package func begin(_ transaction: Trading.Transaction) { inbox.stored(store.commit(transaction)) }
}
