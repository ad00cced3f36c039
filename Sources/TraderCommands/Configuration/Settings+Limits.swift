// What an order, the rate of calls and a stop may cost at most.

import Trading
import TradingDomain

extension Settings {
    static let risk: [Setting] = [
        .decimal(
            "risk.max_order_notional", \.core.risk.maximumOrderNotional,
            "the most that one order may be worth at its limit price"),
        .integer(
            "risk.max_working_orders_per_symbol", \.core.risk.maximumWorkingOrdersPerSymbol, 1...10_000,
            "orders that may work in one market"),
        .integer(
            "risk.max_working_orders", \.core.risk.maximumWorkingOrders, 1...10_000,
            "orders that may work in all markets"),
        .decimal(
            "risk.max_position_notional", \.core.risk.maximumPositionNotional,
            "the most that a position may be worth at the mid, with all working orders of that side filled"),
        .value(
            "risk.price_collar_bps", \.core.risk.priceCollarBasisPoints, .integer(1...9_999),
            "how far a limit price may be from the mid, in basis points",
            { Values.integer($0, 1...9_999).map { Int64($0) } }, { "\($0)" }),
        .duration(
            "risk.max_quote_age", \.core.risk.maximumQuoteAge, from: .milliseconds(100),
            "how old the last quote may be"),
        .integer(
            "risk.max_orders_per_minute", \.core.risk.maximumOrdersPerMinute, 1...1_000_000,
            "orders that may be decided within a minute, earlier lives included"),
        .decimal(
            "risk.max_daily_loss", \.core.risk.maximumDailyLoss, zero: true,
            "the loss since 00:00 UTC beyond which the bot halts; 0 is no limit"),
    ]

    static let rate: [Setting] = [
        .integer("rate.burst", \.core.rate.burst, 1...100_000, "calls that may go at once"),
        .integer(
            "rate.per_second", \.core.rate.perSecond, 1...100_000, "calls that are added each second"),
        .value(
            "rate.per_hour", \.core.rate.perHour, .or(.integer(1...100_000_000), ["none"]),
            "a second limit, for exchanges that have one",
            { text in
                text == "none" ? .some(nil) : Values.integer(text, 1...100_000_000).map { .some($0) }
            }, { $0.map { "\($0)" } ?? "none" }),
        .integer(
            "rate.cancel_reserve", \.core.rate.cancelReserve, 0...100_000,
            "calls that only cancels may use; below `rate.burst`"),
        .integer(
            "rate.max_in_flight", \.core.rate.maximumInFlight, 1...1_000,
            "calls under way at once; placements have half of it"),
    ]

    static let stop: [Setting] = [
        .duration(
            "stop.deadline", \.core.stop.deadline, from: .seconds(1), to: .seconds(3_600),
            "from the signal to the exit, all of it; 24s by default under Kubernetes or systemd"),
        .duration(
            "stop.flush_reserve", \.core.stop.flushReserve, from: .milliseconds(50), "kept for the flush"),
        .duration(
            "stop.report_reserve", \.core.stop.reportReserve, from: .milliseconds(50), "kept for the report"),
        .duration(
            "stop.expedited", \.core.stop.expedited, from: .milliseconds(500),
            "what a second signal leaves for canceling and proving"),
        .duration(
            "stop.attempt", \.core.stop.attempt, from: .milliseconds(50),
            "the longest that one attempt is awaited"),
    ]
}
