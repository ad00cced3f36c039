// How the shell learns what a strategy does to the loop, without the core reading a clock: it is told when a decision
// begins and when it has ended. Nothing that it does changes what the core decides.

import TradingDomain

package protocol DecisionWatch: Sendable {
    func began(_ strategy: String)
    func ended(_ strategy: String)
}

/// A strategy under such a watch.
struct WatchedRunner: StrategyRunner {
    let name: String
    let watch: any DecisionWatch
    var runner: any StrategyRunner
    var recordsMemory: Bool {
        get { runner.recordsMemory }
        set { runner.recordsMemory = newValue }
    }

    /// Code of the strategy as well: a trap or a long silence in it is told like one of a decision.
    func ignores(_ quote: Quote) -> Bool {
        watch.began(name)
        defer { watch.ended(name) }
        return runner.ignores(quote)
    }

    mutating func decide(_ view: StrategyView) -> (decision: Decision, changedMemory: String?) {
        watch.began(name)
        defer { watch.ended(name) }
        return runner.decide(view)
    }
}
