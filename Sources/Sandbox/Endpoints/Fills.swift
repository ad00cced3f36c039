import TradingDomain

// GET /orders/historical/fills: pages with a cursor and nothing that says whether there are more.

extension Venue {
    mutating func answerFills(_ request: Request, _ fired: FiredFaults) -> Reply {
        advance()
        let filter: FillFilter
        do throws(InvalidArgument) {
            filter = try FillFilter(request.query, self)
        } catch {
            return .invalid(error.text)
        }
        let page = fills(filter)
        let shown = fired.proofTokenRequired ? (page.rows.count + 1) / 2 : page.rows.count
        return .json(capacity: 600 * shown + 128) { json in
            let user = userID
            let portfolio = portfolioID
            json.array("fills") { json in
                for row in page.rows.prefix(shown) {
                    json.fill(row, self, userID: user, portfolioID: portfolio)
                }
            }
            json.field("cursor", fired.proofTokenRequired ? "" : page.next ?? "")
            json.field("proof_token_required", fired.proofTokenRequired)
        }
    }
}

extension JSONWriter {
    mutating func fill(_ row: FillRow, _ venue: Venue, userID: String, portfolioID: String) {
        let fill = row.fill
        let type: StaticString =
            switch fill.kind {
            case .trade: "FILL"
            case .reversal: "REVERSAL"
            case .correction: "CORRECTION"
            case .synthetic: "SYNTHETIC"
            }
        object { json in
            json.field("entry_id", row.entryID)
            json.field("trade_id", venue.ids.text(.trade, row.trade))
            json.field("order_id", venue.orderID(Venue.number(fill.exchangeOrderID) ?? 0))
            json.field("trade_time", venue.clock.shown(fill.at))
            json.field("trade_type", constant: type)
            json.field("price", fill.price)
            json.field("size", fill.quantity)
            json.field("commission", fill.fee)
            json.field("product_id", fill.symbol.description)
            json.field("sequence_timestamp", venue.clock.shown(fill.at))
            json.field("liquidity_indicator", constant: fill.liquidity == .maker ? "MAKER" : "TAKER")
            json.field("size_in_quote", false)
            json.field("user_id", userID)
            json.field("side", constant: fill.side == .buy ? "BUY" : "SELL")
            json.field("retail_portfolio_id", portfolioID)
            json.field("fillSource", constant: "FILL_SOURCE_CLOB")
        }
    }
}
