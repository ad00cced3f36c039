// The answer of /v1/status, for machines, and its words for people.

import Trading
import TradingDomain

package struct StatusView: Codable, Sendable {
    package var version: String
    package var pid: Int32
    package var lifecycle: CoreStatus.Lifecycle
    /// One line for people.
    package var words: String
    package var haltFile: Bool
    /// Milliseconds since the loop turned last; nil before its first turn.
    package var sinceLastTurnMs: Int64?
    /// From when a turn was due to when what it decided was handed over.
    package var lateness: LoopPace.View?
    /// The last fills of this life, oldest first.
    package var fills: [RecentFill]?
    /// Nil until the core has begun.
    package var core: CoreOverview?

    package init(
        version: String, pid: Int32, overview: CoreOverview?, haltFile: Bool, sinceLastTurn: Duration?,
        lateness: LoopPace.View?, fills: [RecentFill] = []
    ) {
        self.fills = fills
        self.lateness = lateness
        self.version = version
        self.pid = pid
        core = overview
        // Of the hundreds that an exchange lists, those that a strategy could trade here; all are at /v1/universe.
        let own = Set(overview?.strategies.flatMap(\.symbols) ?? [])
        core?.universe?.excluded.removeAll { !own.contains($0.symbol) }
        lifecycle = overview?.lifecycle ?? .starting
        self.haltFile = haltFile
        sinceLastTurnMs = sinceLastTurn?.wholeMilliseconds
        words =
            overview.map(Self.words)
            ?? "starting: the store is being opened, or the venue is asked for its markets (see the log)"
    }

    package static func words(_ core: CoreOverview) -> String {
        let orders = core.workingOrders == 1 ? "1 order works" : "\(core.workingOrders) orders work"
        let proof = core.isProvedEmpty ? "proved empty" : "\(orders), not proved empty yet"
        switch core.lifecycle {
        case .starting: return "starting"
        case .recovering: return "recovering: \(orders)"
        case .trading:
            if let why = core.gateClosedBy.first {
                return "trading, nothing new is placed: \(why); \(orders)"
            }
            return "trading, \(orders)"
        case .paused:
            let standing = core.standing.map { " (\($0.kind.rawValue)) since \($0.at) by \($0.by)" } ?? ""
            if core.isFlattening { return "flattening\(standing), \(orders)" }
            return "paused\(standing), \(orders); `trader247 resume` to trade"
        case .halted:
            let halt = core.halts.first.map { " since \($0.at) (\($0.cause.rawValue)): \($0.detail)" } ?? ""
            return "halted\(halt); \(proof); `trader247 resume --confirm` to trade"
        case .idle:
            let standing = core.standing.map { " since \($0.at) by \($0.by)" } ?? ""
            return "stopped by operator\(standing); \(proof); `trader247 resume` to trade"
        case .stopping:
            return
                "stopping (\(core.stop?.phase.rawValue ?? "")): \(orders) of \(core.stop?.ordersFound ?? 0)"
        case .ended: return "ended"
        }
    }
}
