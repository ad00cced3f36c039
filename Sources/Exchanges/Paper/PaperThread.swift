// The embedded exchange's own thread, and what it sleeps on. A ring is never lost: one that comes while the
// thread is awake lets its next sleep end at once.

import Glibc

final class PaperBell: @unchecked Sendable {
    // Safe to share: `rung` is read and written only while `mutex` is locked, both pthread objects are made
    // once in `init`, never moved, and destroyed with the last reference.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var rung = false

    init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func ring() {
        pthread_mutex_lock(mutex)
        rung = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Sleeps until somebody rings or the time is over; nil for no limit. May return early.
    func wait(_ limit: Duration?) {
        pthread_mutex_lock(mutex)
        defer {
            rung = false
            pthread_mutex_unlock(mutex)
        }
        if rung { return }
        guard let limit else {
            pthread_cond_wait(condition, mutex)
            return
        }
        guard limit > .zero else { return }
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        // A day is as good as never, and keeps the sums small.
        let (seconds, attoseconds) = min(limit, .seconds(86_400)).components
        let nanoseconds = until.tv_nsec + Int(attoseconds / 1_000_000_000)
        until.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        until.tv_nsec = nanoseconds % 1_000_000_000
        pthread_cond_timedwait(condition, mutex, &until)
    }
}

enum PaperThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts `body` on a detached thread. Returns the system's error, 0 for none.
    static func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        if code != 0 { box.release() }
        return code
    }
}
