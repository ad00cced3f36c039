// How a life begins: store and exchange are reconciled before the first decision.
//
// 1. An epoch above every one seen, durable before its first order.
// 2. Orders whose placement has no outcome are presumed sent, whatever the store says: a record of the
//    sending may not have reached the disk. Their requests may still be alive for a full request life.
// 3. What earlier lives left working is canceled and proved gone (or adopted), fills are read again, the
//    account's funds are asked.
// 4. What the exchange remembers and the store does not (`PastOrders`) is booked, and said.
// 5. Halts stand until an operator resumes. Daily loss, order rate and strategy memories go on where they
//    were, so that a crash loop resets no protection.

import TradingDomain

/// Fills that do not come after this many questions do not hold up a life; they are asked on and on.
let fillAttemptsAwaited = 4

extension TradingCore {
    mutating func beginRecovery(_ turn: inout Turn) {
        guard volatile.lifecycle == .starting else { return }
        volatile.lifecycle = .recovering
        volatile.startedAt = now
        let epoch = max(durable.epoch + 1, (durable.sequences.keys.max() ?? 0) + 1, now.utc.secondsSince1970)
        let previousStop = configuration.distrustsMarker ? nil : durable.stopped
        beginPastOrders()
        beginReviewOfPast()
        volatile.isStoreDoubtful = mayHaveLostALife
        if mayHaveLostALife { volatile.strayRequestsUntil = now.monotonic + capabilities.requestLife }
        record(.lifeBegan(epoch: epoch, mode: configuration.mode, at: now.utc), &turn)
        if !configuration.sweepsOnly { noteDeath(&turn) }
        for symbol in durable.ledger.positions.keys { mark(symbol, &turn) }
        let left = durable.ledger.liveOrders
        if let verdict = previousStop?.verdict, verdict == .clean || verdict == .nothingToCancel {
            volatile.epochAfterProof = epoch
        }
        tellRecovery(left, previousStop, epoch: epoch, &turn)
        for order in left where order.state == .new {
            if order.sentAt == nil { record(.sent(order.id, at: order.createdAt), &turn) }
            volatile.unknown.add(
                order.id, createdAt: order.createdAt,
                lifeEndsAt: now.monotonic + capabilities.requestLife, at: now.monotonic)
        }
        readUnsettledAgain()
        // Where nothing will be traded, nothing is adopted.
        let isHeld = !durable.halts.isEmpty || durable.standing?.kind == .stopped
        switch isHeld ? .cancel : configuration.leftovers {
        case .cancel: beginSweep(isHeld ? heldCause : .leftover, &turn)
        case .adopt:
            // What was to be canceled still is, and so is what no strategy stands behind any more.
            let strategies = volatile.slots.map(\.strategy).filter { rest(of: $0) == nil }.map(\.name)
            requestCancels(
                left.filter { $0.cancelRequestedAt != nil || !strategies.contains($0.strategy) }.map(\.id),
                .ownerless, &turn)
        }
    }

    /// Without a store there may have been a life all the same: a lost disk, another host. What it sent last may still
    /// arrive, also when the first life that began anew died before it had waited.
    private var mayHaveLostALife: Bool {
        if durable.epoch == 0 { return true }
        return !durable.isRecovered
            && (configuration.distrustsMarker || durable.stopped?.verdict != .clean)
            && durable.ledger.newestIntent == nil
    }

    private mutating func tellRecovery(
        _ left: [Order], _ previousStop: StopMarker?, epoch: Int64, _ turn: inout Turn
    ) {
        // What the last life learned of after its verdict nobody was told.
        let unnamed = left.count { !(previousStop?.remaining.contains($0.id) ?? false) }
        var past: String
        switch (previousStop?.verdict, left.count) {
        case (nil, 0) where durable.sequences.count <= 1: past = "first life"
        case (.clean, 0), (.nothingToCancel, 0): past = "the last life stopped clean"
        case (nil, _):
            past =
                "the last life did not stop by itself; \(left.count) of its orders are not known to be gone"
        case (let verdict?, _) where unnamed > 0:
            past =
                "the last life ended \(verdict.rawValue) and died then; \(unnamed) of its orders, which it has not named, "
                + "are not known to be gone"
        case (let verdict?, _):
            past = "the last life ended \(verdict.rawValue), \(left.count) orders to look after"
        }
        if let until = volatile.strayRequestsUntil, until - now.monotonic >= .seconds(1) {
            past +=
                "; what a life that the store has lost may have sent can be alive for another "
                + "\(until - now.monotonic), nothing is traded before"
        }
        let words = "recovery begins, epoch \(epoch): \(past)"
        // A sweep that follows a crash tells of it by itself.
        if previousStop == nil || unnamed > 0, durable.sequences.count > 1, configuration.crash == nil {
            alert("crash", words, &turn)
        } else {
            tell(.info, "recovery", words, &turn)
        }
    }

    /// Recovery is complete, or whatever held the bot is over: before its first decision its limits are what they would be had
    /// it traded all the time.
    mutating func beginTrading(_ turn: inout Turn) {
        volatile.lifecycle = .trading
        volatile.nextCycleAt = now.monotonic
        restoreRateWindow()
        checkLosses(&turn)
    }

    /// The limit of orders per minute counts what earlier lives placed within the last minute too: a minute on the
    /// venue's clock, since ours may have been set meanwhile.
    private mutating func restoreRateWindow() {
        guard !volatile.isRateWindowRestored else { return }
        volatile.isRateWindowRestored = true
        for (age, strategy) in durable.ledger.ages(at: venueNow, within: .seconds(60)) {
            volatile.recentIntents.append(now.monotonic - age)
            if let index = slotIndex(strategy) {
                volatile.slots[index].recentIntents.append(now.monotonic - age)
            }
        }
    }

    mutating func advanceRecovery(_ turn: inout Turn) {
        guard volatile.lifecycle == .recovering, volatile.stop == nil, isReconciled else { return }
        tellPastOrders(&turn)
        record(.recovered(at: now.utc), &turn)
        volatile.sweep = nil
        if holdAfterRecovery(&turn) { return }
        beginTrading(&turn)
        adoptLeases()
        tell(
            .info, "trading",
            "recovery is complete, trading begins (\(durable.ledger.workingCount) orders adopted)", &turn)
        for slot in volatile.slots {
            guard let rest = rest(of: slot.strategy) else { continue }
            tell(
                .warning, "strategy-rests", "strategy \(slot.strategy.name) does not trade: \(rest.words)",
                &turn)
        }
        guard let standing = durable.standing else { return }
        tell(
            .warning, "paused",
            "paused (\(standing.kind.rawValue)) since \(standing.at) by \(standing.by): no new entries until "
                + "`trader247 resume`", &turn)
        if standing.kind == .reduceOnly { cancelEntries(&turn) }
    }

    private var isReconciled: Bool {
        guard capabilities.holdsOrders else { return true }
        guard isIntroduced, isAccountConfirmed, volatile.funds != nil, volatile.storeFailure == nil,
            !volatile.past.isWanted,
            volatile.review.isPastKnown,
            volatile.fillDesk.isEmpty || (volatile.fillDesk.fewestAttempts ?? 0) >= fillAttemptsAwaited
        else { return false }
        if let sweep = volatile.sweep { return sweep.isProved }
        return listingNeededSince == nil && volatile.unknown.isEmpty && volatile.evidenceDesk.isEmpty
    }
}
