import ExchangeModel
import TradingDomain

// Canceling orders by id, each judged on its own. A success is a request that was taken, nothing more.

/// What a fault does to a batch of cancels.
struct CancelTwist {
    /// The reason with which chosen ids are refused.
    var failure: String?
    /// Which ids are touched by `failure` or `missing`: each so many, and the named ones.
    var every = 2
    var named: Set<String> = []
    /// Their results are left out of the answer.
    var missing = false
    /// Whether the cancel takes effect though the answer hides it.
    var applied = false
    /// From accepted to canceled, in place of the usual time.
    var delay: Duration?
    /// How much of each order's rest is filled once its cancel is queued.
    var fillPermille: Int64 = 0

    func touches(_ place: Int, _ id: String, _ clientOrderID: String?) -> Bool {
        if !named.isEmpty { return named.contains(id) || clientOrderID.map { named.contains($0) } == true }
        return (place + 1) % max(1, every) == 0
    }
}

struct CancelOutcome {
    let id: String
    /// Nil: the request was taken.
    let failure: String?
}

extension Venue {
    mutating func cancel(_ texts: [String], _ twists: [CancelTwist] = []) -> [CancelOutcome] {
        advance()
        defer { gather() }
        var outcomes: [CancelOutcome] = []
        outcomes.reserveCapacity(texts.count)
        for (place, text) in texts.enumerated() {
            guard let number = ids.number(.order, text), let order = engine.detail(number: number) else {
                outcomes.append(CancelOutcome(id: text, failure: "UNKNOWN_CANCEL_ORDER"))
                continue
            }
            let touching = twists.filter { $0.touches(place, text, order.clientOrderID) }
            if let twist = touching.first(where: { $0.failure != nil }), let failure = twist.failure {
                outcomes.append(refuse(number, text, failure, twist))
                continue
            }
            let hidden = touching.first { $0.missing }
            let failure = hidden?.applied == false ? nil : queue(number, twists)
            if hidden == nil { outcomes.append(CancelOutcome(id: text, failure: failure)) }
        }
        return outcomes
    }

    /// Queues the cancel. Answers the venue's word when it can't.
    private mutating func queue(_ number: Int64, _ twists: [CancelTwist]) -> String? {
        let usual = engine.cancelDelay
        engine.cancelDelay = twists.compactMap(\.delay).last ?? usual
        let permille = twists.map(\.fillPermille).max() ?? 0
        // A cancel that takes effect at once leaves no room for a fill.
        if permille > 0 { engine.cancelDelay = max(engine.cancelDelay ?? .zero, .milliseconds(1)) }
        let result = engine.requestCancel(Self.engineID(number), at: engine.now)
        engine.cancelDelay = usual
        if result == .accepted, permille > 0 { fill(number, permille: permille) }
        return result.failureReason
    }

    /// A refusal that was ordered. What it claims is made true where the book can make it so.
    private mutating func refuse(_ number: Int64, _ id: String, _ word: String, _ twist: CancelTwist)
        -> CancelOutcome
    {
        switch word {
        case "ORDER_IS_FULLY_FILLED": fill(number, permille: 1000)
        case "DUPLICATE_CANCEL_REQUEST": _ = queue(number, [])
        default: if twist.applied { _ = queue(number, []) }
        }
        return CancelOutcome(id: id, failure: word)
    }

    mutating func fill(_ number: Int64, permille: Int64) {
        guard let order = engine.detail(number: number), let market = engine.product(order.terms.symbol),
            let part = try? order.remaining.scaled(by: permille, over: 1000, .down),
            let size = try? part.rounded(to: market.baseIncrement, .down)
        else { return }
        engine.executeResting(number, quantity: size, at: engine.now)
    }
}
