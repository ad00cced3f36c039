import TradingDomain

/// What will happen, earliest first, and in the order of adding where the time is equal. Almost everything is added in
/// the order of time, so an addition is an append, and what is late moves a few places.
struct TimedQueue<Element: Sendable>: Sendable {
    private struct Entry: Sendable {
        let at: UTCInstant
        /// Nil once it was handed over.
        var element: Element?
    }

    private var entries: [Entry] = []
    /// Entries before it are gone.
    private var head = 0

    var firstAt: UTCInstant? { head < entries.count ? entries[head].at : nil }
    var count: Int { entries.count - head }

    mutating func add(_ element: Element, at instant: UTCInstant) {
        entries.append(Entry(at: instant, element: element))
        var place = entries.count - 1
        while place > head, entries[place - 1].at > instant {
            entries.swapAt(place, place - 1)
            place -= 1
        }
    }

    /// The first element if it is due by then.
    mutating func pop(through instant: UTCInstant) -> Element? {
        guard head < entries.count, entries[head].at <= instant else { return nil }
        let element = entries[head].element.take()
        head += 1
        if head == entries.count {
            entries.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1_024 {
            entries.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Replaces the last element if `matches` says so of it and it is due at this very instant.
    mutating func replaceLast(at instant: UTCInstant, with element: Element, if matches: (Element) -> Bool)
        -> Bool
    {
        let last = entries.count - 1
        guard head <= last, entries[last].at == instant, let replaced = entries[last].element,
            matches(replaced)
        else { return false }
        entries[last].element = element
        return true
    }
}
