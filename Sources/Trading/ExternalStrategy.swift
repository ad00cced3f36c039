// A strategy that is a program of its own: what the core asks of it and what it may answer, as plain values. How they
// look on the wire, and how a program is run, is the shell's.
//
// It is shown one view at a time and answers it. So nothing piles up where a program is slow: the next view is made
// when the last one was answered, of what is true then.

import TradingDomain

/// How long such a program may think, and how often it may fail.
package struct ExternalRules: Codable, Equatable, Sendable {
    /// A view that is not answered for longer is a failure.
    package var answerWithin: Duration = .seconds(5)
    /// It is started again after so many failures within `window`; one more halts the strategy.
    package var restarts = 5
    package var window: Duration = .seconds(600)

    /// The first answer of a program that was just started: interpreters load libraries.
    package static let firstAnswerWithin: Duration = .seconds(30)
    /// Orders in one answer.
    package static let orderLimit = 1_000
    /// Characters of a key of `once`.
    package static let keyLimit = 100
    /// Bytes of a memory.
    package static let memoryLimit = 16 * 1_024
    /// Between a failure and the next start.
    static let backoff = Backoff(base: .seconds(1), cap: .seconds(60))

    package init(answerWithin: Duration = .seconds(5), restarts: Int = 5, window: Duration = .seconds(600)) {
        self.answerWithin = answerWithin
        self.restarts = restarts
        self.window = window
    }

    /// How long this view may take.
    package func patience(isFirst: Bool) -> Duration {
        isFirst ? max(answerWithin, Self.firstAnswerWithin) : answerWithin
    }
}

/// What the core asks of the shell about one such program. Nothing that creates exposure, so it waits for no disk.
package struct ExternalOrder: Encodable, Equatable, Sendable {
    package enum Word: Encodable, Equatable, Sendable {
        /// Start it and introduce us.
        case start(ExternalHello)
        case tell(ExternalView)
        /// End it, kindly at first.
        case end
    }
    package var strategy: String
    /// Counts its starts in this life, so that nobody hears a program that is gone.
    package var run: Int64
    package var word: Word

    package init(strategy: String, run: Int64, word: Word) {
        self.strategy = strategy
        self.run = run
        self.word = word
    }
}

/// What a program is told first.
package struct ExternalHello: Encodable, Equatable, Sendable {
    package var name: String
    package var mode: Mode
    package var symbols: [Symbol]
    package var products: [Product]
    /// What it asked to be remembered, as JSON; nil where there is nothing.
    package var memory: String?

    package init(name: String, mode: Mode, symbols: [Symbol], products: [Product], memory: String?) {
        self.name = name
        self.mode = mode
        self.symbols = symbols
        self.products = products
        self.memory = memory
    }
}

/// What it is shown and must answer.
package struct ExternalView: Encodable, Equatable, Sendable {
    package enum Trigger: String, Encodable, Sendable { case cycle, quote, order }

    package struct Market: Encodable, Equatable, Sendable {
        package var symbol: Symbol
        package var quote: Quote?
        package var position: Quantity
        package var strategyPosition: Quantity
        package var baseFunds: Quantity
        package var quoteFunds: Money
        package var mayEnter: Bool
        package var statistics: MarketStatistics?
    }
    package struct Once: Encodable, Equatable, Sendable {
        package var key: String
        package var terms: OrderTerms
        package var filled: Quantity
        package var isWorking: Bool
    }

    /// Counts the views of this life.
    package var n: Int64
    package var trigger: Trigger
    /// What a quote or an order was of.
    package var symbol: Symbol?
    package var now: UTCInstant
    package var markets: [Market]
    package var onceOrders: [Once]
    /// When the shell need not wait any longer, where no time passes meanwhile.
    package var patience: Duration
}

extension ExternalView {
    init(_ view: StrategyView, n: Int64, patience: Duration) {
        self.n = n
        self.patience = patience
        switch view.trigger {
        case .cycle: (trigger, symbol) = (.cycle, nil)
        case .quote(let quoted): (trigger, symbol) = (.quote, quoted)
        case .order(let changed): (trigger, symbol) = (.order, changed)
        }
        now = view.now
        markets = view.markets.map { market in
            Market(
                symbol: market.product.symbol, quote: market.quote, position: market.position,
                strategyPosition: market.strategyPosition, baseFunds: market.baseFunds,
                quoteFunds: market.quoteFunds, mayEnter: market.mayEnter, statistics: market.statistics)
        }
        onceOrders = view.onceOrders.map {
            Once(key: $0.key, terms: $0.terms, filled: $0.filled, isWorking: $0.isWorking)
        }
    }
}

/// What a program answers to a view.
package struct ExternalAnswer: Codable, Equatable, Sendable {
    package struct Wish: Codable, Equatable, Sendable {
        package var terms: OrderTerms
        package var once: String?

        package init(terms: OrderTerms, once: String? = nil) {
            self.terms = terms
            self.once = once
        }
    }

    /// Of the view.
    package var n: Int64
    /// This, and nothing else, shall rest; nil where nothing has changed.
    package var wanted: [Wish]?
    /// What it asks to be remembered from now on, as JSON; nil for as before.
    package var memory: String?

    package init(n: Int64, wanted: [Wish]?, memory: String? = nil) {
        self.n = n
        self.wanted = wanted
        self.memory = memory
    }

    var decision: Decision {
        guard let wanted else { return .keep }
        return .want(wanted.map { WantedOrder($0.terms, once: $0.once) })
    }

    /// Why it can't be taken, whatever the gate would say; nil where it can.
    func mistake(for symbols: [Symbol]) -> String? {
        if let memory, memory.utf8.count > ExternalRules.memoryLimit {
            return "its memory has \(memory.utf8.count) bytes, at most \(ExternalRules.memoryLimit) are kept"
        }
        guard let wanted else { return nil }
        guard wanted.count <= ExternalRules.orderLimit else {
            return "it wants \(wanted.count) orders, at most \(ExternalRules.orderLimit) are allowed"
        }
        if let foreign = wanted.first(where: { !symbols.contains($0.terms.symbol) }) {
            return "it wants an order in \(foreign.terms.symbol), which is none of its markets"
        }
        return nil
    }
}

/// What the shell tells of such a program.
package struct ExternalReport: Codable, Equatable, Sendable {
    package enum What: Codable, Equatable, Sendable {
        case started(pid: Int32)
        case answered(ExternalAnswer)
        /// It said what nobody may, or nothing where it must. It may still run.
        case failed(String)
        /// It has ended, or could not be started. The last word of a run.
        case ended(String)
    }
    package var strategy: String
    package var run: Int64
    package var what: What

    package init(strategy: String, run: Int64, what: What) {
        self.strategy = strategy
        self.run = run
        self.what = what
    }

    /// Answers come with every quote, and what they change is recorded: the journal keeps the others.
    var isJournaled: Bool { if case .answered = what { false } else { true } }
}
