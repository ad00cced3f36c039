// What becomes of a call on its way to the exchange, and what is decided there about its answer.

import Exchanges
import Trading
import TradingDomain

extension FaultyExchange {
    /// How the answer of a call travels back.
    enum Reply: Sendable {
        case comes
        case late(Duration)
        /// The call took effect, and its answer is lost: the adapter says so after this time.
        case lost(after: Duration, String)
        case never
    }

    /// A call that the exchange has taken.
    struct Call: Sendable {
        let command: Command
        var reply = Reply.comes
        /// Results of a cancel that the venue gives without processing it.
        var refused: [CancelResult] = []
    }

    /// What a draw decided: the request to pass on now, if any.
    private enum Fate {
        case pass(NumberedCommand)
        case kept
    }

    func submit(_ command: NumberedCommand) {
        if case .place(let order) = command.command { judge(order) }
        let now = clock.now().monotonic
        let fate = state.withLock { decide(command, at: now, &$0) }
        if case .pass(let request) = fate { state.withLock { $0.inner }?.submit(request) }
    }

    /// On disk before on the wire, and never twice.
    private func judge(_ order: RiskApproved) {
        let id = order.clientOrderID
        chronicle.demand(isDurable(id), "\(id) was sent before its intent was durable")
        chronicle.demand(chronicle.sent(id), "\(id) was sent twice")
        state.withLock { $0.placements += 1 }
    }

    private func fires(_ fault: Fault, _ state: inout State) -> Bool {
        let rate = state.rates[fault]
        guard rate > 0, state.dice.chance(rate) else { return false }
        chronicle.note(fault)
        return true
    }

    private func decide(_ command: NumberedCommand, at now: MonotonicInstant, _ state: inout State) -> Fate {
        if case .connect = command.command {
            guard fires(.failedConnect, &state) else { return .pass(command) }
            let delay = state.dice.milliseconds(5, 400)
            let failure = CallFailure("connection refused")
            state.add(.answer(command.id, .connected(.failed(failure))), at: now + delay)
            return .kept
        }
        if answersWithoutTheVenue(command, at: now, &state) { return .kept }
        var request = command
        var call = Call(command: command.command)
        if case .cancel(let ids) = command.command, ids.count > 0 {
            let left = refuseItems(ids, &call, &state)
            if left.isEmpty {
                let answer = Answer.canceled(.answered(call.refused))
                state.add(.answer(command.id, answer), at: now + .milliseconds(20))
                return .kept
            }
            request = NumberedCommand(id: command.id, command: .cancel(left))
        }
        if fires(.hungAfter, &state) {
            call.reply = .never
        } else if fires(.lostReply, &state) {
            call.reply = .lost(after: state.dice.milliseconds(100, 2_500), "timed out")
        } else if fires(.errorAfter, &state) {
            call.reply = .lost(after: .zero, "503 service unavailable")
        } else if fires(.slowReply, &state) {
            call.reply = .late(state.dice.milliseconds(200, 4_000))
        }
        state.calls[command.id] = call
        guard fires(.slowRequest, &state) else { return .pass(request) }
        let travel = state.dice.milliseconds(20, Self.travelLimit.wholeMilliseconds)
        state.add(.request(request), at: now + travel)
        return .kept
    }

    /// A call that the venue does not process; its answer, if one comes, is on its way.
    private func answersWithoutTheVenue(
        _ command: NumberedCommand, at now: MonotonicInstant, _ state: inout State
    ) -> Bool {
        let answer: Answer?
        var delay = state.dice.milliseconds(5, 60)
        if fires(.rateLimited, &state) {
            let patience = state.dice.milliseconds(50, 1_500)
            let failure = CallFailure(
                "429 too many requests", retryAfter: state.dice.chance(700) ? patience : nil,
                isRateLimit: true)
            answer = Self.unsent(command.command, failure)
        } else if fires(.lostRequest, &state) {
            answer = Self.lost(command.command, "connection reset")
            delay = state.dice.milliseconds(50, 2_500)
        } else if fires(.errorBefore, &state) {
            answer = Self.lost(command.command, "502 bad gateway")
        } else if fires(.hungBefore, &state) {
            answer = nil
        } else if case .cancel(let ids) = command.command, ids.count > 1, fires(.batchRefused, &state) {
            answer = .canceled(.refused("400 bad request"))
        } else {
            return false
        }
        if case .cancel = command.command { chronicle.note(.cancelCallFailed) }
        if let answer { state.add(.answer(command.id, answer), at: now + delay) }
        return true
    }

    /// The ids that the venue does process.
    private func refuseItems(_ ids: [ExchangeOrderID], _ call: inout Call, _ state: inout State)
        -> [ExchangeOrderID]
    {
        ids.filter { id in
            let verdict: CancelResult.Verdict
            if fires(.itemRefused, &state) {
                verdict = state.dice.chance(200) ? .notAllowed("not yours") : .refused("try again")
            } else if fires(.unknownOrderLie, &state) {
                verdict = .unknownOrder
            } else {
                return true
            }
            call.refused.append(CancelResult(exchangeOrderID: id, verdict: verdict))
            return false
        }
    }

    // MARK: What an adapter can say

    /// Whether it took effect nobody knows.
    static func lost(_ command: Command, _ reason: String) -> Answer {
        let failure = CallFailure(reason)
        return switch command {
        case .place: .placed(.ambiguous(failure))
        case .cancel: .canceled(.ambiguous(failure))
        default: unsent(command, failure)
        }
    }

    /// Not processed, and known to be.
    static func unsent(_ command: Command, _ failure: CallFailure) -> Answer {
        switch command {
        case .place: .placed(.unsent(failure))
        case .cancel: .canceled(.unsent(failure))
        case .listOrders: .orders(.failed(failure))
        case .listFills: .fills(.failed(failure))
        case .listBalances: .balances(.failed(failure))
        case .ask: .told(.failed(failure))
        case .connect: .connected(.failed(failure))
        case .flush, .exit: .withheld(failure.reason)
        }
    }
}
