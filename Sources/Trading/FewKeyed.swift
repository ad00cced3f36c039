// A dictionary for few keys.

/// Values by key, in the order of their keys. Made for few of them: up to eight are looked through, which takes a small part of
/// the time of hashing a key; of more, half is left with each look. Adding and removing moves what lies behind.
package struct FewKeyed<Key: Comparable & Sendable, Value: Sendable>: Sendable {
    package private(set) var keys: [Key] = []
    package private(set) var values: [Value] = []

    package init() {}

    /// Of keys that come twice, the first one counts.
    package init(_ pairs: some Sequence<(Key, Value)>) {
        for (key, value) in pairs where self[key] == nil { self[key] = value }
    }

    package var isEmpty: Bool { keys.isEmpty }
    package var count: Int { keys.count }
    package var pairs: [(key: Key, value: Value)] { zip(keys, values).map { ($0, $1) } }

    package subscript(_ key: Key) -> Value? {
        get { place(of: key).map { values[$0] } }
        set {
            guard let index = place(of: key) else {
                if let newValue { insert(newValue, for: key) }
                return
            }
            if let newValue {
                values[index] = newValue
            } else {
                keys.remove(at: index)
                values.remove(at: index)
            }
        }
    }

    /// Changes a value where it lies; a key that is not there begins with `initial`.
    package mutating func change(
        _ key: Key, from initial: @autoclosure () -> Value, _ change: (inout Value) -> Void
    ) {
        change(&values[place(of: key) ?? insert(initial(), for: key)])
    }

    private func place(of key: Key) -> Int? {
        if keys.count <= 8 {
            for index in keys.indices where keys[index] == key { return index }
            return nil
        }
        let index = keys.ascendingIndex(of: key)
        return index < keys.count && keys[index] == key ? index : nil
    }

    @discardableResult private mutating func insert(_ value: Value, for key: Key) -> Int {
        let index = keys.ascendingIndex(of: key)
        keys.insert(key, at: index)
        values.insert(value, at: index)
        return index
    }
}

extension FewKeyed: Equatable where Value: Equatable {}

extension FewKeyed: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (Key, Value)...) { self.init(elements) }
}

extension Array where Element: Comparable {
    /// Where an element is, or would be put, among ascending ones.
    func ascendingIndex(of element: Element) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
