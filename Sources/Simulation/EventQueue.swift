// What will happen, earliest first, and in the order of adding where the time is equal. A binary heap of small
// keys beside a slab of payloads, so that large payloads are moved twice and not once for each level.

struct EventQueue<Payload> {
    private struct Key {
        let time: Instant
        let sequence: Int64
        let slot: Int
        static func < (a: Key, b: Key) -> Bool {
            a.time == b.time ? a.sequence < b.sequence : a.time < b.time
        }
    }

    private var heap: [Key] = []
    private var slots: [Payload?] = []
    private var free: [Int] = []
    private var sequence: Int64 = 0

    var isEmpty: Bool { heap.isEmpty }
    var count: Int { heap.count }
    var nextTime: Instant? { heap.first?.time }

    mutating func add(_ payload: Payload, at time: Instant) {
        sequence += 1
        let slot: Int
        if let reused = free.popLast() {
            slots[reused] = payload
            slot = reused
        } else {
            slot = slots.count
            slots.append(payload)
        }
        heap.append(Key(time: time, sequence: sequence, slot: slot))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> (time: Instant, payload: Payload)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        guard let payload = slots[first.slot] else { return nil }
        slots[first.slot] = nil
        free.append(first.slot)
        return (first.time, payload)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left] < heap[least] { least = left }
            if left + 1 < heap.count, heap[left + 1] < heap[least] { least = left + 1 }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
