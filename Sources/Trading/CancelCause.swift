// Why an order was asked to be canceled, as the journal keeps it.

package enum CancelCause: String, Codable, Sendable, CaseIterable {
    /// Its strategy wants it no more.
    case unwanted
    /// It worked for longer than orders may.
    case age
    /// Its lease is renewed.
    case lease
    /// A stop ends the process.
    case stop
    case halt
    /// An operator's `sweep`.
    case sweep
    /// An operator's `flatten`: what works goes before positions are closed.
    case flatten
    /// A pause that lets only closing orders rest.
    case reduceOnly = "reduce-only"
    /// A stop that an operator said to an earlier life still stands.
    case standing
    /// Its strategy was switched off or taken out.
    case strategyOff = "strategy-off"
    /// Its strategy's program ended, was silent, or said what nobody may.
    case programFailed = "program-failed"
    /// Its market has left the universe.
    case universe
    /// An earlier life left it.
    case leftover
    /// No strategy stands behind it: none of that name runs, or only the exchange knew it.
    case ownerless
    /// It had been given up and is at the exchange after all.
    case appeared
}
