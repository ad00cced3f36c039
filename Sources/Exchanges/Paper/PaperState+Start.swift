// What a book is made of, and how it goes on under other settings.

import ExchangeModel
import Trading
import TradingDomain

extension PaperState {
    /// A new book.
    init(_ account: PaperAccount, _ feed: PaperFeed, cancelDelay: Duration, now: UTCInstant)
        throws(PaperBookError)
    {
        let start: UTCInstant
        switch feed {
        case .simulated: start = now
        case .replay(let file):
            guard let first = file.start else {
                throw .replayData(file: file.identity.path, "it holds no data")
            }
            start = first
        }
        do throws(EngineError) {
            engine = try MatchingEngine(
                products: account.listings.map(\.product), balances: account.balances,
                cancelDelay: cancelDelay, now: start)
        } catch {
            throw .settings(error.description)
        }
        market = .simulated(account.market(start: start))
        self.feed = feed.identity
        livedTo = start
        if case .replay(let file) = feed {
            guard engine.product(file.identity.symbol) != nil else {
                throw .settings("the replayed market \(file.identity.symbol) is not among the products")
            }
            begin(file)
        }
        market.advance(to: start, engine: &engine)
        _ = engine.drainChanges()
    }

    /// Plays a recording from its beginning. If the book's time is beyond that, the recording is moved to it:
    /// a book's time never runs backwards.
    mutating func begin(_ file: ReplayFile) {
        let late = file.start.map { engine.now - $0 } ?? .zero
        market = .replay(
            ReplayMarket(
                file.data,
                settings: ReplaySettings(
                    spread: file.identity.spread, depth: file.identity.depth, shift: max(late, .zero))))
        if late < .zero, let start = file.start {
            engine.advance(to: start)
            livedTo = max(livedTo, start)
        }
    }

    /// Settings that this book does not follow, for people.
    func differences(from account: PaperAccount) -> [String] {
        var notes: [String] = []
        let kept = "keeps what it began with; `trader247 paper reset` begins a new one"
        for listing in account.listings {
            let symbol = listing.product.symbol
            guard let own = engine.product(symbol) else {
                notes.append("the paper book has no market \(symbol) and \(kept)")
                continue
            }
            if own != listing.product {
                notes.append(
                    "increments, limits or fees of \(symbol) differ from the configuration; it \(kept)")
            }
        }
        return notes
    }
}

extension PaperAccount {
    func market(start: UTCInstant) -> SimulatedMarket {
        SimulatedMarket(
            seed: seed, start: start,
            listings.map {
                SimulatedMarket.Settings(
                    symbol: $0.product.symbol, firstMid: $0.firstMid, levelQuantity: $0.levelQuantity)
            })
    }
}
