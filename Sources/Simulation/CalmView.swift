import Trading
import TradingDomain

// What the judge keeps of a life in which nothing goes wrong.

struct CalmView {
    /// One order that one strategy wants.
    struct Wish: Hashable {
        let strategy: String
        let terms: OrderTerms
        let key: String?

        /// Whether an order is what it asks for: at the same price, and of the same size, or of what a lease left of it.
        func asksFor(_ order: LifeView.Decision) -> Bool {
            if let key { return order.key == "\(strategy) \(key)" }
            return order.strategy == strategy && asksFor(order.terms)
        }

        func asksFor(_ other: OrderTerms) -> Bool {
            terms.symbol == other.symbol && terms.side == other.side
                && terms.type.limitPrice == other.type.limitPrice
                && (terms.quantity == other.quantity
                    || other.goodTill != nil && other.quantity < terms.quantity)
        }
    }

    struct Book {
        let name: String
        let book: WishBook
        var asks = 0
        /// When it was last asked what it wants.
        var askedAt: Instant
        /// What it wants now, and since when.
        var wanted: [Wish: Instant] = [:]
        /// What a program outside wanted before: an answer that is outdated when it comes is not taken.
        var before: Set<Wish> = []
    }

    let beganAt: Instant
    var books: [Book]
    /// When somebody said or did something last, or something that was going on came to its end.
    var disturbedAt: Instant
    var recoveredAt: Instant?
    /// When each wish was last seen to be served: an order of it rested, or was sent.
    var servedAt: [Wish: Instant] = [:]
    /// Which wish each order was decided for.
    var serves: [ClientOrderID: Wish] = [:]
    /// Orders without an end, as far as this life knows.
    var open: Set<ClientOrderID> = []
    /// Since when an order rests that should not.
    var oddSince: [ClientOrderID: Instant] = [:]
    /// Alerts that there are reasons for, those that were raised, and until when the others must be.
    var expected: [String: Int] = [:]
    var raised: [String: Int] = [:]
    var owedSince: [String: Instant] = [:]
    /// A flatten that was asked for and has not said how it ended.
    var flattensSince: Instant?
    /// What was held of any market then, at most, base units.
    var flattensFrom: Int128 = 0
    /// When each order's cancel was asked for.
    var canceling: [ClientOrderID: Instant] = [:]
    var slowDecisions: [String: [Instant]] = [:]
    var hasDeposit = false
    /// The last time that the core's own view of what works was what works.
    var agreedAt: Instant
    /// Questions and cancels that were sent while trading, and since the stop began.
    var questions = 0
    var callsOfStop = 0
    /// How often the venue was asked for what, when its working orders were listed last, and cancels of each order.
    var asked: [String: Int] = [:]
    var listedAt: Instant = 0
    var cancelsSent: [ExchangeOrderID: Int] = [:]
    /// Orders without an end, those of them without an answer, and the fills that were booked, when the stop began.
    var knownAtStop: [ClientOrderID] = []
    var unansweredAtStop: [ClientOrderID] = []
    var lateFills = 0

    init(_ books: [(name: String, book: WishBook)], at now: Instant) {
        beganAt = now
        disturbedAt = now
        agreedAt = now
        self.books = books.map { Book(name: $0.name, book: $0.book, askedAt: now) }
    }

    mutating func expect(_ alert: String, at now: Instant) {
        expected[alert, default: 0] += 1
        owedSince[alert] = now
    }
}
