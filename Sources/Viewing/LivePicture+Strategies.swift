// The strategies, where there are several of them, or one rests.

import Control
import Trading
import TradingDomain

extension LivePicture {
    func strategyRows(_ core: CoreOverview, _ canvas: Canvas) -> [Row] {
        let strategies = core.strategies
        guard strategies.count > 1 || strategies.contains(where: { $0.state != .trading }) else { return [] }
        func cells(_ text: (StrategyStatus) -> (String, Ink)) -> [(text: String, ink: Ink)] {
            strategies.map {
                let (text, ink) = text($0)
                return (text, ink)
            }
        }
        func money(_ money: Money?) -> (String, Ink) {
            money.map { (Glance.money($0), Glance.ink($0)) } ?? ("-", .dim)
        }
        return Table(columns: [
            .init(title: "STRATEGY", isRight: false, rank: 0, cells: cells { ($0.name, .bold) }),
            .init(
                title: "STATE", isRight: false, rank: 1,
                cells: cells {
                    let ink: Ink = $0.state == .trading ? .good : $0.state == .halted ? .bad : .dim
                    return ($0.state.rawValue, ink)
                }),
            .init(title: "ORDERS", rank: 2, cells: cells { ("\($0.workingOrders)", .plain) }),
            .init(
                title: "RESULT", rank: 3,
                cells: cells { strategy in
                    money(strategy.unrealised.flatMap { try? strategy.realised + $0 })
                }),
            .init(title: "TODAY", rank: 4, cells: cells { money($0.dayResult) }),
            .init(
                title: "BUDGET", rank: 5,
                cells: cells { strategy in
                    guard let budget = strategy.limits.budget else { return ("-", .dim) }
                    let used = strategy.budgetUsed.map { Glance.money($0, isSigned: false) } ?? "?"
                    return ("\(used)/\(budget)", .plain)
                }),
            .init(title: "WHY", isRight: false, rank: 6, cells: cells { ($0.reason ?? "", .dim) }),
        ]).rows(within: canvas.columns)
    }
}
