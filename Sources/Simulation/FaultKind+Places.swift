// Where a fault can be met at all, so that empty cells of the coverage table mean something. Judges nothing.

extension FaultKind {
    func canMeet(_ place: Coverage.Place) -> Bool {
        switch place {
        case .down: self == .tornWrite || self == .spoiledConfiguration
        case .pausing: befallsGuardians
        case .starting: befallsGuardians || befallsStarts || befallsStoresBetween
        case .recovering: befallsLives && !befallsPlacements
        case .trading, .halted: befallsLives
        case .settle, .cancel, .verify, .flush: befallsLives && self != .withheld && canMeetStops(place)
        case .afterCrash:
            befallsSweeps || befallsDisks || self == .lostStore || self == .restoredStore
                || self == .unreadableStore
        case .exchangeOnly, .beside: befallsSweeps
        }
    }

    /// What arrives only when something was placed or canceled is over in the later phases of a stop.
    private func canMeetStops(_ place: Coverage.Place) -> Bool {
        switch self {
        case .refusedOrder: place == .settle || place == .cancel
        // Nothing is asked any more.
        case .lostRequest, .lostReply, .errorBefore, .errorAfter, .rateLimited, .slowRequest, .slowReply,
            .hungCall, .lateRequest:
            place != .flush
        default: true
        }
    }

    private var befallsGuardians: Bool {
        switch self {
        case .signal, .doubleSignal, .tripleSignal, .killGuardian, .killBoth, .guardianStall, .hostLoss: true
        default: false
        }
    }

    private var befallsStarts: Bool {
        switch self {
        case .slowStart, .notSpawned, .trap: true
        default: false
        }
    }

    private var befallsStoresBetween: Bool {
        self == .lostStore || self == .restoredStore || self == .unreadableStore
    }

    private var befallsPlacements: Bool { self == .refusedOrder || self == .withheld }

    private var befallsDisks: Bool {
        switch self {
        case .slowCommit, .hungCommit, .failedCommit, .failedCommitThere, .crashBeforeCommit,
            .crashAfterCommit,
            .crashAfterAcknowledgement, .poisonedStore, .lyingSync:
            true
        default: false
        }
    }

    private var befallsLives: Bool { !befallsStarts && !befallsStoresBetween && self != .tornWrite }

    private var befallsSweeps: Bool {
        switch self {
        case .quickDoubleSignal, .endOfRun, .shellFailure: false
        case .spoiledConfiguration, .otherPortfolio, .heldLock, .reversedFill, .overfill, .foreignFlood,
            .secondInstance, .operatorReload, .operatorStrategy, .lateOrder, .jumpInFlight,
            .lyingFeed, .universeChange, .programFault:
            false
        // Nobody can talk to a sweep.
        case .operatorPause, .operatorFlatten, .operatorSweep, .durableStop: false
        default: befallsLives && !befallsPlacements && !befallsDisks
        }
    }
}
