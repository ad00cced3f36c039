import Trading
import TradingDomain

// What survives. A transaction is there whole or not at all; the state is rebuilt by replaying every record,
// as a store would. It never acknowledges anything: the world decides when and whether an answer comes.

struct SimulatedDisk {
    private(set) var records: [Record] = []
    /// Orders whose intent, or discovery, is on disk.
    private(set) var known: Set<ClientOrderID> = []
    private var replayed = (count: 0, state: DurableState())

    mutating func commit(_ transaction: Transaction) {
        for turn in transaction.turns {
            for record in turn.records {
                switch record {
                case .intent(let order), .discovered(let order): known.insert(order.id)
                default: break
                }
                records.append(record)
            }
        }
    }

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
