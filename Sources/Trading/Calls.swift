// Commands that were handed to the shell and not answered yet, what each was for, and when its answer is no
// longer awaited. An answer that comes later still counts as evidence where it tells of a placement.

import TradingDomain

struct Calls: Sendable {
    enum Purpose: Sendable {
        case place(ClientOrderID)
        case cancel([CancelDesk<ClientOrderID>.Target])
        /// Of orders that are not ours.
        case cancelForeign([CancelDesk<ExchangeOrderID>.Target])
        /// A look-up of orders by id.
        case evidence([ExchangeOrderID])
        case workingList
        case history
        case fills([ClientOrderID])
        /// Of the whole account, since the last look.
        case recentFills
        /// The same at the end of a stop.
        case finalFills
        case balances
        case ask(VenueQuestion)
        case connect(Feed)
        case flush
        case exit

        var isPlacement: Bool { if case .place = self { true } else { false } }
    }

    struct Call: Sendable {
        let id: CommandID
        let purpose: Purpose
        let sentAt: Stamp
        /// Never for what the shell itself answers.
        let giveUpAt: MonotonicInstant
    }

    /// Answers that never came are not waited for by more than so many placements.
    private static let lateLimit = 1_024

    private var open: [Call] = []
    /// Placements that were given up; their answers are still welcome.
    private var late: [CommandID: ClientOrderID] = [:]
    private(set) var placements = 0

    var count: Int { open.count }
    /// Calls under way that are not placements.
    var queries: Int { open.count - placements }

    mutating func begin(_ call: Call) {
        open.append(call)
        if call.purpose.isPlacement { placements += 1 }
    }

    /// The call that this answers; nil for one that was given up.
    mutating func end(_ id: CommandID) -> Call? {
        guard let index = open.firstIndex(where: { $0.id == id }) else { return nil }
        let call = open.remove(at: index)
        if call.purpose.isPlacement { placements -= 1 }
        return call
    }

    mutating func endLate(_ id: CommandID) -> ClientOrderID? { late.removeValue(forKey: id) }

    /// The next call whose answer is no longer awaited.
    mutating func popOverdue(at now: MonotonicInstant) -> Call? {
        guard let index = open.firstIndex(where: { $0.giveUpAt <= now }) else { return nil }
        let call = open.remove(at: index)
        if case .place(let id) = call.purpose {
            placements -= 1
            late[call.id] = id
            if late.count > Self.lateLimit, let oldest = late.keys.min() { late[oldest] = nil }
        }
        return call
    }

    /// A given-up placement whose order is known by now needs no late answer.
    mutating func forgetLate(_ id: ClientOrderID) {
        guard !late.isEmpty else { return }
        for key in late.keys.sorted() where late[key] == id { late[key] = nil }
    }

    /// From now on no answer is awaited beyond this.
    mutating func hurry(by instant: MonotonicInstant) {
        open = open.map {
            Call(
                id: $0.id, purpose: $0.purpose, sentAt: $0.sentAt,
                giveUpAt: $0.giveUpAt == .distantFuture ? .distantFuture : min($0.giveUpAt, instant))
        }
    }

    var nextGiveUp: MonotonicInstant? { open.lazy.map(\.giveUpAt).min() }
}
