// The verdict on a life, by the exchange's own book and by the store as a later life would find it.

import Daemon
import Exchanges
import Foundation
import Storage
import Trading
import TradingDomain

/// What the world looks like after a life.
struct Evidence {
    let end: LifeEnd
    let isLast: Bool
    let view: PaperBookView
    /// Client ids of ours that are in the network and will arrive.
    let arriving: [ClientOrderID]
    /// What the store holds.
    let loaded: DurableState
    /// The state that the journal makes, and whether its chain is whole; after the last life.
    let rebuilt: DurableState?
    let journal: JournalVerdict?
    /// Every order in the store.
    let known: [ClientOrderID: Order]
    /// What the loop's own core ended with.
    let core: DurableState
    /// What went to the disk; nil when nobody can know.
    let mirror: DurableState?
    let report: ShutdownReport?
    let wordsOfLoop: ShutdownReport?
    let codeOfWords: Int32?

    var ours: [PaperBookView.Order] { view.orders.filter { $0.bot == Scene.bot } }
    var ourWorking: [PaperBookView.Order] { ours.filter(\.isWorking) }
    /// Everything of ours that is alive, or will be.
    var alive: [String] { ourWorking.map(\.clientOrderID) + arriving.map(\.description) }
}

struct Judge {
    let chronicle: Chronicle

    func demand(_ fact: Bool, _ what: @autoclosure () -> String) { chronicle.demand(fact, what()) }

    func judge(_ evidence: Evidence) {
        judgeStore(evidence)
        judgeBook(evidence)
        if case .exited(let code) = evidence.end { judgeExit(code, evidence) }
        if evidence.isLast { judgeLast(evidence) }
    }

    // MARK: At every end

    private func judgeStore(_ evidence: Evidence) {
        if let journal = evidence.journal, case .broken = journal { chronicle.find("\(journal)") }
        if let rebuilt = evidence.rebuilt {
            demand(rebuilt == evidence.loaded, "the journal does not rebuild what the tables hold")
        }
        if let mirror = evidence.mirror {
            demand(evidence.loaded == mirror, "the store does not hold what was committed, and only that")
        }
    }

    private func judgeBook(_ evidence: Evidence) {
        for order in evidence.ours {
            let id = ClientOrderID(order.clientOrderID)
            demand(
                id.map { evidence.known[$0] != nil } ?? false,
                "\(order.clientOrderID) is in the book, and the store does not know it")
        }
        for id in evidence.arriving {
            demand(evidence.known[id] != nil, "\(id) is on its way, and the store does not know it")
        }
        let foreign = evidence.view.orders.filter { $0.clientOrderID == Scene.foreignID }
        demand(foreign.count == 1 && foreign.allSatisfy(\.isWorking), "somebody else's order was touched")
    }

    // MARK: When it left by itself

    private func judgeExit(_ code: Int32, _ evidence: Evidence) {
        guard let report = evidence.report, let words = evidence.wordsOfLoop else {
            return chronicle.find("exit \(code) without a report that can be read")
        }
        demand(report == words, "shutdown-report.json is not what the loop told its watchdog")
        demand(
            report.exitCode == code && evidence.codeOfWords == code,
            "the report says \(report.exitCode), the loop returned \(code)")
        let marker = evidence.loaded.stopped
        let isClean = marker?.verdict == .clean && marker?.epoch == report.epoch
        let alive = evidence.alive
        let named = Set(report.remaining.map(\.clientOrderID.description))
        switch code {
        case ExitCode.clean, ExitCode.internalError:
            demand(alive.isEmpty, "exit \(code) with orders of ours alive: \(alive)")
            demand(isClean, "exit \(code) and the store's marker is \(marker.map { "\($0)" } ?? "missing")")
            demand(report.remaining.isEmpty, "exit \(code) that names orders")
            // Nobody asks for the stop that an overdue commit brings.
            let isAsked = !report.reason.hasPrefix("a commit has taken longer")
            demand(
                code == ExitCode.clean || !isAsked,
                "exit \(code) after '\(report.reason)', which was asked for")
        case ExitCode.stateNotFlushed:
            demand(alive.isEmpty, "exit 4 with orders of ours alive: \(alive)")
        case ExitCode.ordersRemain, ExitCode.ordersRemainAndStateNotFlushed:
            for id in alive { demand(named.contains(id), "exit \(code) does not name \(id), which is alive") }
        default: chronicle.find("exit code \(code)")
        }
        demand(
            [ExitCode.clean, ExitCode.internalError].contains(code)
                == (report.verifiedEmpty && report.stateFlushed),
            "exit \(code) contradicts its report")
        if report.stateFlushed {
            demand(evidence.loaded == evidence.core, "flushed, but the store does not hold the core's state")
            demand(marker?.epoch == report.epoch, "flushed, but there is no marker of this life")
        }
        if report.verifiedEmpty {
            demand(report.foreignOrders == 1, "\(report.foreignOrders) foreign orders reported of 1")
            if report.stateFlushed, report.fillsIncomplete.isEmpty { judgePositions(evidence) }
        }
    }

