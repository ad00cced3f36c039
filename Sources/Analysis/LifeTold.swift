// The lives of a bot as its journal tells them: when each began, whether it traded, and how it ended.

import Trading
import TradingDomain

package struct LifeTold: Equatable, Sendable {
    package struct End: Equatable, Sendable {
        package var seq: Int64
        package var at: UTCInstant
        package var reason: String
        /// Nil where the journal does not say how the stop went.
        package var verdict: Verdict?
    }
    package struct Crash: Equatable, Sendable {
        package var seq: Int64
        package var at: UTCInstant
        package var words: String
    }

    package var epoch: Int64
    package var mode: Mode
    package var seq: Int64
    package var beganAt: UTCInstant
    /// When trading began; nil for a sweep, and for one that never came so far.
    package var recoveredAt: UTCInstant?
    package var end: End?
    /// Set where this life is the sweep after another one's crash.
    package var crash: Crash?
    /// The last that the journal has of it.
    package var lastSeenAt: UTCInstant

    /// - Parameters:
    ///   - turns: the rows that tell of lives, oldest first.
    ///   - lastRows: when the last row of each epoch was written.
    package static func all(_ turns: [JournaledTurn], lastRows: [Int64: UTCInstant]) -> [LifeTold] {
        var lives: [LifeTold] = []
        for turn in turns {
            for record in turn.records {
                if case .lifeBegan(let epoch, let mode, let at) = record {
                    lives.append(
                        LifeTold(
                            epoch: epoch, mode: mode, seq: turn.seq, beganAt: at,
                            lastSeenAt: max(at, lastRows[epoch] ?? at)))
                    continue
                }
                guard let last = lives.indices.last else { continue }
                switch record {
                case .recovered(let at): lives[last].recoveredAt = lives[last].recoveredAt ?? at
                case .stopBegan(let reason, let at):
                    lives[last].end = End(seq: turn.seq, at: at, reason: reason)
                case .stopped(let marker):
                    let reason = lives[last].end?.reason ?? ""
                    lives[last].end = End(
                        seq: turn.seq, at: marker.at, reason: reason, verdict: marker.verdict)
                case .alert(let alert) where alert.name == "crash" && lives[last].end == nil:
                    lives[last].crash =
                        lives[last].crash
                        ?? Crash(seq: turn.seq, at: alert.at, words: alert.message)
                default: break
                }
            }
        }
        return lives
    }

    /// How long it traded within this time. Of accelerated trading what lies in the future is no time that passed.
    package func traded(since: UTCInstant, until: UTCInstant) -> Duration {
        guard let recoveredAt else { return .zero }
        return max(.zero, min(until, end?.at ?? lastSeenAt) - max(recoveredAt, since))
    }
}
