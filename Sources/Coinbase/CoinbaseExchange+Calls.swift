// One call in, one typed outcome out. A list of accounts is the only call of several requests here, and the best
// prices where there is no key; everything else is one request.

import Trading
import TradingDomain
import Transport

/// What became of one request, before its meaning is read.
private enum Arrival {
    case reply(Reply)
    case unsent(CallFailure)
    case ambiguous(CallFailure)
}

extension CoinbaseExchange {
    private static let pageLimit = 100
    private static let keyless = CallFailure("there is no key: only public data")

    func place(_ clientOrderID: String, _ terms: OrderTerms, _ id: CommandID) {
        guard isKeyed else { return answer(id, .placed(.unsent(Self.keyless))) }
        guard clock.reading() != nil else {
            return answer(id, .placed(.unsent(CallFailure(UnknownClock().description))))
        }
        let request = writer.place(clientOrderID, terms, product: product(terms.symbol))
        // Its token is over after that, counted from now.
        let limit = min(settings.tokenLife, settings.callTimeout)
        send(request, on: placements, patience: settings.callTimeout, signedWithin: limit) { arrival in
            let outcome: PlaceOutcome =
                switch arrival {
                case .reply(let reply): PlacementAnswer.outcome(of: reply)
                case .unsent(let failure): .unsent(failure)
                case .ambiguous(let failure): .ambiguous(failure)
                }
            self.answer(id, .placed(outcome))
        }
    }

    func cancel(_ orders: [ExchangeOrderID], _ id: CommandID) {
        guard isKeyed else { return answer(id, .canceled(.unsent(Self.keyless))) }
        guard let request = writer.cancel(orders) else { return answer(id, .canceled(.answered([]))) }
        ask(request) { arrival in
            let outcome: CancelOutcome =
                switch arrival {
                case .reply(let reply): CancelAnswer.outcome(of: reply, asked: orders)
                case .unsent(let failure): .unsent(failure)
                case .ambiguous(let failure): .ambiguous(failure)
                }
            self.answer(id, .canceled(outcome))
        }
    }

    func listOrders(_ query: OrderQuery, _ id: CommandID) {
        guard isKeyed else { return answer(id, .orders(.failed(Self.keyless))) }
        // Without a filter the venue would send everything.
        if case .ids(let ids) = query.scope, !ids.contains(where: { !$0.description.isEmpty }) {
            return answer(id, .orders(.page(OrderPage(orders: [], nextCursor: nil))))
        }
        ask(writer.orders(query, clock: clock.reading())) { arrival in
            let outcome: OrdersOutcome =
                switch arrival {
                case .reply(let reply): OrdersAnswer.outcome(of: reply)
                case .unsent(let failure), .ambiguous(let failure): .failed(failure)
                }
            self.answer(id, .orders(outcome))
        }
    }

    func listFills(_ query: FillQuery, _ id: CommandID) {
        guard isKeyed else { return answer(id, .fills(.failed(Self.keyless))) }
        // Without a filter the venue would send everything.
        if case .orders(let ids) = query.scope, !ids.contains(where: { !$0.description.isEmpty }) {
            return answer(id, .fills(.page(FillPage(fills: [], nextCursor: nil))))
        }
        ask(writer.fills(query, clock: clock.reading())) { arrival in
            let outcome: FillsOutcome =
                switch arrival {
                case .reply(let reply): FillsAnswer.outcome(of: reply, asked: query)
                case .unsent(let failure), .ambiguous(let failure): .failed(failure)
                }
            self.answer(id, .fills(outcome))
        }
    }

    func listBalances(_ id: CommandID) {
        guard isKeyed else { return answer(id, .balances(.failed(Self.keyless))) }
        balances(from: nil, seen: [], pages: 1) { self.answer(id, .balances($0)) }
    }

    /// All pages are one answer; one that fails fails the whole.
    private func balances(
        from cursor: String?, seen: [Balance], pages: Int,
        _ done: @escaping @Sendable (BalancesOutcome) -> Void
    ) {
        ask(writer.accounts(cursor: cursor)) { arrival in
            let page: AccountsAnswer.Page =
                switch arrival {
                case .reply(let reply): AccountsAnswer.page(of: reply)
                case .unsent(let failure), .ambiguous(let failure): .failed(failure)
                }
            switch page {
            case .failed(let failure): done(.failed(failure))
            case .page(let balances, let next):
                let all = seen + balances
                guard let next else {
                    guard let sums = AccountsAnswer.summed(all) else {
                        return done(.failed(CallFailure("the accounts of a currency add up to too much")))
                    }
                    return done(.balances(sums))
                }
                guard next != cursor, pages < Self.pageLimit else {
                    return done(.failed(CallFailure("the list of accounts has no end")))
                }
                self.balances(from: next, seen: all, pages: pages + 1, done)
            }
        }
    }

