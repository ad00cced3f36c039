import ExchangeModel
import TradingDomain

// Orders that go from status to status while somebody reads the lists: each shows the first of its statuses, and goes on
// to the next whenever a listing by status has been read to its end. So a client who asks for one status after the other
// can miss an order that was there all the time. Only lists and look-ups show it.

struct StatusMoves {
    enum Status: String, ControlWord, Sendable {
        case pending = "PENDING"
        case queued = "QUEUED"
        case open = "OPEN"
        case cancelQueued = "CANCEL_QUEUED"
        case editQueued = "EDIT_QUEUED"

        var word: StaticString {
            switch self {
            case .pending: "PENDING"
            case .queued: "QUEUED"
            case .open: "OPEN"
            case .cancelQueued: "CANCEL_QUEUED"
            case .editQueued: "EDIT_QUEUED"
            }
        }
    }

    /// By order; none is empty.
    private var statuses: [Int64: [Status]] = [:]
    /// For so many orders that are still to come.
    private var next: (count: Int, statuses: [Status]) = (0, [])

    /// What an order that is open is shown as; nil for what it is.
    subscript(_ number: Int64) -> StaticString? { statuses[number]?.first?.word }

    mutating func set(_ numbers: [Int64], _ statuses: [Status]) {
        for number in numbers { self.statuses[number] = statuses.isEmpty ? nil : statuses }
    }

    mutating func setNext(_ count: Int, _ statuses: [Status]) { next = (count, statuses) }

    mutating func placed(_ number: Int64) {
        guard next.count > 0 else { return }
        next.count -= 1
        set([number], next.statuses)
    }

    mutating func listingWasRead() {
        for (number, own) in statuses {
            let rest = own.count > 1 ? Array(own.dropFirst()) : own
            statuses[number] = rest == [.open] ? nil : rest
        }
    }
}
