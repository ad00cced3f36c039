import ExchangeModel
import Trading
import TradingDomain

// What an operator's word promises, from the moment at which it is heard.

extension Judge {
    /// Heard: what closes the gate closes it at once, whether or not the word is on disk yet.
    func heard(_ word: OperatorWord, _ view: LifeView, at now: Instant) {
        switch word {
        case .stop: view.standing = .stopped
        case .halt: view.isHalted = true
        case .sweep: view.sweepAskedAt = view.sweepAskedAt ?? now
        case .reload(let settings): view.configuration.risk = settings.risk
        default: break
        }
    }

    /// Recorded: what stands until another word, in later lives, too.
    func stands(_ word: OperatorWord, _ view: LifeView) {
        switch word {
        case .pause(let reduceOnly): view.standing = reduceOnly ? .reduceOnly : .paused
        case .flatten: view.standing = .reduceOnly
        case .stop: view.standing = .stopped
        case .resume: view.standing = nil
        case .strategy(let name, let said):
            switch said {
            case .disable: view.disabled.insert(name)
            case .enable: view.disabled.remove(name)
            case .resume: view.haltedStrategies.remove(name)
            }
        case .halt, .sweep, .reload: break
        }
    }

    /// While something stands only what brings a position nearer to zero may be decided. Judged where the core has been
    /// told of every fill: what it cannot know is no fault of its.
    func judgeReducing(_ order: Order, _ view: LifeView, _ exchange: SimulatedExchange) {
        view.reducing.insert(order.id)
        guard let position = knownPosition(order.terms.symbol, view, exchange) else { return }
        let isOpposite = order.terms.side == .sell ? position > 0 : position < 0
        demand(
            isOpposite && order.terms.quantity.raw <= position.magnitude,
            "\(order.id) (\(order.terms.side) \(order.terms.quantity)) is decided while \(view.standing?.rawValue ?? "") "
                + "with a position of \(Quantity(raw: position))")
    }

    func judge(_ alert: Alert, _ view: LifeView, _ exchange: SimulatedExchange) {
        switch alert.name {
        case "store-behind": view.saysStoreIsBehind = true
        case "swept", "halt-proved":
            if alert.name == "swept" {
                // Empty books prove nothing, even where they are right. A full listing begun in the same
                // instant does: what is sent now reaches the exchange after all that was heard from it.
                let hasAsked = view.sweepAskedAt.map { view.provedSince >= $0 } ?? true
                demand(hasAsked, "says swept, and has not asked what works since")
                view.sweepAskedAt = nil
            }
            // Another instance's are its own to cancel. Where they were shown, the halt that they bring names them.
            // Of one that no life sent now nobody knows before it is told.
            let live = exchange.liveOrders.filter {
                !exchange.isOfLaterInstance($0, view.epoch)
                    && (!exchange.odd.strange.contains($0) || isTold($0, view, exchange))
            }
            demand(live.isEmpty, "says \(alert.name), and these live: \(live)")
        case "flattened":
            for symbol in view.books.keys.sorted() {
                let position = knownPosition(symbol, view, exchange) ?? 0
                demand(position == 0, "says flattened, and \(symbol) is \(Quantity(raw: position))")
            }
        default: break
        }
    }

    /// The position by the booked fills, where the exchange has no others; nil where it has.
    private func knownPosition(_ symbol: Symbol, _ view: LifeView, _ exchange: SimulatedExchange) -> Int128? {
        var truth = Book()
        for fill in exchange.rows where fill.symbol == symbol { truth.add(fill) }
        let booked = view.books[symbol] ?? Book()
        return truth == booked ? booked.quantity : nil
    }
}
