import TradingDomain

// What is planned for one life before it begins: how it ends, and what befalls it on the way.

struct PlannedAction {
    enum Trigger {
        /// After so many turns of this life.
        case turns(Int64)
        /// After so many placements of the whole schedule.
        case placements(Int)
        /// After so many turns since the stop began.
        case stopTurns(Int64)
        /// After so many turns since its flush began.
        case flushTurns(Int64)
    }
    let trigger: Trigger
    let kind: FaultKind
}

enum LifePlan {
    /// A life ends by itself after this time, unless something ended it before.
    static let longestLife = milliseconds(15_000)

    static func actions(
        choices: Choices, plan: FaultPlan, life: Int, placements: Int, isGuarded: Bool
    )
        -> [PlannedAction]
    {
        var dice = choices.dice(.life, Int64(life))
        var actions: [PlannedAction] = []
        let early = life > 1 ? dice.chance(400) : dice.chance(150)
        let trigger: PlannedAction.Trigger =
            if early {
                .turns(dice.chance(400) ? dice.between(1, 12) : dice.between(1, 160))
            } else {
                .placements(max(placements + 3, 20) + Int(dice.below(20)))
            }
        actions.append(
            PlannedAction(trigger: trigger, kind: isGuarded ? guardedEnding(&dice) : ending(&dice)))
        // An accident during the stop.
        if dice.chance(200) {
            let kind = isGuarded ? violence(&dice) : .crash
            actions.append(PlannedAction(trigger: .stopTurns(dice.between(1, 25)), kind: kind))
        }
        // And one between its marker and its end.
        var flushDice = choices.dice(.life, Int64(life), 2)
        if flushDice.chance(120) {
            let kind = isGuarded ? violence(&flushDice) : .crash
            actions.append(PlannedAction(trigger: .flushTurns(flushDice.between(0, 4)), kind: kind))
        }
        let accidents: [FaultKind] = [
            .feedLost, .feedGap, .feedSilent, .wallJump, .overslept, .operatorHalt, .operatorResume,
            .feedLost, .feedSilent, .wallJump, .operatorPause, .operatorFlatten, .operatorSweep, .durableStop,
        ]
        for kind in accidents {
            let turn = dice.chance(400) ? dice.between(1, 20) : dice.between(1, 150)
            let inStop = dice.chance(400)
            let happens = dice.chance(kind.isRare ? 250 : 500)
            guard plan.isOn(kind), happens else { continue }
            actions.append(
                PlannedAction(trigger: inStop ? .stopTurns(turn / 3) : .turns(turn), kind: kind))
        }
        actions += news(choices: choices, plan: plan, life: life)
        return actions
    }

    /// What changes around a life that goes on.
    private static func news(choices: Choices, plan: FaultPlan, life: Int) -> [PlannedAction] {
        var dice = choices.dice(.life, Int64(life), 1)
        let kinds: [FaultKind] = [
            .spoiledConfiguration, .otherPortfolio, .heldLock, .reversedFill, .overfill, .foreignFlood,
            .secondInstance, .operatorReload, .operatorStrategy, .jumpInFlight, .lyingFeed,
        ]
        return kinds.compactMap { kind in
            let turn = dice.between(1, 120)
            let inStop = dice.chance(200)
            guard dice.chance(300), plan.isOn(kind) else { return nil }
            return PlannedAction(trigger: inStop ? .stopTurns(turn / 6) : .turns(turn), kind: kind)
        }
    }

    private static func ending(_ dice: inout Dice) -> FaultKind {
        switch dice.below(100) {
        case 0..<30: .signal
        case 30..<42: .doubleSignal
        case 42..<48: .quickDoubleSignal
        case 48..<55: .tripleSignal
        case 55..<66: .operatorStop
        case 66..<70: .endOfRun
        case 70..<73: .shellFailure
        default: .crash
        }
    }

    // MARK: With a guardian

    /// What befalls a sweep, most of which are left in peace.
    static func sweepActions(choices: Choices, plan: FaultPlan, life: Int) -> [PlannedAction] {
        var dice = choices.dice(.life, Int64(life))
        var kinds: [FaultKind] = []
        if dice.chance(350) { kinds.append(dice.chance(250) ? .signal : violence(&dice)) }
        let accidents: [FaultKind] = [
            .feedLost, .feedGap, .feedSilent, .wallJump, .overslept, .operatorHalt, .operatorResume,
            .operatorStop, .doubleSignal,
        ]
        for kind in accidents where dice.chance(60) && plan.isOn(kind) { kinds.append(kind) }
        return kinds.map { kind in
            let turn = dice.chance(500) ? dice.between(1, 6) : dice.between(1, 40)
            return PlannedAction(trigger: .turns(turn), kind: kind)
        }
    }

    /// What befalls a guardian at some time of its life, whatever its processes do then.
    static func guardianActions(choices: Choices, guardian: Int) -> [(at: Instant, kind: FaultKind)] {
        var dice = choices.dice(.guardian, Int64(guardian))
        let kinds: [(FaultKind, Int64)] = [
            (.killGuardian, 80), (.killBoth, 40), (.hostLoss, 40), (.guardianStall, 80), (.signal, 80),
            (.doubleSignal, 30), (.tripleSignal, 30),
        ]
        return kinds.compactMap { kind, chance in
            let isEarly = dice.chance(300)
            let at = milliseconds(dice.between(0, isEarly ? 500 : 20_000))
            return dice.chance(chance) ? (at, kind) : nil
        }
    }

    /// How a process can be ended, or kept from ending.
    private static func violence(_ dice: inout Dice) -> FaultKind {
        switch dice.below(100) {
        case 0..<40: .crash
        case 40..<50: .hang
        case 50..<60: .unkillable
        case 60..<68: .stopped
        case 68..<82: .killGuardian
        case 82..<91: .killBoth
        default: .hostLoss
        }
    }

    private static func guardedEnding(_ dice: inout Dice) -> FaultKind {
        dice.chance(550) ? violence(&dice) : ending(&dice)
    }
}

extension FaultKind {
    /// What keeps a life from much else.
    fileprivate var isRare: Bool {
        switch self {
        case .operatorHalt, .overslept, .operatorFlatten, .durableStop: true
        default: false
        }
    }
}
