// The backend of swift-metrics: keeps every series that anybody asked for, and hands them to a scrape in order.
//
// Instruments are made once and kept by those who use them, so that counting takes no lock of the registry's. The
// number of series is bounded: what comes beyond is counted, not kept.

import CoreMetrics
import Synchronization

package final class PrometheusRegistry: MetricsFactory {
    package static let seriesLimit = 4_000
    static let droppedName = "trader247_metrics_series_dropped_total"

    struct Series: Sendable {
        /// Rendered and escaped, without braces: `a="1",b="2"`; empty for none.
        var labels: String
        var cell: any Cell
    }

    struct Family: Sendable {
        var description: MetricFamily
        var series: [String: any Cell] = [:]
    }

    private struct State: Sendable {
        var families: [String: Family] = [:]
        var count = 0
        var dropped: Int64 = 0
        var collectors: [@Sendable () -> Void] = []
    }

    private let catalogue: [String: MetricFamily]
    private let constantLabels: [(String, String)]
    private let state = Mutex(State())

    /// `constantLabels` are on every series.
    package init(_ catalogue: [MetricFamily] = [], constantLabels: [(String, String)] = []) {
        self.catalogue = Dictionary(catalogue.map { ($0.name, $0) }) { first, _ in first }
        self.constantLabels = constantLabels
    }

    /// Called before each scrape, for what is looked at and not counted; must not wait.
    package func beforeScrape(_ collect: @escaping @Sendable () -> Void) {
        state.withLock { $0.collectors.append(collect) }
    }

    /// Every series, families by name, series by labels.
    func collect() -> [(family: MetricFamily, series: [Series])] {
        for collector in state.withLock({ $0.collectors }) { collector() }
        let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
        var result = families.values.map { family in
            (
                family: family.description,
                series: family.series.map { Series(labels: $0.key, cell: $0.value) }
                    .sorted { $0.labels < $1.labels }
            )
        }
        if dropped > 0 {
            let cell = CounterCell()
            cell.increment(by: dropped)
            let family = MetricFamily.counter(
                Self.droppedName, "Series that were not kept because there were too many.")
            result.append((family, [Series(labels: Exposition.labels(constantLabels), cell: cell)]))
        }
        return result.sorted { $0.family.name < $1.family.name }
    }

    // MARK: MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        cell(label, dimensions, .counter) { _ in CounterCell() }
    }

    package func makeFloatingPointCounter(label: String, dimensions: [(String, String)])
        -> any FloatingPointCounterHandler
    {
        cell(label, dimensions, .counter) { _ in FractionCell() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        cell(label, dimensions, .gauge) { _ in GaugeCell() }
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
        -> any RecorderHandler
    {
        aggregate
            ? cell(label, dimensions, .histogram) { HistogramCell(bounds: $0.bounds) }
            : cell(label, dimensions, .gauge) { _ in GaugeCell() } as any RecorderHandler
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        cell(label, dimensions, .histogram) { HistogramCell(bounds: $0.bounds) }
    }

    package func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    /// The cell of this series; one that nobody sees when there are too many, or when the name stands for another kind.
    private func cell<Made: Cell>(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind,
        _ make: (MetricFamily) -> Made
    ) -> Made {
        let name = Exposition.name(label)
        let labels = Exposition.labels(constantLabels + dimensions)
        let description =
            catalogue[name]
            ?? MetricFamily(
                name: name, kind: kind, help: "",
                bounds: kind == .histogram ? MetricFamily.standardBounds : [])
        return state.withLock { state in
            var family = state.families[name] ?? Family(description: description)
            if let cell = family.series[labels] as? Made { return cell }
            let cell = make(description)
            guard family.description.kind == kind, family.series[labels] == nil,
                state.count < Self.seriesLimit
            else {
                state.dropped += 1
                return cell
            }
            family.series[labels] = cell
            state.families[name] = family
            state.count += 1
            return cell
        }
    }

    private func forget(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                state.count -= 1
                return
            }
        }
    }
}
