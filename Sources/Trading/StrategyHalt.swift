// What keeps one strategy from trading while the others go on. All of it is durable: a restart changes none of it.

import TradingDomain

/// The core took a strategy's orders away. Left only by `trader247 strategy resume`.
package struct StrategyHalt: Codable, Equatable, Sendable {
    package enum Cause: String, Codable, Sendable, CaseIterable {
        /// Its own limit of the daily loss.
        case dailyLoss
        /// Its decisions held up the loop.
        case tooSlow
        /// The process died while it was deciding, twice in a row.
        case crashed
        /// Its program, which is one of its own, failed too often.
        case programFailed
    }
    package var strategy: String
    package var cause: Cause
    package var detail: String
    package var at: UTCInstant

    package init(strategy: String, cause: Cause, detail: String, at: UTCInstant) {
        self.strategy = strategy
        self.cause = cause
        self.detail = detail
        self.at = at
    }
}

/// An operator switched a strategy off.
package struct StrategySwitch: Codable, Equatable, Sendable {
    package var strategy: String
    package var by: String
    package var at: UTCInstant

    package init(strategy: String, by: String, at: UTCInstant) {
        self.strategy = strategy
        self.by = by
        self.at = at
    }
}

/// What an operator can say of one strategy.
package enum StrategyWord: String, Codable, Sendable, CaseIterable {
    /// Leaves a `disable`.
    case enable
    /// Its orders are canceled, it decides no more.
    case disable
    /// Leaves a halt.
    case resume
}

/// The result of one strategy when a day began.
package struct StrategyBaseline: Codable, Equatable, Sendable {
    package var strategy: String
    package var result: Money

    package init(strategy: String, result: Money) {
        self.strategy = strategy
        self.result = result
    }
}

extension DurableState {
    package func halt(of strategy: String) -> StrategyHalt? {
        strategyHalts.first { $0.strategy == strategy }
    }

    package func switchedOff(_ strategy: String) -> StrategySwitch? {
        switchesOff.first { $0.strategy == strategy }
    }

    /// What an operator's word changes of one strategy.
    mutating func obey(_ word: StrategyWord, of strategy: String, by who: String, at: UTCInstant) {
        switch word {
        case .enable: switchesOff.removeAll { $0.strategy == strategy }
        case .disable:
            guard switchedOff(strategy) == nil else { return }
            switchesOff.append(StrategySwitch(strategy: strategy, by: who, at: at))
        case .resume:
            strategyHalts.removeAll { $0.strategy == strategy }
            // Who resumes it has looked: the next crash is the first one again.
            if diedDeciding == strategy { diedDeciding = nil }
        }
    }
}
