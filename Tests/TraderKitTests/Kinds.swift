// Strategies as an author's binary would have them built in, registered once for all tests of this target.

import Strategies
import TraderKit

@testable import TraderCommands

struct Echo: ConfigurableStrategy {
    static let type = "echo"

    enum Style: String, Codable, CaseIterable { case calm, bold }

    struct Ladder: Codable, Equatable, Sendable {
        var steps = 3
        var firstOffset = Price(1)
    }

    struct Settings: StrategyParameters {
        var size = Quantity(1)
        var fastCycles: Int64 = 12
        var waits = Duration.seconds(90)
        var style = Style.calm
        var isLoud = false
        var partner: Symbol?
        var periods = [1, 2]
        var ladder = Ladder()
        var note = "plain"
        var weights: [String: Rate] = [:]

        var mistakes: [SettingMistake] {
            size.isPositive ? [] : [SettingMistake("size", "must be above 0")]
        }
    }

    let name: String
    let symbols: [Symbol]
    let settings: Settings
    var initialMemory: Int { 0 }

    func decide(_ view: StrategyView, memory: inout Int) -> Decision { .keep }
}

/// Calls itself something else than it was told to.
struct Stubborn: ConfigurableStrategy {
    static let type = "stubborn"
    struct Settings: StrategyParameters {}
    var name: String { "myself" }
    let symbols: [Symbol]
    var initialMemory: Int { 0 }
    init(name: String, symbols: [Symbol], settings: Settings) { self.symbols = symbols }
    func decide(_ view: StrategyView, memory: inout Int) -> Decision { .keep }
}

/// A setting of its own with the key of every strategy's.
struct Greedy: ConfigurableStrategy {
    static let type = "greedy"
    struct Settings: StrategyParameters { var budget = Money(1) }
    let name: String
    let symbols: [Symbol]
    let settings: Settings
    var initialMemory: Int { 0 }
    func decide(_ view: StrategyView, memory: inout Int) -> Decision { .keep }
}

enum Kinds {
    /// Reading it registers them.
    static let registered: Bool = {
        do {
            try CustomKinds.register(CustomKind(Echo.self))
            try CustomKinds.register(CustomKind(Stubborn.self))
            return true
        } catch {
            return false
        }
    }()
}
