// What the doctor asks the venue: reached, in time, allowed, listed, connected.

import Exchanges
import Trading
import TradingDomain

struct VenueChecks {
    private let configuration: Configuration
    private let probe: VenueProbe
    /// Without a key only what is public can be asked.
    private let hasKey: Bool

    init(_ configuration: Configuration, _ probe: VenueProbe, hasKey: Bool) {
        self.configuration = configuration
        self.probe = probe
        self.hasKey = hasKey
    }

    func run(_ findings: inout Findings) {
        // Nothing else makes sense of a venue that can't be reached.
        guard checkClock(&findings) else { return }
        if hasKey {
            guard checkPermissions(&findings) else { return }
        }
        let areListed = checkProducts(&findings)
        if hasKey {
            checkFees(&findings)
            checkOrders(&findings)
            checkBalances(&findings)
        }
        if areListed {
            checkFeed(.market, "market feed", configuration.venue.marketURL, &findings)
        } else {
            findings.note(
                .warn(
                    "market feed", "not tried: a venue does not serve markets that it does not list",
                    "see products"))
        }
        if hasKey { checkFeed(.orders, "user feed", configuration.venue.userURL, &findings) }
    }

    // MARK: Each of them

    /// - Returns: whether the venue answers at all.
    private func checkClock(_ findings: inout Findings) -> Bool {
        var best: ClockReading?
        // Each answer is the best estimate so far; a slow round trip must not decide.
        for _ in 0..<5 {
            switch probe.ask(.time) {
            case .time(let reading): best = reading
            case .failed(let failure) where best == nil:
                findings.note(
                    .fail(
                        "endpoint", "\(configuration.venue.restURL) does not answer: \(failure.reason)",
                        "check exchange.rest_url, the network, DNS and the proxy; behind an authority of your "
                            + "own name its certificate in exchange.ca_file"))
                return false
            default: break
            }
        }
        findings.note(.ok("endpoint", "\(configuration.venue.restURL) answers"))
        guard let reading = best else { return true }
        let words =
            "the venue's clock is \(Self.text(reading.offset)) off ours, known to within "
            + Self.text(reading.uncertainty)
        let limit = configuration.core.maximumClockUncertainty
        if reading.uncertainty > limit {
            findings.note(
                .fail(
                    "clock", "\(words); allowed are \(Values.text(limit))",
                    "use a faster way to the venue, or raise exchange.max_clock_drift; nothing is placed while "
                        + "the clock is not known better"))
        } else if Self.magnitude(reading.offset) > .seconds(1) {
            findings.note(
                .warn("clock", words, "trader247 allows for it, but let NTP keep this machine's clock right"))
        } else {
            findings.note(.ok("clock", words))
        }
        return true
    }

    /// - Returns: whether the key is accepted.
    private func checkPermissions(_ findings: inout Findings) -> Bool {
        let permissions: KeyPermissions
        switch probe.ask(.permissions) {
        case .permissions(let told): permissions = told
        case .failed(let failure):
            findings.note(
                .fail(
                    "permissions", "the venue does not accept the key: \(failure.reason)",
                    "check that key and key name belong together, that the key was not deleted or expired, and "
                        + "that its list of addresses, if it has one, allows this machine",
                    isConfiguration: true))
            return false
        default: return false
        }
        switch (permissions.canView, permissions.canTrade) {
        case (true, true): findings.note(.ok("permissions", "the key may view and trade"))
        default:
            findings.note(
                .fail(
                    "permissions", "the key may not \(permissions.canView ? "trade" : "view the account")",
                    "make a key that may view and trade", isConfiguration: true))
        }
        if permissions.canTransfer {
            findings.note(
                .warn(
                    "transfer", "THE KEY MAY MOVE MONEY OUT OF THE ACCOUNT",
                    "whoever gets hold of it can empty the account: replace it by one without `transfer`"))
        } else {
            findings.note(.ok("transfer", "the key can't move money"))
        }
        switch configuration.venue.portfolio {
        case permissions.portfolio?: findings.note(.ok("portfolio", permissions.portfolio))
        case let portfolio?:
            findings.note(
                .fail(
                    "portfolio", "the key belongs to \(permissions.portfolio), configured is \(portfolio)",
                    "set exchange.portfolio to the key's, or use the key of the right portfolio",
                    isConfiguration: true))
        case nil:
            findings.note(
                .warn(
                    "portfolio", "the key belongs to \(permissions.portfolio)",
                    "live trading needs `exchange.portfolio: \(permissions.portfolio)` in the file"))
        }
        return true
    }

