// Goes through the journal's rows of one order and says what each of them means for it.

import Trading
import TradingDomain

struct StoryTeller {
    let order: Order
    /// Of a flatten's fills: in whose books they were booked.
    let parts: [FillID: [StrategyBooks.Part]]
    private(set) var steps: [OrderStory.Step] = []
    private(set) var hasIntent = false
    private var hasSent = false
    private var hasCancelWish = false
    private var hasEnd = false
    private var booked: Set<FillID> = []
    /// Calls of ours that have no answer yet: whether it was the placement, and when it went out.
    private var calls: [Call] = []
    private var cancels = 0
    private var state = OrderState.new

    private struct Call {
        let epoch: Int64
        let id: CommandID
        let isPlacement: Bool
        let at: UTCInstant
        /// Which try of a cancel.
        let attempt: Int
    }

    init(_ order: Order, parts: [FillID: [StrategyBooks.Part]]) {
        self.order = order
        self.parts = parts
    }

    mutating func tell(_ turn: JournaledTurn) {
        // What came in, then what it changed, then what went out.
        let wasAnswered = tellAnswer(turn)
        for record in turn.records { tell(record, turn, wasAnswered) }
        for command in turn.commands { tell(command, turn) }
    }

    private mutating func add(
        _ kind: OrderStory.Step.Kind, _ text: String, _ turn: JournaledTurn, at: UTCInstant? = nil
    ) {
        steps.append(OrderStory.Step(at: at ?? turn.at, seq: turn.seq, kind: kind, text: text))
    }

    // MARK: Records

    private mutating func tell(_ record: Record, _ turn: JournaledTurn, _ wasAnswered: Bool) {
        switch record {
        case .intent(let intent) where intent.id == order.id:
            hasIntent = true
            tellIntent(seq: turn.seq)
        case .discovered(let shown) where shown.id == order.id:
            add(.seen, "The exchange showed it, and the store did not know it", turn)
            state = shown.state
        case .sent(order.id, let at):
            hasSent = true
            add(.sent, StoryWords.sent(order), turn, at: at)
        case .changed(let change) where change.id == order.id: tell(change, turn, wasAnswered)
        case .cancelRequested(let ids, let at, let cause) where ids.contains(order.id):
            tellCancelWish(cause, at, turn)
        case .leaseEnding(let ids, let at) where ids.contains(order.id): tellCancelWish(.lease, at, turn)
        case .fill(order.id, let fill):
            booked.insert(fill.id)
            add(.fill, words(of: fill), turn)
        case .alert(let alert) where isAbout(alert.message):
            add(.alert, "Alert \(alert.name): \(alert.message)", turn)
        default: break
        }
    }

    private func words(of fill: Fill) -> String {
        StoryWords.fill(fill, order.basis?.mid) + StoryWords.books(parts[fill.id] ?? [], of: order)
    }

    private mutating func tellIntent(seq: Int64?) {
        steps.append(
            OrderStory.Step(at: order.createdAt, seq: seq, kind: .wanted, text: StoryWords.wanted(order)))
        guard let basis = order.basis else { return }
        steps.append(
            OrderStory.Step(at: order.createdAt, seq: seq, kind: .gate, text: StoryWords.gate(order, basis)))
    }

    private mutating func tell(_ change: OrderChange, _ turn: JournaledTurn, _ wasAnswered: Bool) {
        let before = state
        state = change.state
        if change.state.isTerminal {
            hasEnd = hasEnd || change.state == order.state
            // Of a refusal the answer has told already; a late fill may still turn a canceled order filled.
            let isTold = wasAnswered && (change.state == .rejected || change.state == .failed)
            if change.state != before, !isTold {
                add(
                    .ended, StoryWords.end(change.state, change.reason ?? "", wasSent: order.sentAt != nil),
                    turn)
            }
            return
        }
        guard !wasAnswered else { return }
        if before == .new {
            let name = change.exchangeOrderID.map { " as \($0)" } ?? ""
            add(.seen, "The exchange showed it working\(name)", turn)
        } else if let filled = change.filledQuantity, change.state == .partiallyFilled, booked.isEmpty {
            add(.seen, "The exchange showed \(filled) of it filled", turn)
        }
    }

