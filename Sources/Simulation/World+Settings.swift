import Supervision
import Trading
import TradingDomain

// What processes begin with: the configuration file and the key as they are, or what the venue accepted last. A file that
// somebody spoiled ends every process that reads it before its core begins; a key of another portfolio shows another
// account; a lock that somebody else holds lets nobody in.

/// What lies in the files of the host.
struct Settings: Equatable {
    /// The configuration is refused with this code.
    var refusal: Int32?
    /// The key belongs to another portfolio.
    var isElsewhere = false
    /// The configuration is another bot's, or another portfolio's; its own trader does not come far.
    var isForeign = false

    static let right = Settings()
    static let otherPortfolio = "other"
}

extension World {
    /// Somebody edits a file, replaces a key, or takes the trader's lock.
    func spoil(_ kind: FaultKind, _ dice: inout Dice) {
        switch kind {
        case .spoiledConfiguration: settings.refusal = dice.pick([78, 78, 64])
        case .otherPortfolio:
            // An exchange within the bot's own process has no keys.
            guard scenario.capabilities.introducesItself else { return }
            settings.isElsewhere = true
            settings.isForeign = dice.chance(300)
        default: lockTakenUntil = now + milliseconds(dice.between(500, 8_000))
        }
        // Somebody notices, some time.
        queue.add(.mend, at: now + milliseconds(dice.between(2_000, 40_000)))
    }

    func mend() {
        trace("files and keys are right again")
        settings = .right
        lockTakenUntil = 0
    }

    /// What a process begins with: one that a guardian started has what the guardian was started with, or what is kept of
    /// the last life; any other one reads the files.
    func settings(of process: CoreProcess) -> Settings {
        guard let guardian, process.guardian == guardian.number else { return settings }
        if process.sweepSettings == .kept { return .right }
        // A key that the venue does not take for the right account's is as good as refused: the key file is tried as well.
        return guardian.accepted.isElsewhere ? settings : guardian.accepted
    }

    /// Whether a process ends before its core begins, and with which code.
    func refusal(of process: CoreProcess) -> Int32? {
        let settings = settings(of: process)
        if let code = settings.refusal { return code }
        if settings.isForeign { return ExitCode.configuration }
        return process.takesTraderLock && lockTakenUntil > now ? ExitCode.alreadyRunning : nil
    }

    func refusalKind(_ code: Int32) -> FaultKind {
        if code == ExitCode.alreadyRunning { return .heldLock }
        return settings.isForeign ? .otherPortfolio : .spoiledConfiguration
    }

    /// How a guardian begins, by what is kept of the last life and what the files say now; nil where there is no guardian:
    /// nothing can rest, and the files are refused.
    func startOfGuardian() -> GuardianStart? {
        let isProved: Bool
        if disk.isUnreadable {
            isProved = false
        } else {
            do {
                let durable = try disk.replay()
                isProved = durable.epoch == 0 || durable.stopped?.verdict == .clean
            } catch {
                judge.fail("what is durable could not be read: \(error)")
                isProved = false
            }
        }
        if let code = settings.refusal { return isProved ? nil : .refused(code) }
        if isProved { return .fresh }
        return settings.isForeign ? .otherAccount : .unproved
    }
}
