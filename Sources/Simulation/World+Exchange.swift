import ExchangeModel
import Trading
import TradingDomain

// What befalls the exchange and the account, whoever of ours is there to see it.

extension World {
    func befallExchange(_ kind: FaultKind, _ dice: inout Dice) {
        guard let product = scenario.products.last else { return }
        switch kind {
        case .reversedFill: if exchange.reverse(at: now) { coverage.feel(.reversedFill) }
        case .overfill:
            if let order = exchange.overfill(at: now) {
                coverage.feel(.overfill)
                report(order)
            }
        case .foreignFlood:
            exchange.beginFlood(product, count: (scenario.capabilities.openListLimit ?? 0) + 2, at: now)
            queue.add(.endFlood, at: now + milliseconds(dice.between(2_000, 20_000)))
        default:
            // Another instance began later than any life of ours.
            let epoch = exchange.utc(now).secondsSince1970 + 100_000
            if let id = ClientOrderID(bot: scenario.configuration.bot, epoch: epoch, sequence: 1) {
                exchange.placeStrange(id, product, at: now)
            }
        }
        publish()
    }

    func endFlood() {
        exchange.endFlood(at: now)
        publish()
    }

    /// Between a stop's marker and its end an order of a life that nobody remembers takes effect.
    func placeLateOrder(_ life: Life) {
        guard fires(.lateOrder, life, 0) else { return }
        var dice = choices.dice(.life, Int64(life.number), 3)
        queue.add(
            .lateOrder(epoch: life.view.firstEpoch - 1, sequence: Int64(life.number)),
            at: now + dice.between(0, milliseconds(30)))
    }

    func placeLateOrder(epoch: Int64, sequence: Int64) {
        guard let product = scenario.products.first,
            let id = ClientOrderID(bot: scenario.configuration.bot, epoch: epoch, sequence: 9_000 + sequence)
        else { return }
        exchange.placeStrange(id, product, at: now)
        if processes.contains(where: { $0.life != nil }) { coverage.feel(.lateOrder) }
        publish()
    }

    /// What an answer or a report has shown of the exchange's oddities.
    func feelOddities() {
        guard !exchange.showed.isEmpty else { return }
        for kind in FaultKind.allCases where exchange.showed.contains(kind) { coverage.feel(kind) }
        exchange.showed = []
    }

    /// How an order of ours is shown is decided when it is first seen, and when it ends.
    func makeOdd(_ snapshot: OrderSnapshot) {
        guard exchange.isOurs(snapshot) else { return }
        let number = exchange.number(snapshot)
        if exchange.isNew(snapshot), plan.fires(.noTerms, life: lives, number: number, at: now) {
            note(.noTerms, place)
            exchange.odd.termless.insert(snapshot.exchangeOrderID)
        }
        // Whoever tells sizes too early tells balances, too: an embedded exchange does neither.
        guard scenario.capabilities.introducesItself, Judge.isOver(snapshot.status),
            snapshot.filledQuantity.isPositive,
            plan.fires(.staleSize, life: lives, number: number, at: now)
        else { return }
        note(.staleSize, place)
        var dice = choices.dice(.report, number, 7)
        exchange.odd.stale[snapshot.exchangeOrderID] = (
            exchange.filledBefore(snapshot), now + dice.between(1, max(1, scenario.listLag)),
            dice.chance(500) ? false : nil
        )
    }
}
