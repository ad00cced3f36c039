import Daemon
import Foundation
import Synchronization
import Testing
import TradingDomain

@testable import ExternalStrategies
@testable import Trading

private let btc = Symbol("BTC-USD")!

private func read(_ text: String) throws(ProgramMistake) -> ProgramLine {
    try AnswerReader.read(Array(text.utf8))
}

private func mistake(_ text: String) -> String {
    do throws(ProgramMistake) {
        return "none: \(try read(text))"
    } catch {
        return error.description
    }
}

@Suite("What a program may say")
struct AnswerReaderTests {
    @Test func wantsKeepsAndLogsAreRead() throws {
        let line = try read(
            #"""
            {"type":"want","n":17,"memory":{"b":0.1,"a":[1,null,true]},"orders":[
            {"symbol":"BTC-USD","side":"buy","type":"limit","price":"59999.5","quantity":"0.01","post_only":true},
            {"symbol":"BTC-USD","side":"sell","type":"market","quantity":"1","once":"k"},
            {"symbol":"BTC-USD","side":"sell","type":"limit","price":"1","quantity":"2","time_in_force":"ioc"}]}
            """#)
        let wanted = [
            OrderTerms(
                symbol: btc, side: .buy, type: .limit(Price("59999.5")!, postOnly: true),
                quantity: Quantity("0.01")!),
            OrderTerms(symbol: btc, side: .sell, type: .market, quantity: Quantity(1)),
            OrderTerms(
                symbol: btc, side: .sell,
                type: .limit(price: Price(1), timeInForce: .immediateOrCancel, postOnly: false),
                quantity: Quantity(2)),
        ]
        guard case .answer(let answer) = line else { throw ProgramMistake("no answer") }
        #expect(answer.n == 17 && answer.wanted?.map(\.terms) == wanted)
        #expect(answer.wanted?.map(\.once) == [nil, "k", nil])
        #expect(answer.memory == #"{"a":[1,null,true],"b":0.1}"#)
        #expect(
            try read(#"{"type":"keep","n":1}"#) == .answer(ExternalAnswer(n: 1, wanted: nil, memory: nil)))
        #expect(
            try read(#"{"type":"log","level":"warning","message":"hm"}"#) == .log(.warning, "hm"))
        #expect(try read(#"{"type":"log","message":"hm"}"#) == .log(.info, "hm"))
    }

    @Test(arguments: [
        ("hello", "no JSON"),
        ("", "no JSON"),
        ("17", "no object"),
        (#"{"n":1}"#, "type is missing"),
        (#"{"type":"wants","n":1}"#, "'wants' is no type of a line"),
        (#"{"type":"keep"}"#, "n is missing"),
        (#"{"type":"keep","n":"1"}"#, "n: "),
        (#"{"type":"keep","n":1,"orders":[]}"#, "'orders' is no key of keep"),
        (#"{"type":"want","n":1}"#, "orders is missing"),
        (#"{"type":"want","n":1,"orders":{}}"#, "orders: "),
        (#"{"type":"log","level":"alert","message":""}"#, "'alert' is no level"),
        (#"{"type":"log","level":"info"}"#, "message is missing"),
    ])
    func whatIsNoLineOfTheProtocolIsNamed(_ line: String, _ words: String) {
        #expect(mistake(line).contains(words), "\(mistake(line))")
    }

    @Test(arguments: [
        (#""side":"buy","type":"limit","price":59999.5,"quantity":"1""#, "price"),
        (#""side":"buy","type":"limit","price":"1e5","quantity":"1""#, "price"),
        (#""side":"buy","type":"limit","price":"0","quantity":"1""#, "price 0 is not above 0"),
        (#""side":"buy","type":"limit","price":"1","quantity":"-1""#, "quantity -1 is not above 0"),
        (#""side":"buy","type":"limit","quantity":"1""#, "needs a price"),
        (#""side":"buy","type":"market","price":"1","quantity":"1""#, "has no price"),
        (#""side":"BUY","type":"market","quantity":"1""#, "'BUY' is no side"),
        (#""side":"buy","type":"stop","price":"1","quantity":"1""#, "'stop' is no type of an order"),
        (
            #""side":"buy","type":"limit","price":"1","quantity":"1","post_onyl":true"#,
            "'post_onyl' is no key"
        ),
        (#""side":"buy","type":"limit","price":"1","quantity":"1","time_in_force":"day""#, "'day'"),
        (
            #""side":"buy","type":"limit","price":"1","quantity":"1","time_in_force":"ioc","post_only":true"#,
            "can't be post_only"
        ),
        (#""side":"buy","type":"market","quantity":"1","once":"""#, "1 to 100 characters"),
    ])
    func whatIsNoOrderIsNamed(_ fields: String, _ words: String) {
        let line = #"{"type":"want","n":1,"orders":[{"symbol":"BTC-USD",\#(fields)}]}"#
        #expect(mistake(line).contains(words), "\(mistake(line))")
    }

