// What can go wrong, and the name of one thing that did.

package enum FaultKind: UInt8, CaseIterable, Sendable {
    // One call to the exchange.
    case lostRequest, lostReply, errorBefore, errorAfter, rateLimited, slowRequest, slowReply, hungCall
    case refusedOrder, withheld, foggyClock
    // Cancels.
    case batchRefused, partialRefusal, missingResult, unknownOrderLie, slowCancel, fillDuringCancel
    // Lists.
    case staleList, incompleteList, failedPage, laggingFills
    // Feeds.
    case duplicateReport, reorderedReport, feedLost, feedGap, feedSilent, failedConnect
    // The disk.
    case slowCommit, hungCommit, failedCommit, failedCommitThere
    case crashBeforeCommit, crashAfterCommit, crashAfterAcknowledgement
    // The process and those around it.
    case crash, signal, doubleSignal, tripleSignal, quickDoubleSignal, operatorStop, endOfRun, shellFailure
    case operatorHalt, operatorResume, overslept, wallJump
    // Processes: loops that hang, a process that the kernel does not let die at once, one that is stopped.
    case hang, unkillable, stopped, trap, slowStart, notSpawned
    case killGuardian, killBoth, guardianStall, hostLoss
    // What becomes of the store between two processes, and of what a disk had acknowledged.
    case lostStore, restoredStore, unreadableStore, poisonedStore, lyingSync, tornWrite
    // A request that arrives as late as it can.
    case lateRequest
    // Words of an operator that waits for an answer.
    case operatorPause, operatorFlatten, operatorSweep, durableStop
    // Files and locks that change under a running bot.
    case spoiledConfiguration, otherPortfolio, heldLock
    // The venue wants patience, up to an hour.
    case longRetryAfter
    // What a venue tells of orders: a size that is not the last yet, no configuration, trades taken back, more than was
    // asked for; and lists by status, of which open ones are cut short.
    case staleSize, noTerms, reversedFill, overfill, movedStatus, foreignFlood
    // Orders in our name that nobody sends now: late ones, and another instance's.
    case lateOrder, secondInstance
    // The wall clock jumps while a call is on its way.
    case jumpInFlight
    // More words of operators.
    case operatorReload, operatorStrategy
    // The order feed beats and tells nothing.
    case lyingFeed
    // Markets come and go in the venue's list.
    case universeChange
    // A program outside that decides: it is late, dies, or answers nonsense.
    case programFault

    package var name: String { "\(self)" }

    /// Whether it changes nothing before somebody meets it.
    var isFeltLater: Bool {
        switch self {
        case .spoiledConfiguration, .otherPortfolio, .heldLock, .staleSize, .noTerms, .reversedFill,
            .overfill,
            .movedStatus, .foreignFlood, .lateOrder, .jumpInFlight, .lyingFeed:
            true
        default: false
        }
    }

    /// Whether it ends a life, or begins the end of one.
    var isEnding: Bool {
        switch self {
        case .crash, .signal, .doubleSignal, .tripleSignal, .quickDoubleSignal, .operatorStop, .endOfRun,
            .durableStop, .shellFailure, .crashBeforeCommit, .crashAfterCommit, .crashAfterAcknowledgement:
            true
        default: false
        }
    }
}

/// One decision to fail: its kind, the life in which it is made, and its number among those of its kind there
/// (a command, a transaction, a report, or an entry of the life's plan). Stable while other faults are disabled.
package struct FaultID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let kind: FaultKind
    package let life: Int
    package let number: Int64

    package init(_ kind: FaultKind, life: Int, number: Int64) {
        self.kind = kind
        self.life = life
        self.number = number
    }

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".")
        guard parts.count == 3, let life = Int(parts[1]), let number = Int64(parts[2]),
            let kind = FaultKind.allCases.first(where: { $0.name == parts[0] })
        else { return nil }
        self.init(kind, life: life, number: number)
    }

    package var description: String { "\(kind.name).\(life).\(number)" }

    package static func < (a: Self, b: Self) -> Bool {
        (a.life, a.kind.rawValue, a.number) < (b.life, b.kind.rawValue, b.number)
    }
}
