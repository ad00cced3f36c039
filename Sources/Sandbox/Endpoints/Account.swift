import ExchangeModel
import TradingDomain

// What the account is: its balances, fees, portfolio, permissions; and the venue's clock.

extension Venue {
    private static let accountDefault = 49
    private static let accountLimit = 250

    mutating func answerAccounts(_ query: Query) -> Reply {
        advance()
        do throws(InvalidArgument) {
            let limit = try OrderFilter.limit(query, standard: Self.accountDefault, most: Self.accountLimit)
            let cursor = try OrderFilter.cursor(query)
            let first = cursor == .max ? 0 : Int(clamping: cursor)
            let all = engine.balances
            let page = Array(all.enumerated().dropFirst(first).prefix(limit))
            let more = first + page.count < all.count
            return .json(capacity: 500 * page.count + 64) { json in
                json.array("accounts") { json in
                    for (index, balance) in page { account(index, balance, &json) }
                }
                json.field("has_next", more)
                json.field("cursor", more ? String(first + page.count) : "")
                json.number("size", page.count)
            }
        } catch {
            return .invalid(error.text)
        }
    }

    mutating func answerAccount(_ id: String) -> Reply {
        advance()
        guard let number = ids.number(.account, id), number >= 1, number <= engine.balances.count else {
            return .notFound("account not found")
        }
        return .json { json in
            json.key("account") { account(Int(number) - 1, engine.balances[Int(number) - 1], &$0) }
        }
    }

    private func account(_ index: Int, _ balance: Balance, _ json: inout JSONWriter) {
        let isFiat = ["USD", "EUR", "GBP"].contains(balance.currency)
        func amount(_ value: Quantity) -> (inout JSONWriter) -> Void {
            { json in
                json.field("value", value)
                json.field("currency", balance.currency)
            }
        }
        json.object { json in
            json.field("uuid", ids.text(.account, Int64(index + 1)))
            json.field("name", balance.currency + " Wallet")
            json.field("currency", balance.currency)
            json.object("available_balance", amount(balance.available))
            json.field("default", true)
            json.field("active", true)
            json.field("created_at", clock.shown(tape.since))
            json.field("updated_at", shownNow)
            json.null("deleted_at")
            json.field("type", constant: isFiat ? "ACCOUNT_TYPE_FIAT" : "ACCOUNT_TYPE_CRYPTO")
            json.field("ready", true)
            json.object("hold", amount(balance.held))
            json.field("retail_portfolio_id", portfolioID)
            json.field("platform", constant: "ACCOUNT_PLATFORM_CONSUMER")
        }
    }

    func answerTime() -> Reply {
        let now = clock.shown(clock.now())
        let millis = now.nanoseconds / 1_000_000
        return .json { json in
            json.field("iso", now)
            json.field("epochSeconds", String(millis / 1000))
            json.field("epochMillis", String(millis))
        }
    }

    func answerPermissions() -> Reply {
        .json { json in
            json.field("can_view", permissions.canView)
            json.field("can_trade", permissions.canTrade)
            json.field("can_transfer", permissions.canTransfer)
            json.field("portfolio_uuid", portfolioID)
            json.field("portfolio_type", constant: "DEFAULT")
        }
    }

    func answerPortfolios(_ query: Query) -> Reply {
        let type = query["portfolio_type"] ?? "DEFAULT"
        return .json { json in
            json.array("portfolios") { json in
                guard type == "DEFAULT" || type == "UNDEFINED" else { return }
                json.object { json in
                    json.field("name", constant: "Default")
                    json.field("uuid", portfolioID)
                    json.field("type", constant: "DEFAULT")
                    json.field("deleted", false)
                }
            }
        }
    }

    mutating func answerSummary() -> Reply {
        advance()
        let product = settings.listings.first?.product
        var volume = Money.zero
        var fees = Money.zero
        engine.fillsBackwards { _, fill in
            if let value = try? fill.price.times(fill.quantity, .down) {
                volume = (try? volume + value) ?? volume
            }
            fees = (try? fees + fill.fee) ?? fees
            return true
        }
        return .json { json in
            json.number("total_volume", decimal: volume)
            json.number("total_fees", decimal: fees)
            json.object("fee_tier") { json in
                json.field("pricing_tier", constant: "Intro 1")
                json.field("usd_from", constant: "0")
                json.field("usd_to", constant: "10000")
                json.field("taker_fee_rate", product?.takerFee ?? .zero)
                json.field("maker_fee_rate", product?.makerFee ?? .zero)
                json.field("aop_from", constant: "")
                json.field("aop_to", constant: "")
            }
            json.null("margin_rate")
            json.null("goods_and_services_tax")
            json.number("advanced_trade_only_volume", decimal: volume)
            json.number("advanced_trade_only_fees", decimal: fees)
            json.number("advanced_trade_only_volumes", decimal: volume)
            json.number("coinbase_pro_volume", 0)
            json.number("coinbase_pro_fees", 0)
            json.field("total_balance", (engine.balance("USD")?.total ?? .zero))
            json.field("has_promo_fee", false)
        }
    }

    /// What ccxt asks of the older interface before it loads the markets.
    func answerEmptyData() -> Reply { .json { $0.array("data") { _ in } } }
}
