// How `trader247 run` becomes the guardian: everything that can be refused is refused here, while somebody looks; then
// the lock is taken, and this program is replaced by the small one, under the same process id.

import ArgumentParser
import CLinux
import Daemon
import FoundationEssentials
import Glibc
import Storage
import Supervision
import Trading
import TradingDomain

struct GuardianLaunch {
    let configuration: Configuration
    let wishes: RunWishes
    /// The words after `trader247`.
    let words: [String]
    /// Those of the options that a sweep needs, too.
    let sweepWords: [String]

    /// Returns only by throwing.
    func begin() throws -> Never {
        try wishes.confirmation?.demand(Launch.interruption)
        if let word = wishes.confirmation?.word {
            // Said once; the traders that follow have no terminal to ask at.
            setenv(Confirmation.variable, word, 1)
        }
        let startedAt = UTCInstant(nanoseconds: cl_utc_nanoseconds())
        let program = try Self.program()
        let lock = try Failure.naming { try takeLock(startedAt) }
        var order = GuardianOrder()
        let last = LastLife.find(in: configuration.stateDirectory)
        order.start = last.start(configuration)
        try Failure.naming {
            order.accepted = try AcceptedMemory(configuration.files.contents).sealed()
            if order.start == .otherAccount, let life = KeptLife.other(than: configuration) {
                order.kept = try life.memory(stateDirectory: configuration.stateDirectory).sealed()
                Output.tell(
                    "the last life (\(life.words)) left no proof that none of its orders rests, and another account is "
                        + "configured now: it is swept first")
            }
        }
        order.limits = Self.limits(configuration)
        if !mayRestart { order.limits.onCrash = .sweepAndExit }
        order.lock = lock.descriptor
        order.obeysHangUp = Launch.obeysHangUp
        order.dumpsCore = configuration.dumpsCore
        order.trader = [program] + words
        order.sweep = [program, "sweep"] + sweepWords
        try Self.become(order, program)
    }

    static func limits(_ configuration: Configuration) -> GuardianLimits {
        var limits = GuardianLimits()
        limits.stopDeadline = configuration.core.stop.deadline
        limits.hangLimit = configuration.hangLimit
        limits.onCrash = configuration.onCrash
        if configuration.mode == .live { limits.makeRoom(forRequestLife: configuration.venue.requestLife) }
        return limits
    }

    /// Returns only by throwing.
    static func become(_ order: GuardianOrder, _ program: String) throws -> Never {
        let guardian = URL(filePath: program).deletingLastPathComponent().path + "/trader247-guardian"
        var arguments: [UnsafeMutablePointer<CChar>?] =
            ([guardian] + order.arguments).map { strdup($0) } + [nil]
        defer { for text in arguments { free(text) } }
        let kept = [order.lock, order.accepted, order.kept]
        let failure = cl_become(guardian, &arguments, kept, Int32(kept.count))
        throw Leave(
            Trading.ExitCode.internalError,
            "cannot start the guardian \(guardian): \(systemMessage(failure)); build it with `swift build --product "
                + "trader247-guardian`, or run without it (--no-guardian); nothing was started")
    }

    /// A run that is over by itself, or that records, is not begun a second time.
    private var mayRestart: Bool {
        guard !wishes.once, wishes.runFor == nil, wishes.record == nil else { return false }
        if case .replay = configuration.feed { return false }
        return true
    }

    private func takeLock(_ startedAt: UTCInstant) throws -> InstanceLock {
        let end = realNow() + configuration.lockWait
        while true {
            do throws(LockError) {
                return try Locks.instance(
                    in: configuration.stateDirectory, holder: LockHolder.current(startedAt: startedAt))
            } catch {
                guard case .held = error, realNow() < end else { throw error }
                let ready = cl_wait_readable(-1, Launch.interruption.descriptor, 100_000_000)
                if Launch.interruption.hasCome(ready & 2 != 0) { throw error }
            }
        }
    }

    /// Where this program and, beside it, the guardian's lie.
    static func program() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else {
            throw Leave(
                Trading.ExitCode.internalError, "cannot tell this program's path: \(systemMessage(errno))")
        }
        let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // An upgrade replaced it: what is there now is what shall run.
        return path.hasSuffix(" (deleted)") ? String(path.dropLast(" (deleted)".count)) : path
    }
}
