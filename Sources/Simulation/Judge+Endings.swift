import ExchangeModel
import Trading
import TradingDomain

// What must hold when a life ends, and when all is over.

extension Judge {
    /// Whatever lives at the exchange, or is on its way there, somebody must be able to find it.
    private func isRemembered(_ id: ClientOrderID, _ disk: SimulatedDisk) -> Bool {
        isMemoryLost || disk.known.contains(id)
    }

    func crashed(_ life: Life, _ exchange: SimulatedExchange, _ disk: SimulatedDisk) {
        for id in exchange.liveOrders + exchange.arriving.sorted() where !exchange.odd.strange.contains(id) {
            demand(isRemembered(id, disk), "after the crash nothing on disk knows of \(id)")
        }
    }

    func cutShort(_ life: Life, _ exchange: SimulatedExchange, _ disk: SimulatedDisk) {
        let named = Set(life.core.remainingOrders().map(\.clientOrderID))
        self.named = named
        for id in exchange.liveOrders + exchange.arriving.sorted() where !exchange.odd.strange.contains(id) {
            demand(
                isRemembered(id, disk) || named.contains(id),
                "the shell left without naming \(id), which no record holds")
        }
    }

    func exited(
        _ report: ShutdownReport, _ life: Life, _ exchange: SimulatedExchange, _ disk: inout SimulatedDisk,
        at now: Instant
    ) {
        let durable: DurableState
        do { durable = try disk.replay() } catch { return fail("the records cannot be replayed: \(error)") }
        // Of one that took effect against every promise nobody can know before it is told.
        let live = exchange.liveOrders.filter {
            !exchange.odd.strange.contains($0) || isTold($0, life.view, exchange)
        }
        let arriving = exchange.arriving.sorted()
        let code = report.exitCode
        judgeAsked(code, life.view)
        // With 3 and 5 the report and the exit code say so; what a lost store did not know the next recovery tells.
        let isNamed = code == ExitCode.ordersRemain || code == ExitCode.ordersRemainAndStateNotFlushed
        if !isNamed, life.view.hasStore, life.view.isRecovered || !isMemoryLost {
            judgeAlarm(life.view)
        }
        named = Set(report.remaining.map(\.clientOrderID))
        if asks(.falseNames) {
            for order in report.remaining {
                guard let id = order.exchangeOrderID, life.view.toldEnded.contains(id),
                    !life.view.shownAlive.contains(id)
                else { continue }
                fail("exit \(code) names \(order.clientOrderID), of whose end it was told")
            }
        }
        judgeCode(report, life, live, arriving, durable.stopped)
        judgeCalmEnd(report, life, exchange, at: now)
        judgeCounts(report, life, exchange)
        if let began = life.stopBeganAt {
            let late = life.stalledUntil > began
            let limit = life.view.configuration.stop.deadline.wholeNanoseconds
            demand(late || now - began <= limit, "the exit came \((now - began - limit) / 1_000_000) ms late")
        } else {
            demand(false, "exit without a stop")
        }
        if report.stateFlushed {
            let committed = disk.records.count - life.view.recordsFound
            demand(
                committed == life.view.recordsMade,
                "exit \(code) says flushed, but \(life.view.recordsMade - committed) records are not on disk")
            // Replaying every record gives the state that the core ended with.
            demand(
                durable == life.core.durable, "the records do not rebuild the state that the core had")
        }
        // One that was asked to stop before it had recovered may lack the time for what earlier lives left.
        if life.isHealed, life.view.isRecovered {
            demand(
                code == 0,
                "a life without faults ended with exit \(code) (\(report.verdict.rawValue)): \(report.errors)"
            )
            judgePositions(life, exchange)
        } else if code == 0, report.fillsIncomplete.isEmpty, !isMemoryLost {
            judgePositions(life, exchange)
        }
    }

    /// Success is an end that somebody asked for; a sweep is one, whoever asked.
    private func judgeAsked(_ code: Int32, _ view: LifeView) {
        guard asks(.unaskedEnd), !view.isSweep else { return }
        if code == ExitCode.clean { demand(view.isEndAsked, "exit 0, and nobody asked for the end") }
        if code == ExitCode.internalError {
            demand(view.isEndUnasked, "exit 70 of a stop that somebody asked for")
        }
    }

