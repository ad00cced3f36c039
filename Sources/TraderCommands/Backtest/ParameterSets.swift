import ArgumentParser
import Backtesting

/// What `--set key=v1,v2` asks for: every combination of the values, the last key's changing fastest.
struct ParameterSets {
    static let limit = 10_000

    /// Settings with one value: the same in all sets.
    private(set) var common: [(key: String, text: String)] = []
    private(set) var sets: [[BacktestParameter]] = [[]]

    init(_ settings: [String]) throws {
        var seen: [String] = []
        for setting in settings {
            guard let sign = setting.firstIndex(of: "="), sign != setting.startIndex else {
                throw ValidationError("--set wants key=value or key=value,value, not '\(setting)'")
            }
            let key = String(setting[..<sign])
            let values = Self.values(String(setting[setting.index(after: sign)...]))
            guard !values.contains(where: \.isEmpty) else {
                throw ValidationError("--set \(setting): a value is empty")
            }
            guard !seen.contains(key) else {
                throw ValidationError("--set \(key) is there twice; list its values once")
            }
            guard Set(values).count == values.count else {
                throw ValidationError("--set \(setting): a value is there twice")
            }
            seen.append(key)
            if values.count == 1 {
                common.append((key, values[0]))
                continue
            }
            guard sets.count * values.count <= Self.limit else {
                throw ValidationError("--set asks for more than \(Self.limit) parameter sets")
            }
            sets = sets.flatMap { set in values.map { set + [BacktestParameter(key: key, value: $0)] } }
        }
    }

    /// At commas, except within brackets.
    private static func values(_ text: String) -> [String] {
        var values = [""]
        var depth = 0
        for character in text {
            if character == "[" || character == "{" { depth += 1 }
            if character == "]" || character == "}" { depth -= 1 }
            if character == ",", depth == 0 {
                values.append("")
            } else {
                values[values.count - 1].append(character)
            }
        }
        return values
    }
}
