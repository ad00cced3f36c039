// The catalogue: every setting that is one value, in the order in which people read them. Lists (strategies, products,
// balances, alerts) are described in ConfigurationFields and read in ConfigurationLists.

import Exchanges
import Trading
import TradingDomain

enum Settings {
    /// Settings that stand together in the documentation and in a file.
    struct Group: Sendable {
        let title: String
        let settings: [Setting]
    }

    static let groups: [Group] = [
        Group(title: "General", settings: general + orders + logs + supervision),
        Group(title: "Risk", settings: risk),
        Group(title: "Universe", settings: universe),
        Group(title: "Rate budget", settings: rate),
        Group(title: "Stop", settings: stop),
        Group(title: "Control", settings: control),
        Group(title: "Gates", settings: gates),
        Group(title: "Live", settings: exchange),
        Group(title: "Paper exchange", settings: paper),
    ]

    static let all: [Setting] = groups.flatMap(\.settings)

    /// Keys whose values are lists or tables of their own.
    static let lists = ["strategies", "paper.products", "paper.balances", "alerts"]

    static func named(_ key: String) -> Setting? { all.first { $0.key == key } }

    @Sendable static func basisPoints(_ text: String) -> Rate? {
        guard let points = Rate(text), !points.isNegative, points <= Rate(10_000) else { return nil }
        return try? points.scaled(by: 1, over: 10_000, .halfEven)
    }

    @Sendable static func showBasisPoints(_ rate: Rate) -> String {
        (try? rate.scaled(by: 10_000, over: 1, .halfEven).description) ?? "\(rate)"
    }
}
