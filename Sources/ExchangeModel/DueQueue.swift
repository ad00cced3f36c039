import TradingDomain

// What will happen by itself, earliest first: queued cancels and expiries. A binary heap of small entries.
// It never knows whether an entry still applies; the engine checks the order when one comes due.

struct DueQueue: Sendable {
    enum Kind: UInt8, Sendable { case cancel, expiry }

    struct Entry: Comparable, Sendable {
        let at: UTCInstant
        let number: Int64
        let kind: Kind

        static func < (a: Self, b: Self) -> Bool {
            if a.at != b.at { return a.at < b.at }
            if a.number != b.number { return a.number < b.number }
            return a.kind.rawValue < b.kind.rawValue
        }
    }

    private var heap: [Entry] = []

    var first: Entry? { heap.first }
    var count: Int { heap.count }

    mutating func removeAll() { heap.removeAll() }

    mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
