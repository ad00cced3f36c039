// A guardian beside a trader that another process started, in a tree of processes (a container) of its own that shares
// the state directory. It learns of the end by the instance lock: whoever gets it knows that the trader, its own
// guardian and their sweeps are all gone. What follows is the same plan.
//
// Beats come over a socket in the state directory, with the sender's process id as far as it can be seen from here.
// Where it can't, a silence is only said.

import CLinux
import Glibc

package final class AttachedGuardian {
    private let order: GuardianOrder
    private let log = GuardianLog()
    private let signals: Int32
    private let beats: Int32
    private let lockPath: String
    private let reportPath: String
    private var sender = BeatSender()
    private var heardAt: Duration?
    private var saidHang = false
    private var saidNamespace = false
    private var stopAt: Duration?

    package init?(_ order: GuardianOrder) {
        guard let directory = order.attachedTo else { return nil }
        self.order = order
        lockPath = directory + "/locks/instance.lock"
        reportPath = directory + "/shutdown-report.json"
        signals = cl_take_guardian_signals()
        guard signals >= 0 else { return nil }
        mkdir(directory, 0o700)
        mkdir(directory + "/locks", 0o700)
        beats = cl_hear_beats(directory + "/locks/beats.sock")
    }

    /// Watches one life after the other, until a signal. Returns the exit code.
    package func run() -> Int32 {
        log.say(.info, "attached", "watching over \(lockPath)")
        if beats < 0 {
            log.say(
                .warning, "attached",
                "no beats can be heard (errno \(errno)): hangs are not noticed, deaths are")
        }
        var seen = holder()
        // A trader that runs already, or one that is about to start, has or gets the lock.
        var isWatching = isHeld()
        let startedAt = boot()
        // Once: what an earlier life left is ours to look for if nobody comes.
        var mayLookBack = seen != nil
        while true {
            _ = cl_wait_any([signals, beats], 2, isWatching ? 100_000_000 : 500_000_000)
            takeSignals()
            takeBeats()
            if let stopAt, !isWatching || boot() - stopAt > order.limits.stopDeadline { return leave() }
            if !isWatching {
                let now = holder()
                let isOverdue = mayLookBack && boot() - startedAt > .seconds(30)
                guard now != seen || isOverdue else { continue }
                mayLookBack = false
                seen = now
                isWatching = true
            }
            watchBeats()
            guard let lock = takeLock() else { continue }
            isWatching = false
            seen = holder()
            let code = lastExit(since: heardAt ?? startedAt)
            let result = code == 0 ? 0 : sweep(lock)
            close(lock)
            heardAt = nil
            sender.forget()
            if code == 0 { log.say(.info, "attached", "the trader ended clean") }
            if stopAt != nil { return result }
        }
    }

    private func leave() -> Int32 {
        log.say(
            .info, "attached", isHeld() ? "leaving; the trader is still there" : "leaving; no trader is there"
        )
        return GuardianExit.clean
    }

    // MARK: The lock

    private func holder() -> String? {
        let descriptor = open(lockPath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private func takeLock() -> Int32? {
        var descriptor = open(lockPath, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        // The kernel locks a file that can only be read just as well.
        if descriptor < 0 { descriptor = open(lockPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private func isHeld() -> Bool {
        guard access(lockPath, F_OK) == 0 else { return false }
        guard let descriptor = takeLock() else { return true }
        close(descriptor)
        return false
    }

    // MARK: Beats and signals

    private func takeBeats() {
        guard beats >= 0 else { return }
        var pid: Int32 = 0
        var pidfd: Int32 = -1
        while cl_take_beat(beats, &pid, &pidfd) == 1 {
            heardAt = boot()
            sender.beat(from: pid, pidfd)
            saidHang = false
            guard !saidNamespace else { continue }
            saidNamespace = true
            log.say(
                pid > 0 ? .info : .warning, "attached",
                pid > 0
                    ? "the trader is process \(pid); if it hangs it is killed"
                    : "the trader's process can't be seen from here (no shared PID namespace): a hang is only alarmed"
            )
        }
    }

    private func watchBeats() {
        guard let heardAt, boot() - heardAt > order.limits.hangLimit, !saidHang else { return }
        saidHang = true
        let silence = "no beat of the trader for \(boot() - heardAt)"
        switch sender.state {
        case .ended:
            // No hang: it died, and whoever holds the lock now looks after what it left.
            log.say(
                .info, "attached", "the trader has ended; waiting for the lock, which its guardian may hold")
        case .lives:
            log.say(.alert, "hang", "\(silence); it is killed")
            sender.kill()
        case .unknown:
            log.say(
                .alert, "hang",
                "\(silence): it hangs, or it has ended and its own guardian sweeps; which of them can't be seen from here"
            )
        }
    }

    private func takeSignals() {
        while case let number = cl_next_signal(signals), number != 0 {
            if number != SIGCHLD, stopAt == nil { stopAt = boot() }
        }
    }

    // MARK: The end

    /// The exit code of the report that the life left; nil when it left none.
    private func lastExit(since: Duration) -> Int32? {
        let age = boot() - since
        var facts = stat()
        guard stat(reportPath, &facts) == 0 else { return nil }
        let written = Int64(facts.st_mtim.tv_sec)
        let began = cl_utc_nanoseconds() / 1_000_000_000 - age.components.seconds - 1
        let descriptor = open(reportPath, O_RDONLY | O_CLOEXEC)
        guard written >= began, descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        guard let key = text.firstRange(of: "\"exit_code\"") else { return nil }
        let digits = text[key.upperBound...].drop { $0 == " " || $0 == ":" }.prefix { $0.isNumber }
        return Int32(digits)
    }

    /// The plan of a guardian whose trader is dead and is not started again.
    private func sweep(_ lock: Int32) -> Int32 {
        var limits = order.limits
        limits.onCrash = .sweepAndExit
        var order = order
        order.limits = limits
        order.lock = lock
        let guardian = Guardian(order, signals: signals)
        let code = guardian.runAfterDeath()
        // The signal was the sweep's to read, and there is nothing left to watch over.
        if guardian.wasAskedToStop, stopAt == nil { stopAt = boot() }
        return code
    }

    private func boot() -> Duration { .nanoseconds(cl_boot_nanoseconds()) }
}