    func ask(_ question: VenueQuestion, _ id: CommandID) {
        let told: @Sendable (VenueAnswer) -> Void = { self.answer(id, .told($0)) }
        switch question {
        case .permissions: inquire(writer.permissions(), told) { QuestionAnswers.permissions(of: $0) }
        case .fees: inquire(writer.fees(), told) { QuestionAnswers.fees(of: $0) }
        case .products:
            inquire(writer.products(), told) { reply in
                switch ProductsAnswer.list(of: reply) {
                case .failure(let why): return .failed(why.failure)
                case .success(let list):
                    self.learn(list)
                    return .products(list.products)
                }
            }
        case .time:
            let sentAt = clock.now().monotonic
            inquire(writer.time(), told) { self.time($0, sentAt: sentAt) }
        case .quotes(let symbols):
            quotes(of: symbols, writer.quotes(symbols)[...], seen: [], told)
        }
    }

    private func time(_ reply: Reply, sentAt: MonotonicInstant) -> VenueAnswer {
        let receivedAt = clock.now().monotonic
        switch QuestionAnswers.time(of: reply) {
        case .failure(let why): return .failed(why.failure)
        case .success(let milliseconds):
            clock.add(sentAt: sentAt, receivedAt: receivedAt, venueMilliseconds: milliseconds)
            guard let reading = clock.reading() else {
                return .failed(reply.failure("a time that makes no sense"))
            }
            return .time(reading)
        }
    }

    private func quotes(
        of symbols: [Symbol], _ requests: ArraySlice<WireRequest>, seen: [Quote],
        _ told: @escaping @Sendable (VenueAnswer) -> Void
    ) {
        guard let request = requests.first else {
            let quotes = seen.filter { symbols.contains($0.symbol) }
            let names = symbols.map(\.description).joined(separator: ", ")
            return told(
                quotes.isEmpty
                    ? .failed(CallFailure("the venue tells no best prices of \(names)")) : .quotes(quotes)
            )
        }
        let offset = clock.reading()?.offset ?? .zero
        let next: @Sendable (VenueAnswer) -> Void = { answer in
            guard case .quotes(let quotes) = answer else { return told(answer) }
            self.quotes(of: symbols, requests.dropFirst(), seen: seen + quotes, told)
        }
        inquire(request, next) { QuestionAnswers.quotes(of: $0, offset: offset) }
    }

    private func inquire(
        _ request: WireRequest, _ told: @escaping @Sendable (VenueAnswer) -> Void,
        _ read: @escaping @Sendable (Reply) -> VenueAnswer
    ) {
        guard isKeyed || request.access == .open else { return told(.failed(Self.keyless)) }
        ask(request) { arrival in
            switch arrival {
            case .reply(let reply): told(read(reply))
            case .unsent(let failure), .ambiguous(let failure): told(.failed(failure))
            }
        }
    }

    private func ask(_ request: WireRequest, _ done: @escaping @Sendable (Arrival) -> Void) {
        send(request, on: questions, patience: min(settings.queryTimeout, settings.callTimeout), done)
    }

    private func send(
        _ request: WireRequest, on lane: HTTPLane, patience: Duration, signedWithin: Duration? = nil,
        _ done: @escaping @Sendable (Arrival) -> Void
    ) {
        // A closed adapter leaves its commands unanswered.
        guard !isClosed else { return }
        // The public endpoints are cached for a second otherwise.
        let headers = request.access == .open ? [("Cache-Control", "no-cache")] : []
        let wire = HTTPRequest(
            method: request.method, path: request.path, query: request.query, body: request.body,
            headers: headers, signedWithin: signedWithin)
        let endpoint = request.endpoint
        lane.send(wire, patience: patience) { outcome in
            switch outcome {
            case .unsent(let why):
                done(.unsent(CallFailure("\(endpoint): \(StrangersText.clean(why, limit: 200))")))
            case .ambiguous(let why):
                done(.ambiguous(CallFailure("\(endpoint): \(StrangersText.clean(why, limit: 200))")))
            case .answered(let answer):
                let reply = Reply(
                    endpoint: endpoint, status: answer.status, headers: answer.headers, body: answer.body)
                if let hint = reply.rateHint { self.tell(hint) }
                done(.reply(reply))
            }
        }
    }
}
