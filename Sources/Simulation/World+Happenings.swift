import Supervision
import Trading
import TradingDomain

// What the queue brings, handed to whom it concerns.

extension World {
    func happen() {
        guard let (time, happening) = queue.pop() else {
            isOver = true
            return
        }
        now = max(now, time)
        switch happening {
        case .toCore(let number, let event): deliver(number, happening) { turn($0, event) }
        case .commitDone(let number, let outcome, let isThere, let crashes):
            deliver(number, happening) {
                self.commitDone($0, outcome, isThere: isThere, crashes: crashes)
            }
        case .act(let number, .processSignal(let signal)):
            if let process = process(number) { take(signal, process) }
        case .act(let number, let act): deliver(number, happening) { self.act($0, act) }
        case .arrive(let request): arrive(request)
        case .cancelEffect(let id):
            exchange.completeCancel(id, at: now)
            publish()
        case .tradeAgainst(let id, let permille):
            exchange.trade(against: id, permille: permille, at: now)
            publish()
        case .crash(let number):
            if let life = process(number)?.life { end(life, .crashed("at a commit")) }
        case .feedUp(let number, let feed):
            guard let life = process(number)?.life else { return }
            switch feed {
            case .market: life.hearsMarket = true
            case .orders: life.hearsOrders = true
            }
            deliver(number, .toCore(life: number, .feed(feed, .connected))) {
                turn($0, .feed(feed, .connected))
            }
        case .marketStep:
            exchange.moveMarket(&market, at: now)
            queue.add(.marketStep, at: now + scenario.marketInterval)
            publish()
            for process in processes {
                guard let life = process.life else { continue }
                judge.judgeCare(life, exchange, at: now)
                judge.judgeLiveness(life, exchange, at: now)
            }
            curePoison()
        case .begin(let number): if let process = process(number) { begin(process) }
        case .die(let number, let signal): if let process = process(number) { die(process, of: signal) }
        case .guardianHears(let number, let event):
            if let guardian, guardian.number == number { tell(guardian, event) }
        case .guardianAct(let number, let kind):
            if let guardian, guardian.number == number { act(guardian, kind) }
        case .start(let since): start(waitingSince: since)
        case .mend: mend()
        case .clock(let jump): if !plan.isHealed { jumpClock(by: jump) }
        case .feedTells(let number): process(number)?.life?.hearsOrders = true
        case .endFlood: endFlood()
        case .lateOrder(let epoch, let sequence): placeLateOrder(epoch: epoch, sequence: sequence)
        case .heal: healInTime()
        case .reckon: reckon()
        }
    }

    /// Lets the life handle it now, or when its loop runs again.
    private func deliver(_ number: Int, _ happening: Happening, _ handle: (Life) -> Void) {
        guard let life = process(number)?.life, !life.hasEnded else { return }
        if life.stalledUntil >= Life.forever { return }
        if life.stalledUntil > now {
            queue.add(happening, at: life.stalledUntil)
        } else {
            handle(life)
        }
    }
}
