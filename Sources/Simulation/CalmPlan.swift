import Trading
import TradingDomain

// Schedules in which nothing goes wrong. People say their words, one at a time, and have the time to see what comes of
// them. Here the judge asks what must happen, which among faults nobody can say.

enum CalmPlan {
    /// Whether a seed is one of these.
    static func isCalm(_ choices: Choices, _ options: ScheduleOptions) -> Bool {
        var dice = choices.dice(.calm)
        return options.asks(.liveness) && dice.chance(150)
    }

    enum Step {
        case word(OperatorWord)
        case halt, resume
        /// Its decision took so long.
        case slow(strategy: String, milliseconds: Int64)
        case feedLost
        /// Somebody pays into the account.
        case deposit
        case end(Act)
    }

    /// What is said and done in one life, and when after its begin.
    static func steps(_ choices: Choices, life: Int, names: [String]) -> [(at: Instant, step: Step)] {
        var dice = choices.dice(.calm, Int64(life), 1)
        var steps: [(at: Instant, step: Step)] = []
        var at = milliseconds(15_000)
        func add(_ step: Step, _ pause: Int64) {
            steps.append((at, step))
            at += milliseconds(pause)
        }
        for _ in 0..<dice.between(1, 2) {
            let name = dice.pick(names)
            switch dice.below(10) {
            case 0:
                add(.word(.pause(reduceOnly: false)), 7_000)
                add(.word(.resume(confirmed: false)), 8_000)
            case 1:
                add(.word(.pause(reduceOnly: true)), 9_000)
                add(.word(.resume(confirmed: false)), 8_000)
            case 2:
                add(dice.chance(500) ? .halt : .word(.halt("drill")), 9_000)
                add(dice.chance(500) ? .resume : .word(.resume(confirmed: true)), 8_000)
            case 3: add(.word(.sweep), 15_000)
            case 4:
                add(.word(.strategy(name: name, .disable)), 7_000)
                add(.word(.strategy(name: name, .enable)), 8_000)
            case 5:
                add(.slow(strategy: name, milliseconds: 300), 1_000)
                add(.slow(strategy: name, milliseconds: 300), 1_000)
                add(.slow(strategy: name, milliseconds: 300), 7_000)
                add(.word(.strategy(name: name, .resume)), 8_000)
            case 6:
                add(.slow(strategy: name, milliseconds: 2_500), 7_000)
                add(.word(.strategy(name: name, .resume)), 8_000)
            case 7:
                let next: FlattenOrder.Next = dice.chance(500) ? .pause : .halt
                add(
                    .word(
                        .flatten(
                            FlattenOrder(slippageBasisPoints: 1_500, timeout: .seconds(9), next: next))),
                    15_000)
                add(.word(.resume(confirmed: true)), 8_000)
            case 8: add(.feedLost, 12_000)
            default: at += milliseconds(12_000)
            }
        }
        if dice.chance(200) { add(.deposit, 100) }
        add(.end(end(&dice)), 0)
        return steps
    }

    private static func end(_ dice: inout Dice) -> Act {
        switch dice.below(4) {
        case 0: .signal(.interrupt)
        case 1: .operatorRequest(.stop)
        case 2: .endOfRun
        default: .signal(.terminate)
        }
    }
}

extension World {
    /// The words of this life wait in the queue.
    func planCalm(_ life: Life) {
        let names = life.wishBooks.map(\.name)
        for (at, step) in CalmPlan.steps(choices, life: life.number, names: names) {
            let time = now + at
            func say(_ word: OperatorWord) {
                let order = OperatorOrder(number: 1, by: "the simulation", word: word)
                queue.add(.act(life: life.number, .operatorRequest(.said(order))), at: time)
            }
            switch step {
            case .word(let word): say(word)
            case .halt: queue.add(.act(life: life.number, .operatorRequest(.halt("drill"))), at: time)
            case .resume: queue.add(.act(life: life.number, .operatorRequest(.resume)), at: time)
            case .slow(let strategy, let took):
                queue.add(
                    .toCore(life: life.number, .overworked(strategy: strategy, .milliseconds(took))), at: time
                )
            case .feedLost: queue.add(.act(life: life.number, .loseFeed), at: time)
            case .deposit: queue.add(.act(life: life.number, .deposit), at: time)
            case .end(let act): queue.add(.act(life: life.number, act), at: time)
            }
        }
    }

    func loseFeed(_ life: Life) {
        life.hearsOrders = false
        turn(life, .feed(.orders, .lost("connection reset")))
    }

    /// What nobody's fills explain.
    func deposit(_ life: Life) {
        exchange.odd.moved["USD", default: 0] += 1_000_000_000_000_000_000
        life.view.calm?.hasDeposit = true
    }

    /// The strategies of a trader in calm.
    func steadyStrategies(_ books: [(name: String, book: WishBook)]) -> [AnyStrategy] {
        books.enumerated().map { index, book in
            if book.name == Self.programName, let symbol = scenario.products.first?.symbol {
                var program = AnyStrategy(external: book.name, symbols: [symbol], ExternalRules())
                program.limits = scenario.strategyLimits
                return program
            }
            var strategy = AnyStrategy(
                SteadyStrategy(
                    name: book.name, symbols: scenario.products.map(\.symbol), choices: choices,
                    number: Int64(index), size: scenario.strategySize, chapter: milliseconds(9_000),
                    usesOnce: scenario.usesOnce, book: book.book))
            strategy.limits = scenario.strategyLimits
            return strategy
        }
    }

    /// Where their wishes are seen.
    func wishBooks() -> [(name: String, book: WishBook)] {
        var dice = choices.dice(.calm, 0, 2)
        let names = dice.chance(500) ? ["steady", "second"] : ["steady"]
        return (names + (scenario.usesProgram ? [Self.programName] : [])).map { ($0, WishBook()) }
    }
}
