import ExchangeModel
import TradingDomain

// Several portfolios on one account: what each is called, what it owns, whose keys belong to it.

extension ControlPlane {
    func portfolios() -> Reply {
        .json { json in
            json.array("portfolios") { json in
                for (number, venue) in core.venues.enumerated() {
                    json.object { json in
                        json.field("name", core.portfolios.names[number])
                        json.field("portfolio_id", venue.portfolioID)
                        json.array("keys") { json in
                            for key in core.portfolios.keys(of: number) { json.string(key) }
                        }
                    }
                }
            }
        }
    }

    private struct PortfolioBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case name, keys, balances }
        var name: String
        var keys: [String]?
        var balances: [String: Quantity]?
    }

    func setPortfolio(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(PortfolioBody.self, request)
        let keys = body.keys ?? []
        if let unknown = keys.first(where: { !core.authenticator.knows($0) }) {
            throw InvalidArgument("there is no key \(unknown)")
        }
        let number = try number(of: body.name, balances: body.balances)
        for key in keys { core.portfolios.bind(key, to: number) }
        return .json { $0.field("portfolio_id", core.venues[number].portfolioID) }
    }

    /// Of the portfolio of this name, which is made where there is none.
    private func number(of name: String, balances: [String: Quantity]?) throws(InvalidArgument) -> Int {
        if let known = core.portfolios.names.firstIndex(of: name) { return known }
        do throws(EngineError) { return try core.addPortfolio(name, balances: balances) } catch {
            throw InvalidArgument("balances are currencies with amounts in strings, none negative: \(error)")
        }
    }
}
