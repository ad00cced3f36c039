// Where Prometheus looks. What is measured tells of money, so that a scrape shows the token like everybody else.

import Control
import Telemetry

extension ControlRoute {
    static func metrics(_ metrics: TradingMetrics) -> ControlRoute {
        .get("/metrics") { _ in
            let scrape = metrics.scrape()
            var response = ControlResponse.text(scrape.text, contentType: TradingMetrics.contentType)
            response.whenWritten = scrape.wasWritten
            return response
        }
    }
}
