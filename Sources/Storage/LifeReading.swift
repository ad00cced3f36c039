// What gates ask the journal.

import GRDB
import Trading
import TradingDomain

extension StateReader {
    /// Rows that tell of lives, of sweeps after crashes, of stops and halts, oldest first.
    package func lifeTurns(since: UTCInstant) throws(StoreError) -> [JournaledTurn] {
        let names = ["lifeBegan", "stopBegan", "stopped", "halted", "resumed", "recovered"]
        return try turns(holding: names.map { "{\"\($0)\":" } + [#""name":"crash""#], since: since)
    }

    /// How the last life ended by its own sequence; nil where it did not, or has not yet.
    package func lastStop() throws(StoreError) -> StopMarker? {
        try look("reading the last stop") { try TableReader.lastStop($0) }
    }

    /// When the last row of each epoch was written.
    package func lastRows() throws(StoreError) -> [Int64: UTCInstant] {
        try look("reading the journal") { db in
            var last: [Int64: UTCInstant] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT epoch, MAX(utc) FROM journal GROUP BY epoch") {
                guard let epoch = Int64.fromDatabaseValue(row[0]), let utc = Int64.fromDatabaseValue(row[1])
                else { continue }
                last[epoch] = UTCInstant(nanoseconds: utc)
            }
            return last
        }
    }
}
