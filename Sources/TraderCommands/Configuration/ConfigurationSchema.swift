// The JSON Schema (draft 2020-12) of the file, for editors: made from the catalogue, so that it knows what the loader
// knows. It can't know what only the whole shows; `config check` does.

enum ConfigurationSchema {
    static let dialect = "https://json-schema.org/draft/2020-12/schema"

    static func text() -> String {
        guard let standards = Configuration() else { return "{}" }
        return schema(standards).text() + "\n"
    }

    private static func schema(_ standards: Configuration) -> SchemaValue {
        let sections = Self.sections(standards)
        let references = sections.map { ($0.name, SchemaValue.reference($0.name)) }
        return .object([
            ("$schema", .string(dialect)),
            ("title", .string("trader247")),
            ("description", .string("The configuration of trader247 \(Version.text).")),
            ("type", .strings(["object", "null"])),
            (
                "properties",
                .object(
                    references + [
                        (
                            ConfigurationLoader.profilesKey,
                            .object([
                                (
                                    "description",
                                    .string(
                                        "Parts that go over the rest of the file, by name; --profile, TRADER247_PROFILE "
                                            + "or the mode chooses one.")
                                ),
                                ("type", .string("object")),
                                (
                                    "propertyNames",
                                    .object([("pattern", .string("^[a-z0-9-]{1,32}$"))])
                                ),
                                ("additionalProperties", .reference(profile)),
                            ])
                        )
                    ])
            ),
            ("additionalProperties", .flag(false)),
            (
                "$defs",
                .object(
                    sections.map { ($0.name, $0.schema) } + [
                        (
                            profile,
                            .object([
                                ("type", .strings(["object", "null"])),
                                ("properties", .object(references)),
                                ("additionalProperties", .flag(false)),
                            ])
                        )
                    ])
            ),
        ])
    }

    private static let profile = "a_profile"

    /// Every key of the top level.
    private static func sections(_ standards: Configuration) -> [(name: String, schema: SchemaValue)] {
        var sections: [(name: String, schema: SchemaValue)] = []
        for (name, settings, lists) in ConfigurationOutline.sections {
            if name.isEmpty {
                sections += settings.map { ($0.key, schema($0, standards)) }
                sections += lists.map { ($0, list($0)) }
            } else {
                let properties =
                    settings.map { (leaf($0.key), schema($0, standards)) }
                    + lists.map { (leaf($0), list($0)) }
                sections.append(
                    (
                        name,
                        .object([
                            ("type", .strings(["object", "null"])), ("properties", .object(properties)),
                            ("additionalProperties", .flag(false)),
                        ])
                    ))
            }
        }
        return sections
    }

    private static func leaf(_ key: String) -> String { String(key.split(separator: ".").last ?? "") }

    private static func schema(_ setting: Setting, _ standards: Configuration) -> SchemaValue {
        shape(
            setting.shape, "\(setting.meaning). Environment: \(setting.variable)",
            setting.standardText(standards))
    }

    // MARK: Lists

    private static func list(_ key: String) -> SchemaValue {
        switch key {
        case "paper.balances":
            .object([
                ("description", .string("what the account of a new book begins with, units per currency")),
                ("type", .string("object")),
                ("propertyNames", .object([("pattern", .string("^[A-Z0-9]{1,16}$"))])),
                ("additionalProperties", shape(.fromZero)),
            ])
        case "paper.products": array("the markets of a new book", table(Fields.product))
        case "alerts": array("places that are told what happens", table(Fields.alert))
        default:
            array(
                "what trades; one grid on BTC-USD and ETH-USD if left out",
                .object([("oneOf", .array(Fields.strategies.map { strategy($0.type, $0.fields) }))]))
        }
    }

    private static func array(_ description: String, _ items: SchemaValue) -> SchemaValue {
        .object([("description", .string(description)), ("type", .string("array")), ("items", items)])
    }

    private static func strategy(_ type: String, _ fields: [Field]) -> SchemaValue {
        table(fields, [("type", .object([("const", .string(type))]))])
    }

