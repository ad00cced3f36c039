// What the loop tells whoever shows the bot to operators. All of it returns at once and costs next to nothing: nobody
// who looks, asks or hangs can make a turn longer.

import Trading
import TradingDomain

package protocol OperationsDesk: AnyObject, Sendable {
    /// The loop has just completed a turn, or looked for one.
    func turned(at real: MonotonicInstant)
    /// What was due, a cycle above all, is decided and handed over so long after it was due.
    func woke(after delay: Duration)
    /// What operators see from now on.
    func show(_ overview: CoreOverview)
    /// Whether anybody wants to hear of single records.
    var wantsRecords: Bool { get }
    func happened(_ records: [Record], at utc: UTCInstant)
    /// `isDurable` says whether everything that the answer rests on is on disk.
    func answer(_ reply: OperatorReply, isDurable: Bool)
    /// The life is over; its report is written.
    func ended(_ report: ShutdownReport)
}
