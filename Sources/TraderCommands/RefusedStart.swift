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

    /// Becomes a guardian that leaves with the code once nothing rests. Returns where nothing can rest, or where
    /// somebody else looks after it.
    /// - Parameter words: those of the command line, which may make no sense.
    /// - Returns: the code to leave with.
    static func leave(with code: Int32, words: [String]) -> Int32 {
        let directory = source(words).stateDirectory
        // Nothing was ever begun there; what is not there is not made for this.
        guard access(Locks.instancePath(in: directory), F_OK) == 0 else { return code }
        let now = UTCInstant(nanoseconds: cl_utc_nanoseconds())
        // Whoever has it looks after the orders.
        guard let lock = try? Locks.instance(in: directory, holder: .current(startedAt: now)) else {
            return code
        }
        switch LastLife.find(in: directory) {
        case .over:
            lock.release()
            return code
        case .unknown:
            lock.release()
            Output.complain(
                "orders of the last life may rest, and nothing here tells how it was configured: mend the "
                    + "configuration and start again, or look at the exchange's list")
            return Trading.ExitCode.ordersRemain
        case .unproved(let life):
            Output.complain(
                "the last life (\(life.words)) left no proof that none of its orders rests: it is swept as it was "
                    + "configured")
            do {
                try become(code, life, directory, lock)
            } catch {
                Output.complain((error as? Leave)?.message ?? "\(error)")
                return Trading.ExitCode.ordersRemain
            }
        }
    }

    /// Returns only by throwing.
    private static func become(_ code: Int32, _ life: KeptLife, _ directory: String, _ lock: InstanceLock)
        throws -> Never
    {
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