    /// On a thread with as little stack as the program's own.
    @Test(arguments: [65, 500, 5_000, 100_000])
    func aMemoryThatNestsTooDeepIsAMistakeAndNoEnd(_ levels: Int) throws {
        for (opening, closing) in [("[", "]"), (#"{"a":"#, "}")] {
            let memory =
                String(repeating: opening, count: levels) + "0" + String(repeating: closing, count: levels)
            let words = onASmallStack { mistake(#"{"type":"keep","n":1,"memory":\#(memory)}"#) }
            let isTooLarge = memory.utf8.count > 500_000
            #expect(words.contains(isTooLarge ? "at most 524288" : "deeper than 64 levels"), "\(words)")
        }
        let text = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
        #expect(
            try read(#"{"type":"keep","n":1,"memory":\#(text)}"#)
                == .answer(ExternalAnswer(n: 1, wanted: nil, memory: text)))
    }

    @Test func oneWithTooManyOrdersIsNotDecoded() {
        let orders = [String](repeating: "1", count: 1_001).joined(separator: ",")
        #expect(
            mistake(#"{"type":"want","n":1,"orders":[\#(orders)]}"#)
                == "a line with 1001 orders, at most 1000 are allowed")
    }

    @Test(arguments: [#""\q""#, "\"\u{1}\"", "01", #"{"a":"\u12"}"#])
    func aMemoryThatNobodyElseCouldReadIsAMistake(_ memory: String) {
        let words = mistake(#"{"type":"keep","n":1,"memory":\#(memory)}"#)
        #expect(words.contains("no JSON"), "\(words)")
    }

    private func onASmallStack(_ work: @escaping @Sendable () -> String) -> String {
        let result = Mutex("")
        let thread = Thread {
            let words = work()
            result.withLock { $0 = words }
        }
        thread.stackSize = 1 << 20
        thread.start()
        while !thread.isFinished { sched_yield() }
        return result.withLock { $0 }
    }

    @Test func aMistakeShowsTheBeginningOfTheLineOnly() {
        let words = mistake(String(repeating: "x\u{1B}", count: 100_000))
        #expect(words.count < 200 && !words.contains("\u{1B}"))
    }
}

@Suite("What a program is told")
struct ProgramLinesTests {
    @Test func numbersAreStringsAndWhatIsNotKnownIsLeftOut() throws {
        let view = ExternalView(
            n: 3, trigger: .quote, symbol: btc, now: UTCInstant("2026-11-22T10:00:00Z")!,
            markets: [
                ExternalView.Market(
                    symbol: btc, quote: nil, position: Quantity("-0.5")!, strategyPosition: .zero,
                    baseFunds: Quantity(1), quoteFunds: Money("99.5")!, mayEnter: true)
            ],
            onceOrders: [
                ExternalView.Once(
                    key: "k",
                    terms: OrderTerms(symbol: btc, side: .buy, type: .market, quantity: Quantity(1)),
                    filled: .zero, isWorking: true)
            ], patience: .seconds(5))
        let text = String(decoding: ProgramLines.view(view), as: UTF8.self)
        #expect(
            text == #"{"markets":[{"base_funds":"1","may_enter":true,"position":"-0.5","quote_funds":"99.5","#
                + #""strategy_position":"0","symbol":"BTC-USD"}],"n":3,"now":"2026-11-22T10:00:00Z","#
                + #""once_orders":[{"filled":"0","key":"k","quantity":"1","side":"buy","symbol":"BTC-USD","#
                + #""working":true}],"symbol":"BTC-USD","trigger":"quote","type":"view"}"# + "\n")
    }

    @Test func theHelloHasSettingsAndMemoryAsTheyWereGiven() {
        let hello = ExternalHello(
            name: "x", mode: .paper, symbols: [btc], products: [],
            memory: #"{"big":12345678901234567890.123}"#)
        let text = String(
            decoding: ProgramLines.hello(hello, settings: .table(["Fast": .integer(12)])), as: UTF8.self)
        #expect(
            text == #"{"memory":{"big":12345678901234567890.123},"mode":"paper","name":"x","products":[],"#
                + #""protocol":1,"settings":{"Fast":12},"symbols":["BTC-USD"],"type":"hello"}"# + "\n")
    }
}

extension ProgramLinesTests {
    /// What an earlier release took is in the store, whatever its depth.
    @Test(arguments: [300, 10_000]) func aStoredMemoryIsToldWhateverItsDepth(_ levels: Int) {
        let memory = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        let hello = ExternalHello(name: "x", mode: .paper, symbols: [btc], products: [], memory: memory)
        let text = String(decoding: ProgramLines.hello(hello, settings: .table([:])), as: UTF8.self)
        #expect(text.hasPrefix(#"{"memory":\#(memory),"mode":"paper""#) && text.hasSuffix("}\n"))
    }

    @Test func aStoredMemoryThatIsNoJSONIsLeftOutAndOneOfTwoLinesBecomesOne() {
        var hello = ExternalHello(name: "x", mode: .paper, symbols: [btc], products: [], memory: "[1")
        #expect(
            !String(decoding: ProgramLines.hello(hello, settings: .table([:])), as: UTF8.self).contains(
                "memory"))
        hello.memory = "[1,\n2]"
        let told = ProgramLines.hello(hello, settings: .table([:]))
        #expect(told.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(String(decoding: told, as: UTF8.self).hasPrefix(#"{"memory":[1, 2],"#))
    }
}

@Suite("A program's lines")
struct LineBufferTests {
    @Test func linesComeInPiecesAndLongOnesAreCutInMemory() {
        var buffer = LineBuffer(limit: 4)
        #expect(buffer.take(Array("ab".utf8)).isEmpty)
        #expect(
            buffer.take(Array("c\nd\r\n\n".utf8)) == [
                .line(Array("abc".utf8)), .line(Array("d".utf8)), .line([]),
            ])
        #expect(buffer.take(Array("12345".utf8)).isEmpty && buffer.hasOverflowed)
        #expect(buffer.take(Array("678\nx".utf8)) == [.overlong(Array("1234".utf8))])
        #expect(!buffer.hasOverflowed)
        #expect(buffer.rest() == Array("x".utf8) && buffer.rest() == nil)
    }

    @Test func aFloodOfWordsIsCountedNotWritten() {
        final class Lines: Sendable {
            let all = Mutex<[LogLine]>([])
        }
        let lines = Lines()
        var talk = ProgramTalk("s") { line in lines.all.withLock { $0.append(line) } }
        func stamp(_ seconds: Int64) -> Stamp {
            Stamp(
                monotonic: MonotonicInstant(nanoseconds: seconds * 1_000_000_000),
                utc: UTCInstant(seconds: seconds))
        }
        for _ in 0..<1_000 { talk.say(.info, String(repeating: "x", count: 10_000), at: stamp(1)) }
        #expect(lines.all.withLock { $0.count } == ProgramTalk.burst)
        talk.say(.info, "again", at: stamp(2))
        let last = lines.all.withLock { $0.suffix(2).map(\.message) }
        #expect(last == ["s: 950 lines of its program were left out", "s: again"])
        #expect(lines.all.withLock { $0[0].message.count } < 600)
    }
}