    /// - Returns: whether the venue lists every market of the strategies.
    private func checkProducts(_ findings: inout Findings) -> Bool {
        let products: [Product]
        switch probe.ask(.products) {
        case .products(let told): products = told
        case .failed(let failure):
            findings.note(
                .fail("products", "the venue does not list its markets: \(failure.reason)", "try again"))
            return true
        default: return true
        }
        var areListed = true
        let known = Dictionary(products.map { ($0.symbol, $0) }) { first, _ in first }
        for strategy in configuration.strategies where strategy.isEnabled {
            for symbol in strategy.symbols {
                guard let product = known[symbol] else {
                    areListed = false
                    findings.note(
                        .fail(
                            "products",
                            "\(symbol) of strategy '\(strategy.name)' is not a market of this venue",
                            "take it out of the strategy", isConfiguration: true))
                    continue
                }
                findings.note(Self.finding(product, strategy.settings))
            }
        }
        return areListed
    }

    private func checkFees(_ findings: inout Findings) {
        switch probe.ask(.fees) {
        case .fees(let fees):
            findings.note(.ok("fees", "maker \(Self.percent(fees.maker)), taker \(Self.percent(fees.taker))"))
        case .failed(let failure):
            findings.note(
                .fail(
                    "fees", "the account's fees are not told: \(failure.reason)", "try again; see permissions"
                ))
        default: break
        }
    }

    private func checkOrders(_ findings: inout Findings) {
        let markets = configuration.strategies.filter(\.isEnabled).flatMap(\.symbols)
        switch probe.workingOrders(markets: Set(markets).sorted()) {
        case .success(let found):
            let ours = found.orders.filter { ClientOrderID($0.clientOrderID)?.bot == configuration.bot }.count
            let words = "\(ours) of bot \(configuration.bot), \(found.orders.count - ours) of others"
            findings.note(Self.finding(found, words, limit: configuration.venue.openListLimit))
        case .failure(let problem):
            findings.note(
                .fail(
                    "working orders", "they can't be listed: \(problem.reason)",
                    "without this list no stop can prove that the account is clean; try again, see permissions"
                ))
        }
    }

    private static func finding(_ found: VenueProbe.WorkingOrders, _ words: String, limit: Int) -> Finding {
        let advice = "cancel orders of others, or give the bot a portfolio of its own"
        if !found.crowded.isEmpty {
            let markets = found.crowded.map(\.description).joined(separator: ", ")
            return .warn(
                "working orders",
                "\(markets) alone has \(limit) open orders or more, and the venue lists no more: orders of ours may be "
                    + "hidden (seen are \(words)); a stop could not prove that none is left and would end with 3",
                advice)
        }
        guard found.isCutOff else { return .ok("working orders", "the list works: \(words)") }
        return .warn(
            "working orders",
            "the account has \(limit) open orders or more, and the venue lists no more (seen are \(words)): a stop asks "
                + "market by market, and without its state a sweep can't",
            advice)
    }

    private func checkBalances(_ findings: inout Findings) {
        switch probe.balances() {
        case .success(let balances):
            let held = balances.filter { !$0.available.isZero || !$0.hold.isZero }.map(\.currency).sorted()
            findings.note(
                .ok(
                    "balances", held.isEmpty ? "the account is empty" : "in \(held.joined(separator: ", "))"))
        case .failure(let problem):
            findings.note(
                .fail("balances", "they can't be read: \(problem.reason)", "try again; see permissions"))
        }
    }

    private func checkFeed(_ feed: Feed, _ check: String, _ url: String, _ findings: inout Findings) {
        if let trouble = probe.connect(feed) {
            findings.note(
                .fail(
                    check, "\(url): \(trouble)",
                    "check the address and that the network lets WebSockets through"))
        } else {
            findings.note(.ok(check, "\(url) is connected"))
        }
    }
}
