import TradingDomain

// A baseline is the part of a report that a later one is compared with: which data, which parameters, which figures.
// A whole report is one as well.

/// Recorded data as a report names them.
package struct DataIdentity: Codable, Equatable, Sendable {
    package var file: String
    package var symbol: Symbol
    /// "trades" or "bars".
    package var kind: String
    package var rows: Int
    package var bytes: Int
    /// FNV-1a of the file's bytes, hexadecimal.
    package var checksum: String

    package init(file: String, symbol: Symbol, kind: String, rows: Int, bytes: Int, checksum: String) {
        self.file = file
        self.symbol = symbol
        self.kind = kind
        self.rows = rows
        self.bytes = bytes
        self.checksum = checksum
    }
}

/// A setting that one run of several has.
package struct BacktestParameter: Codable, Equatable, Sendable, CustomStringConvertible {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
    package var description: String { "\(key)=\(value)" }
}

package struct Baseline: Codable, Equatable, Sendable {
    package struct Run: Codable, Equatable, Sendable {
        package var parameters: [BacktestParameter]
        package var figures: BacktestFigures

        package init(parameters: [BacktestParameter], figures: BacktestFigures) {
            self.parameters = parameters
            self.figures = figures
        }
        var name: String { parameters.map(\.description).joined(separator: " ") }
    }

    package static let format = 1

    package var format = Self.format
    package var data: [DataIdentity]
    package var runs: [Run]

    package init(data: [DataIdentity], runs: [Run]) {
        self.data = data
        self.runs = runs
    }

    /// Everything by which `other`, the newer one, differs by more than `tolerance` percent; one sentence each, empty when
    /// it holds.
    package func differences(from other: Baseline, tolerance: Rate) -> [String] {
        var found: [String] = []
        let old = data.map { "\($0.symbol) \($0.kind) \($0.checksum)" }
        let new = other.data.map { "\($0.symbol) \($0.kind) \($0.checksum)" }
        if old != new {
            found.append(
                "the data are others: \(new.joined(separator: ", ")), the baseline's are \(old.joined(separator: ", "))"
            )
        }
        for run in runs where !other.runs.contains(where: { $0.parameters == run.parameters }) {
            found.append(
                "the baseline has a run that is missing now: \(run.name.isEmpty ? "no parameters" : run.name)"
            )
        }
        for run in other.runs {
            let prefix = run.name.isEmpty ? "" : run.name + ": "
            guard let before = runs.first(where: { $0.parameters == run.parameters }) else {
                found.append("\(prefix)the baseline has no such run")
                continue
            }
            for (was, new) in zip(before.figures.named, run.figures.named) {
                if let words = Self.difference(was.value, new.value, tolerance) {
                    found.append("\(prefix)\(was.name) \(words)")
                }
            }
        }
        return found
    }

    /// Nil when `new` is within `tolerance` percent of `old`. What was zero must stay zero.
    private static func difference(_ old: Money, _ new: Money, _ tolerance: Rate) -> String? {
        if old == new { return nil }
        let words = "was \(old), is \(new)"
        guard !old.isZero, let distance = try? (new - old).magnitude,
            let percent = try? distance.scaled(by: 100, over: 1, .up).over(old.magnitude, .halfEven)
        else { return words }
        guard percent > tolerance else { return nil }
        let shown = (try? percent.rounded(to: Rate(basisPoints: 1), .halfEven)) ?? percent
        return "\(words) (\(new > old ? "+" : "-")\(shown) %)"
    }
}
