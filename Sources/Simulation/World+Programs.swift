import Trading
import TradingDomain

// A strategy that is a program of its own: it is started, shown views, and answers them some time later; or it hangs, dies,
// answers nonsense, or what it was not asked.

extension World {
    static let programName = "outside"

    func carryOut(_ order: ExternalOrder, _ life: Life) {
        life.programWords += 1
        let number = life.programWords
        var dice = choices.dice(.program, Int64(life.number), number)
        let soon = now + milliseconds(dice.between(1, 120))
        func tell(_ what: ExternalReport.What, at time: Instant) {
            let report = ExternalReport(strategy: order.strategy, run: order.run, what: what)
            queue.add(.toCore(life: life.number, .external(report)), at: time)
        }
        switch order.word {
        case .start:
            if fires(.programFault, life, number) {
                tell(.ended("it could not be started"), at: soon)
            } else {
                life.program = order.run
                tell(.started(pid: 4_711), at: soon)
            }
        case .end:
            guard life.program == order.run else { return }
            life.program = nil
            tell(.ended("it ended with 0"), at: soon)
        case .tell(let view):
            guard life.program == order.run else { return }
            let wanted = scenario.isCalm ? steadyWishes(view) : wishes(view, &dice)
            var answer = ExternalAnswer(n: view.n, wanted: wanted, memory: "{\"n\":\(view.n)}")
            guard fires(.programFault, life, number) else { return tell(.answered(answer), at: soon) }
            switch dice.below(5) {
            // It never answers.
            case 0: break
            case 1:
                life.program = nil
                tell(.ended("it died of signal 9"), at: soon)
            case 2: tell(.failed("it said what nobody understands"), at: soon)
            case 3:
                answer.n += 7
                tell(.answered(answer), at: soon)
            default: tell(.answered(answer), at: now + milliseconds(dice.between(500, 4_000)))
            }
        }
    }

    private func wishes(_ view: ExternalView, _ dice: inout Dice) -> [ExternalAnswer.Wish]? {
        guard dice.chance(700), let market = view.markets.first, let quote = market.quote,
            let product = scenario.products.first(where: { $0.symbol == market.symbol })
        else { return nil }
        let tick = product.priceIncrement.raw
        return (0..<dice.below(3)).map { _ in
            let side: Side = dice.chance(500) ? .buy : .sell
            let away = tick * Int128(dice.between(0, 60))
            let middle = (quote.bid.raw + quote.ask.raw) / 2 / tick * tick
            let price = Price(raw: side == .buy ? middle - away : middle + away)
            let quantity = Quantity(raw: product.minimumQuantity.raw * Int128(dice.between(1, 10)))
            return ExternalAnswer.Wish(
                terms: OrderTerms(symbol: product.symbol, side: side, type: .limit(price), quantity: quantity)
            )
        }
    }

    /// In calm it keeps its mind as the others do.
    private func steadyWishes(_ view: ExternalView) -> [ExternalAnswer.Wish]? {
        let chapter = now / milliseconds(9_000)
        if let wishes = programWishes, wishes.chapter == chapter { return wishes.wanted }
        guard let market = view.markets.first, let quote = market.quote,
            let product = scenario.products.first(where: { $0.symbol == market.symbol })
        else { return nil }
        let strategy = SteadyStrategy(
            name: Self.programName, symbols: [product.symbol], choices: choices, number: 2, size: 1,
            chapter: milliseconds(9_000), usesOnce: false, book: WishBook())
        let wanted = (0..<2).map {
            ExternalAnswer.Wish(terms: strategy.order(Int64($0), chapter, product, quote))
        }
        programWishes = (chapter, wanted)
        return wanted
    }

    /// What the strategies of a trader are.
    func strategies() -> [AnyStrategy] {
        var churn = AnyStrategy(
            ChurnStrategy(
                symbols: scenario.products.map(\.symbol), choices: choices, size: scenario.strategySize,
                usesImmediate: scenario.usesImmediate, usesOnce: scenario.usesOnce))
        churn.followsUniverse = scenario.configuration.universe != nil
        guard scenario.usesProgram, let symbol = scenario.products.first?.symbol else { return [churn] }
        let rules = ExternalRules(answerWithin: .milliseconds(800), restarts: 3, window: .seconds(60))
        return [churn, AnyStrategy(external: Self.programName, symbols: [symbol], rules)]
    }

    /// The venue's list, from which a market is missing now and then, or in which it is closed.
    func listedProducts(isChanged: Bool, _ dice: inout Dice) -> [Product] {
        guard isChanged, var last = scenario.products.last else { return scenario.products }
        guard dice.chance(600) else { return Array(scenario.products.dropLast()) }
        last.status = dice.pick([.cancelOnly, .disabled, .postOnly])
        return scenario.products.dropLast() + [last]
    }
}
