// Gauges by name and labels, made when they are first set; and how exact numbers become a metric's. Set a few times a
// second at most, so that they are looked up.

import CoreMetrics
import TradingDomain

struct GaugeSet: Sendable {
    private struct Key: Hashable {
        var name: String
        var labels: [String]
    }
    private let factory: any MetricsFactory
    private var gauges: [Key: Gauge] = [:]

    init(_ factory: any MetricsFactory) { self.factory = factory }

    mutating func set(_ name: String, _ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        let key = Key(name: name, labels: labels.map(\.value))
        let gauge =
            gauges[key]
            ?? Gauge(
                label: "trader247_" + name, dimensions: labels.map { ($0.key, $0.value) }, factory: factory)
        gauges[key] = gauge
        gauge.record(value)
    }

    mutating func set(_ name: String, _ value: Int, _ labels: KeyValuePairs<String, String> = [:]) {
        set(name, Double(value), labels)
    }

    mutating func set(_ name: String, _ value: Bool, _ labels: KeyValuePairs<String, String> = [:]) {
        set(name, value ? 1.0 : 0.0, labels)
    }

    /// Exact until here; a metric is a binary float by nature. Nil is not known.
    mutating func set(
        _ name: String, _ value: (some ExactDecimal)?, _ labels: KeyValuePairs<String, String> = [:]
    ) {
        set(name, value.map { $0.metric } ?? .nan, labels)
    }

    mutating func set(_ name: String, _ value: UTCInstant, _ labels: KeyValuePairs<String, String> = [:]) {
        set(name, value.metric, labels)
    }
}

private let unit = Int128(1_000_000_000_000_000_000)

extension ExactDecimal {
    /// Whole units apart from the rest: what is a whole number stays one.
    var metric: Double { Double(raw / unit) + Double(raw % unit) / 1e18 }
}

extension UTCInstant {
    /// Seconds since 1970.
    var metric: Double { Double(nanoseconds) / 1e9 }
}

extension Duration {
    /// Seconds.
    var metric: Double { Double(wholeNanoseconds) / 1e9 }
}
