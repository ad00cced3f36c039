import ExchangeModel
import Supervision
import Trading
import TradingDomain

// What a seed makes of the world before anything happens: the bot and its limits, the markets, the exchange's
// habits, how fast things travel.

struct Scenario {
    let configuration: CoreConfiguration
    let capabilities: ExchangeCapabilities
    let products: [Product]
    let strategySize: Int64
    let usesImmediate: Bool
    /// UTC when the schedule begins.
    let start: UTCInstant
    /// One way to the exchange, usually.
    let latency: Instant
    /// The exchange's lists may be this far behind.
    let listLag: Instant
    /// A placement takes effect no later than this after it was sent.
    let travelLimit: Instant
    let pageLimit: Int
    let marketInterval: Instant
    /// A commit takes up to this long, usually.
    let commitTime: Instant
    /// How many lives have faults, at most.
    let faultyLives: Int
    /// The guardian's limits in a schedule that has one; nil for bare lives.
    let guardian: GuardianLimits?
    /// When all faults end, where there is a guardian.
    let healsAt: Instant
    /// How long a guardian waits for the instance lock before it gives up.
    let lockWait: Instant
    /// Whether a record that traps the core stays until nothing of ours is left at the exchange.
    let poisonOutlivesHealing: Bool

    /// Whether the venue says of an order that has ended that its size is final.
    let tellsSettled: Bool
    /// For how long a new order is shown as pending, where open orders are listed apart.
    let pendingTime: Instant

    /// By how much everything is slower that is not a call: a few schedules last for many minutes.
    let pace: Int64
    /// Whether a program outside decides, too.
    let usesProgram: Bool
    /// Whether some of its orders are wanted once.
    let usesOnce: Bool
    /// Whether nothing goes wrong.
    let isCalm: Bool
    let strategyLimits: StrategyLimits

    static let firstTick: Int64 = 10_000
    /// The one that the bot's key belongs to.
    static let portfolio = "sim"

