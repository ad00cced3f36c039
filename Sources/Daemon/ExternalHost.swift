// Who runs the programs of strategies outside. None of it waits for them: the loop never does while time is real.

import Trading

package protocol ExternalHost: Sendable {
    /// Takes an order of the core; what comes of it arrives in the inbox.
    func carryOut(_ order: ExternalOrder)
    /// Whether some program has been shown something and its answer is not in the inbox yet. Standing time waits for it.
    var isAsked: Bool { get }
    /// The process is about to leave: whatever still runs is killed.
    func close()
}
