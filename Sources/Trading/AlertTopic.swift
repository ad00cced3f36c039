// What alerts are about, for whoever chooses some of them; which of them tell of a state that lasts until something
// else ends it; and what ends it. One place, so that configuration, documents and escalation never differ.

package enum AlertTopic: String, Sendable, CaseIterable, Comparable {
    case started, paused, resumed, stopping, stopped
    case ordersRemain = "orders-remain"
    case crash, sweep, flatten, halt, risk, staleness, drift, store, orders, account, host, test

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// A name that nobody listed is about orders: better heard than lost.
    package static func of(_ name: String) -> AlertTopic {
        switch name {
        case "started": .started
        case "paused": .paused
        case "resumed": .resumed
        case "stopping", "overrun": .stopping
        case "stopped": .stopped
        case "sweep", "swept": .sweep
        case "flatten", "flattened", "flatten-incomplete": .flatten
        case "orders-remain", "not-swept", "sweep-overran", "sweep-died", "not-killable",
            "cancel-not-allowed",
            "adopted-alone", "lock-held", "swept-first":
            .ordersRemain
        case "crash", "crash-loop", "hang", "not-started", "guardian": .crash
        case "halt", "halted", "halt-proved", "integrity", "strategy-halted", "strategy-resumed",
            "strategy-disabled", "strategy-enabled", "strategy-failed", "strategy-back":
            .halt
        case "risk-refused": .risk
        case "quotes-stale", "quotes-fresh", "feed-down", "feed-back", "clock", "clock-known": .staleness
        case "balance-drift", "store-behind": .drift
        case "store-failed", "store-unreadable", "store-recovered", "shutdown-report", "kept": .store
        case "key-can-transfer", "no-product", "wrong-account", "second-instance", "configuration",
            "key-replaced":
            .account
        case "overslept": .host
        case "test": .test
        default: .orders
        }
    }
}

/// A state that an alert tells of and that lasts.
package enum AlertCondition: String, Sendable, CaseIterable {
    case halt, crash, store, clock
    case ordersRemain = "orders-remain"
    case quotes, feed

    /// The one that this alert tells of; nil for a single event.
    package static func opened(by name: String) -> AlertCondition? {
        switch name {
        case "halt", "halted": .halt
        case "crash", "crash-loop", "hang": .crash
        case "orders-remain", "not-swept", "sweep-overran", "not-killable", "adopted-alone", "lock-held":
            .ordersRemain
        case "store-failed", "store-unreadable": .store
        case "clock": .clock
        case "quotes-stale": .quotes
        case "feed-down": .feed
        default: nil
        }
    }

    /// Those that are over once this is heard.
    package static func closed(by name: String) -> [AlertCondition] {
        switch name {
        case "started": [.crash, .ordersRemain, .store, .clock, .quotes, .feed]
        case "stopped": [.crash, .ordersRemain, .clock, .quotes, .feed]
        case "resumed": [.halt]
        case "swept": [.ordersRemain]
        case "clock-known": [.clock]
        case "quotes-fresh": [.quotes]
        case "feed-back": [.feed]
        default: []
        }
    }
}