    init(choices: Choices, options: ScheduleOptions, plan: FaultPlan? = nil) throws {
        let plan = plan ?? FaultPlan(choices: choices, options: options)
        var dice = choices.dice(.scenario)
        isCalm = CalmPlan.isCalm(choices, options)
        var calmDice = choices.dice(.calm, 0, 3)
        strategyLimits = isCalm ? Self.strategyLimits(&calmDice) : StrategyLimits()
        guard let bot = BotID("sim") else { throw ScenarioError("the bot's name") }
        let names = ["BTC-USD", "ETH-USD"].prefix(min(options.symbolLimit, dice.chance(300) ? 2 : 1))
        products = try names.map { name in
            guard let symbol = Symbol(name) else { throw ScenarioError(name) }
            return Product(
                symbol: symbol, baseIncrement: Quantity(raw: 1_000_000_000_000_000),
                priceIncrement: Price(raw: 10_000_000_000_000_000),
                minimumQuantity: Quantity(raw: 10_000_000_000_000_000), maximumQuantity: Quantity(1_000),
                minimumNotional: Money(raw: 100_000_000_000_000_000), makerFee: Rate(basisPoints: 10),
                takerFee: Rate(basisPoints: 20))
        }
        strategySize = min(Int64(options.strategyLimit), dice.between(2, 4))
        usesImmediate = dice.chance(250)
        // Now and then the schedule runs across midnight.
        let noon = UTCInstant(seconds: 1_767_614_400)
        start = dice.chance(200) ? noon + .seconds(43_196) : noon + .seconds(dice.below(20_000))
        latency = milliseconds(dice.pick([2, 10, 25, 80]))
        listLag = milliseconds(dice.pick([0, 0, 150, 700]))
        let requestLife = milliseconds(dice.pick([1_500, 2_500, 5_000]))
        travelLimit = requestLife - listLag - milliseconds(20)
        let pageSize = Int(dice.pick([2, 3, 5, 50]))
        let marketPause = milliseconds(dice.pick([250, 400, 600]))
        commitTime = milliseconds(dice.pick([4, 20, 60]))
        faultyLives = Int(dice.pick([1, 1, 2, 2, 3, 4]))
        var capabilities = ExchangeCapabilities(
            cancelBatchLimit: Int(dice.pick([1, 3, 10, 100])), queryIDLimit: Int(dice.pick([1, 4, 50])),
            requestLife: .nanoseconds(requestLife), evidenceDelay: .milliseconds(dice.pick([40, 250])))
        // A feed can only lie where there is something beside it to ask.
        capabilities.introducesItself = dice.chance(350) || plan.isOn(.lyingFeed)
        capabilities.listLag = .nanoseconds(listLag)
        var venueDice = choices.dice(.scenario, 2)
        tellsSettled = venueDice.chance(500)
        pendingTime = milliseconds(venueDice.pick([0, 40, 300]))
        pace = plan.isOn(.lyingFeed) && venueDice.chance(120) ? 40 : 1
        usesOnce = venueDice.chance(300)
        let isProgramOn = venueDice.chance(plan.isOn(.programFault) ? 700 : 500)
        usesProgram = isProgramOn && (plan.isOn(.programFault) || isCalm)
        let followsUniverse = plan.isOn(.universeChange) && venueDice.chance(600)
        marketInterval = marketPause * pace
        capabilities.feedCanBeSilent = capabilities.introducesItself
        capabilities.listsOpenAlone = plan.isOn(.movedStatus) && venueDice.chance(700)
        if plan.isOn(.foreignFlood) {
            capabilities.listsOpenAlone = true
            capabilities.openListLimit = Int(venueDice.pick([9, 14]))
        }
        if isCalm {
            capabilities.feedCanBeSilent = venueDice.chance(500)
            capabilities.listsOpenAlone = venueDice.chance(300)
        }
        self.capabilities = capabilities
        // Three readings of tiny pages take longer than a short stop has.
        // In calm recovery shall not take longer than the words that are said then wait.
        pageLimit = capabilities.listsOpenAlone || isCalm ? pageSize * 10 : pageSize
        var limitDice = choices.dice(.scenario, 1)
        var configuration = Self.limited(Self.configuration(bot, &dice), &limitDice)
        configuration.cycleInterval = configuration.cycleInterval * Int(pace)
        if pace > 1 {
            configuration.risk.maximumQuoteAge = .seconds(60)
            configuration.orderMaximumAge = nil
        }
        // Three readings, one after the other, need their time.
        if capabilities.listsOpenAlone, latency > milliseconds(20) {
            configuration.stop.deadline = max(configuration.stop.deadline, .seconds(8))
        }
        if followsUniverse, capabilities.introducesItself {
            var rules = UniverseRules()
            rules.interval = .seconds(4)
            configuration.universe = rules
        }
        if capabilities.introducesItself { configuration.expectedPortfolio = Self.portfolio }
        if isCalm {
            configuration.risk.maximumDailyLoss = Money(1_000)
            // What the slowest rates give, fills of what is wanted again and again take.
            configuration.rate = RateLimits()
            if configuration.lease != nil { configuration.lease = .seconds(6) }
        }
        self.configuration = configuration
        var guardianDice = choices.dice(.guardian)
        guardian = !isCalm && guardianDice.chance(500) ? Self.guardian(configuration, &guardianDice) : nil
        healsAt = milliseconds(guardianDice.between(3_000, 40_000)) * pace
        lockWait = milliseconds(guardianDice.pick([0, 5_000, 60_000]))
        poisonOutlivesHealing = guardianDice.chance(500)
    }

