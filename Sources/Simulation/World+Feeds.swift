import ExchangeModel
import Trading
import TradingDomain

// What the exchange says unasked: cumulative order reports, late, twice or out of order; quotes.

extension World {
    func publish() {
        for change in exchange.news(at: now) {
            switch change {
            case .order(let snapshot):
                makeOdd(snapshot)
                report(snapshot)
            case .quote(let quote): tell(quote)
            case .fill: break
            }
        }
    }

    /// A quote as the adapter of a venue with a clock of its own stamps it: on the host's.
    func onHostsClock(_ quote: Quote) -> Quote {
        guard scenario.capabilities.introducesItself else { return quote }
        var stamped = quote
        stamped.at = quote.at + .nanoseconds(skew)
        return stamped
    }

    private func tell(_ told: Quote) {
        let quote = onHostsClock(told)
        for process in processes {
            guard let life = process.life, life.hearsMarket, life.deafUntil <= now else { continue }
            queue.add(.toCore(life: life.number, .quote(quote)), at: now + scenario.latency / 2)
        }
    }

    func report(_ truth: OrderSnapshot) {
        let snapshot = exchange.shown(truth, since: .min / 2, at: now)
        trace("exchange: \(snapshot.clientOrderID) \(snapshot.status) filled \(snapshot.filledQuantity)")
        feelOddities()
        for process in processes {
            if let life = process.life, life.isLiedTo, !life.hearsOrders { coverage.feel(.lyingFeed) }
            guard let life = process.life, life.hearsOrders, life.deafUntil <= now, !process.isElsewhere
            else { continue }
            report(snapshot, to: life)
        }
    }

    private func report(_ snapshot: OrderSnapshot, to life: Life) {
        life.reports += 1
        var dice = choices.dice(.report, Int64(life.number), life.reports)
        let event = Happening.toCore(life: life.number, .order(snapshot))
        let usual = now + dice.between(scenario.latency / 2, scenario.latency)
        if fires(.reorderedReport, life, life.reports) {
            queue.add(event, at: usual + milliseconds(dice.between(1, 700)))
        } else {
            // The feed keeps its order.
            life.lastReportAt = max(life.lastReportAt, usual)
            queue.add(event, at: life.lastReportAt)
        }
        if fires(.duplicateReport, life, life.reports) {
            queue.add(event, at: usual + milliseconds(dice.between(0, 900)))
        }
    }
}