    private mutating func tellCancelWish(_ cause: CancelCause?, _ at: UTCInstant, _ turn: JournaledTurn) {
        let isFirst = !hasCancelWish
        hasCancelWish = true
        let who = StoryWords.whoAsked(turn.records)
        add(.cancelWanted, StoryWords.cancelWish(cause, who, order, isFirst: isFirst), turn, at: at)
    }

    private func isAbout(_ message: String) -> Bool {
        message.contains("\(order.id)")
            || (order.exchangeOrderID.map { message.contains("order_id=\($0)") } ?? false)
    }

    // MARK: Commands and their answers

    private mutating func tell(_ command: SentCommand, _ turn: JournaledTurn) {
        switch command.what {
        case .place(order.id):
            calls.append(
                Call(epoch: turn.epoch, id: command.id, isPlacement: true, at: turn.at, attempt: 1))
        case .cancel(let ids):
            guard let id = order.exchangeOrderID, ids.contains(id) else { return }
            cancels += 1
            calls.append(
                Call(epoch: turn.epoch, id: command.id, isPlacement: false, at: turn.at, attempt: cancels))
            let others = ids.count == 1 ? "" : " together with \(ids.count - 1) others"
            let again = cancels == 1 ? "A cancel was sent" : "The cancel was sent again (\(cancels). time)"
            add(.cancelSent, "\(again)\(others)", turn)
        default: break
        }
    }

    /// - Returns: whether the turn is the answer to a call about this order.
    private mutating func tellAnswer(_ turn: JournaledTurn) -> Bool {
        guard case .answered(let id, let answer)? = turn.event,
            let index = calls.firstIndex(where: { $0.epoch == turn.epoch && $0.id == id })
        else { return false }
        let call = calls.remove(at: index)
        let after = StoryWords.duration(max(.zero, turn.at - call.at))
        switch answer {
        case .placed(let outcome):
            let (kind, text) = StoryWords.placed(outcome, after)
            add(kind, text, turn)
        case .canceled(let outcome):
            add(.cancelAnswered, StoryWords.canceled(outcome, order.exchangeOrderID, after), turn)
        case .withheld(let why):
            add(call.isPlacement ? .unsent : .cancelAnswered, "No byte of it left this machine: \(why)", turn)
        default: return false
        }
        return call.isPlacement
    }

    // MARK: What only the tables know

    mutating func complete(_ fills: [Fill]) {
        func note(_ at: UTCInstant, _ kind: OrderStory.Step.Kind, _ text: String) {
            steps.append(OrderStory.Step(at: at, seq: nil, kind: kind, text: text))
        }
        if !hasIntent, !order.strategy.isEmpty { tellIntent(seq: nil) }
        if !hasSent, let at = order.sentAt, !order.strategy.isEmpty {
            note(at, .sent, StoryWords.sent(order))
        }
        if !hasCancelWish, let at = order.cancelRequestedAt {
            note(at, .cancelWanted, StoryWords.cancelWish(order.cancelCause, nil, order, isFirst: true))
        }
        for fill in fills where !booked.contains(fill.id) {
            note(fill.at, .fill, words(of: fill))
        }
        if !hasEnd, let at = order.endedAt {
            note(at, .ended, StoryWords.end(order.state, order.reason, wasSent: order.sentAt != nil))
        }
        for call in calls where order.state.isTerminal || call.isPlacement {
            // Evidence may have come another way, and what nobody answered is worth knowing.
            let what = call.isPlacement ? "placement" : "\(call.attempt). cancel"
            steps.append(
                OrderStory.Step(
                    at: call.at, seq: nil, kind: .unknown,
                    text: "(No answer to this \(what) is in the journal)"))
        }
    }
}
