// What the loop tells becomes what a scrape says.

import Daemon
import Foundation
import Synchronization
import Testing
import TradingDomain

@testable import Telemetry
@testable import Trading

@Suite("metrics of a life")
struct TradingMetricsTests {
    private let inbox = Inbox()

    private func makeMetrics(
        _ settings: MetricsSettings = MetricsSettings(), restarts: Int? = nil, previous: ShutdownReport? = nil
    ) throws -> TradingMetrics {
        let facts = LifeFacts(
            version: "1.2.3", bot: try #require(BotID("test")), pid: 7,
            startedAt: UTCInstant(nanoseconds: 1_500_000_000), mode: .paper)
        return TradingMetrics(
            TradingMetrics.makeRegistry(facts), facts, settings, guardianRestarts: restarts, inbox: inbox,
            previous: previous)
    }

    private func tell(
        _ metrics: TradingMetrics, _ event: Event, _ change: (inout Turn) -> Void = { _ in }
    ) {
        var turn = Turn(number: 1)
        change(&turn)
        metrics.turned(event, turn, took: .microseconds(30), at: realNow())
    }

    /// A core that trades nothing, as operators see it.
    private func makeOverview() throws -> CoreOverview {
        let bot = try #require(BotID("test"))
        let core = try TradingCore(
            configuration: CoreConfiguration(bot: bot, mode: .paper), capabilities: ExchangeCapabilities(),
            products: [], strategies: [], durable: DurableState())
        return core.makeOverview()
    }

    private func makeReport() throws -> ShutdownReport {
        var report = ShutdownReport(
            bot: try #require(BotID("test")), epoch: 5, startedAt: UTCInstant(nanoseconds: 0),
            stoppedAt: UTCInstant(nanoseconds: 100_000_000_000), mode: .paper, reason: "signal SIGTERM")
        report.ordersFound = 12
        report.ordersCanceled = 11
        report.cancelErrors = 2
        report.elapsedMs = 2_500
        report.stateFlushed = true
        report.phases = [
            .init(
                name: .cancel, startedAt: UTCInstant(nanoseconds: 98_000_000_000), durationMs: 1_250,
                attempts: 3)
        ]
        report.remaining = [
            .init(
                clientOrderID: try #require(ClientOrderID("test-1-1")), exchangeOrderID: nil, symbol: nil,
                side: nil, quantityLeft: nil, status: "working")
        ]
        report.judge(nothingToCancel: false)
        return report
    }

