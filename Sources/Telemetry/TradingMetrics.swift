// Everything that is measured of one life. The loop tells it what happened, a scrape asks it for the text; neither
// waits for the other longer than it takes to set a few numbers.

import CoreMetrics
import Daemon
import Synchronization
import Trading
import TradingDomain

package struct MetricsSettings: Equatable, Sendable {
    /// Where the last values go; nil for nowhere.
    package var textfile: String?
    /// Whether others may read it; it tells of money.
    package var sharesTextfile = false
    /// How long the end of a life waits for one more scrape. Only with a scraper that comes more often than this.
    package var linger: Duration = .zero

    package init() {}
}

package final class TradingMetrics: LoopMeter {
    private struct State: Sendable {
        var gauges: GaugeSet
        var calls: [LoopInstruments.CallEnd: Counter] = [:]
        var alerts: [String: Counter] = [:]
        var cycles = 0
        var dropped = 0
        var feedsSeen: Set<Feed> = []
        /// Orders whose cancel was asked in this stop, and how often one was asked again.
        var asked: Set<ExchangeOrderID> = []
        var retries = 0
        var endedAt: MonotonicInstant?
    }

    private let registry: PrometheusRegistry
    private let instruments: LoopInstruments
    private let process: ProcessMetrics
    private let cycles: Counter
    private let dropped: Counter
    private let settings: MetricsSettings
    private let state: Mutex<State>
    private let isStopping = Atomic<Bool>(false)
    private let isScraped = Atomic<Bool>(false)
    private let isConcluding = Atomic<Bool>(false)
    private let endIsSeen = Atomic<Bool>(false)
    private let bell = Doorbell()
    private let startedAt = realNow()
    /// Nanoseconds of real time; 0 for never.
    private let lastTurn = Atomic<Int64>(0)
    private let lastQuote = Atomic<Int64>(0)
    private let lastReport = Atomic<Int64>(0)

    /// Makes the one backend of this process and all that is measured in it. Once per process: `bootstrap` allows no more.
    package static func bootstrap(
        _ facts: LifeFacts, _ settings: MetricsSettings, guardianRestarts: Int?, inbox: Inbox,
        previous: ShutdownReport?
    ) -> TradingMetrics {
        let registry = makeRegistry(facts)
        MetricsSystem.bootstrap(registry)
        return TradingMetrics(
            registry, facts, settings, guardianRestarts: guardianRestarts, inbox: inbox, previous: previous)
    }

    package static func makeRegistry(_ facts: LifeFacts) -> PrometheusRegistry {
        PrometheusRegistry(MetricCatalogue.all, constantLabels: [("bot", "\(facts.bot)")])
    }

    /// For tests and benchmarks, which make several; the daemon bootstraps.
    package init(
        _ registry: PrometheusRegistry, _ facts: LifeFacts, _ settings: MetricsSettings,
        guardianRestarts: Int?,
        inbox: Inbox, previous: ShutdownReport?
    ) {
        self.registry = registry
        self.settings = settings
        instruments = LoopInstruments(registry)
        process = ProcessMetrics(registry, startedAt: facts.startedAt.metric)
        cycles = Counter(label: "trader247_cycles_total", factory: registry)
        dropped = Counter(label: "trader247_inbox_reports_dropped_total", factory: registry)
        var gauges = GaugeSet(registry)
        gauges.set("build_info", 1, ["version": facts.version, "mode": facts.mode.rawValue])
        gauges.set("start_time_seconds", facts.startedAt)
        gauges.set("guarded", guardianRestarts != nil)
        gauges.set("stop_in_progress", false)
        if let previous { gauges.showPrevious(previous) }
        Counter(label: "trader247_guardian_restarts_total", factory: registry)
            .increment(by: guardianRestarts ?? 0)
        state = Mutex(State(gauges: gauges))
        registry.beforeScrape { [weak self] in self?.look(inbox) }
    }

    // MARK: For those who ask

    /// The text of a scrape, of this content type, and what to call once it was written to whoever asked: until then
    /// nobody has seen it.
    package func scrape() -> (text: String, wasWritten: @Sendable () -> Void) {
        // One that began before the end was shown may have missed it.
        let hasEnd = isConcluding.load(ordering: .sequentiallyConsistent)
        isScraped.store(true, ordering: .sequentiallyConsistent)
        return (
            render(),
            { [self] in
                guard hasEnd else { return }
                endIsSeen.store(true, ordering: .sequentiallyConsistent)
                bell.ring()
            }
        )
    }

    package func render() -> String { Exposition.text(of: registry) }

    package static var contentType: String { Exposition.contentType }

    /// What ages by itself.
    private func look(_ inbox: Inbox) {
        let now = realNow()
        let depths = inbox.depths
        process.look()
        func age(_ last: borrowing Atomic<Int64>) -> Double {
            let at = last.load(ordering: .relaxed)
            return (now - (at == 0 ? startedAt : MonotonicInstant(nanoseconds: at))).metric
        }
        let ages = (age(lastTurn), age(lastQuote), age(lastReport))
        state.withLock { state in
            state.gauges.set("loop_idle_seconds", ages.0)
            state.gauges.set("feed_age_seconds", ages.1, ["feed": Feed.market.rawValue])
            state.gauges.set("feed_age_seconds", ages.2, ["feed": Feed.orders.rawValue])
            state.gauges.set("inbox_depth", depths.answers, ["queue": "answers"])
            state.gauges.set("inbox_depth", depths.orders, ["queue": "orders"])
            state.gauges.set("inbox_depth", depths.quotes, ["queue": "quotes"])
            state.gauges.set("inbox_depth", depths.feeds, ["queue": "feeds"])
            state.gauges.set("inbox_depth", depths.requests, ["queue": "requests"])
            dropped.increment(by: depths.dropped - state.dropped)
            state.dropped = depths.dropped
        }
    }

    // MARK: From the loop

    package func turned(_ event: Event, _ turn: Turn, took: Duration, at real: MonotonicInstant) {
        instruments.turnTime.recordNanoseconds(took.wholeNanoseconds)
        instruments.turns[EventKind(event).rawValue].increment()
        lastTurn.store(real.nanoseconds, ordering: .relaxed)
        switch event {
        case .quote: lastQuote.store(real.nanoseconds, ordering: .relaxed)
        case .order: lastReport.store(real.nanoseconds, ordering: .relaxed)
        case .feed(let feed, let condition): heard(feed, condition, at: real)
        default: break
        }
        for record in turn.records { instruments.count(record) }
        for rule in turn.refusals { instruments.refusals[rule]?.increment() }
        for notice in turn.notices { count(notice) }
        if isStopping.load(ordering: .relaxed) { countRetries(turn.commands) }
    }

    package func called(_ call: CallKind) { instruments.openCalls[call]?.increment() }

    package func answered(_ call: CallKind, _ answer: Answer, took: Duration) {
        instruments.openCalls[call]?.decrement()
        instruments.callTimes[call]?.recordNanoseconds(took.wholeNanoseconds)
        state.withLock { state in
            if case .told(.time(let reading)) = answer {
                state.gauges.set("clock_offset_seconds", reading.offset.metric)
                state.gauges.set("clock_uncertainty_seconds", reading.uncertainty.metric)
            }
            instruments.count(
                LoopInstruments.CallEnd(kind: call, outcome: answer.outcomeName), &state.calls)
        }
    }

    package func committed(_ result: CommitResult, took: Duration) {
        instruments.commitTime.recordNanoseconds(took.wholeNanoseconds)
        switch result {
        case .committed: instruments.commits.good.increment()
        case .failed: instruments.commits.failed.increment()
        }
    }

    package func show(_ overview: CoreOverview) {
        if overview.stop != nil { isStopping.store(true, ordering: .relaxed) }
        state.withLock { state in
            state.gauges.show(overview)
            if let stop = overview.stop {
                state.gauges.show(stop, of: overview, retries: state.retries)
            }
            cycles.increment(by: overview.cycles - state.cycles)
            state.cycles = overview.cycles
        }
    }

    private func heard(_ feed: Feed, _ condition: FeedCondition, at real: MonotonicInstant) {
        if condition == .connected {
            switch feed {
            case .market: lastQuote.store(real.nanoseconds, ordering: .relaxed)
            case .orders: lastReport.store(real.nanoseconds, ordering: .relaxed)
            }
        }
        state.withLock { state in
            instruments.count(feed, condition, hasBeenUp: state.feedsSeen.contains(feed))
            if condition == .connected { state.feedsSeen.insert(feed) }
        }
    }

    private func count(_ notice: Notice) {
        instruments.notices[notice.level]?.increment()
        guard notice.level == .alert else { return }
        state.withLock { instruments.countAlert(notice.event, &$0.alerts) }
    }

    private func countRetries(_ commands: [NumberedCommand]) {
        for case .cancel(let ids) in commands.lazy.map(\.command) {
            state.withLock { state in
                for id in ids where !state.asked.insert(id).inserted { state.retries += 1 }
            }
        }
    }

    // MARK: The end

    package var linger: Duration { settings.linger }

    package func ended(_ report: ShutdownReport) {
        state.withLock { state in
            state.gauges.showEnd(report, retries: state.retries)
            state.asked = []
        }
    }

    package func conclude(within limit: Duration) {
        isConcluding.store(true, ordering: .sequentiallyConsistent)
        _ = writeTextfile()
        // Nobody looked while it lived: nobody will now.
        guard isScraped.load(ordering: .sequentiallyConsistent) else { return }
        let end = realNow() + min(limit, settings.linger)
        while !endIsSeen.load(ordering: .sequentiallyConsistent) {
            let left = end - realNow()
            guard left > .zero else { return }
            bell.wait(left)
        }
    }

    /// What is known now, for a reader of files. Nil when it is written, or nobody wants it.
    package func writeTextfile() -> FileFailure? {
        guard let path = settings.textfile else { return nil }
        do throws(FileFailure) {
            // The process's own would collide with those of whoever reads the file.
            try Textfile(path: path, isShared: settings.sharesTextfile).write(
                Exposition.text(of: registry, prefix: "trader247_"))
            return nil
        } catch {
            return error
        }
    }
}
