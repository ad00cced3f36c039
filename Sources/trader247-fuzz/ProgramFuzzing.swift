// What a strategy's program may say, damaged: through the reader of its answers, and what it asks to be remembered back to
// it. Any depth and any size is among it.

import ExternalStrategies
import ForeignJSON
import Trading
import TradingDomain

struct ProgramFuzzing {
    static let seeds: [[UInt8]] = [
        #"{"type":"want","n":17,"memory":{"b":0.1,"a":[1,null,true]},"orders":[{"symbol":"BTC-USD","side":"buy","type":"#
            + #""limit","price":"59999.5","quantity":"0.01","post_only":true},{"symbol":"BTC-USD","side":"sell","type":"#
            + #""market","quantity":"1","once":"k"},{"symbol":"BTC-USD","side":"sell","type":"limit","price":"1","#
            + #""quantity":"2","time_in_force":"ioc"}]}"#,
        #"{"type":"keep","n":1,"memory":"\u00e9\\\"x"}"#,
        #"{"type":"log","level":"warning","message":"hm"}"#,
    ].map { Array($0.utf8) }

    /// What was wrong; nil for nothing.
    static func run(_ damaged: [UInt8], _ random: inout SplitMix) -> String? {
        let line = random.below(16) == 0 ? nested(&random) : damaged
        do throws(ProgramMistake) {
            guard case .answer(let answer) = try AnswerReader.read(line), let memory = answer.memory else {
                return nil
            }
            return check(memory, answer)
        } catch {
            return error.description.utf8.count < 2_000
                ? nil : "a mistake of \(error.description.utf8.count) bytes"
        }
    }

    /// What was taken can be told again, is a line, and is the same memory when it comes back.
    private static func check(_ memory: String, _ answer: ExternalAnswer) -> String? {
        let hello = ExternalHello(name: "x", mode: .paper, symbols: [], products: [], memory: memory)
        let told = ProgramLines.hello(hello, settings: .table([:])).dropLast()
        guard !told.contains(UInt8(ascii: "\n")) else { return "a hello of two lines" }
        guard let root = try? JSONDocument(Array(told)).root else { return "a hello that is no JSON" }
        guard root["memory"]?.canonicalText ?? "null" == memory else {
            return "another memory than was taken"
        }
        return nil
    }

    /// A memory of up to a hundred thousand levels, or as many values side by side.
    private static func nested(_ random: inout SplitMix) -> [UInt8] {
        let count = [10, 60, 70, 500, 5_000, 100_000][random.below(6)]
        let (opening, closing) = [("[", "]"), (#"{"a":"#, "}"), ("[[],", "]"), ("1,", "")][random.below(4)]
        let value = String(repeating: opening, count: count) + "0" + String(repeating: closing, count: count)
        let isClosed = random.below(4) != 0
        return Array((#"{"type":"keep","n":1,"memory":["# + value + (isClosed ? "]}" : "")).utf8)
    }
}
