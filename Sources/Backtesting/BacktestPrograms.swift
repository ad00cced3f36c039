import Trading

/// The programs of strategies outside, in step with the data: a view is answered before time goes on, so that the same
/// program gives the same result, however long it thinks.
package protocol BacktestPrograms: Sendable {
    /// Carries an order of the core out, and waits, after a view, for what becomes of it.
    func carryOut(_ order: ExternalOrder) -> [ExternalReport]
}

extension Backtest {
    /// A program that fails is started again while one trades. A result that rests on that is none.
    mutating func tell(_ orders: [ExternalOrder]) {
        for order in orders {
            for told in programs?.carryOut(order) ?? [] where !isFinished {
                switch told.what {
                case .failed(let what), .ended(let what):
                    programFailure =
                        programFailure ?? "the program of strategy \(told.strategy) failed: \(what)"
                case .started, .answered: break
                }
                turn(.external(told))
            }
        }
    }
}
