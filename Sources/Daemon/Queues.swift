// The two containers of the inbox: first in, first out; and the same with one place per key.

/// First in, first out, without moving its elements at each removal.
package struct FIFO<Element> {
    private var items: [Element?] = []
    private var head = 0

    package init() {}
    package var count: Int { items.count - head }
    package var isEmpty: Bool { head == items.count }

    package mutating func append(_ element: Element) { items.append(element) }

    package mutating func popFirst() -> Element? {
        guard head < items.count else { return nil }
        let element = items[head]
        items[head] = nil
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: head <= 1_024)
            head = 0
        } else if head > 1_024, head * 2 > items.count {
            items.removeFirst(head)
            head = 0
        }
        return element
    }

    package mutating func removeAll(where gone: (Element) -> Bool) {
        items = items[head...].filter { $0.map { !gone($0) } ?? false }
        head = 0
    }

    package var last: Element? { isEmpty ? nil : items[items.count - 1] }
}

extension FIFO: Sendable where Element: Sendable {}

/// First in, first out by key: what comes for a key that waits already is merged into its place.
package struct ConflatingQueue<Key: Hashable, Value> {
    private var keys = FIFO<Key>()
    private var values: [Key: Value] = [:]

    package init() {}
    package var count: Int { values.count }
    package var isEmpty: Bool { values.isEmpty }
    package func contains(_ key: Key) -> Bool { values[key] != nil }

    package mutating func put(_ value: Value, for key: Key, merging: (_ old: Value, _ new: Value) -> Value) {
        if let index = values.index(forKey: key) {
            values.values[index] = merging(values.values[index], value)
        } else {
            keys.append(key)
            values[key] = value
        }
    }

    package mutating func popFirst() -> Value? {
        guard let key = keys.popFirst() else { return nil }
        return values.removeValue(forKey: key)
    }
}

extension ConflatingQueue: Sendable where Key: Sendable, Value: Sendable {}
