// What stands in for a store that cannot be read or written. Every commit fails with the reason, so the core does
// what it does whenever its store fails: it places nothing, cancels every order of its bot that the exchange
// lists, proves that none is left, and leaves with 4, or 5 when it could not.

import Daemon
import Trading

struct UnreadableStore: TransactionStore {
    private let reason: String

    init(_ reason: String) { self.reason = reason }

    func commit(_ transaction: Trading.Transaction) -> CommitResult { .failed(reason) }
}
