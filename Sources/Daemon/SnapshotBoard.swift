// Where the loop pins what would have to be said if it hung now, and where the watchdog reads it without a lock:
// a loop that died in the middle of anything cannot keep the watchdog from the last complete snapshot.

import Glibc
import Synchronization
import Trading

/// The last words, prepared: a report's text in two versions, before and after its list of remaining orders.
package struct Snapshot: Equatable, Sendable {
    package struct Words: Equatable, Sendable {
        /// The report up to the list of remaining orders.
        package var head: [UInt8]
        /// What follows the list.
        package var tail: [UInt8]
        package var exitCode: Int32

        package init(head: [UInt8], tail: [UInt8], exitCode: Int32) {
            self.head = head
            self.tail = tail
            self.exitCode = exitCode
        }
    }
    /// If every record handed to the store was durable.
    package var durable: Words
    /// If some were not.
    package var notDurable: Words
    package var list: [UInt8]

    package init(durable: Words, notDurable: Words, list: [UInt8]) {
        self.durable = durable
        self.notDurable = notDurable
        self.list = list
    }
}

package final class SnapshotBoard: Sendable {
    /// What the watchdog may read until the process ends.
    package struct Frozen {
        package var head = UnsafeRawBufferPointer(start: nil, count: 0)
        package var list = UnsafeRawBufferPointer(start: nil, count: 0)
        package var tail = UnsafeRawBufferPointer(start: nil, count: 0)
        package var exitCode = ExitCode.ordersRemain
        package var isEmpty: Bool { head.count == 0 }
    }

    /// What stands at the start of a block of raw memory; the texts follow it.
    private struct Header {
        var codes: (durable: Int32, not: Int32)
        var counts: (head: Int, tail: Int, notHead: Int, notTail: Int, list: Int)
    }

    /// Address of the published block, 0 for none. A published block never changes.
    private let block = Atomic<UInt>(0)
    private let frozen = Atomic<Bool>(false)
    private let durable = Atomic<Bool>(false)

    package init() {}

    deinit { free(UnsafeMutableRawPointer(bitPattern: block.load(ordering: .sequentiallyConsistent))) }

    /// Whether every record handed to the store is durable; picks the version of the words.
    package func setDurable(_ value: Bool) { durable.store(value, ordering: .sequentiallyConsistent) }

    package var isFrozen: Bool { frozen.load(ordering: .sequentiallyConsistent) }

    /// Called by one thread at a time.
    package func publish(_ snapshot: Snapshot) {
        let texts = [
            snapshot.durable.head, snapshot.durable.tail, snapshot.notDurable.head, snapshot.notDurable.tail,
            snapshot.list,
        ]
        let size = MemoryLayout<Header>.stride + texts.reduce(0) { $0 + $1.count }
        guard !isFrozen, let memory = malloc(size) else { return }
        memory.initializeMemory(
            as: Header.self,
            to: Header(
                codes: (snapshot.durable.exitCode, snapshot.notDurable.exitCode),
                counts: (
                    texts[0].count, texts[1].count, texts[2].count, texts[3].count, texts[4].count
                )))
        var offset = MemoryLayout<Header>.stride
        for text in texts {
            text.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress {
                    (memory + offset).copyMemory(from: start, byteCount: bytes.count)
                }
            }
            offset += text.count
        }
        let old = block.exchange(UInt(bitPattern: memory), ordering: .sequentiallyConsistent)
        // The old block may go unless the watchdog reads it. It reads what it finds after setting `frozen`;
        // if we see `frozen` unset here, after our exchange, it will find ours or a newer one.
        if !isFrozen { free(UnsafeMutableRawPointer(bitPattern: old)) }
    }

    /// Ends all publishing and hands out the last snapshot. Allocates nothing.
    package func freeze() -> Frozen {
        frozen.store(true, ordering: .sequentiallyConsistent)
        var result = Frozen()
        guard
            let memory = UnsafeRawPointer(bitPattern: block.load(ordering: .sequentiallyConsistent))
        else { return result }
        let header = memory.load(as: Header.self)
        let counts = header.counts
        let texts = memory + MemoryLayout<Header>.stride
        if durable.load(ordering: .sequentiallyConsistent) {
            result.head = UnsafeRawBufferPointer(start: texts, count: counts.head)
            result.tail = UnsafeRawBufferPointer(start: texts + counts.head, count: counts.tail)
            result.exitCode = header.codes.durable
        } else {
            let start = texts + counts.head + counts.tail
            result.head = UnsafeRawBufferPointer(start: start, count: counts.notHead)
            result.tail = UnsafeRawBufferPointer(start: start + counts.notHead, count: counts.notTail)
            result.exitCode = header.codes.not
        }
        result.list = UnsafeRawBufferPointer(
            start: texts + counts.head + counts.tail + counts.notHead + counts.notTail, count: counts.list)
        return result
    }
}
