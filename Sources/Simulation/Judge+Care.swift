import ExchangeModel
import Supervision
import Trading
import TradingDomain

// Whether somebody looks after what rests, and whether somebody was told where nobody does.

extension Judge {
    /// A halt and a stop have asked for every cancel that they can by then, where the loop turns.
    private static let cancelBound = milliseconds(5_000)
    /// News that the order feed keeps to itself are found by questions within this.
    static let silenceBound = milliseconds(360_000)
    /// Alerts of one name in one life.
    private static let mostAlerts = 400
    private static let mostRecords = 5_000
    /// An alert that says that orders may be out there.
    private static let alarms: Set<String> = [
        "crash", "order-discovered", "store-behind", "orders-remain", "order-appeared", "second-instance",
    ]

    // MARK: Nobody is there

    /// Nothing of ours runs any more: each order that lives, or will, has been named, or the next one to begin says so.
    func nobodyIsThere(_ exchange: SimulatedExchange, _ disk: SimulatedDisk) {
        guard asks(.alarms) else { return }
        let left = exchange.liveOrders + exchange.arriving.sorted()
        owed = Set(
            left.filter {
                !named.contains($0) && !disk.named.contains($0)
                    && (!exchange.odd.strange.contains($0) || disk.known.contains($0))
            })
    }

    /// A life must raise its alarm before it trades, or ends.
    func judgeAlarm(_ view: LifeView) {
        // A lost store and another account's key: nobody can know of anything.
        guard asks(.alarms), !view.owes.isEmpty, !(isMemoryLost && view.isElsewhere) else { return }
        demand(
            view.alerts.keys.contains { Self.alarms.contains($0) },
            "\(view.owes.min()?.description ?? "an order") rested while nothing of ours ran, and nobody says so"
        )
    }

    // MARK: A life looks after what rests

    func note(_ alert: Alert, _ view: LifeView) {
        guard alert.level == nil else { return }
        let count = (view.alerts[alert.name] ?? 0) + 1
        view.alerts[alert.name] = count
        if asks(.bounds) {
            demand(count <= Self.mostAlerts, "alert '\(alert.name)' for the \(count)th time in one life")
        }
    }

    func judgeBounds(_ turn: Turn) {
        guard asks(.bounds) else { return }
        demand(turn.records.count <= Self.mostRecords, "\(turn.records.count) records in one turn")
        demand(turn.commands.count <= 200, "\(turn.commands.count) commands in one turn")
    }

    /// From a halt or a stop on every order of ours whose exchange id was told gets its cancel.
    func judgeCancels(_ life: Life, _ exchange: SimulatedExchange, at now: Instant) {
        let view = life.view
        guard asks(.cancelsAtOnce), let since = view.cancelsWantedSince, !view.isCancelThrottled,
            !view.isElsewhere, now - since > Self.cancelBound, life.stalledUntil <= since
        else { return }
        for order in exchange.workingIDs where !exchange.isOfLaterInstance(order, view.epoch) {
            guard let told = view.toldAt[order], now - max(told, since) > Self.cancelBound else {
                continue
            }
            let sent = view.cancelSentAt[order] ?? -1
            demand(
                sent >= since - Self.cancelBound,
                "\((now - since) / 1_000_000) ms after a halt or stop began order \(order) has got no cancel")
        }
    }

    /// While a trader trades: what lives is in its books or was told, what was filled is booked, within the bound.
    func judgeCare(_ life: Life, _ exchange: SimulatedExchange, at now: Instant) {
        let view = life.view
        guard view.isRecovered, !view.isStopping, !view.isSweep, !view.isElsewhere,
            now - life.startedAt > Self.silenceBound, life.stalledUntil <= now,
            // Nothing may be asked of a venue that wants an hour of patience.
            now - life.throttledUntil > Self.silenceBound
        else { return }
        if asks(.lookedAfter) {
            for id in exchange.liveOrders
            where !knows(id, view) && !exchange.isOfLaterInstance(id, view.epoch) {
                guard let changed = exchange.changedAt(id), now - changed > Self.silenceBound else {
                    continue
                }
                fail(
                    "\(id) has lived for \((now - changed) / 1_000_000_000) s and is not in the books of the trader"
                )
            }
        }
        if asks(.booked) {
            for fill in exchange.rows where exchange.isOlder(fill, than: now - Self.silenceBound) {
                guard view.bookedRows.contains(fill.id) else {
                    return fail("fill \(fill.id) was made long ago and is not booked")
                }
            }
        }
    }

    // MARK: Operators

    /// What is answered is so by the time at which it is answered.
    func judgeReplies(_ event: Event, _ turn: Turn, _ life: Life) {
        guard asks(.told) else { return }
        let view = life.view
        guard case .operatorRequest(.said(let order)) = event else {
            return demand(turn.replies.isEmpty, "a reply to nobody")
        }
        guard turn.replies.count == 1, let reply = turn.replies.first, reply.number == order.number else {
            return fail("\(turn.replies.count) replies to '\(order.word.name)'")
        }
        let isNoted = turn.records.contains { if case .operatorSaid = $0 { true } else { false } }
        guard case .done(let words) = reply.outcome else {
            return demand(!isNoted, "'\(order.word.name)' is refused, and is recorded as obeyed")
        }
        let holds: Bool =
            switch order.word {
            case .pause(let reduceOnly): view.recordedStanding == (reduceOnly ? .reduceOnly : .paused)
            case .flatten: view.recordedStanding != nil || view.isHaltRecorded
            case .stop: view.recordedStanding == .stopped
            case .halt: view.isHaltRecorded
            case .resume:
                view.recordedStanding == nil && view.isHaltRecorded == words.contains("halted again")
            case .strategy(let name, .disable): view.disabled.contains(name)
            case .strategy(let name, .enable): !view.disabled.contains(name)
            case .strategy, .sweep, .reload: true
            }
        demand(holds, "'\(order.word.name)' is answered '\(words)', and is not so")
    }
}
