import ExchangeModel
import TradingDomain

// What is bent on request beside the faults of single calls: how lists are cut, what they show of chosen orders, and
// what comes late. The book itself stays as it is.

struct Bends {
    /// A listing shows no more OPEN orders than these, the newest.
    var openLimit: Int
    /// Whether OPEN together with other statuses is refused.
    var openAlone = false
    /// Filled sizes are shown as they stood some time ago, while statuses are up to date.
    var sizes = LagView()
    /// How late fills are listed.
    var fillLag = Duration.zero
    var moves = StatusMoves()
    var disguises: [Int64: Disguise] = [:]
    var claims: [Int64: Claim] = [:]
    var withheld = WithheldReports()
    /// Orders that come by themselves, later.
    var lateOrders: [LateOrders] = []
    /// When a size that was shown too small will be right, ascending.
    private(set) var catchUps: [(at: UTCInstant, number: Int64)] = []

    init(openLimit: Int) { self.openLimit = openLimit }

    var nextDue: UTCInstant? {
        ([catchUps.first?.at] + lateOrders.map(\.dueAt)).compactMap { $0 }.min()
    }

    /// An order was filled; its report is repeated when the size is shown.
    mutating func filled(_ number: Int64, at instant: UTCInstant) {
        guard sizes.isOn else { return }
        let due = instant + sizes.lag
        let place = catchUps.firstIndex { $0.at > due } ?? catchUps.count
        catchUps.insert((due, number), at: place)
    }

    /// The orders whose sizes are right from now on.
    mutating func takeCatchUps(at instant: UTCInstant) -> [Int64] {
        let due = catchUps.prefix { $0.at <= instant }.map(\.number)
        catchUps.removeFirst(due.count)
        return due
    }

    mutating func set(sizeLag: Duration, engine: MatchingEngine) {
        catchUps = []
        sizes.set(sizeLag, engine: engine)
    }
}

/// How an order is shown that the client would never have placed like this.
struct Disguise {
    /// JSON.
    var configuration: [UInt8]
    var orderType: String?
    var hidesProduct = false
}

/// How much of an order is said to be filled, whatever was.
struct Claim {
    var filled: Quantity
    /// Lists and look-ups say it as well as the user channel.
    var isListed: Bool
}

/// Whose reports the user channel keeps to itself, its snapshots included, though its heartbeats go on.
struct WithheldReports {
    var all = false
    var prefixes: [String] = []
    /// Ids of the venue or of the client.
    var ids: Set<String> = []

    func contains(_ view: OrderView) -> Bool {
        all || ids.contains(view.id) || ids.contains(view.order.clientOrderID)
            || prefixes.contains { view.order.clientOrderID.hasPrefix($0) }
    }
}

/// Orders that are placed a while after the so-manieth listing by status that was answered while no order with the prefix
/// worked: what a client sees who has just proved that there are none.
struct LateOrders {
    let requests: [CreateRequest]
    let prefix: String
    var lists: Int
    let delay: Duration
    var dueAt: UTCInstant?
}