    private static func table(_ fields: [Field], _ first: [(String, SchemaValue)] = []) -> SchemaValue {
        .object([
            ("type", .string("object")),
            (
                "properties",
                .object(first + fields.map { ($0.name, shape($0.shape, $0.meaning, $0.standard)) })
            ),
            ("required", .strings(first.map(\.0) + fields.required)),
            ("additionalProperties", .flag(false)),
        ])
    }

    // MARK: Shapes

    private static func shape(_ shape: Shape, _ meaning: String, _ standard: String?) -> SchemaValue {
        guard case .object(let members) = Self.shape(shape) else { return .object([]) }
        var head: [(String, SchemaValue)] = [
            ("description", .string(meaning.replacing("`", with: "") + ". Allowed: \(shape.words)"))
        ]
        if let standard { head.append(("default", value(standard, shape))) }
        return .object(head + members)
    }

    private static func shape(_ shape: Shape) -> SchemaValue {
        switch shape {
        case .choice(let words): return .object([("enum", .strings(words))])
        case .flag: return .object([("type", .string("boolean"))])
        case .whole: return .object([("type", .string("integer")), ("minimum", .number("0"))])
        case .integer(let range):
            return .object([
                ("type", .string("integer")), ("minimum", .number("\(range.lowerBound)")),
                ("maximum", .number("\(range.upperBound)")),
            ])
        case .decimal(let range):
            var members: [(String, SchemaValue)] = [
                ("type", .strings(["number", "string"])),
                (range.isAbove ? "exclusiveMinimum" : "minimum", .number(range.least)),
            ]
            if let most = range.most {
                members.append((range.isBelow ? "exclusiveMaximum" : "maximum", .number(most)))
            }
            return .object(members + [("pattern", .string("^[0-9]+(\\.[0-9]+)?$"))])
        case .duration:
            return .object([
                ("type", .string("string")), ("pattern", .string("^\(Shape.durationPattern)$")),
            ])
        case .text(_, let pattern):
            let type = ("type", SchemaValue.string("string"))
            return .object([type] + (pattern.map { [("pattern", .string("^\($0)$"))] } ?? []))
        case .plain(_, let types):
            return .object([("type", types.count == 1 ? .string(types[0]) : .strings(types))])
        case .or(let inner, let words):
            return .object([
                ("anyOf", .array([Self.shape(inner), .object([("enum", .strings(words))])]))
            ])
        case .table: return .object([("type", .string("object"))])
        case .list(let inner, _):
            // One value stands for a list of one where the loader reads it so.
            return .object([
                (
                    "anyOf",
                    .array([
                        .object([("type", .string("array")), ("items", Self.shape(inner))]),
                        Self.shape(inner),
                    ])
                )
            ])
        }
    }

    private static func value(_ text: String, _ shape: Shape) -> SchemaValue {
        switch shape {
        case .flag: .flag(text == "true")
        case .integer, .whole, .decimal: .number(text)
        case .plain(_, let types): types.contains("string") ? .string(text) : .number(text)
        case .choice, .duration, .text, .list, .table: .string(text)
        case .or(let inner, let words): words.contains(text) ? .string(text) : value(text, inner)
        }
    }
}

/// JSON whose members stay in order and whose numbers are written as they are.
enum SchemaValue {
    case string(String)
    case number(String)
    case flag(Bool)
    case array([SchemaValue])
    case object([(String, SchemaValue)])

    static func strings(_ texts: [String]) -> SchemaValue { .array(texts.map { .string($0) }) }
    static func reference(_ name: String) -> SchemaValue { .object([("$ref", .string("#/$defs/\(name)"))]) }

    func text(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .string(let text): return Self.quoted(text)
        case .number(let text): return text
        case .flag(let value): return "\(value)"
        case .array(let values):
            return "[" + values.map { $0.text(indent: indent) }.joined(separator: ", ") + "]"
        case .object(let members):
            guard !members.isEmpty else { return "{}" }
            let lines = members.map { "\(inner)\(Self.quoted($0)): \($1.text(indent: inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
