import TradingDomain

/// Keys ordered by when they are due, and by when they were added where that is equal. Entries are not
/// removed early: the owner asks, when a key comes out, whether it still matters.
struct TimerHeap<Key: Sendable>: Sendable {
    private struct Node: Sendable {
        let at: MonotonicInstant
        let order: UInt64
        let key: Key
        static func < (a: Node, b: Node) -> Bool { a.at == b.at ? a.order < b.order : a.at < b.at }
    }
    private var nodes: [Node] = []
    private var added: UInt64 = 0

    var nextDue: MonotonicInstant? { nodes.first?.at }
    var isEmpty: Bool { nodes.isEmpty }

    mutating func add(_ key: Key, at instant: MonotonicInstant) {
        added += 1
        nodes.append(Node(at: instant, order: added, key: key))
        var child = nodes.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard nodes[child] < nodes[parent] else { break }
            nodes.swapAt(child, parent)
            child = parent
        }
    }

    /// The earliest key if it is due.
    mutating func popDue(at now: MonotonicInstant) -> Key? {
        guard let first = nodes.first, first.at <= now else { return nil }
        let last = nodes.removeLast()
        if !nodes.isEmpty {
            nodes[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2]
                where child < nodes.count && nodes[child] < nodes[least] { least = child }
                if least == parent { break }
                nodes.swapAt(parent, least)
                parent = least
            }
        }
        return first.key
    }
}
