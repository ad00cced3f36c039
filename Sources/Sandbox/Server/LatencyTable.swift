import ExchangeModel

// How long answers take: a time for everything, and others for the endpoints that a pattern names. The last
// pattern that matches counts.

struct LatencyTable {
    private struct Entry {
        let pattern: EndpointPattern
        let text: String
        let latency: Duration
        let jitter: Duration
    }
    var standard: Duration
    private var entries: [Entry] = []
    private var chance: SeededGenerator

    init(_ standard: Duration, seed: UInt64) {
        self.standard = standard
        chance = SeededGenerator(seed: SeededGenerator.seed(seed, 0x4C41))
    }

    /// False when the text is no pattern.
    mutating func set(_ text: String, _ latency: Duration, jitter: Duration) -> Bool {
        guard let pattern = EndpointPattern(text) else { return false }
        entries.removeAll { $0.text == text }
        entries.append(Entry(pattern: pattern, text: text, latency: latency, jitter: jitter))
        return true
    }

    mutating func removeAll() { entries = [] }

    /// Uniform within the jitter around the latency, never negative.
    mutating func pick(_ method: String, _ path: some StringProtocol) -> Duration {
        guard let entry = entries.last(where: { $0.pattern.matches(method, path) }) else { return standard }
        let jitter = entry.jitter.wholeNanoseconds
        guard jitter > 0 else { return entry.latency }
        return max(.zero, entry.latency + .nanoseconds(chance.below(2 * jitter + 1) - jitter))
    }

    func write(to json: inout JSONWriter) {
        json.number("standard_us", standard.wholeNanoseconds / 1000)
        json.array("latencies") { json in
            for entry in entries {
                json.object { json in
                    json.field("endpoint", entry.text)
                    json.number("us", entry.latency.wholeNanoseconds / 1000)
                    json.number("jitter_us", entry.jitter.wholeNanoseconds / 1000)
                }
            }
        }
    }
}