    // MARK: At the very end

    private func judgeLast(_ evidence: Evidence) {
        demand(
            evidence.end == .exited(ExitCode.clean),
            "the last life, which had no fault in its stop, ended \(evidence.end): "
                + "\(evidence.report.map { "\($0.verdict.rawValue) \($0.errors)" } ?? "no report")")
        demand(evidence.alive.isEmpty, "at the end orders of ours are alive: \(evidence.alive)")
        demand(
            evidence.report?.fillsIncomplete == [],
            "fills of \(evidence.report?.fillsIncomplete ?? []) were not read, though nothing was in the way")
        judgePositions(evidence)
        let book = Dictionary(evidence.ours.map { ($0.clientOrderID, $0) }) { first, _ in
            chronicle.find("the book holds \(first.clientOrderID) twice")
            return first
        }
        for (id, order) in evidence.known.sorted(by: { $0.key < $1.key }) {
            judge(order, book[id.description])
        }
    }

    /// What the store says of an order is what became of it.
    private func judge(_ order: Order, _ truth: PaperBookView.Order?) {
        guard let truth else {
            let never: [OrderState] = [.failed, .rejected]
            return demand(
                never.contains(order.state), "\(order.id) never reached the book and is \(order.state)")
        }
        let expected: OrderState? =
            switch truth.status {
            case .filled: .filled
            case .canceled: .canceled
            case .expired: .expired
            default: nil
            }
        demand(
            order.state == expected || (expected == nil && order.state == .rejected),
            "\(order.id) is \(order.state) in the store and \(truth.status) in the book")
        demand(
            order.bookedQuantity == truth.filledQuantity,
            "\(order.id): \(order.bookedQuantity) booked, \(truth.filledQuantity) filled")
    }

    /// Positions are the sum of the book's own fills.
    private func judgePositions(_ evidence: Evidence) {
        let ours = Set(evidence.ours.map(\.exchangeOrderID))
        var sums: [Symbol: Position] = [:]
        for fill in evidence.view.fills where ours.contains(fill.exchangeOrderID) {
            do throws(ArithmeticError) {
                try sums[fill.symbol, default: Position()].book(
                    Fill(
                        id: fill.fillID, exchangeOrderID: fill.exchangeOrderID, symbol: fill.symbol,
                        side: fill.side, price: fill.price, quantity: fill.quantity, fee: fill.fee,
                        liquidity: fill.liquidity, at: fill.at))
            } catch {
                chronicle.find("\(error)")
            }
        }
        for symbol in Set(sums.keys).union(evidence.loaded.ledger.positions.keys) {
            let sum = sums[symbol] ?? Position()
            let held = evidence.loaded.ledger.position(symbol)
            // What closing realised depends on the order of booking; these sums do not.
            demand(
                held.quantity == sum.quantity && held.cash == sum.cash && held.fees == sum.fees,
                "\(symbol): the store holds \(held), the book's fills make \(sum)")
        }
    }
}
