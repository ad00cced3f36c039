// Which of a strategy's orders a wish is met by.

import TradingDomain

/// Orders that rest, the oldest first. A wish takes the first one with its terms, so that the oldest of equals keeps its place
/// in the exchange's queue; what no wish takes is not wanted.
struct RestingOrders {
    private var ids: [ClientOrderID] = []
    private var terms: [OrderTerms] = []
    private var isTaken: [Bool] = []
    /// Of many orders: the first of each terms that is not taken, and after each order the next of its terms.
    private var first: [OrderTerms: Int] = [:]
    private var next: [Int?] = []

    /// Up to here looking through all of them is quicker than hashing.
    private static let few = 32

    init(expected count: Int) {
        ids.reserveCapacity(count)
        terms.reserveCapacity(count)
        isTaken.reserveCapacity(count)
    }

    /// All of them are added before the first wish takes one.
    mutating func add(_ id: ClientOrderID, _ terms: OrderTerms) {
        ids.append(id)
        self.terms.append(terms)
        isTaken.append(false)
    }

    /// Whether an order with these terms was left for this wish.
    mutating func take(_ wanted: OrderTerms) -> Bool {
        guard ids.count > Self.few else {
            // Terms that are looked at as a whole are copied for it; the size alone tells most of them apart.
            for index in ids.indices
            where terms[index].quantity == wanted.quantity && !isTaken[index] && terms[index] == wanted {
                isTaken[index] = true
                return true
            }
            return false
        }
        if next.isEmpty { link() }
        guard let index = first[wanted] else { return false }
        first[wanted] = next[index]
        isTaken[index] = true
        return true
    }

    private mutating func link() {
        next = Array(repeating: nil, count: ids.count)
        first.reserveCapacity(ids.count)
        for index in ids.indices.reversed() { next[index] = first.updateValue(index, forKey: terms[index]) }
    }

    var untaken: [ClientOrderID] {
        var left: [ClientOrderID] = []
        for index in ids.indices where !isTaken[index] { left.append(ids[index]) }
        return left
    }
}
