// What one life of a schedule is like: its network, its disk, its end. Drawn from the schedule's dice.

import Exchanges
import Trading
import TradingDomain

enum Ending: Equatable, Sendable {
    case signal
    case doubleSignal(gap: Duration)
    case operatorStop
    case haltAndResume
    case crash
}

/// What all lives of a schedule share.
struct SchedulePlan: Sendable {
    var network = PaperNetwork()
    var leftovers: CoreConfiguration.Leftovers
    var orderMaximumAge: Duration?
    var oversleepRate: Int64
    var strategySeed: UInt64
    var lives: [LifePlan]

    init(_ dice: inout Dice) {
        network.latency = dice.milliseconds(10, 60)
        network.cancelDelay = dice.milliseconds(2, dice.pick([20, 300]))
        network.rateLimit = dice.chance(400) ? PaperNetwork.RateLimit(burst: 30, perSecond: 30) : nil
        network.pageLimit = dice.pick([8, 25, 250])
        network.cancelBatchLimit = dice.pick([2, 5, 100])
        network.queryIDLimit = dice.pick([4, 50])
        leftovers = dice.chance(300) ? .adopt : .cancel
        orderMaximumAge = dice.chance(300) ? .seconds(3) : nil
        oversleepRate = dice.chance(250) ? 1 : 0
        strategySeed = dice.next()
        let count = dice.pick([1, 2, 2, 2, 3, 3])
        lives = (1...count).map { LifePlan(&dice, isFirst: $0 == 1, isLast: $0 == count) }
    }
}

struct LifePlan: Sendable {
    let isLast: Bool
    let ending: Ending
    /// The end begins when so many orders were placed, or so many steps were taken.
    let afterPlacements: Int
    let afterSteps: Int
    /// The time in which nobody ran.
    let pause: Duration
    let rates: FaultRates
    var disk = DiskPlan()
    var dice: Dice

    init(_ dice: inout Dice, isFirst: Bool, isLast: Bool) {
        self.isLast = isLast
        afterPlacements = Int(isLast ? dice.between(20, 30) : dice.between(5, 30))
        // Now and then in the middle of the start-up, or before it.
        let isEarly = !isLast && dice.chance(150)
        afterSteps = isEarly ? Int(dice.pick([0, dice.between(1, 8), dice.between(8, 60)])) : .max
        let backward = !isFirst && dice.chance(120)
        let longest: Int64 = dice.pick([200, 90_000])
        pause = backward ? .zero - dice.milliseconds(1, 20_000) : dice.milliseconds(0, longest)
        // Half of the last lives are without faults from their start, the others from their stop on.
        let isHealed = isLast && dice.chance(500)
        rates = isHealed ? .none : FaultRates(&dice)
        let gap = dice.milliseconds(0, 2_500)
        let kind = dice.below(100)
        ending =
            switch kind {
            case _ where isLast: .signal
            case ..<25: .signal
            case ..<45: .doubleSignal(gap: gap)
            case ..<55: .operatorStop
            case ..<70: .haltAndResume
            default: .crash
            }
        self.dice = dice.fork()
        if !isLast, self.dice.chance(550) { drawDisk() }
    }

    private mutating func drawDisk() {
        let numbers = [dice.between(1, 12), dice.between(12, 60), dice.between(40, 120)]
        let number = Int(dice.pick(numbers))
        switch dice.below(7) {
        case 0: disk.failsFrom = number
        case 1:
            disk.failsFrom = number
            disk.failedIsThere = true
        case 2, 3: disk.tornAt = number
        case 4: disk.crashAfter = number
        case 5: disk.overdueAt = number
        default: disk.hungAt = number
        }
    }
}
