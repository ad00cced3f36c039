// Which faults a schedule has and when they fire. Swarm testing: each seed draws its own subset of the kinds
// and a rate for each of them, so that rare kinds are not drowned by common ones.
//
// Whether one fault fires is a pure function of the seed and its name; shrinking disables faults by name.

struct FaultPlan {
    private let choices: Choices
    private let disabled: Set<FaultID>
    /// No fault fires from here on.
    private let until: Instant
    private var permille: [Int64]
    /// Everything that fired, in order.
    private(set) var fired: [FaultID] = []
    /// The last lives of a schedule are without faults.
    var isHealed = false

    init(choices: Choices, options: ScheduleOptions) {
        self.choices = choices
        disabled = options.disabled
        isHealed = CalmPlan.isCalm(choices, options)
        until = options.until
        permille = FaultKind.allCases.map { _ in 0 }
        var dice = choices.dice(.rates)
        let share: Int64 = dice.pick([150, 300, 500, 700])
        let isCalm = CalmPlan.isCalm(choices, options)
        for kind in FaultKind.allCases {
            let isOn = dice.chance(share) && options.has(kind) && !isCalm
            let rate = Self.rate(kind, &dice)
            permille[Int(kind.rawValue)] = isOn ? rate : 0
        }
    }

    /// How often a kind fires where it can, in thousandths, for a seed that has it.
    private static func rate(_ kind: FaultKind, _ dice: inout Dice) -> Int64 {
        switch kind {
        case .crashBeforeCommit, .crashAfterCommit, .crashAfterAcknowledgement: dice.pick([2, 8, 30])
        case .hungCommit, .failedCommit, .failedCommitThere: dice.pick([2, 6, 20])
        case .slowCommit: dice.pick([5, 20])
        case .refusedOrder, .withheld: dice.pick([20, 100])
        case .hungCall: dice.pick([10, 50, 150])
        case .duplicateReport, .reorderedReport: dice.pick([50, 200, 500])
        case .fillDuringCancel, .slowCancel: dice.pick([50, 200, 400])
        case .lostStore, .restoredStore, .unreadableStore: dice.pick([20, 60, 200])
        case .poisonedStore: dice.pick([2, 6])
        case .lyingSync: dice.pick([100, 500, 1000])
        case .tornWrite: 1000
        case .slowStart, .notSpawned: dice.pick([20, 100])
        case .lateRequest: dice.pick([20, 100, 300])
        case .longRetryAfter: dice.pick([3, 10, 30])
        case .universeChange: dice.pick([100, 300])
        case .programFault: dice.pick([20, 100])
        case .staleSize: dice.pick([100, 400])
        case .noTerms: dice.pick([20, 100])
        case .lateOrder: dice.pick([200, 600])
        case .staleList, .incompleteList, .failedPage, .laggingFills: dice.pick([50, 200, 400])
        default: dice.pick([20, 60, 150, 300])
        }
    }

    func isOn(_ kind: FaultKind) -> Bool { permille[Int(kind.rawValue)] > 0 }

    /// Whether this fault fires now; asked once for each opportunity.
    mutating func fires(_ kind: FaultKind, life: Int, number: Int64, at now: Instant) -> Bool {
        let rate = permille[Int(kind.rawValue)]
        guard rate > 0, !isHealed, now < until else { return false }
        var dice = choices.dice(.fault, Int64(kind.rawValue) << 32 | Int64(life), number)
        guard dice.chance(rate) else { return false }
        return note(FaultID(kind, life: life, number: number))
    }

    /// A fault that the life's plan holds; it fires unless it is disabled.
    mutating func firesByPlan(_ kind: FaultKind, life: Int, number: Int64, at now: Instant) -> Bool {
        guard !isHealed, now < until else { return false }
        return note(FaultID(kind, life: life, number: number))
    }

    private mutating func note(_ fault: FaultID) -> Bool {
        if !disabled.isEmpty, disabled.contains(fault) { return false }
        fired.append(fault)
        return true
    }
}
