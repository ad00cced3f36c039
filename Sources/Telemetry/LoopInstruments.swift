// What is counted in each turn: instruments made once and found without a search, because a quote is handled in
// microseconds.

import CoreMetrics
import Daemon
import Synchronization
import Trading
import TradingDomain

/// What a turn was about. The raw value is its place; the name is the label's.
enum EventKind: Int, CaseIterable {
    case started, woke, quote, order, answer, committed, commitOverdue, storeFailed, signal, request, feed,
        rate, overworked, overslept, endOfRun, shellFailed, statistics, external

    init(_ event: Event) {
        self =
            switch event {
            case .started: .started
            case .woke: .woke
            case .quote: .quote
            case .statistics: .statistics
            case .order: .order
            case .answered: .answer
            case .committed: .committed
            case .commitOverdue: .commitOverdue
            case .storeFailed: .storeFailed
            case .signal: .signal
            case .operatorRequest: .request
            case .feed: .feed
            case .rate: .rate
            case .overworked: .overworked
            case .external: .external
            case .overslept: .overslept
            case .endOfRun: .endOfRun
            case .shellFailed: .shellFailed
            }
    }

    var label: String { Names.snake("\(self)") }
}

enum Names {
    /// `partiallyFilled` as `partially_filled`.
    static func snake(_ camel: String) -> String {
        var result = ""
        for character in camel {
            if character.isUppercase { result += "_" }
            result += character.lowercased()
        }
        return result
    }
}

struct LoopInstruments: Sendable {
    /// Names of alerts are few; should they ever come from outside, so many are told apart.
    private static let alertLimit = 100

    let turns: [Counter]
    let turnTime: Timer
    let commitTime: Timer
    let commits: (good: Counter, failed: Counter)
    let intents: Counter
    let changes: [OrderState: Counter]
    let fills: (buys: Counter, sells: Counter)
    let refusals: [RiskRefusal.Rule: Counter]
    let notices: [Notice.Level: Counter]
    let reconnects: [Feed: Counter]
    let losses: [Feed: (lost: Counter, gap: Counter, silent: Counter)]
    let callTimes: [CallKind: Timer]
    let openCalls: [CallKind: Meter]
    private let factory: any MetricsFactory

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        func counter(_ name: String, _ labels: [(String, String)] = []) -> Counter {
            Counter(label: "trader247_" + name, dimensions: labels, factory: factory)
        }
        func timer(_ name: String, _ labels: [(String, String)] = []) -> Timer {
            Timer(label: "trader247_" + name, dimensions: labels, factory: factory)
        }
        turns = EventKind.allCases.map { counter("turns_total", [("event", $0.label)]) }
        turnTime = timer("turn_duration_seconds")
        commitTime = timer("commit_duration_seconds")
        commits = (
            counter("commits_total", [("outcome", "ok")]), counter("commits_total", [("outcome", "failed")])
        )
        intents = counter("intents_total")
        changes = Dictionary(
            uniqueKeysWithValues: OrderState.allCases.map {
                ($0, counter("order_changes_total", [("state", Names.snake($0.rawValue))]))
            })
        fills = (counter("fills_total", [("side", "buy")]), counter("fills_total", [("side", "sell")]))
        refusals = Dictionary(
            uniqueKeysWithValues: RiskRefusal.Rule.allCases.map {
                ($0, counter("risk_refusals_total", [("rule", Names.snake($0.rawValue))]))
            })
        let levels: [Notice.Level] = [.debug, .info, .warning, .error, .alert]
        notices = Dictionary(
            uniqueKeysWithValues: levels.map { ($0, counter("notices_total", [("level", $0.rawValue)])) })
        reconnects = Dictionary(
            uniqueKeysWithValues: Feed.allCases.map {
                ($0, counter("feed_reconnects_total", [("feed", $0.rawValue)]))
            })
        losses = Dictionary(
            uniqueKeysWithValues: Feed.allCases.map { feed in
                func loss(_ reason: String) -> Counter {
                    counter("feed_losses_total", [("feed", feed.rawValue), ("reason", reason)])
                }
                return (feed, (loss("lost"), loss("gap"), loss("silent")))
            })
        callTimes = Dictionary(
            uniqueKeysWithValues: CallKind.allCases.map {
                ($0, timer("call_duration_seconds", [("endpoint", $0.rawValue)]))
            })
        openCalls = Dictionary(
            uniqueKeysWithValues: CallKind.allCases.map {
                (
                    $0,
                    Meter(
                        label: "trader247_calls_open", dimensions: [("endpoint", $0.rawValue)],
                        factory: factory)
                )
            })
    }

    /// How a call can end.
    struct CallEnd: Hashable {
        var kind: CallKind
        var outcome: String
    }

    /// The series of a call's outcome is made when it first happens.
    func count(_ end: CallEnd, _ known: inout [CallEnd: Counter]) {
        if let counter = known[end] { return counter.increment() }
        let counter = Counter(
            label: "trader247_calls_total",
            dimensions: [("endpoint", end.kind.rawValue), ("outcome", end.outcome)], factory: factory)
        known[end] = counter
        counter.increment()
    }

    func countAlert(_ event: String, _ known: inout [String: Counter]) {
        let name = known[event] != nil || known.count < Self.alertLimit ? event : "other"
        let counter =
            known[name]
            ?? Counter(label: "trader247_alerts_total", dimensions: [("event", name)], factory: factory)
        known[name] = counter
        counter.increment()
    }

    func count(_ record: Record) {
        switch record {
        case .intent: intents.increment()
        case .changed(let change): changes[change.state]?.increment()
        case .fill(_, let fill): (fill.side == .buy ? fills.buys : fills.sells).increment()
        default: break
        }
    }

    func count(_ feed: Feed, _ condition: FeedCondition, hasBeenUp: Bool) {
        switch condition {
        case .connected: if hasBeenUp { reconnects[feed]?.increment() }
        case .lost: losses[feed]?.lost.increment()
        case .gap: losses[feed]?.gap.increment()
        case .silent: losses[feed]?.silent.increment()
        }
    }
}
