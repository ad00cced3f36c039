import Synchronization
import Trading
import TradingDomain

// A strategy that makes up its mind and keeps it for some seconds, so that the judge can ask whether what it wants is
// done. What it wants follows from its seed, the time and the prices at which it last changed its mind.

/// What a strategy answered last, for the judge to see. Several threads run schedules, each has its own.
final class WishBook: Sendable {
    struct Page: Sendable {
        var asks = 0
        var wanted: [WantedOrder] = []
    }
    private let page = Mutex(Page())

    /// It was asked, and wants these.
    func note(_ wanted: [WantedOrder]) {
        page.withLock {
            $0.asks += 1
            $0.wanted = wanted
        }
    }

    /// It was asked, and wants what it wanted.
    func noteRepetition() { page.withLock { $0.asks += 1 } }

    var now: Page { page.withLock { $0 } }
}

struct SteadyStrategy: Strategy {
    struct Memory: Codable, Equatable, Sendable {
        var chapter: Int64 = -1
        var wanted: [OrderTerms] = []
    }

    let name: String
    let symbols: [Symbol]
    let choices: Choices
    /// Which of the bot's it is.
    let number: Int64
    /// Orders wanted per side and symbol.
    let size: Int64
    /// For how long it keeps its mind, nanoseconds.
    let chapter: Instant
    /// Whether some of its orders are wanted once.
    let usesOnce: Bool
    let book: WishBook

    var initialMemory: Memory { Memory() }

    func ignores(_ quote: Quote, memory: Memory) -> Bool { number == 0 }

    func repeats(_ view: StrategyView, after last: StrategyView, memory: Memory) -> Bool {
        guard number == 0, memory.chapter == chapter(at: view) else { return false }
        book.noteRepetition()
        return true
    }

    func decide(_ view: StrategyView, memory: inout Memory) -> Decision {
        guard view.trigger == .cycle else { return .keep }
        let chapter = chapter(at: view)
        if chapter != memory.chapter {
            var wanted: [OrderTerms] = []
            for (index, market) in view.markets.enumerated() {
                guard let quote = market.quote else { return wish(memory) }
                for slot in 0..<size * 2 {
                    wanted.append(order(Int64(index) * 16 + slot, chapter, market.product, quote))
                }
            }
            memory.wanted = wanted
            memory.chapter = chapter
        }
        return wish(memory)
    }

    private func wish(_ memory: Memory) -> Decision {
        let wanted = memory.wanted.enumerated().map { index, terms in
            // Of those of a chapter one is wanted once: when it was filled it is not placed again.
            WantedOrder(terms, once: usesOnce && index == 1 ? "\(memory.chapter)" : nil)
        }
        book.note(wanted)
        return .want(wanted)
    }

    private func chapter(at view: StrategyView) -> Int64 { view.now.nanoseconds / chapter }

    /// Those of one side have different prices, so that each can be told from the others.
    func order(_ slot: Int64, _ chapter: Int64, _ product: Product, _ quote: Quote) -> OrderTerms {
        var dice = choices.dice(.calm, 100 + number * 64 + slot, chapter)
        let side: Side = slot % 2 == 0 ? .buy : .sell
        let away = product.priceIncrement.raw * Int128(14 + slot / 2 * 20 + number * 10 + dice.below(9))
        let middle = quote.mid.raw / product.priceIncrement.raw * product.priceIncrement.raw
        return OrderTerms(
            symbol: product.symbol, side: side,
            type: .limit(Price(raw: side == .buy ? middle - away : middle + away)),
            quantity: Quantity(raw: product.minimumQuantity.raw * Int128(dice.between(2, 20))))
    }
}
