// Where Prometheus looks. What is measured tells of money, so that a scrape shows the token like everybody else.

import Control
import Telemetry

extension ControlRoute {
    static func metrics(_ metrics: TradingMetrics) -> ControlRoute {
        .get("/metrics") { _ in .text(metrics.render(), contentType: TradingMetrics.contentType) }
    }
}
