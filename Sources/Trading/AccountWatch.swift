// Whether the account's balances are what our books say. A first answer is noted; from then on a balance is what
// was noted plus what our fills moved. A difference (a deposit, somebody else's trade, a fee that nobody told)
// is alerted and noted anew, so that it is said once.
//
// An answer may already hold a fill that we have not booked, so a difference counts only when it was seen three
// times in a row with nothing unsettled; at a stop, when nothing works any more, once.

import TradingDomain

private let comparisonInterval: Duration = .seconds(3_600)
private let repetitionPause: Duration = .seconds(10)
private let repetitions = 3

/// One currency as it was noted, and what our fills moved since.
package struct Holding: Codable, Equatable, Sendable {
    package var currency: String
    package var noted: Money
    package var flow: Money

    package init(currency: String, noted: Money, flow: Money = .zero) {
        self.currency = currency
        self.noted = noted
        self.flow = flow
    }
}

struct AccountWatch: Sendable {
    /// When the balances are to be compared next.
    var dueAt: MonotonicInstant?
    /// The difference that was seen last, and how often in a row.
    var difference: [String] = []
    var seen = 0
    /// When the last fill was booked, or an order was seen to have been filled.
    var lastFillAt: MonotonicInstant?
    /// A stop asks once, and once more where what it ended is read again.
    var questionsOfStop = 0
    /// The stop's question, while it is under way.
    var questionOfStop: CommandID?
    /// The stop's answer said nothing, since a fill came between: it was asked once more.
    var isAskedAnew = false
    /// A difference at the stop made it read again what it had ended.
    var isReadAgain = false
}

extension TradingCore {
    /// Whether balances are compared at all: those of an embedded exchange are its own affair.
    private var watchesAccount: Bool { capabilities.introducesItself && !configuration.sweepsOnly }

    /// Whether a comparison is due, and when the next one will be.
    func accountIsDue(_ wake: inout Wake) -> Bool {
        guard watchesAccount else { return false }
        let dueAt = volatile.account.dueAt ?? now.monotonic
        wake.by(dueAt > now.monotonic ? dueAt : nil)
        return dueAt <= now.monotonic
    }

    /// At the end of a stop, beside the listing that proves.
    mutating func requestFinalBalances(_ turn: inout Turn, _ wake: inout Wake) {
        guard isFinalQuestionDue, canTake(.proof, &wake) else { return }
        volatile.account.questionsOfStop += 1
        volatile.fundsAskedAt = now.monotonic
        let question = command(.listBalances, for: .balances, patience: attemptPatience, &turn)
        volatile.account.questionOfStop = question
    }

    private var isFinalQuestionDue: Bool {
        watchesAccount && volatile.stop != nil && volatile.account.questionOfStop == nil
            && volatile.account.questionsOfStop < (volatile.account.isReadAgain ? 2 : 1)
            && !durable.holdings.isEmpty && volatile.sweep?.provableSince != nil && volatile.fillDesk.isEmpty
            && volatile.unsettled.isEmpty && !awaitsFinalFills
    }

    /// Whether the stop's comparison is still to come: a proof that was faster waits for it.
    var awaitsFinalBalances: Bool { volatile.account.questionOfStop != nil || isFinalQuestionDue }

    /// The exchange did not tell the balances: the stop goes on without them, and looks at the fills instead.
    mutating func giveUpFinalBalances(of call: CommandID) {
        guard volatile.account.questionOfStop == call else { return }
        volatile.account.questionOfStop = nil
        lookAtFinalFills()
    }

    /// The account holds something else than our fills say: those of the orders that this stop has ended are read again,
    /// once. A venue may have told their end before their fills.
    private mutating func readAgainWhatEnded() -> Bool {
        guard let stop = volatile.stop, !volatile.account.isReadAgain else { return false }
        volatile.account.isReadAgain = true
        // Of what had ended before this stop only the account's own list of fills tells.
        lookAtFinalFills()
        for id in stop.found.sorted() where durable.ledger[id]?.exchangeOrderID != nil {
            // Its fills may be listed as late as everything else.
            volatile.fillDesk.want(id, at: now.monotonic + capabilities.listLag)
        }
        return !volatile.fillDesk.isEmpty || awaitsFinalFills
    }

    mutating func compareBalances(_ funds: FewKeyed<String, Money>, of call: CommandID, _ turn: inout Turn) {
        let isFinal = volatile.account.questionOfStop == call
        if isFinal { volatile.account.questionOfStop = nil }
        guard watchesAccount, volatile.stop?.flushBegan != true else { return }
        volatile.account.dueAt = now.monotonic + repetitionPause
        guard volatile.fillDesk.isEmpty,
            volatile.account.lastFillAt.map({ $0 <= volatile.fundsAskedAt ?? $0 }) ?? true
        else {
            // A fill came between: a stop asks once more.
            if isFinal, !volatile.account.isAskedAnew {
                volatile.account.isAskedAnew = true
                volatile.account.questionsOfStop -= 1
            }
            return
        }
        guard !durable.holdings.isEmpty else { return note(funds, &turn) }
        let difference = differences(funds)
        guard !difference.isEmpty else {
            volatile.account.difference = []
            volatile.account.seen = 0
            volatile.account.dueAt = now.monotonic + comparisonInterval
            return
        }
        // An answer that was under way when a stop began is older than its end: its own question is still to come.
        guard volatile.stop == nil || isFinal else { return }
        volatile.account.seen = difference == volatile.account.difference ? volatile.account.seen + 1 : 1
        volatile.account.difference = difference
        if isFinal, readAgainWhatEnded() { return }
        if volatile.stop == nil { reviewSoon() }
        guard volatile.stop != nil || volatile.account.seen >= repetitions else { return }
        tellDifference(&turn)
        note(funds, &turn)
    }

    /// Also of a stop that ends before it could look into what it saw.
    mutating func tellDifference(_ turn: inout Turn) {
        let difference = volatile.account.difference
        guard !difference.isEmpty else { return }
        volatile.account.difference = []
        alert(
            "balance-drift",
            "the account's balances are not what our fills make them: \(difference.joined(separator: "; ")). "
                + "A deposit, a withdrawal, somebody else's trade or a fill that we do not know", &turn)
    }

    private mutating func note(_ funds: FewKeyed<String, Money>, _ turn: inout Turn) {
        let holdings = funds.keys.compactMap { currency in
            funds[currency].flatMap { $0.isZero ? nil : Holding(currency: currency, noted: $0) }
        }
        guard !holdings.isEmpty else { return }
        record(.balancesNoted(holdings, at: now.utc), &turn)
        volatile.account.seen = 0
        volatile.account.difference = []
        volatile.account.dueAt = now.monotonic + comparisonInterval
    }

    /// Each currency whose balance is not what it should be, for people.
    private func differences(_ funds: FewKeyed<String, Money>) -> [String] {
        let currencies = Set(funds.keys).union(durable.holdings.map(\.currency)).sorted()
        return currencies.compactMap { currency in
            let holding = durable.holdings.first { $0.currency == currency }
            let expected = (holding?.noted.raw ?? 0) + (holding?.flow.raw ?? 0)
            let found = funds[currency]?.raw ?? 0
            // Venues round: a ten-millionth of the balance, or 10^-8 of a unit, is no news.
            let tolerance = max(abs(expected) / 10_000_000, 10_000_000_000)
            guard abs(found - expected) > tolerance else { return nil }
            return "\(currency) is \(Money(raw: found)), should be \(Money(raw: expected))"
        }
    }
}
