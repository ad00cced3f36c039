// The settings that are lists or tables: the paper exchange's products and balances. Strategies and alerts have files
// of their own.

import Exchanges
import TradingDomain
import Yams

extension ConfigurationLoader {
    mutating func readList(_ key: String, _ node: Node) {
        switch key {
        case "strategies": if strategies.file == nil { readStrategies(changedByFlags(node)) }
        case "paper.products": readProducts(node)
        case "alerts": readAlerts(node)
        default: readBalances(node)
        }
    }

    // MARK: The paper exchange's account

    private mutating func readBalances(_ node: Node) {
        guard case .mapping(let mapping) = node else {
            return note(place(node), "paper.balances", "must be a table like {USD: 100000, BTC: 1}")
        }
        var balances: [String: Quantity] = [:]
        for (keyNode, valueNode) in mapping {
            let currency = keyNode.string ?? "?"
            let key = "paper.balances.\(currency)"
            if Symbol("\(currency)-X") == nil {
                note(place(keyNode), key, "a currency has 1 to 16 of A-Z and 0-9")
            }
            read(valueNode, key, "a decimal number from 0 on") {
                Values.decimal($0, zero: true) as Quantity?
            } into: {
                balances[currency] = $0
            }
        }
        change { $0.account.balances = balances }
    }

    private mutating func readProducts(_ node: Node) {
        guard case .sequence(let items) = node, !items.isEmpty else {
            return note(place(node), "paper.products", "must be a list of at least one product")
        }
        var listings: [PaperListing] = []
        for (index, item) in items.enumerated() {
            if let listing = readProduct(item, "paper.products[\(index)]") { listings.append(listing) }
        }
        change { $0.account.listings = listings }
    }

    private mutating func readProduct(_ node: Node, _ key: String) -> PaperListing? {
        guard let table = readTable(node, key, Fields.product.names, required: Fields.product.required)
        else { return nil }
        let fields = table.fields
        let named = fields["symbol"]?.string.flatMap { Symbol($0) }
        if let field = fields["symbol"], named == nil {
            note(place(field), "\(key).symbol", "must be a market like BTC-USD")
        }
        // In the place of one that can't be read, so that its other mistakes are told.
        guard let symbol = named ?? Symbol("X-X") else { return nil }
        var listing = PaperListing(
            product: Product(
                symbol: symbol, baseIncrement: Quantity(1), priceIncrement: Price(1), minimumQuantity: .zero,
                maximumQuantity: Quantity(1_000_000_000), minimumNotional: Money(1),
                makerFee: Rate(basisPoints: 40), takerFee: Rate(basisPoints: 60)),
            firstMid: Price(1), levelQuantity: Quantity(1))
        decimal(fields, "base_increment", key) { listing.product.baseIncrement = $0 }
        listing.product.minimumQuantity = listing.product.baseIncrement
        listing.levelQuantity = listing.product.baseIncrement
        decimal(fields, "price_increment", key) { listing.product.priceIncrement = $0 }
        decimal(fields, "min_quantity", key) { listing.product.minimumQuantity = $0 }
        decimal(fields, "max_quantity", key) { listing.product.maximumQuantity = $0 }
        decimal(fields, "min_notional", key, zero: true) { listing.product.minimumNotional = $0 }
        decimal(fields, "maker_fee", key, zero: true) { listing.product.makerFee = $0 }
        decimal(fields, "taker_fee", key, zero: true) { listing.product.takerFee = $0 }
        decimal(fields, "start_price", key) { listing.firstMid = $0 }
        decimal(fields, "depth", key) { listing.levelQuantity = $0 }
        return named == nil || !table.missing.isEmpty ? nil : listing
    }

    // MARK: Parts

    /// The fields of a table by name, its unknown and missing ones noted; nil when it is none.
    mutating func readTable(_ node: Node, _ key: String, _ known: [String], required: [String])
        -> (fields: [String: Node], missing: [String])?
    {
        guard case .mapping(let mapping) = node else {
            note(place(node), key, "must be a table with the keys \(known.joined(separator: ", "))")
            return nil
        }
        var fields: [String: Node] = [:]
        for (keyNode, valueNode) in mapping {
            let name = keyNode.string ?? "?"
            if known.contains(name) {
                fields[name] = valueNode
            } else {
                let meant = Suggestion.of(name, among: known).map { "; did you mean \($0)?" }
                note(
                    place(keyNode), "\(key).\(name)",
                    "unknown key" + (meant ?? "; known here: \(Suggestion.list(known, for: name))"))
            }
        }
        let missing = required.filter { fields[$0] == nil }
        for name in missing { note(place(node), "\(key).\(name)", "is missing") }
        return (fields, missing)
    }

    mutating func read<Value>(
        _ node: Node?, _ key: String, _ allowed: String, _ parse: (String) -> Value?,
        into take: (Value) -> Void
    ) {
        guard let node else { return }
        if case .scalar(let scalar) = node, let value = parse(scalar.string) {
            take(value)
        } else {
            note(place(node), key, "'\(node.string ?? "?")' is not allowed; allowed: \(allowed)")
        }
    }

    private mutating func decimal<Value: ExactDecimal>(
        _ fields: [String: Node], _ name: String, _ key: String, zero: Bool = false,
        into take: (Value) -> Void
    ) {
        read(
            fields[name], "\(key).\(name)",
            zero ? "a decimal number from 0 on" : "a decimal number above 0",
            { Values.decimal($0, zero: zero) as Value? }, into: take)
    }
}
