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
    }
    let trigger: Trigger
    let kind: FaultKind
}

enum LifePlan {
    /// A life ends by itself after this time, unless something ended it before.
    static let longestLife = milliseconds(15_000)

    static func actions(choices: Choices, plan: FaultPlan, life: Int, placements: Int) -> [PlannedAction] {
        var dice = choices.dice(.life, Int64(life))
        var actions: [PlannedAction] = []
        let early = life > 1 ? dice.chance(400) : dice.chance(150)
        let trigger: PlannedAction.Trigger =
            if early {
                .turns(dice.chance(400) ? dice.between(1, 12) : dice.between(1, 160))
            } else {
                .placements(max(placements + 3, 20) + Int(dice.below(20)))
            }
        actions.append(PlannedAction(trigger: trigger, kind: ending(&dice)))
        // An accident during the stop.
        if dice.chance(200) {
            actions.append(PlannedAction(trigger: .stopTurns(dice.between(1, 25)), kind: .crash))
        }
        let accidents: [FaultKind] = [
            .feedLost, .feedGap, .feedSilent, .wallJump, .overslept, .operatorHalt, .operatorResume,
            .feedLost, .feedSilent, .wallJump,
        ]
        for kind in accidents {
            let turn = dice.chance(400) ? dice.between(1, 20) : dice.between(1, 150)
            let inStop = dice.chance(400)
            let happens = dice.chance(kind == .operatorHalt || kind == .overslept ? 250 : 500)
            guard plan.isOn(kind), happens else { continue }
            actions.append(
                PlannedAction(trigger: inStop ? .stopTurns(turn / 3) : .turns(turn), kind: kind))
        }
        return actions
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
}
