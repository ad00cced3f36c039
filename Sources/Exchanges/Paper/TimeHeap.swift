import TradingDomain

/// What is to happen at some moment, earliest first; what is due at one moment keeps the order in which it
/// was put in.
struct TimeHeap<Element: Sendable>: Sendable {
    private struct Entry: Sendable {
        let at: UTCInstant
        let number: Int64
        let element: Element

        static func < (a: Self, b: Self) -> Bool { a.at == b.at ? a.number < b.number : a.at < b.at }
    }

    private var heap: [Entry] = []
    private var lastNumber: Int64 = 0

    var firstAt: UTCInstant? { heap.first?.at }
    var count: Int { heap.count }

    mutating func insert(_ element: Element, at: UTCInstant) {
        lastNumber += 1
        heap.append(Entry(at: at, number: lastNumber, element: element))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The first element if it is due by then.
    mutating func pop(through instant: UTCInstant) -> (at: UTCInstant, element: Element)? {
        guard let first = heap.first, first.at <= instant, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return (first.at, first.element) }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == parent { return (first.at, first.element) }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    /// Everything, earliest first.
    var sorted: [(at: UTCInstant, element: Element)] {
        heap.sorted { $0 < $1 }.map { ($0.at, $0.element) }
    }
}
