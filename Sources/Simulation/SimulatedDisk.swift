import Trading
import TradingDomain

// What survives. A transaction is there whole or not at all; the state is rebuilt by replaying every record,
// as a store would. It never acknowledges anything: the world decides when and whether an answer comes.
//
// A disk that lies says "durable" and keeps it in its own memory: the end of a process loses nothing of it, the end
// of the host does.

struct SimulatedDisk {
    private(set) var records: [Record] = []
    /// Orders whose intent, or discovery, is on disk.
    private(set) var known: Set<ClientOrderID> = []
    /// What the last marker names as remaining.
    private(set) var named: Set<ClientOrderID> = []
    /// A record among them traps the core that applies it.
    var isPoisoned = false
    /// No process can open the store.
    var isUnreadable = false
    /// How many records there were after each transaction.
    private var ends: [Int] = []
    /// Transactions that a loss of the host spares.
    private var synced = 0
    private var replayed = (count: 0, state: DurableState())

    mutating func commit(_ transaction: Transaction, isSynced: Bool = true) {
        for turn in transaction.turns {
            for record in turn.records {
                note(record)
                records.append(record)
            }
        }
        ends.append(records.count)
        if isSynced { synced = ends.count }
    }

    private mutating func note(_ record: Record) {
        switch record {
        case .intent(let order), .discovered(let order): known.insert(order.id)
        case .stopped(let marker): named = Set(marker.remaining)
        case .lifeBegan: named = []
        default: break
        }
    }

    // MARK: Losses

    /// Transactions, and those that are not safe from a loss of the host.
    var transactions: Int { ends.count }
    var unsynced: Int { ends.count - synced }

    /// Leaves the first transactions and nothing else, as an older copy would. True if it lost any record.
    mutating func cut(toTransactions count: Int) -> Bool {
        let kept = count > 0 ? ends[min(count, ends.count) - 1] : 0
        let loses = kept < records.count
        ends.removeLast(ends.count - min(max(0, count), ends.count))
        synced = min(synced, ends.count)
        guard loses else { return false }
        records.removeLast(records.count - kept)
        known = []
        for record in records { note(record) }
        replayed = (0, DurableState())
        return true
    }

    // MARK: Reading

    /// The state that the records make, applied in order, each once: what a store hands to the next life.
    mutating func replay() throws(IntegrityError) -> DurableState {
        for record in records[replayed.count...] { try replayed.state.apply(record) }
        replayed.count = records.count
        return replayed.state
    }

    /// The same from the first record on, whatever was known before.
    func replayFromNothing() throws(IntegrityError) -> DurableState {
        var state = DurableState()
        for record in records { try state.apply(record) }
        return state
    }
}
