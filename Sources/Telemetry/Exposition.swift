// The text format of Prometheus, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
// Families in the order of their names and series in the order of their labels: two scrapes differ in numbers alone.

package enum Exposition {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// `prefix` picks the families whose names begin with it.
    package static func text(of registry: PrometheusRegistry, prefix: String = "") -> String {
        var text = ""
        for (family, series) in registry.collect() where !series.isEmpty && family.name.hasPrefix(prefix) {
            if !family.help.isEmpty { text += "# HELP \(family.name) \(escapedHelp(family.help))\n" }
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for series in series { write(series, of: family, to: &text) }
        }
        return text
    }

    private static func write(
        _ series: PrometheusRegistry.Series, of family: MetricFamily, to text: inout String
    ) {
        switch series.cell.value {
        case .whole(let value): line(family.name, series.labels, "\(value)", &text)
        case .number(let value): line(family.name, series.labels, number(value), &text)
        case .histogram(let counts, let sum):
            var total: Int64 = 0
            for (index, count) in counts.enumerated() {
                total += count
                let bound = index < family.bounds.count ? number(family.bounds[index]) : "+Inf"
                let le = "le=\"\(bound)\""
                line(
                    family.name + "_bucket", series.labels.isEmpty ? le : "\(series.labels),\(le)",
                    "\(total)", &text)
            }
            line(family.name + "_sum", series.labels, number(sum), &text)
            line(family.name + "_count", series.labels, "\(total)", &text)
        }
    }

    private static func line(_ name: String, _ labels: String, _ value: String, _ text: inout String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(.towardZero), value.magnitude < 1e15 { return "\(Int64(value))" }
        return "\(value)"
    }

    // MARK: Names and labels

    /// Letters, digits, `_` and `:`, no digit first; anything else becomes `_`.
    static func name(_ label: String) -> String { clean(label, colons: true) }

    /// Labels by name, escaped. The last of two with one name wins; an empty one is none, as Prometheus sees it.
    static func labels(_ labels: [(String, String)]) -> String {
        var byName: [String: String] = [:]
        for (name, value) in labels { byName[clean(name, colons: false)] = value }
        return byName.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map {
            "\($0.key)=\"\(escaped($0.value))\""
        }
        .joined(separator: ",")
    }

    private static func clean(_ text: String, colons: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            let isAllowed =
                ("a"..."z").contains(character) || ("A"..."Z").contains(character)
                || ("0"..."9").contains(character) || character == "_" || (colons && character == ":")
            result.unicodeScalars.append(isAllowed ? character : "_")
        }
        guard let first = result.unicodeScalars.first, !("0"..."9").contains(first) else {
            return "_" + result
        }
        return result
    }

    private static func escaped(_ value: String) -> String {
        escape(value) { $0 == "\"" }
    }

    private static func escapedHelp(_ help: String) -> String {
        escape(help) { _ in false }
    }

    private static func escape(_ text: String, also isSpecial: (Unicode.Scalar) -> Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            default:
                if isSpecial(scalar) { result.append("\\") }
                result.append(scalar)
            }
        }
        return String(result)
    }
}