    @Test("turns, records, refusals, notices and alerts are counted")
    func turns() throws {
        let metrics = try makeMetrics()
        tell(metrics, .woke)
        tell(metrics, .woke) { turn in
            turn.refusals = [.orderNotional, .orderNotional, .staleQuote]
            turn.notices = [
                Notice(.alert, "stopping", "…"), Notice(.alert, "stopping", "…"), Notice(.info, "x", "…"),
            ]
        }
        tell(metrics, .feed(.market, .connected))
        tell(metrics, .feed(.market, .lost("reset")))
        tell(metrics, .feed(.market, .connected))
        let text = metrics.render()
        for line in [
            #"trader247_turns_total{bot="test",event="woke"} 2"#,
            #"trader247_turn_duration_seconds_bucket{bot="test",le="2.5e-05"} 0"#,
            #"trader247_turn_duration_seconds_bucket{bot="test",le="5e-05"} 5"#,
            #"trader247_turn_duration_seconds_count{bot="test"} 5"#,
            #"trader247_risk_refusals_total{bot="test",rule="order_notional"} 2"#,
            #"trader247_risk_refusals_total{bot="test",rule="stale_quote"} 1"#,
            #"trader247_alerts_total{bot="test",event="stopping"} 2"#,
            #"trader247_notices_total{bot="test",level="info"} 1"#,
            #"trader247_feed_reconnects_total{bot="test",feed="market"} 1"#,
            #"trader247_feed_losses_total{bot="test",feed="market",reason="lost"} 1"#,
            #"trader247_build_info{bot="test",mode="paper",version="1.2.3"} 1"#,
            #"trader247_start_time_seconds{bot="test"} 1.5"#,
        ] { #expect(text.contains("\n" + line + "\n"), "\(line)") }
    }

    @Test("alerts of endless names become one")
    func alertNames() throws {
        let metrics = try makeMetrics()
        for number in 0..<150 {
            tell(metrics, .woke) { $0.notices = [Notice(.alert, "name-\(number)", "…")] }
        }
        let text = metrics.render()
        #expect(text.contains(#"trader247_alerts_total{bot="test",event="other"} 50"#))
    }

    @Test("a call is timed by endpoint and counted by how it ended")
    func calls() throws {
        let metrics = try makeMetrics()
        for kind in [CallKind.place, .place, .place, .cancel, .askTime] { metrics.called(kind) }
        let slow = CallFailure("429", isRateLimit: true)
        metrics.answered(.place, .placed(.ambiguous(CallFailure("reset"))), took: .milliseconds(30))
        metrics.answered(.place, .placed(.unsent(slow)), took: .milliseconds(3))
        metrics.answered(.cancel, .canceled(.answered([])), took: .milliseconds(1))
        metrics.answered(
            .askTime,
            .told(.time(ClockReading(offset: .milliseconds(-1_250), uncertainty: .milliseconds(40)))),
            took: .milliseconds(80))
        metrics.committed(.committed(checkpointed: nil), took: .milliseconds(2))
        metrics.committed(.failed("disk full"), took: .seconds(3))
        let text = metrics.render()
        for line in [
            #"trader247_calls_total{bot="test",endpoint="place",outcome="ambiguous"} 1"#,
            #"trader247_calls_total{bot="test",endpoint="place",outcome="rate_limited"} 1"#,
            #"trader247_calls_total{bot="test",endpoint="cancel",outcome="ok"} 1"#,
            #"trader247_calls_open{bot="test",endpoint="cancel"} 0"#,
            #"trader247_calls_open{bot="test",endpoint="place"} 1"#,
            #"trader247_call_duration_seconds_bucket{bot="test",endpoint="place",le="0.05"} 2"#,
            #"trader247_call_duration_seconds_sum{bot="test",endpoint="place"} 0.033"#,
            #"trader247_clock_offset_seconds{bot="test"} -1.25"#,
            #"trader247_clock_uncertainty_seconds{bot="test"} 0.04"#,
            #"trader247_commits_total{bot="test",outcome="failed"} 1"#,
            #"trader247_commit_duration_seconds_bucket{bot="test",le="2.5"} 1"#,
            #"trader247_commit_duration_seconds_count{bot="test"} 2"#,
        ] { #expect(text.contains("\n" + line + "\n"), "\(line)") }
        #expect(!text.contains("endpoint=\"list_orders\",outcome"), "nothing was asked of it")
    }

    @Test("money is exact as far as a float goes; what is not known is not zero")
    func money() throws {
        let metrics = try makeMetrics()
        var overview = try makeOverview()
        let symbol = try #require(Symbol("BTC-USD"))
        let other = try #require(Symbol("ETH-USD"))
        overview.markets = [
            .init(
                symbol: symbol, bid: Price(59_999), ask: Price(60_001), quoteAt: nil, position: Quantity(2),
                averageCost: nil, workingOrders: 0, workingBuys: .zero, workingSells: .zero, result: nil)
        ]
        overview.measures.funds = [
            .init(currency: "BTC", total: Money(2)), .init(currency: "USD", total: Money(100_000)),
        ]
        overview.measures.earnings = [
            .init(
                symbol: symbol, realised: Money(10), fees: Money(3), unrealised: Money(-5),
                costBasis: Money(120_005)),
            .init(symbol: other, realised: Money(1), fees: .zero, unrealised: nil, costBasis: Money(9)),
        ]
        overview.measures.orders.open = 3
        overview.measures.orders.inFlight = 1
        overview.measures.rate = RateLeft(
            burst: 12, burstLimit: 30, hour: nil, hourLimit: nil, slowdown: 2, blockedMs: 0)
        overview.limits = [
            .init(name: "daily_loss", used: "25", limit: "200"),
            .init(name: "order_notional", used: nil, limit: "500"),
            .init(name: "daily_loss_off", used: "25", limit: "none"),
        ]
        overview.cycles = 4
        metrics.show(overview)
        overview.cycles = 6
        metrics.show(overview)
        let text = metrics.render()
        for line in [
            #"trader247_equity{bot="test",currency="USD"} 220000"#,
            #"trader247_funds{bot="test",currency="USD"} 100000"#,
            #"trader247_position{bot="test",symbol="BTC-USD"} 2"#,
            #"trader247_price{bot="test",symbol="BTC-USD"} 60000"#,
            #"trader247_pnl_realised{bot="test",symbol="BTC-USD"} 10"#,
            #"trader247_pnl_unrealised{bot="test",symbol="BTC-USD"} -5"#,
            #"trader247_pnl_net{bot="test",symbol="BTC-USD"} 2"#,
            #"trader247_pnl_net{bot="test",symbol="ETH-USD"} NaN"#,
            #"trader247_pnl_day{bot="test"} NaN"#,
            #"trader247_orders{bot="test",state="open"} 3"#,
            #"trader247_orders{bot="test",state="in_flight"} 1"#,
            #"trader247_rate_budget_requests{bot="test",window="burst"} 12"#,
            #"trader247_rate_slowdown{bot="test"} 2"#,
            #"trader247_risk_limit_used_ratio{bot="test",limit="daily_loss"} 0.125"#,
            #"trader247_cycles_total{bot="test"} 6"#,
        ] { #expect(text.contains("\n" + line + "\n"), "\(line)") }
        #expect(!text.contains("limit=\"order_notional\""))
        #expect(!text.contains("daily_loss_off"))
        // Held without a price: the sum is not known.
        overview.markets[0].bid = nil
        metrics.show(overview)
        #expect(metrics.render().contains(#"trader247_equity{bot="test",currency="USD"} NaN"#))
    }

    @Test("a stop is there from its beginning, counts what is asked again, and ends with its report")
    func stop() throws {
        let metrics = try makeMetrics()
        #expect(!metrics.render().contains("trader247_stop_orders_found"))
        var overview = try makeOverview()
        overview.stop = .init(
            reason: "signal SIGTERM", startedAt: UTCInstant(nanoseconds: 0), phase: .cancel,
            isExpedited: false,
            leftMs: 6_500, ordersFound: 12, ordersCanceled: 4, ordersEndedOtherwise: 0, cancelErrors: 1,
            lateFills: 0,
            phases: [.init(name: .gate, startedAt: overview.at, endedAt: overview.at, attempts: 0)])
        overview.workingOrders = 8
        overview.unknownPlacements = 1
        metrics.show(overview)
        func cancel(_ ids: [String]) {
            tell(metrics, .woke) { turn in
                turn.commands = [
                    NumberedCommand(id: 1, command: .cancel(ids.map { ExchangeOrderID($0) }))
                ]
            }
        }
        cancel(["a", "b"])
        cancel(["b", "c"])
        metrics.show(overview)
        var text = metrics.render()
        for line in [
            #"trader247_stop_in_progress{bot="test"} 1"#,
            #"trader247_stop_phase{bot="test",phase="cancel"} 1"#,
            #"trader247_stop_phase{bot="test",phase="verify"} 0"#,
            #"trader247_stop_deadline_left_seconds{bot="test"} 6.5"#,
            #"trader247_stop_orders_remaining{bot="test"} 9"#,
            #"trader247_stop_cancel_retries{bot="test"} 1"#,
            #"trader247_stop_verified{bot="test"} 0"#,
        ] { #expect(text.contains("\n" + line + "\n"), "\(line)") }
        #expect(!text.contains("trader247_stop_exit_code"))
        metrics.ended(try makeReport())
        text = metrics.render()
        for line in [
            #"trader247_stop_in_progress{bot="test"} 0"#,
            #"trader247_stop_phase{bot="test",phase="cancel"} 0"#,
            #"trader247_stop_phase_duration_seconds{bot="test",phase="cancel"} 1.25"#,
            #"trader247_stop_phase_calls{bot="test",phase="cancel"} 3"#,
            #"trader247_stop_orders_canceled{bot="test"} 11"#,
            #"trader247_stop_orders_remaining{bot="test"} 1"#,
            #"trader247_stop_cancel_errors{bot="test"} 2"#,
            #"trader247_stop_exit_code{bot="test"} 3"#,
            #"trader247_stop_start_time_seconds{bot="test"} 97.5"#,
            #"trader247_stop_duration_seconds{bot="test"} 2.5"#,
            #"trader247_lifecycle{bot="test",state="ended"} 1"#,
        ] { #expect(text.contains("\n" + line + "\n"), "\(line)") }
    }

    @Test("the life before is told, and the guardian's restarts")
    func previous() throws {
        let text = try makeMetrics(restarts: 3, previous: makeReport()).render()
        #expect(text.contains(#"trader247_last_stop_exit_code{bot="test"} 3"#))
        #expect(text.contains(#"trader247_last_stop_orders_remaining{bot="test"} 1"#))
        #expect(text.contains(#"trader247_last_stop_timestamp_seconds{bot="test"} 100"#))
        #expect(text.contains(#"trader247_guardian_restarts_total{bot="test"} 3"#))
        #expect(text.contains(#"trader247_guarded{bot="test"} 1"#))
    }

    @Test("the inbox is measured when somebody looks")
    func inboxDepth() throws {
        let metrics = try makeMetrics()
        for _ in 0..<3 { inbox.answer(1, .withheld("")) }
        #expect(metrics.render().contains(#"trader247_inbox_depth{bot="test",queue="answers"} 3"#))
    }

    @Test("lingering ends with the next scrape, with its time, and at once when nobody ever came")
    func linger() throws {
        var settings = MetricsSettings()
        settings.linger = .seconds(30)
        let unseen = try makeMetrics(settings)
        let began = realNow()
        unseen.conclude(within: .seconds(30))
        #expect(realNow() - began < .seconds(10))

        let metrics = try makeMetrics(settings)
        let early = metrics.scrape()
        metrics.conclude(within: .milliseconds(20))
        #expect(realNow() - began < .seconds(10))
        // One that was made before the end, and one of the end that was not written, keep it waiting.
        early.wasWritten()
        _ = metrics.scrape()
        let asked = realNow()
        metrics.conclude(within: .milliseconds(300))
        #expect(realNow() - asked >= .milliseconds(300))
        let isAsking = Atomic<Bool>(true)
        try PlainThread.start("scraper", stack: 512 * 1024) {
            while isAsking.load(ordering: .relaxed) { metrics.scrape().wasWritten() }
        }
        metrics.conclude(within: .seconds(30))
        isAsking.store(false, ordering: .relaxed)
        #expect(realNow() - began < .seconds(20))
    }

    @Test("the textfile is whole, ours alone, and readable by others only where that is asked")
    func textfile() throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("metrics-\(UUID().uuidString).prom").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var settings = MetricsSettings()
        settings.textfile = path
        let metrics = try makeMetrics(settings)
        func mode() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(metrics.writeTextfile() == nil)
        #expect(try mode() == 0o600)
        settings.sharesTextfile = true
        #expect(try makeMetrics(settings).writeTextfile() == nil)
        #expect(try mode() == 0o644)
        metrics.ended(try makeReport())
        metrics.conclude(within: .zero)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains(#"trader247_stop_exit_code{bot="test"} 3"#))
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("trader247_") })
        settings.textfile = "/nowhere/x.prom"
        #expect(try makeMetrics(settings).writeTextfile()?.description.contains("/nowhere/x.prom") == true)
    }
}
