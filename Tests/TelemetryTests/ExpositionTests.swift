// The text format, as a scrape sees it: every instrument of swift-metrics, escaping, order, and what is not kept.

import CoreMetrics
import Testing

@testable import Telemetry

@Suite("exposition")
struct ExpositionTests {
    @Test("each instrument becomes its Prometheus type")
    func types() {
        let registry = PrometheusRegistry([
            .counter("orders_total", "Orders."), .gauge("depth", "Waiting."),
            .histogram("wait_seconds", "Waits.", [0.001, 0.1]), .counter("seconds_total", "Seconds."),
        ])
        Counter(label: "orders_total", factory: registry).increment(by: 3)
        FloatingPointCounter(label: "seconds_total", factory: registry).increment(by: 0.25)
        Meter(label: "depth", factory: registry).set(2.5)
        let timer = Timer(label: "wait_seconds", factory: registry)
        timer.recordNanoseconds(1_000_000)
        timer.recordMilliseconds(50)
        timer.recordSeconds(2)
        #expect(
            Exposition.text(of: registry) == """
                # HELP depth Waiting.
                # TYPE depth gauge
                depth 2.5
                # HELP orders_total Orders.
                # TYPE orders_total counter
                orders_total 3
                # HELP seconds_total Seconds.
                # TYPE seconds_total counter
                seconds_total 0.25
                # HELP wait_seconds Waits.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="0.001"} 1
                wait_seconds_bucket{le="0.1"} 2
                wait_seconds_bucket{le="+Inf"} 3
                wait_seconds_sum 2.051
                wait_seconds_count 3

                """)
    }

    @Test("a value on a bound is counted below it; one that is no number is not counted")
    func bounds() {
        let registry = PrometheusRegistry([.histogram("size", "Sizes.", [1, 2])])
        let recorder = Recorder(label: "size", factory: registry)
        for value in [1.0, 2.0, 2.1, .nan, .infinity] { recorder.record(value) }
        let text = Exposition.text(of: registry)
        #expect(
            text.contains("size_bucket{le=\"1\"} 1\nsize_bucket{le=\"2\"} 2\nsize_bucket{le=\"+Inf\"} 3\n"))
        #expect(text.contains("size_sum 5.1\nsize_count 3\n"))
    }

    @Test("labels are escaped, ordered by name, and joined with the constant ones")
    func labels() {
        let registry = PrometheusRegistry(
            [.gauge("up", "A \\ and a\nline.")], constantLabels: [("bot", "grid")])
        Gauge(
            label: "up", dimensions: [("zone", "a\"b\\c\nd"), ("a-b", "ä")], factory: registry
        ).record(1)
        #expect(
            Exposition.text(of: registry) == #"""
                # HELP up A \\ and a\nline.
                # TYPE up gauge
                up{a_b="ä",bot="grid",zone="a\"b\\c\nd"} 1

                """#)
    }

    @Test("one series asked for twice is one; order of creation does not show")
    func order() {
        func text(_ names: [String]) -> String {
            let registry = PrometheusRegistry()
            for name in names {
                Counter(label: "calls_total", dimensions: [("endpoint", name)], factory: registry).increment()
            }
            return Exposition.text(of: registry)
        }
        #expect(text(["place", "cancel", "list", "cancel"]) == text(["cancel", "list", "cancel", "place"]))
        #expect(text(["cancel", "cancel"]).hasSuffix("calls_total{endpoint=\"cancel\"} 2\n"))
    }

    @Test("numbers that are not finite, very large or very small are what Prometheus reads")
    func numbers() {
        #expect(Exposition.number(.nan) == "NaN")
        #expect(Exposition.number(-.infinity) == "-Inf")
        #expect(Exposition.number(-0.0) == "0")
        #expect(Exposition.number(1e300) == "1e+300")
        #expect(Exposition.number(0.00001) == "1e-05")
        #expect(Exposition.number(123_456_789_012) == "123456789012")
    }

    @Test("names are made lawful")
    func names() {
        #expect(Exposition.name("http.request time") == "http_request_time")
        #expect(Exposition.name("9lives") == "_9lives")
        #expect(Exposition.name("") == "_")
    }

    @Test("a counter never falls, and a name never has two kinds")
    func misuse() {
        let registry = PrometheusRegistry([.counter("x_total", "X.")])
        let counter = Counter(label: "x_total", factory: registry)
        counter.increment(by: 2)
        counter.increment(by: -5)
        Gauge(label: "x_total", factory: registry).record(7)
        let text = Exposition.text(of: registry)
        #expect(text.contains("x_total 2\n"))
        #expect(!text.contains("x_total 7"))
        #expect(text.contains("trader247_metrics_series_dropped_total 1\n"))
    }

    @Test("series beyond the limit are counted, not kept")
    func limit() {
        let registry = PrometheusRegistry()
        for number in 0..<(PrometheusRegistry.seriesLimit + 5) {
            Counter(label: "n_total", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        let text = Exposition.text(of: registry)
        #expect(text.contains("trader247_metrics_series_dropped_total 5\n"))
        #expect(text.split(separator: "\n").count == PrometheusRegistry.seriesLimit + 4)
    }

    @Test("a destroyed series is gone, and its place is free")
    func destruction() {
        let registry = PrometheusRegistry()
        let gauge = Gauge(label: "g", dimensions: [("symbol", "A")], factory: registry)
        gauge.record(1)
        gauge.destroy()
        #expect(Exposition.text(of: registry) == "")
    }

    @Test("what is looked at before a scrape is in it")
    func collectors() {
        let registry = PrometheusRegistry()
        let gauge = Gauge(label: "age_seconds", factory: registry)
        registry.beforeScrape { gauge.record(3) }
        #expect(Exposition.text(of: registry).contains("age_seconds 3\n"))
    }

    @Test("the prefix leaves out what another exporter on the host shows")
    func prefix() {
        let registry = PrometheusRegistry()
        Gauge(label: "process_open_fds", factory: registry).record(9)
        Gauge(label: "trader247_ready", factory: registry).record(1)
        #expect(!Exposition.text(of: registry, prefix: "trader247_").contains("process_open_fds"))
    }
}
