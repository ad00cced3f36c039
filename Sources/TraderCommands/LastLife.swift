// What a start finds of the life before it: whether an order of that one may rest, and whose it is.

import CLinux
import Daemon
import FoundationEssentials
import Glibc
import Storage
import Supervision
import Trading
import TradingDomain

enum LastLife {
    /// Nothing of it can rest.
    case over
    /// It left no proof, and this is how it was configured.
    case unproved(KeptLife)
    /// It left no proof, and nothing says how it was configured.
    case unknown

    /// - Precondition: the instance lock is held.
    static func find(in stateDirectory: String) -> LastLife {
        let kept = KeptLife.read(in: stateDirectory)
        if case .none = kept {
            // A version before this one kept nothing; its store knows what worked.
            do throws(StoreError) {
                let working = try StateReader(at: stateDirectory)
                    .orders(OrderFilter(workingOnly: true, limit: 1))
                return working.isEmpty || isProved(in: stateDirectory) ? .over : .unknown
            } catch {
                // No store, no order. One that can't be read may hold any.
                if case .notFound = error { return .over }
                return .unknown
            }
        }
        if isProved(in: stateDirectory) {
            KeptLife.forget(in: stateDirectory)
            return .over
        }
        if case .life(let life) = kept { return .unproved(life) }
        return .unknown
    }

    /// How a guardian with this configuration begins.
    func start(_ configuration: Configuration) -> GuardianStart {
        if case .over = self { return .fresh }
        return KeptLife.other(than: configuration) == nil ? .unproved : .otherAccount
    }

    /// The store's clean marker, and the report of the same life: one without the other is not believed.
    private static func isProved(in stateDirectory: String) -> Bool {
        // A store that can't be read proves nothing, whatever the reason.
        guard let reader = try? StateReader(at: stateDirectory), let marker = try? reader.lastStop(),
            marker.verdict == .clean
        else { return false }
        return ShutdownReportFile(stateDirectory: stateDirectory).hasReport(ofEpoch: marker.epoch)
    }
}
