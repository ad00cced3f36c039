// A strategy with its memory's type forgotten, so that several kinds can run side by side and their memories
// still be recorded: the core keeps each memory as text, and the decoded value only as a cache.

import FoundationEssentials
import TradingDomain

/// A strategy's memory could not be read back: another version of it wrote it, or it is damaged.
package struct MemoryError: Error, CustomStringConvertible, Sendable {
    package let strategy: String
    package let memory: String
    package let cause: String
    package var description: String {
        "strategy \(strategy) cannot read its recorded memory \(memory): \(cause); "
            + "restore the version that wrote it, or reset the strategy"
    }
}

package struct AnyStrategy: Sendable {
    package let name: String
    package let symbols: [Symbol]
    package var limits = StrategyLimits()
    /// Whether the configuration wants it to trade.
    package var isEnabled = true
    /// Whether it trades its markets only while they are in the universe.
    package var followsUniverse = false
    /// For one that is a program of its own.
    package let external: ExternalRules?
    private let makeRunner: @Sendable (String?) throws -> any StrategyRunner

    package init<S: Strategy>(_ strategy: S) {
        name = strategy.name
        symbols = strategy.symbols
        external = nil
        makeRunner = { memory in try Runner(strategy, memory: memory) }
    }

    /// A strategy whose decisions come from a program outside.
    package init(external name: String, symbols: [Symbol], _ rules: ExternalRules) {
        self.name = name
        self.symbols = symbols
        external = rules
        makeRunner = { _ in OutsideRunner() }
    }

    private init(_ strategy: Self, _ makeRunner: @escaping @Sendable (String?) throws -> any StrategyRunner) {
        name = strategy.name
        symbols = strategy.symbols
        limits = strategy.limits
        isEnabled = strategy.isEnabled
        followsUniverse = strategy.followsUniverse
        external = strategy.external
        self.makeRunner = makeRunner
    }

    /// The same strategy for a life that nothing follows, such as a backtest's: its memory is kept and not recorded.
    package func unrecorded() -> AnyStrategy {
        AnyStrategy(self) { [makeRunner] memory in
            var runner = try makeRunner(memory)
            runner.recordsMemory = false
            return runner
        }
    }

    /// The same strategy, each of its decisions told to `watch`.
    package func watched(by watch: any DecisionWatch) -> AnyStrategy {
        AnyStrategy(self) { [name, makeRunner] memory in
            WatchedRunner(name: name, watch: watch, runner: try makeRunner(memory))
        }
    }

    /// The strategy with its recorded memory, or with its initial one for nil.
    func runner(memory: String?) throws -> any StrategyRunner { try makeRunner(memory) }
}

/// A strategy and its decoded memory. A value: copying it copies the memory.
protocol StrategyRunner: Sendable {
    /// Whether a changed memory is told as text.
    var recordsMemory: Bool { get set }
    /// Whether nothing would come of a decision on this price.
    func ignores(_ quote: Quote) -> Bool
    /// The decision, and the memory's text if it changed.
    mutating func decide(_ view: StrategyView) -> (decision: Decision, changedMemory: String?)
}

/// In the place of one: it decides elsewhere.
private struct OutsideRunner: StrategyRunner {
    var recordsMemory = true
    func ignores(_ quote: Quote) -> Bool { false }
    mutating func decide(_ view: StrategyView) -> (decision: Decision, changedMemory: String?) {
        (.keep, nil)
    }
}

private struct Runner<S: Strategy>: StrategyRunner {
    let strategy: S
    var memory: S.Memory
    var recordsMemory = true
    /// The latest answer, if it was orders, and the view that it was given to. Never recorded: without it the same is decided.
    private var last: (view: StrategyView, wanted: [WantedOrder])?

    init(_ strategy: S, memory text: String?) throws {
        self.strategy = strategy
        guard let text else {
            memory = strategy.initialMemory
            return
        }
        do {
            memory = try JSONDecoder().decode(S.Memory.self, from: Data(text.utf8))
        } catch {
            throw MemoryError(strategy: strategy.name, memory: text, cause: "\(error)")
        }
    }

    func ignores(_ quote: Quote) -> Bool { strategy.ignores(quote, memory: memory) }

    mutating func decide(_ view: StrategyView) -> (decision: Decision, changedMemory: String?) {
        if case .cycle = view.trigger, let last, strategy.repeats(view, after: last.view, memory: memory) {
            return (.want(last.wanted), nil)
        }
        guard recordsMemory else { return (answer(to: view), nil) }
        let before = memory
        let decision = answer(to: view)
        guard memory != before else { return (decision, nil) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // A memory of plain values always encodes; one that does not (a NaN) is not recorded as changed,
        // and the strategy goes on from the memory that is.
        guard let data = try? encoder.encode(memory) else {
            memory = before
            last = nil
            return (decision, nil)
        }
        return (decision, String(decoding: data, as: UTF8.self))
    }

    private mutating func answer(to view: StrategyView) -> Decision {
        let decision = strategy.decide(view, memory: &memory)
        last = if case .want(let wanted) = decision { (view, wanted) } else { nil }
        return decision
    }
}