    private func judgeCode(
        _ report: ShutdownReport, _ life: Life, _ live: [ClientOrderID], _ arriving: [ClientOrderID],
        _ marker: StopMarker?
    ) {
        let isElsewhere = life.view.isElsewhere
        let named = Set(report.remaining.map(\.clientOrderID))
        switch report.exitCode {
        case ExitCode.configuration where isMemoryLost && isElsewhere: break
        case ExitCode.clean, ExitCode.internalError, ExitCode.configuration:
            demand(live.isEmpty, "exit \(report.exitCode) with orders at the exchange: \(live)")
            demand(arriving.isEmpty, "exit \(report.exitCode) with orders on their way: \(arriving)")
            // A bot that never placed anything has nothing to prove, and says so with 78.
            if report.exitCode == ExitCode.configuration, marker?.verdict == .nothingToCancel { return }
            // What a last listing tells may raise the epoch once more, after the marker.
            demand(
                marker?.verdict == .clean
                    && marker.map {
                        (life.view.firstEpoch...max(life.view.firstEpoch, report.epoch)).contains($0.epoch)
                    } == true,
                "exit \(report.exitCode) without a durable clean marker")
            demand(report.stateFlushed && report.verifiedEmpty, "exit 0 that says it is not clean")
            demand(report.remaining.isEmpty, "exit 0 that names remaining orders")
        case ExitCode.stateNotFlushed:
            demand(live.isEmpty && arriving.isEmpty, "exit 4 with orders left: \(live + arriving)")
        case ExitCode.ordersRemain, ExitCode.ordersRemainAndStateNotFlushed:
            // What no store tells and no listing showed cannot be named.
            for id in live + arriving where life.view.hasStore && !isMemoryLost {
                demand(
                    named.contains(id), "exit \(report.exitCode) does not name \(id), which may be alive")
            }
        default: fail("exit code \(report.exitCode)")
        }
    }

    private func judgeCounts(
        _ report: ShutdownReport, _ life: Life, _ exchange: SimulatedExchange
    ) {
        demand(!life.view.isElsewhere || !report.verifiedEmpty, "proved empty by another account's lists")
        let left = report.ordersFound - report.ordersCanceled - report.ordersEndedOtherwise
        demand(left >= 0, "more orders ended (\(report.ordersCanceled)) than were found")
        if report.verifiedEmpty {
            demand(
                life.view.provedSince >= life.stopBeganAt ?? .max,
                "proved empty, but no complete listing was begun since the stop")
            // Without a store nobody can count what ended before the first listing.
            let isCounted = life.view.hasStore && !isMemoryLost
            // Of an order that no life sent now a list may be all that tells of its end.
            let canceled = life.view.liveAtStop.count {
                exchange.truth($0)?.status == .canceled && !exchange.odd.strange.contains($0)
            }
            demand(
                !isCounted
                    || report.ordersFound >= life.view.liveAtStop.count && report.ordersCanceled >= canceled,
                "\(life.view.liveAtStop.count) orders lived when the stop began and \(canceled) of them were canceled, "
                    + "reported are \(report.ordersFound) and \(report.ordersCanceled)")
            demand(left == 0, "proved empty, yet \(left) of \(report.ordersFound) orders did not end")
            demand(
                report.foreignOrders == exchange.foreignWorking || exchange.odd.floods > 0,
                "\(report.foreignOrders) foreign orders reported of \(exchange.foreignWorking)")
        }
    }

    /// The ledger's positions are what the exchange's own fills make.
    func judgePositions(_ life: Life, _ exchange: SimulatedExchange) {
        // What has no configuration can't be booked by a store that has lost it.
        guard !isMemoryLost || exchange.odd.termless.isEmpty else { return }
        for (symbol, book) in trueBooks(exchange, life.view) {
            compare(life.position(symbol), with: book, of: symbol, called: "at the end the")
        }
    }

    private func trueBooks(_ exchange: SimulatedExchange, _ view: LifeView) -> [Symbol: Book] {
        var books: [Symbol: Book] = [:]
        for fill in exchange.ourFills { books[fill.symbol, default: Book()].add(fill) }
        // Rows beside the trades count from when they were told.
        for row in exchange.odd.rows where view.toldRows.contains(row.id) || view.bookedRows.contains(row.id)
        {
            books[row.symbol, default: Book()].add(row)
        }
        return books
    }

    func isTold(_ id: ClientOrderID, _ view: LifeView, _ exchange: SimulatedExchange) -> Bool {
        exchange.truth(id).map { view.toldAt[$0.exchangeOrderID] != nil } ?? false
    }

    /// After the last life, whose faults are healed.
    func over(_ exchange: SimulatedExchange, _ disk: inout SimulatedDisk) {
        do {
            demand(
                try disk.replay() == disk.replayFromNothing(),
                "restarting often does not make the state that restarting once makes")
        } catch {
            fail("the records cannot be replayed: \(error)")
        }
        demand(exchange.liveOrders.isEmpty, "at the end orders live: \(exchange.liveOrders)")
        demand(
            exchange.foreignWorking == 3 + exchange.odd.flood.count, "an order that is not ours was touched")
        for text in exchange.engine.inconsistencies() { fail("the exchange itself is wrong: \(text)") }
        let view = LifeView(capabilities, hasStore: true, isSweep: true, configuration: configuration)
        for record in disk.records { keep(record, view) }
        for id in view.states.keys.sorted() {
            guard let state = view.states[id] else { continue }
            demand(Self.isOver(state), "at the end \(id) is \(state)")
            if let truth = exchange.truth(id), !Self.isOver(truth.status) { fail("\(id) lives on") }
        }
    }
}
