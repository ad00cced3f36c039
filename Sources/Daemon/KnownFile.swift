// When a file that may be exchanged at any moment was begun: asked once per file.

import Synchronization
import TradingDomain

final class KnownFile: Sendable {
    private let state = Mutex<(inode: UInt64, born: UTCInstant)?>(nil)

    func born(inode: UInt64, _ ask: () -> UTCInstant) -> UTCInstant {
        if let known = state.withLock({ $0 }), known.inode == inode { return known.born }
        let born = ask()
        state.withLock { $0 = (inode, born) }
        return born
    }
}
