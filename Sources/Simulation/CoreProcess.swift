import Supervision
import Trading

// One process that runs the core: a trader, or a sweep. Here is what the kernel knows of it; the core within is its
// `Life`, which begins when the process has come up.

final class CoreProcess {
    enum Role: Equatable {
        case trader
        case sweep(SweepKind)
    }

    let number: Int
    let role: Role
    /// The guardian that started it; nil for a bare one.
    let guardian: Int?
    /// Whether it takes over the orders of the one before.
    var adopts = false
    /// Whose configuration a sweep of a guardian has.
    var sweepSettings = SweepSettings.accepted
    /// Its key is another portfolio's.
    var isElsewhere = false
    /// How long a sweep may take.
    var limit: Duration?
    var reason = ""
    var life: Life?
    /// Until then the process does not run at all, and signals wait.
    var frozenUntil: Instant = 0
    /// It does not heed SIGABRT: it is stopped.
    var isStopped = false
    /// What came before its core began.
    var pendingSignal: StopSignal?
    /// A signal that ends it is on its way.
    var isDoomed = false

    init(number: Int, role: Role, guardian: Int?) {
        self.number = number
        self.role = role
        self.guardian = guardian
    }

    var isTrader: Bool { role == .trader }

    /// Whether it opens the store.
    var opensStore: Bool {
        switch role {
        case .trader, .sweep(.afterCrash): true
        case .sweep(.exchangeOnly), .sweep(.besideTrader): false
        }
    }

    /// Whether it holds the lock of those that may act on the account alone.
    var takesTraderLock: Bool {
        if case .sweep(let kind) = role { kind.takesTraderLock } else { true }
    }
}

/// The process of a guardian, around the real plan.
final class GuardianProcess {
    let number: Int
    let limits: GuardianLimits
    /// What it knew of the lives before.
    let start: GuardianStart
    /// What its files said when it began.
    let accepted: Settings
    let startedAt: Instant
    var plan: GuardianPlan
    /// As the plan last said.
    var wakeAt: Instant = 0
    /// It is not scheduled until then.
    var stalledUntil: Instant = 0
    /// When the first signal reached it.
    var stopAskedAt: Instant?
    /// When it was last without being scheduled.
    var stalledAt: Instant = -1
    /// When one of its processes last did something.
    var caredAt: Instant { didSet { hangs = .zero } }
    /// What sweeps that hang before their first turn may take, added up since then: nothing shows that they hang.
    var hangs: Duration = .zero
    /// Its trader is gone, and it has not heard so yet.
    var hasUnheardEnd = false
    /// It has told somebody that orders remain or may, since its last sweep that proved something.
    var hasAlarmed = false

    func noteAlarm(_ name: String) {
        if ["orders-remain", "not-finished", "not-swept", "lock-held", "overrun"].contains(name) {
            hasAlarmed = true
        }
    }

    /// Sweeps that it began since a trader of its turned last.
    var hasBegun = false

    init(number: Int, limits: GuardianLimits, start: GuardianStart, accepted: Settings, at now: Instant) {
        self.number = number
        self.limits = limits
        self.start = start
        self.accepted = accepted
        startedAt = now
        caredAt = now
        plan = GuardianPlan(limits, start: start)
    }
}
