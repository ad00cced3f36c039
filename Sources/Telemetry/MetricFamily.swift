// What a metric is called, what it is, and what its help says: what swift-metrics has no words for. The catalogue is the
// list of ours; what is asked for under another name is taken as it comes.

package struct MetricFamily: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }
    package var name: String
    package var kind: Kind
    /// One sentence, its unit included.
    package var help: String
    /// Upper ends of a histogram's buckets, rising, without infinity.
    package var bounds: [Double]

    package static func counter(_ name: String, _ help: String) -> MetricFamily {
        MetricFamily(name: name, kind: .counter, help: help, bounds: [])
    }

    package static func gauge(_ name: String, _ help: String) -> MetricFamily {
        MetricFamily(name: name, kind: .gauge, help: help, bounds: [])
    }

    package static func histogram(_ name: String, _ help: String, _ bounds: [Double]) -> MetricFamily {
        MetricFamily(name: name, kind: .histogram, help: help, bounds: bounds)
    }

    /// For histograms that nobody described: seconds from a tenth of a millisecond to ten.
    static let standardBounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
}
