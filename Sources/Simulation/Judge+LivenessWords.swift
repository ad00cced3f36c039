import ExchangeModel
import Trading
import TradingDomain

// In calm each word of an operator has its effect within a bound, somebody is told of it once, and of nothing else.

extension Judge {
    private static let second = milliseconds(1_000)

    /// What an event gives reason to be told.
    func hearCalm(_ event: Event, _ life: Life, at now: Instant) {
        let view = life.view
        guard asks(.liveness), view.calm != nil else { return }
        switch event {
        case .operatorRequest(.halt): haltIsDue(view, at: now)
        case .operatorRequest(.resume): resumeIsDue(view, at: now)
        case .operatorRequest(.said(let order)):
            wordIsDue(order.word, view, at: now)
            view.calm?.flattensFrom =
                view.books.values.map { Int128($0.quantity.magnitude) }.max() ?? 0
        case .signal, .endOfRun, .operatorRequest(.stop): stopIsDue(view, at: now)
        case .overworked(let strategy, let took): slowIsDue(strategy, took, view, at: now)
        case .external(let report):
            if case .answered(let answer) = report.what { note(answer, of: report.strategy, view, at: now) }
        case .feed(.orders, _), .feed(.market, _): view.calm?.disturbedAt = now
        default: break
        }
    }

    /// A program outside has said what it wants.
    private func note(
        _ answer: ExternalAnswer, of strategy: String, _ view: LifeView, at now: Instant
    ) {
        guard let index = view.calm?.books.firstIndex(where: { $0.name == strategy }) else { return }
        view.calm?.books[index].askedAt = now
        guard let wanted = answer.wanted, let old = view.calm?.books[index].wanted else { return }
        var since: [CalmView.Wish: Instant] = [:]
        for wish in wanted {
            let wish = CalmView.Wish(strategy: strategy, terms: wish.terms, key: wish.once)
            since[wish] = old[wish] ?? now
        }
        guard Set(since.keys) != Set(old.keys) else { return }
        view.calm?.books[index].before = Set(old.keys)
        view.calm?.books[index].wanted = since
    }

    private func wordIsDue(_ word: OperatorWord, _ view: LifeView, at now: Instant) {
        view.calm?.disturbedAt = now
        switch word {
        case .pause: view.calm?.expect("paused", at: now)
        case .resume: resumeIsDue(view, at: now)
        case .halt: haltIsDue(view, at: now)
        case .sweep: view.calm?.expect("swept", at: now)
        case .flatten:
            view.calm?.expect("flatten", at: now)
            view.calm?.expect("flattened", at: now)
            view.calm?.flattensSince = now
            hasFlattened = true
        case .strategy(_, .disable): view.calm?.expect("strategy-disabled", at: now)
        case .strategy(_, .enable): view.calm?.expect("strategy-enabled", at: now)
        case .strategy(let name, .resume):
            if view.haltedStrategies.contains(name) { view.calm?.expect("strategy-resumed", at: now) }
            view.calm?.slowDecisions[name] = nil
        case .stop, .reload: break
        }
    }

    private func haltIsDue(_ view: LifeView, at now: Instant) {
        view.calm?.disturbedAt = now
        view.calm?.expect("halt", at: now)
        view.calm?.expect("halt-proved", at: now)
    }

    private func resumeIsDue(_ view: LifeView, at now: Instant) {
        guard view.recordedStanding != nil || view.isHaltRecorded else { return }
        view.calm?.disturbedAt = now
        view.calm?.expect("resumed", at: now)
    }

    private func stopIsDue(_ view: LifeView, at now: Instant) {
        guard view.calm?.expected["stopping"] == nil else { return }
        view.calm?.expect("stopping", at: now)
        let open = view.states.filter { !Self.isOver($0.value) }.keys.sorted()
        view.calm?.knownAtStop = open
        view.calm?.unansweredAtStop = open.filter { view.states[$0] == .new && placed.contains($0) }
        if view.calm?.hasDeposit == true, capabilities.introducesItself {
            view.calm?.expect("balance-drift", at: now)
        }
    }

    /// Two slow decisions within a minute are forgiven, the third is not, nor is a very slow one.
    private func slowIsDue(_ strategy: String, _ took: Duration, _ view: LifeView, at now: Instant) {
        view.calm?.disturbedAt = now
        guard !view.haltedStrategies.contains(strategy) else { return }
        var recent = (view.calm?.slowDecisions[strategy] ?? []).filter { now - $0 < Self.second * 60 }
        recent.append(now)
        view.calm?.slowDecisions[strategy] = recent
        if took > .seconds(2) || recent.count > 2 { view.calm?.expect("strategy-halted", at: now) }
    }

    // MARK: Told

    func noteCalm(_ alert: Alert, _ view: LifeView, _ exchange: SimulatedExchange, at now: Instant) {
        let name = alert.name
        view.calm?.raised[name, default: 0] += 1
        switch name {
        case "swept", "halt-proved", "halted", "resumed": view.calm?.disturbedAt = now
        case "flattened", "flatten-incomplete": flattenHasEnded(name, view, exchange, at: now)
        default: break
        }
        let raised = view.calm?.raised[name] ?? 0
        let expected = view.calm?.expected[name] ?? 0
        // A life that ended before it could note anew what it told leaves the next one to tell it again.
        let isToldAgain = name == "balance-drift" && exchange.odd.moved["USD"] ?? 0 != 0
        demand(
            raised <= expected || isToldAgain,
            "alert '\(name)' for the \(raised)th time, there were \(expected) reasons")
    }

    /// Positions are closed, except what is too small for an order.
    private func flattenHasEnded(
        _ name: String, _ view: LifeView, _ exchange: SimulatedExchange, at now: Instant
    ) {
        view.calm?.flattensSince = nil
        view.calm?.disturbedAt = now
        if name == "flatten-incomplete" {
            // One of the two was owed.
            view.calm?.expected["flattened", default: 1] -= 1
            view.calm?.expected[name, default: 0] += 1
            let limits = view.configuration.risk
            // In slices that a limit keeps small, or where no more orders may go out, it takes longer.
            let isSlow =
                limits.maximumOrderNotional < Money(1_000) || isRateUsed(limits, at: now)
                || view.calm.map { $0.flattensFrom > 12_000_000_000_000_000_000 } ?? false
            for symbol in view.quotes.keys where !isSlow {
                let held = exchange.position(symbol, booked: view.bookedRows)
                let price = view.quotes[symbol].map(Self.middle) ?? 0
                let isDust =
                    held.magnitude < 10_000_000_000_000_000
                    || Self.value(price, Int128(held.magnitude)) < 130_000_000_000_000_000
                demand(isDust, "\(Quantity(raw: held)) of \(symbol) are not closed, and could have been")
            }
        }
        // What was asked for next.
        if view.standing != nil, view.isHaltRecorded { haltIsDue(view, at: now) }
    }

    /// Whoever must be told has been.
    func judgeOwed(_ view: LifeView, at now: Instant) {
        guard let calm = view.calm else { return }
        for (name, since) in calm.owedSince
        where calm.raised[name] ?? 0 < calm.expected[name] ?? 0 {
            let bound = Self.calmBound * (name == "flattened" ? 3 : 1)
            demand(now - since <= bound, "nobody is told '\(name)'")
        }
    }
}
