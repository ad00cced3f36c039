// Which plain values a setting of an author's strategy may have, and how their text is read: as everywhere else in the
// configuration.

import TradingDomain

struct SettingValue {
    let shape: Shape
    /// Nil for a text that is none; a value of the type otherwise.
    let parse: (String) -> Any?

    /// Nil for a type that is made of others.
    static func of(_ type: Any.Type) -> SettingValue? {
        switch type {
        case is String.Type: SettingValue(shape: .plain("a text", types: ["string"])) { $0 }
        case is Bool.Type: SettingValue(shape: .flag) { Bool($0) }
        case is Double.Type: SettingValue(shape: number) { Double($0).flatMap { $0.isFinite ? $0 : nil } }
        case is Float.Type: SettingValue(shape: number) { Float($0).flatMap { $0.isFinite ? $0 : nil } }
        case is Duration.Type:
            SettingValue(shape: .duration(from: .zero, to: .seconds(366 * 86_400))) { Values.duration($0) }
        case is Symbol.Type: SettingValue(shape: Fields.market) { Symbol($0) }
        case is UTCInstant.Type:
            SettingValue(shape: .text("a UTC time like 2026-01-01T12:00:00Z")) { UTCInstant($0) }
        case let type as any ExactDecimal.Type: decimal(type)
        case let type as any FixedWidthInteger.Type: integer(type)
        case let type as any (CaseIterable & RawRepresentable).Type: choice(type)
        default: nil
        }
    }

    private static let number = Shape.plain("a number", types: ["number"])

    private static func decimal<Value: ExactDecimal>(_ type: Value.Type) -> SettingValue {
        SettingValue(shape: .plain("a decimal number", types: ["number", "string"])) { Value($0) }
    }

    private static func integer<Value: FixedWidthInteger>(_ type: Value.Type) -> SettingValue {
        SettingValue(
            shape: Value.isSigned ? .plain("a whole number", types: ["integer"]) : .whole
        ) { Value($0) }
    }

    private static func choice<Value: CaseIterable & RawRepresentable>(_ type: Value.Type) -> SettingValue {
        SettingValue(shape: .choice(type.allCases.map { "\($0.rawValue)" })) { text in
            type.allCases.first { "\($0.rawValue)" == text }
        }
    }
}
