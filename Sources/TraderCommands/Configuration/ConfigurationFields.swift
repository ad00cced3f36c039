// The catalogue's other half: the fields of those settings that are lists or tables. What reads them asks here which
// there are; so do `config init`, the JSON Schema and the documentation.

import Alerting
import Strategies
import Trading

/// One field of an entry of a list.
struct Field: Sendable {
    let name: String
    let shape: Shape
    /// Nil for a required one, and for one that is simply not there.
    var standard: String?
    var isRequired = false
    let meaning: String

    init(
        _ name: String, _ shape: Shape, _ meaning: String, standard: String? = nil, isRequired: Bool = false
    ) {
        self.name = name
        self.shape = shape
        self.standard = standard
        self.isRequired = isRequired
        self.meaning = meaning
    }
}

enum Fields {
    static let market = Shape.text("a market like BTC-USD", pattern: Shape.marketPattern)
    static let markets = Shape.list(of: market, "markets like [BTC-USD, ETH-USD], each once")

    static let product: [Field] = [
        Field("symbol", market, "the market", isRequired: true),
        Field("base_increment", .positive, "step of quantities, base units", isRequired: true),
        Field("price_increment", .positive, "step of prices", isRequired: true),
        Field("start_price", .positive, "where a simulated market begins", isRequired: true),
        Field("min_quantity", .positive, "the smallest order, base units; `base_increment` if left out"),
        Field("max_quantity", .positive, "the largest order, base units", standard: "1000000000"),
        Field("min_notional", .fromZero, "the least that an order is worth", standard: "1"),
        Field("maker_fee", .fromZero, "a fraction", standard: "0.004"),
        Field("taker_fee", .fromZero, "a fraction", standard: "0.006"),
        Field("depth", .positive, "usual size of the best price; `base_increment` if left out"),
    ]

    static let alertTypes = ["slack", "webhook", "sendmail", "command"]
    static let alertEvents = AlertTopic.allCases.filter { $0 != .test }.map(\.rawValue)

    static let alert: [Field] = [
        Field("type", .choice(alertTypes), "what takes them", isRequired: true),
        Field(
            "name", .text("1 to 32 of a-z, 0-9 and -", pattern: "[a-z0-9-]{1,32}"),
            "unique; the type if left out"),
        Field("url", .text("an address"), "where `slack` and `webhook` send to; it may be a secret"),
        Field("url_file", .text("a file"), "the same, kept in a file of its own"),
        Field("secret_file", .text("a file"), "the secret that signs what a `webhook` gets"),
        Field("ca_file", .text("a file"), "certificates (PEM) instead of this machine's"),
        Field(
            "command",
            .list(of: .text("a word"), "a list of words, the program's whole path first"),
            "what `command` runs; for `sendmail` the program's path alone"),
        Field(
            "to", .list(of: .text("a mail address"), "a mail address, or a list of them"), "for `sendmail`"),
        Field("from", .text("a mail address"), "for `sendmail`"),
        Field("level", .choice(["info", "warning", "alert"]), "the least that is told", standard: "info"),
        Field("events", .list(of: .choice(alertEvents), "a list of events"), "only these; all if left out"),
        Field(
            "timeout", .duration(from: .milliseconds(100), to: .seconds(30)), "for one attempt",
            standard: "4s"),
    ]
}

extension [Field] {
    var names: [String] { map(\.name) }
    var required: [String] { filter(\.isRequired).map(\.name) }
    func named(_ name: String) -> Field? { first { $0.name == name } }
}
