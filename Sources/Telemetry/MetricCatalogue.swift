// Every metric of trader247: its name, its kind, and what it says. docs/metrics.md explains them to operators; a test
// holds the two together.

package enum MetricCatalogue {
    package static let all: [MetricFamily] =
        life + loop + orders + exchange + money + strategies + stop + lastStop + process

    private static let turnBounds: [Double] = [
        0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
        0.05,
        0.1, 0.25, 1,
    ]
    private static let callBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    private static let commitBounds: [Double] = [
        0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
    ]

    private static let life: [MetricFamily] = [
        .gauge("trader247_build_info", "Always 1; version and mode are labels."),
        .gauge("trader247_start_time_seconds", "Start of this life, seconds since 1970."),
        .gauge("trader247_lifecycle", "1 for where the life stands, 0 for every other state."),
        .gauge("trader247_ready", "1 while the bot trades or is paused."),
        .gauge("trader247_gate_open", "1 while new orders may be created."),
        .gauge("trader247_epoch", "The number of this life."),
        .gauge("trader247_halts", "Halts that stand."),
        .gauge("trader247_guarded", "1 when a guardian watches over this process."),
        .counter(
            "trader247_guardian_restarts_total", "Traders that the guardian started before this one."),
        .counter("trader247_alerts_total", "Alerts, by their name."),
        .counter("trader247_notices_total", "Lines told to people, by level."),
    ]

    private static let loop: [MetricFamily] = [
        .histogram(
            "trader247_turn_duration_seconds", "A turn of the trading loop, its commands handed over.",
            turnBounds),
        .counter("trader247_turns_total", "Turns, by the event that they took."),
        .counter("trader247_cycles_total", "Cycles of the strategies."),
        .gauge("trader247_loop_idle_seconds", "Since the last turn of the loop."),
        .histogram(
            "trader247_commit_duration_seconds",
            "From handing a transaction to the disk's thread to hearing that it is durable.", commitBounds),
        .counter("trader247_commits_total", "Transactions, by how they ended."),
        .gauge("trader247_inbox_depth", "What waits for the loop, by queue."),
        .counter(
            "trader247_inbox_reports_dropped_total", "Order reports dropped because too many waited."),
    ]

    private static let orders: [MetricFamily] = [
        .gauge("trader247_orders", "Orders that are not terminal, by state."),
        .gauge("trader247_working_orders", "Orders that may be alive at the exchange."),
        .gauge("trader247_unknown_placements", "Placements whose outcome is unknown."),
        .gauge("trader247_placements_in_flight", "Placements that wait for an answer."),
        .counter("trader247_intents_total", "Orders that were decided."),
        .counter("trader247_order_changes_total", "Changes of orders, by the state that they entered."),
        .counter("trader247_fills_total", "Fills booked, by side."),
        .counter(
            "trader247_risk_refusals_total", "Wishes that the risk gate refused, each time, by rule."),
        .gauge("trader247_risk_limit_used_ratio", "How much of a risk limit is used; 1 is all of it."),
    ]

    private static let exchange: [MetricFamily] = [
        .histogram(
            "trader247_call_duration_seconds",
            "From handing a call to the adapter to taking its answer, by endpoint.", callBounds),
        .gauge("trader247_calls_open", "Calls handed to the adapter and not answered, by endpoint."),
        .counter("trader247_calls_total", "Calls answered, by endpoint and outcome."),
        .gauge("trader247_rate_budget_requests", "Requests that the rate budget still holds, by window."),
        .gauge("trader247_rate_budget_limit_requests", "Requests that a full rate budget holds, by window."),
        .gauge(
            "trader247_rate_slowdown", "1, or by how much requests are slowed since the venue complained."),
        .gauge("trader247_feed_up", "1 while the feed is connected and believed."),
        .gauge("trader247_feed_age_seconds", "Since the feed last said anything."),
        .counter("trader247_feed_reconnects_total", "Times that a feed came back."),
        .counter("trader247_feed_losses_total", "Times that a feed was lost, gapped or silent, by which."),
        .gauge("trader247_clock_offset_seconds", "The venue's clock less ours."),
        .gauge("trader247_clock_uncertainty_seconds", "The true offset lies within this."),
        .gauge("trader247_clock_trusted", "1 while the venue's clock can be relied on, or does not matter."),
    ]

    private static let money: [MetricFamily] = [
        .gauge("trader247_position", "Held of a market, base units; negative is short."),
        .gauge("trader247_position_cost", "What the open position cost, quote units."),
        .gauge("trader247_price", "Mid of the last quote, quote units."),
        .gauge(
            "trader247_pnl_realised",
            "Earned by closed positions since the first life, before fees, quote units."),
        .gauge(
            "trader247_pnl_unrealised",
            "What closing at the mid would earn, quote units; NaN without a quote."),
        .gauge("trader247_fees", "Fees paid since the first life, quote units."),
        .gauge("trader247_pnl_net", "Realised less fees plus unrealised, quote units; NaN without a quote."),
        .gauge(
            "trader247_pnl_day", "Net result since 00:00 UTC, all markets, quote units; NaN while not known."),
        .gauge("trader247_funds", "What the account holds, as the exchange told last, by currency."),
        .gauge(
            "trader247_equity", "Funds at the mids of our markets, by quote currency; NaN without a quote."),
    ]

    private static let strategies: [MetricFamily] = [
        .gauge("trader247_strategy_state", "1 for where the strategy stands, 0 for every other state."),
        .gauge("trader247_strategy_working_orders", "Orders of the strategy that may be alive."),
        .gauge(
            "trader247_strategy_position_value",
            "Its positions at the mids, quote units; NaN without a quote."),
        .gauge("trader247_strategy_pnl_realised", "Realised since its first fill, after fees, quote units."),
        .gauge(
            "trader247_strategy_pnl_unrealised",
            "What closing its positions at the mids would earn, quote units; NaN without a quote."),
        .gauge(
            "trader247_strategy_pnl_day", "Its net result since 00:00 UTC, quote units; NaN while not known."),
        .gauge("trader247_strategy_fees", "Fees that its fills paid, quote units."),
        .gauge("trader247_strategy_fills_today", "Its fills since 00:00 UTC."),
        .gauge(
            "trader247_strategy_budget_used_ratio",
            "How much of its budget is used; 1 is all of it. Only with a budget."),
    ]

    private static let stop: [MetricFamily] = [
        .gauge("trader247_stop_in_progress", "1 while a stop runs."),
        .gauge("trader247_stop_start_time_seconds", "When the stop began, seconds since 1970."),
        .gauge("trader247_stop_phase", "1 for the phase that the stop is in, 0 for every other."),
        .gauge("trader247_stop_phase_duration_seconds", "How long a phase took, or has taken so far."),
        .gauge("trader247_stop_phase_calls", "Calls to the exchange made in a phase."),
        .gauge("trader247_stop_deadline_left_seconds", "What is left of the stop's deadline."),
        .gauge("trader247_stop_orders_found", "Working orders when the stop began, and those found since."),
        .gauge("trader247_stop_orders_canceled", "Of those, how many the exchange says are canceled."),
        .gauge("trader247_stop_orders_ended_otherwise", "Of those, how many ended otherwise."),
        .gauge("trader247_stop_orders_remaining", "Orders that remain, or may remain, at the exchange."),
        .gauge("trader247_stop_cancel_errors", "Cancel calls or results that failed."),
        .gauge(
            "trader247_stop_cancel_retries", "Cancels of an order asked again after its first of this stop."),
        .gauge("trader247_stop_late_fills", "Fills booked after the cancel of their order was sent."),
        .gauge("trader247_stop_verified", "1 once the exchange's own list showed none of our orders."),
        .gauge("trader247_stop_flushed", "1 once everything was durable. Only after the end."),
        .gauge("trader247_stop_duration_seconds", "From the wish to stop to the report. Only after the end."),
        .gauge("trader247_stop_exit_code", "Exit code of the process. Only after the end."),
    ]

    private static let lastStop: [MetricFamily] = [
        .gauge(
            "trader247_last_stop_timestamp_seconds",
            "When the life before this one ended, seconds since 1970."),
        .gauge("trader247_last_stop_exit_code", "Exit code of the life before this one."),
        .gauge("trader247_last_stop_orders_remaining", "Orders that the life before this one left."),
        .gauge("trader247_last_stop_verified", "1 if the life before this one proved the exchange empty."),
        .gauge("trader247_last_stop_duration_seconds", "How long the last stop took."),
    ]

    private static let process: [MetricFamily] = [
        .gauge("process_resident_memory_bytes", "Resident memory."),
        .counter("process_cpu_seconds_total", "Processor time, user and system."),
        .gauge("process_open_fds", "Open descriptors."),
        .gauge("process_start_time_seconds", "Start of the process, seconds since 1970."),
    ]
}
