// If a decoder traps after all, the last thing that the process says is which inputs were under way.

import Glibc

enum CrashWords {
    // Each thread writes its own slot; a signal handler reads them all when nothing else will run any more. A torn
    // read could at worst name a wrong input. Allocated once, before the first thread starts, and never freed.
    nonisolated(unsafe) private(set) static var slots = UnsafeMutableBufferPointer<UInt64>.allocate(
        capacity: 0)

    static func install(threads: Int) {
        slots = .allocate(capacity: threads)
        slots.initialize(repeating: 0)
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
            _ = signal(number) { number in
                CrashWords.tell()
                _ = signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    private static func tell() {
        put("crashed; one of these inputs did it (again with --threads 1 --inputs 1 --from N):")
        for value in slots {
            put(" ")
            put(value)
        }
        put("\n")
    }

    private static func put(_ text: StaticString) { _ = write(2, text.utf8Start, text.utf8CodeUnitCount) }

    /// Without allocating: this runs in a signal handler.
    private static func put(_ value: UInt64) {
        var power: UInt64 = 1
        while value / power >= 10 { power *= 10 }
        while power > 0 {
            var digit = UInt8(48 + value / power % 10)
            _ = write(2, &digit, 1)
            power /= 10
        }
    }
}
