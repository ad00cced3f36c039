// Health for supervisors: is it alive, has it started, may it trade. Anybody who reaches the server learns whether;
// why not is only for those whom the bot's affairs concern.

import Trading
import TradingDomain

extension ControlRoutes {
    /// A loop that has not turned for longer is not alive. Whatever the venue does, whatever is halted or stopping:
    /// as long as the loop turns, a restart would make nothing better.
    static let turnLimit: Duration = .seconds(30)

    var health: [ControlRoute] {
        [
            .get("/livez", access: .open) { _ in
                guard let since = desk.sinceLastTurn, since > Self.turnLimit else {
                    return Self.health(true, [])
                }
                return Self.health(false, ["the loop has not turned for \(since.components.seconds) s"])
            },
            .get("/startupz", access: .open) { _ in
                switch desk.overview?.lifecycle {
                case nil:
                    Self.health(
                        false,
                        ["the store is being opened, or the venue is asked for its markets (see the log)"])
                case .starting, .recovering: Self.health(false, ["recovery is not complete"])
                case .trading, .paused, .halted, .idle, .stopping, .ended: Self.health(true, [])
                }
            },
            .get("/readyz", access: .named) { request in
                guard let core = desk.overview else {
                    return Self.health(
                        false,
                        ["the store is being opened, or the venue is asked for its markets (see the log)"])
                }
                // A reason may hold what an operator, a strategy or the venue said.
                let reasons = request.isTrusted ? core.gateClosedBy : ["who has the token is told why"]
                return Self.health(core.isGateOpen, core.isGateOpen ? [] : reasons)
            },
        ]
    }

    private struct Health: Encodable {
        var ok: Bool
        var reasons: [String]
    }

    private static func health(_ isWell: Bool, _ reasons: [String]) -> ControlResponse {
        .json(Health(ok: isWell, reasons: reasons), status: isWell ? 200 : 503)
    }
}