    private static func guardian(_ configuration: CoreConfiguration, _ dice: inout Dice) -> GuardianLimits {
        var limits = GuardianLimits()
        limits.stopDeadline = configuration.stop.deadline
        limits.hangLimit = .seconds(dice.pick([2, 5, 10]))
        limits.startLimit = .seconds(dice.pick([5, 15]))
        limits.sweepLimit = .seconds(dice.pick([12, 20]))
        limits.onCrash = dice.pick([.sweepAndRestart, .sweepAndRestart, .sweepAndExit, .adoptAndRestart])
        limits.crashLimit = Int(dice.pick([2, 3, 5]))
        limits.crashWindow = .seconds(dice.pick([20, 600]))
        limits.firstBackoff = .milliseconds(dice.pick([100, 1_000]))
        limits.longestBackoff = .seconds(dice.pick([2, 8]))
        return limits
    }

    /// Limits of each strategy in calm.
    private static func strategyLimits(_ dice: inout Dice) -> StrategyLimits {
        var limits = StrategyLimits()
        let unit: Int128 = 1_000_000_000_000_000_000
        if dice.chance(250) { limits.maximumWorkingOrders = Int(dice.pick([2, 3, 5])) }
        if dice.chance(150) { limits.maximumOrdersPerMinute = Int(dice.pick([15, 30])) }
        if dice.chance(250) { limits.budget = Money(raw: unit * Int128(dice.pick([30, 60, 100]))) }
        return limits
    }

    /// Limits that a bot of this size meets.
    private static func limited(_ configuration: CoreConfiguration, _ dice: inout Dice) -> CoreConfiguration {
        var configuration = configuration
        let unit: Int128 = 1_000_000_000_000_000_000
        if dice.chance(250) { configuration.risk.maximumWorkingOrdersPerSymbol = Int(dice.pick([3, 4, 5])) }
        if dice.chance(150) { configuration.risk.maximumWorkingOrders = Int(dice.pick([3, 4, 6])) }
        if dice.chance(120) { configuration.risk.maximumOrdersPerMinute = Int(dice.pick([20, 30, 40])) }
        if dice.chance(200) {
            configuration.risk.maximumOrderNotional = Money(raw: unit * Int128(dice.pick([8, 15])))
        }
        if dice.chance(200) {
            configuration.risk.maximumPositionNotional = Money(raw: unit * Int128(dice.pick([20, 40, 80])))
        }
        if dice.chance(80) {
            configuration.risk.maximumDailyLoss = Money(raw: unit * Int128(dice.between(5, 60)) / 100)
        }
        if dice.chance(250) { configuration.risk.maximumQuoteAge = .milliseconds(dice.pick([1_500, 4_000])) }
        return configuration
    }

    private static func configuration(_ bot: BotID, _ dice: inout Dice) -> CoreConfiguration {
        var configuration = CoreConfiguration(bot: bot, mode: .paper)
        configuration.cycleInterval = .milliseconds(dice.pick([150, 300, 500]))
        configuration.callTimeout = .milliseconds(dice.pick([800, 2_000, 10_000]))
        configuration.seed = UInt64(bitPattern: dice.between(1, .max - 1))
        configuration.stop.deadline = .milliseconds(dice.pick([4_000, 8_000, 8_000, 24_000]))
        if dice.chance(150) { configuration.orderMaximumAge = .milliseconds(700) }
        if dice.chance(300) { configuration.leftovers = .adopt }
        if dice.chance(200) {
            configuration.rate.burst = 8
            configuration.rate.perSecond = 10
            configuration.rate.cancelReserve = 3
            configuration.rate.maximumInFlight = 4
        }
        if dice.chance(100) { configuration.risk.maximumDailyLoss = Money(raw: 50_000_000_000_000_000) }
        if dice.chance(200) { configuration.risk.maximumWorkingOrders = 5 }
        if dice.chance(300) {
            configuration.lease = .milliseconds(dice.pick([500, 1_000, 2_000, 6_000]))
            configuration.leaseShare = 90
        }
        return configuration
    }
}

/// The scenario itself could not be made: a mistake in the simulation.
struct ScenarioError: Error, CustomStringConvertible {
    let description: String
    init(_ what: String) { description = "the scenario could not be made: \(what)" }
}
