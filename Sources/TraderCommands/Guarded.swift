// What a guardian tells the processes that it starts, in one hidden option: which descriptors they inherit, and what
// kind of life it wants.

import Daemon
import Supervision
import Trading

struct Guarded: Equatable, Sendable {
    enum Sweep: String {
        case afterCrash = "after-crash"
        case exchangeOnly = "exchange-only"
        case besideTrader = "beside-trader"

        var kind: SweepKind {
            switch self {
            case .afterCrash: .afterCrash
            case .exchangeOnly: .exchangeOnly
            case .besideTrader: .besideTrader
            }
        }
    }

    /// Of the bot's instance lock, which the guardian holds.
    var lock: Int32 = -1
    /// Of a trader.
    var lifeline: Int32?
    /// Traders that the guardian started before this one.
    var restarts = 0
    /// Whether it takes over the orders of the one before.
    var adopts = false
    /// The whole of a stop; the trader's part is a share of it. The environment that it follows from is the guardian's.
    var deadline: Duration?
    var sweep: Sweep?
    /// How long a sweep may take.
    var limit: Duration?
    /// Of the sealed memory file with configuration and key; nil where the guardian has lost it.
    var accepted: Int32?
    /// Whether the guardian has no trader of its own: whose orders rest is in the state directory, not in that memory.
    var isAttached = false
    /// Sweeps in a row that proved nothing before this process.
    var failures = 0

    /// Nil for text that no guardian wrote.
    init?(_ text: String) {
        for part in text.split(separator: ",") {
            let words = part.split(separator: "=", maxSplits: 1)
            guard words.count == 2 else { return nil }
            let number = Int32(words[1])
            switch (words[0], number) {
            case ("lock", let number?): lock = number
            case ("lifeline", let number?): lifeline = number
            case ("restarts", let number?): restarts = Int(number)
            case ("adopt", let number?): adopts = number != 0
            case ("deadline", let number?): deadline = .milliseconds(number)
            case ("limit", let number?): limit = .milliseconds(number)
            case ("accepted", let number?): accepted = number >= 0 ? number : nil
            case ("attached", let number?): isAttached = number != 0
            case ("failed", let number?): failures = Int(number)
            case ("sweep", nil):
                guard let kind = Sweep(rawValue: String(words[1])) else { return nil }
                sweep = kind
            default: return nil
            }
        }
        guard lock >= 0 else { return nil }
    }

    /// What this process is configured by. Never the files instead, or nothing: they may name another bot by now, whose
    /// empty list proves nothing.
    /// - Throws: `Leave` where there is none, or it can't be read.
    func memory() throws -> AcceptedMemory {
        guard let accepted else { throw AcceptedMemory.unreadable("it has none") }
        return try AcceptedMemory(inherited: accepted)
    }

    /// The part of the one deadline that is this process's.
    func share(_ stop: inout StopLimits) {
        if let limit {
            // Starting took some of it already; short ones keep most of it for the work.
            stop.deadline = max(.milliseconds(200), limit - .milliseconds(100))
            stop.flushReserve = min(stop.flushReserve, stop.deadline * 3 / 16)
            stop.reportReserve = min(stop.reportReserve, stop.deadline / 16)
        } else {
            stop.deadline = GuardianLimits.traderShare(of: deadline ?? stop.deadline)
            stop.flushReserve = GuardianLimits.traderShare(of: stop.flushReserve)
            stop.reportReserve = GuardianLimits.traderShare(of: stop.reportReserve)
        }
    }
}
