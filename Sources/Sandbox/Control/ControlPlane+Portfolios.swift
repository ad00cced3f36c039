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

    private struct PortfolioBody: Decodable {
        var name: String
        var keys: [String]?
    }

    private struct Balances: Decodable { var balances: [String: Quantity]? }

    func setPortfolio(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(PortfolioBody.self, request)
        let keys = body.keys ?? []
        if let stranger = keys.first(where: { !core.authenticator.knows($0) }) {
            throw InvalidArgument("there is no key \(stranger)")
        }
        let balances = try self.body(Balances.self, request).balances
        guard
            let number = core.portfolios.names.firstIndex(of: body.name)
                ?? core.addPortfolio(body.name, balances: balances)
        else { throw InvalidArgument("balances are currencies with amounts in strings, none negative") }
        for key in keys { core.portfolios.bind(key, to: number) }
        return .json { $0.field("portfolio_id", core.venues[number].portfolioID) }
    }
}
