// What happens to a guardian, what it can do about it, and its limits. Plain values; instants are the time since
// boot, as `Duration`.

/// What an operator wants done after a trader that did not end by itself.
package enum OnCrash: String, CaseIterable, Sendable {
    case sweepAndRestart = "sweep-and-restart"
    case sweepAndExit = "sweep-and-exit"
    /// The next trader takes over the orders that rest.
    case adoptAndRestart = "adopt-and-restart"
}

/// The processes that a guardian may have: one trader, and one sweep.
package enum ChildKind: Equatable, Sendable { case trader, sweep }

package enum SweepKind: Equatable, Sendable {
    /// The core on the store, through a connection of its own.
    case afterCrash
    /// The exchange's lists and our grammar of ids; no store.
    case exchangeOnly
    /// The same while a trader that cannot be killed may still act: never called clean.
    case besideTrader
}

package enum ProcessEnd: Equatable, Sendable {
    case exit(Int32)
    case signal(Int32)
}

/// What a trader says over its lifeline.
package enum TraderWord: Equatable, Sendable {
    /// Its loop completed a turn, or looked and had nothing to do.
    case beat
    /// It trades.
    case ready
    /// It reads its configuration again; `ready` follows.
    case reloading
    /// It began its stop.
    case stopping
    /// For the service manager's status line.
    case status(String)
}

/// What a guardian knows of the lives before its own when it begins.
package enum GuardianStart: Equatable, Sendable {
    /// Nothing of an earlier life can rest.
    case fresh
    /// The last life left no proof that nothing rests. It was of the same account: the next trader looks after it.
    case unproved
    /// It left none, and what is configured now is another bot or account: a sweep as the last life was comes first.
    case otherAccount
    /// What is configured now is refused with this code: no trader is started. What the last life left is swept as that
    /// life was, and the guardian leaves with the code once nothing rests.
    case refused(Int32)
}

/// Whose configuration a sweep has. Neither is read again from files that may have changed.
package enum SweepSettings: Equatable, Sendable {
    /// What this guardian was started with, or what its trader handed up since.
    case accepted
    /// What the state directory keeps of the last life.
    case kept
}

package enum GuardianEvent: Equatable, Sendable {
    case started
    /// TERM, INT, QUIT or HUP.
    case signal(Int32)
    /// A HUP where there is no terminal to lose: no wish to stop.
    case reload
    case said(TraderWord)
    /// The kernel reports the end of a child.
    case ended(ChildKind, ProcessEnd)
    /// It could not even be started.
    case notSpawned(ChildKind, String)
    case woke
}

package enum GuardianAction: Equatable, Sendable {
    /// `restarts` counts the traders before this one; `adopts` when it takes over their orders.
    case spawnTrader(restarts: Int, adopts: Bool)
    case spawnSweep(SweepKind, limit: Duration, reason: String, settings: SweepSettings)
    case kill(ChildKind, Int32)
    /// For the service manager, in its protocol.
    case notify(String)
    case say(GuardianLevel, String, String)
    /// The guardian ends; its locks go with it.
    case leave(Int32)
}

package enum GuardianLevel: String, Sendable { case info, warning, alert }

package struct GuardianLimits: Equatable, Sendable {
    /// From the first signal to the guardian's exit; the trader gets five sixths of it.
    package var stopDeadline: Duration = .seconds(8)
    /// A trader that says nothing for longer is hung.
    package var hangLimit: Duration = .seconds(10)
    /// The same before its first beat: opening a store and reading a recording take their time.
    package var startLimit: Duration = .seconds(60)
    /// How long one sweep after a crash may take.
    package var sweepLimit: Duration = .seconds(60)
    package var onCrash = OnCrash.sweepAndRestart
    /// More crashes within the window than this, and nothing is started again.
    package var crashLimit = 5
    package var crashWindow: Duration = .seconds(600)
    package var firstBackoff: Duration = .seconds(1)
    package var longestBackoff: Duration = .seconds(60)

    package init() {}

    /// That a placement without an outcome never arrived is proved by a listing that was begun after the life of its
    /// request: a sweep that is ended before proves nothing, however often it is begun anew.
    package mutating func makeRoom(forRequestLife life: Duration) {
        sweepLimit = max(sweepLimit, life + .seconds(30))
    }

    /// Of a stop's deadline, what the trader may take.
    package static func traderShare(of deadline: Duration) -> Duration { deadline * 5 / 6 }
}

/// What only a guardian hears from a sweep that it started.
package enum SweepExit {
    /// The store, or what is kept of the last life, belongs to another bot, mode or account than this sweep's: whatever
    /// its lists showed, they say nothing of the orders that rest.
    package static let otherOwner: Int32 = 77
}

/// Exit codes as the whole program has them.
enum GuardianExit {
    /// Of a process that did nothing: a command line, a configuration or a lock that it can't begin with.
    static func isRefusal(_ code: Int32) -> Bool {
        code == usage || code == alreadyRunning || code == configuration
    }

    static let clean: Int32 = 0
    static let ordersRemain: Int32 = 3
    static let stateNotFlushed: Int32 = 4
    static let both: Int32 = 5
    static let usage: Int32 = 64
    static let internalError: Int32 = 70
    static let alreadyRunning: Int32 = 75
    static let configuration: Int32 = 78
}

/// Linux's numbers, so that the plan needs no system module.
enum Signal {
    static let hangUp: Int32 = 1
    static let abort: Int32 = 6
    static let kill: Int32 = 9
}
