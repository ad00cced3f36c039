import ExchangeModel
import Exchanges
import Trading
import TradingDomain

// Commands of the core on their way to the exchange, and its answers on their way back.

extension Backtest {
    mutating func carryOut(_ command: NumberedCommand) {
        switch command.command {
        case .place, .cancel, .listOrders, .listFills, .listBalances, .ask:
            requests.add(command, at: now + wire.oneWay(command.command))
        case .connect(let feed):
            messages.add(.answered(command.id, .connected(.begun)), at: now + wire.oneWay(command.command))
            messages.add(.feed(feed, .connected), at: now + settings.network.longest)
        case .flush: flushes.append(command.id)
        case .exit(let report): self.report = report
        }
    }

    /// A request reaches the exchange.
    mutating func arrive(_ request: NumberedCommand) {
        let answer: Answer
        switch request.command {
        case .place(let order):
            answer = PaperAnswers.answer(
                engine.place(clientOrderID: order.clientOrderID.description, terms: order.terms, at: now))
        case .cancel(let ids):
            answer = PaperAnswers.answer(ids.map { ($0, engine.requestCancel($0, at: now)) })
        default: answer = PaperAnswers.answer(request.command, engine, settings.exchange)
        }
        messages.add(.answered(request.id, answer), at: now + wire.oneWay(request.command))
    }
}
