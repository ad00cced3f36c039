// A start that is refused (64, 78) while orders of the last life may rest: it does not leave before they are swept, as
// that life was configured.

import ArgumentParser
import CLinux
import Daemon
import FoundationEssentials
import Glibc
import Storage
import Supervision
import Trading
import TradingDomain

enum RefusedStart {
    static func isOne(_ code: Int32) -> Bool {
        code == Trading.ExitCode.usage || code == Trading.ExitCode.configuration
    }

    /// Becomes a guardian that leaves with the code once nothing rests. Returns where it is certain that nothing can rest,
    /// where somebody else looks after it, or where it can't look.
    /// - Parameter words: those of the command line, which may make no sense.
    /// - Returns: the code to leave with; 3 where an order may rest as far as can be seen.
    static func leave(with code: Int32, words: [String]) -> Int32 {
        let source = source(words)
        let (directory, isCertain) = source.statePlace
        switch begun(in: directory) {
        case .success(true): break
        case .success(false):
            // What is not there is not made for this.
            if isCertain, !mayBeMisspelt(words) { return code }
            return unseen(
                "nothing here says for certain where the state is kept, and \(directory) holds none. Name the directory "
                    + "with --state-dir or TRADER247_STATE_DIR")
        case .failure(let failure): return unseen("\(failure)")
        }
        let lock: InstanceLock
        do throws(LockError) {
            let now = UTCInstant(nanoseconds: cl_utc_nanoseconds())
            lock = try Locks.instance(in: directory, holder: .current(startedAt: now))
        } catch {
            // Whoever has it looks after the orders.
            if case .held = error { return code }
            return unseen("\(error)")
        }
        switch LastLife.find(in: directory) {
        case .over:
            lock.release()
            return code
        case .unknown:
            lock.release()
            return unseen(
                "nothing in \(directory) tells how the last life was configured, or its store can't be read")
        case .unproved(let life):
            Output.complain(
                "the last life (\(life.words)) left no proof that none of its orders rests: it is swept as it was "
                    + "configured")
            do {
                try sweep(life, in: directory, holding: lock, thenLeaveWith: code)
            } catch {
                Output.complain((error as? Leave)?.message ?? "\(error)")
                return Trading.ExitCode.ordersRemain
            }
        }
    }

    /// Whether a life was ever begun there.
    private static func begun(in directory: String) -> Result<Bool, FileFailure> {
        for path in [
            Locks.instancePath(in: directory), KeptLife.path(in: directory), StateStore.file(in: directory),
        ] {
            if access(path, F_OK) == 0 { return .success(true) }
            // Only what is not there is known not to be there.
            guard errno == ENOENT || errno == ENOTDIR else {
                return .failure(FileFailure("look for", path, errno))
            }
        }
        return .success(false)
    }

    /// Whether one of them may have been meant to say where the state is.
    private static func mayBeMisspelt(_ words: [String]) -> Bool {
        let known = ["--config", "--state-dir", "--profile", "--set"]
        return words.enumerated().contains { index, word in
            guard word.hasPrefix("--") else { return false }
            let name = String(word.prefix { $0 != "=" })
            if known.contains(name) { return !word.contains("=") && index + 1 == words.count }
            return !options.contains(name) && Suggestion.of(name, among: known) != nil
        }
    }

    /// Those of `run` that are like one of them.
    private static let options: Set<String> = ["--seed", "--once", "--mode", "--feed", "--resume"]

    private static func unseen(_ why: String) -> Int32 {
        Output.complain(
            "orders of an earlier run may rest, and none can be looked for: \(why). Mend the configuration and start "
                + "again, or look at the exchange's list")
        return Trading.ExitCode.ordersRemain
    }

    /// Becomes the guardian that does it. Returns only by throwing.
    private static func sweep(
        _ life: KeptLife, in directory: String, holding lock: InstanceLock, thenLeaveWith code: Int32
    ) throws -> Never {
        let memory = try life.memory(stateDirectory: directory)
        var source = ConfigurationSource(path: nil, flags: [], accepted: memory)
        source.isForSweep = true
        let configuration = try source.load()
        let program = try GuardianLaunch.program()
        var order = GuardianOrder()
        order.limits = GuardianLaunch.limits(configuration)
        order.start = .refused(code)
        order.lock = lock.descriptor
        order.kept = try memory.sealed()
        order.obeysHangUp = Launch.obeysHangUp
        // Never started; what would be is not known.
        order.trader = [program]
        order.sweep = [program, "sweep"]
        try GuardianLaunch.become(order, program)
    }

    /// Where these words say that the configuration and the state are, whatever else they say.
    private static func source(_ words: [String]) -> ConfigurationSource {
        func values(_ name: String) -> [String] {
            words.indices.compactMap { index in
                if words[index].hasPrefix(name + "=") {
                    return String(words[index].dropFirst(name.count + 1))
                }
                return words[index] == name && index + 1 < words.count ? words[index + 1] : nil
            }
        }
        var flags = values("--set").compactMap { text in
            text.hasPrefix("state_dir=") ? String(text.dropFirst("state_dir=".count)) : nil
        }
        if let directory = values("--state-dir").last { flags = [directory] }
        return ConfigurationSource(
            path: values("--config").last,
            flags: flags.map { ConfigurationFlag(key: "state_dir", text: $0, name: "--state-dir") },
            profile: values("--profile").last)
    }
}
