// What `config init` writes: every key at its default, commented out. A line that begins with `#` and a word is a
// setting; one that begins with `# ` is for people.

import Exchanges
import Trading
import TradingDomain

struct ConfigurationTemplate {
    /// The file's own name, for the commands that the head names; nil for a file without one.
    var file: String?
    /// Profiles that stand in it ready to be filled.
    var profiles: [String] = []

    func text() -> String {
        guard let standards = Configuration() else { return "" }
        var lines = head
        for (name, settings, lists) in ConfigurationOutline.sections {
            lines.append("")
            if !name.isEmpty { lines.append("\(name):") }
            let indent = name.isEmpty ? "" : "  "
            for setting in settings {
                lines += comment("\(setting.meaning) (\(setting.allowed))", indent)
                let leaf = setting.key.split(separator: ".").last ?? ""
                lines.append("\(indent)#\(leaf): \(setting.standardText(standards))")
            }
            for list in lists { lines += self.list(list, standards).map { indent + $0 } }
        }
        return (lines + [""] + profileLines).joined(separator: "\n") + "\n"
    }

    private var head: [String] {
        let name = file ?? "FILE"
        return [
            "# yaml-language-server: $schema=./trader247.schema.json",
            "# (for editors: trader247 config schema > trader247.schema.json)",
            "#",
            "# Every setting of trader247 \(Version.text) at its default. Take the # away from what you change.",
            "# Over this file go the environment (TRADER247_RISK_MAX_DAILY_LOSS) and flags (--set risk.max_daily_loss=200).",
            "# trader247 config check --config \(name)    every mistake, with its line",
            "# trader247 config show --config \(name)     what is in effect, and where each value comes from",
        ]
    }

    /// A sentence over lines that fit a screen.
    private func comment(_ text: String, _ indent: String) -> [String] {
        var lines: [String] = []
        var line = ""
        // What is a link in the documentation is its words here.
        let plain = text.replacing("`", with: "").replacing(/\[([^\]]*)\]\([^)]*\)/) { $0.output.1 }
        for word in plain.split(separator: " ") {
            if !line.isEmpty, indent.count + 3 + line.count + word.count > 100 {
                lines.append("\(indent)# \(line)")
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + ["\(indent)# \(line)"]
    }

    // MARK: Lists

    private func list(_ key: String, _ standards: Configuration) -> [String] {
        switch key {
        case "strategies": return strategies
        case "alerts":
            return comment(
                "Places that are told what happens, like {type: sendmail, to: ops@example.org}; types: "
                    + Shape.enumerated(Fields.alertTypes), "") + ["#alerts: []"]
        case "paper.balances":
            let balances = standards.account.balances.sorted { $0.key < $1.key }
                .map { "\($0.key): \($0.value)" }.joined(separator: ", ")
            return comment("what the account of a new book begins with, units per currency", "")
                + ["#balances: {\(balances)}"]
        default:
            return comment("the markets of a new book; also \(optional(Fields.product))", "") + ["#products:"]
                + standards.account.listings.map { listing in
                    let product = listing.product
                    return
                        "#- {symbol: \(product.symbol), base_increment: \(product.baseIncrement), "
                        + "price_increment: \(product.priceIncrement), min_quantity: \(product.minimumQuantity), "
                        + "start_price: \(listing.firstMid), depth: \(listing.levelQuantity)}"
                }
        }
    }

    private func optional(_ fields: [Field]) -> String {
        fields.filter { !$0.isRequired }.map(\.name).joined(separator: ", ")
    }

    private var strategies: [String] {
        var lines = comment("What trades. Without it a small grid; an empty list trades nothing.", "")
        lines.append("#strategies:")
        for (index, known) in Fields.strategies.enumerated() {
            // The first one is what trades by default; the others show their form only.
            let mark = index == 0 ? "#" : "# #"
            lines.append("\(mark)- type: \(known.type)")
            for field in known.fields {
                let value =
                    switch field.name {
                    case "symbols": "[BTC-USD, ETH-USD]"
                    case "spacing_bps" where index == 0: "\(Configuration.standardSpacing)"
                    default: field.standard
                    }
                let text = value.map { "\(field.name): \($0)" } ?? "#\(field.name):"
                lines.append("\(mark)  \(padded(text, 30))  # \(field.meaning.replacing("`", with: ""))")
            }
        }
        return lines
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    // MARK: Profiles

    private var profileLines: [String] {
        guard !profiles.isEmpty else {
            return comment(
                "Parts that go over all of the above, by name; --profile NAME, TRADER247_PROFILE or the mode chooses one.",
                "") + ["# profiles: {paper: {interval: 1s}, night: {risk: {max_daily_loss: 100}}}"]
        }
        var lines = [
            "# --profile NAME, TRADER247_PROFILE or the mode chooses one; its keys go over those above."
        ]
        lines.append("profiles:")
        for name in profiles {
            lines.append("  \(name):")
            switch Mode(rawValue: name) {
            case .dryRun:
                lines += [
                    "    mode: dry-run", "    # The venue's own prices; no key is needed.",
                    "    #feed: coinbase",
                ]
            case .paper: lines.append("    mode: paper")
            case .live:
                lines += [
                    "    mode: live",
                    "    # `trader247 doctor --profile live` says what is missing, and which portfolio the key has.",
                    "    exchange:", "      #portfolio: none", "      #key_file: none",
                    "    # Live trades only what the file names.", "    #strategies: []",
                ]
            case nil: lines.append("    #interval: 5s")
            }
        }
        return lines
    }
}
