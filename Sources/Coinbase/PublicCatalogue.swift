// The venue's markets as everybody may see them: one question without a key, one typed outcome. Whether to ask again
// is for others to decide.

import Exchanges
import NIOCore
import Trading
import TradingDomain
import Transport

package final class PublicCatalogue: Sendable {
    private let lane: HTTPLane
    private let patience: Duration

    package init(_ settings: CoinbaseSettings) throws(ExchangeError) {
        let endpoint: Endpoint
        do throws(EndpointError) {
            endpoint = try Endpoint(settings.restURL, .rest)
        } catch {
            throw ExchangeError(error.description)
        }
        patience = min(settings.queryTimeout, settings.callTimeout)
        lane = HTTPLane(
            endpoint, connections: 1, trust: settings.trust, on: CoinbaseExchange.thread.next(),
            authorize: { _ in nil })
        lane.warm()
    }

    deinit { lane.close() }

    /// Unsent, so a failure, as long as there is no connection. `done` is called exactly once, on the event loop.
    package func ask(_ done: @escaping @Sendable (Result<ProductList, QuestionFailure>) -> Void) {
        let request = CommandWriter(isKeyed: false).products()
        let wire = HTTPRequest(
            method: request.method, path: request.path, query: request.query,
            headers: [("Cache-Control", "no-cache")])
        lane.send(wire, patience: patience) { outcome in
            switch outcome {
            case .unsent(let why), .ambiguous(let why):
                let words = StrangersText.clean(why, limit: 200)
                done(.failure(QuestionFailure(CallFailure("\(request.endpoint): \(words)"))))
            case .answered(let answer):
                let reply = Reply(
                    endpoint: request.endpoint, status: answer.status, headers: answer.headers,
                    body: answer.body)
                done(ProductsAnswer.list(of: reply))
            }
        }
    }
}
