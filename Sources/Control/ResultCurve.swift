// The result of this life over time, for the console's curve: at most a thousand points. When they are full every
// second one goes and the pace is halved, so that a curve of a minute and one of a month both fit.

import Trading
import TradingDomain

package struct ResultCurve: Sendable {
    package struct Point: Codable, Equatable, Sendable {
        package var at: UTCInstant
        /// Quote units: realised after fees plus unrealised.
        package var result: Money
    }

    package static let limit = 1_000

    package private(set) var points: [Point] = []
    private(set) var pace: Duration = .seconds(2)

    package init() {}

    package mutating func add(_ result: Money, at: UTCInstant) {
        if let last = points.last, at - last.at < pace { return }
        points.append(Point(at: at, result: result))
        guard points.count > Self.limit else { return }
        points = points.indices.filter { $0.isMultiple(of: 2) }.map { points[$0] }
        pace *= 2
    }
}
