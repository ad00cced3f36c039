/// First in, first out, with removal at the head in amortised constant time; the newest can be taken back.
struct Fifo<Element: Sendable>: Sendable {
    private var items: [Element] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }
    var count: Int { items.count - head }
    var first: Element? { isEmpty ? nil : items[head] }

    var last: Element? { isEmpty ? nil : items[items.count - 1] }

    mutating func append(_ element: Element) { items.append(element) }

    mutating func popLast() -> Element? { isEmpty ? nil : items.popLast() }

    mutating func popFirst() -> Element? {
        guard head < items.count else { return nil }
        let element = items[head]
        head += 1
        if head > 64, head * 2 > items.count {
            items.removeFirst(head)
            head = 0
        }
        return element
    }

    /// How many of the newest fit, looking back until one does not.
    func newest(while fits: (Element) -> Bool) -> Int {
        var index = items.count
        while index > head, fits(items[index - 1]) { index -= 1 }
        return items.count - index
    }

    /// Takes everything, oldest first.
    mutating func drain() -> [Element] {
        defer {
            items = []
            head = 0
        }
        return Array(items[head...])
    }
}
