// The tables of docs/configuration.md, made from the catalogue. A test keeps the two equal.

enum ConfigurationReference {
    /// By the title that stands above them.
    static var tables: [(title: String, text: String)] {
        guard let standards = Configuration() else { return [] }
        let groups = Settings.groups.map { group in
            (
                group.title,
                table(group.settings.map { ($0.key, $0.standardText(standards), $0.shape.brief, $0.meaning) })
            )
        }
        let strategies = Fields.strategies.map { known in ("Strategy `\(known.type)`", table(known.fields)) }
        return groups + strategies + [("Product", table(Fields.product))]
    }

    private static func table(_ fields: [Field]) -> String {
        table(fields.map { ($0.name, $0.isRequired ? nil : $0.standard ?? "", $0.shape.brief, $0.meaning) })
    }

    private static func table(
        _ rows: [(key: String, standard: String?, allowed: String, meaning: String)]
    ) -> String {
        let lines = rows.map { row in
            let standard = row.standard.map { $0.isEmpty ? "" : "`\($0)`" } ?? "(required)"
            return "| `\(row.key)` | \(standard) | \(row.allowed) | \(row.meaning) |"
        }
        return (["| key | default | allowed | meaning |", "| --- | --- | --- | --- |"] + lines)
            .joined(separator: "\n")
    }
}
