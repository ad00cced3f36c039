// What a book is made of, and how it goes on under other settings.

import ExchangeModel
import Trading
import TradingDomain

extension PaperState {
    /// A new book. Without `now` its time begins with the recording.
    init(_ account: PaperAccount, _ feed: PaperFeed, cancelDelay: Duration, now: UTCInstant?)
        throws(PaperBookError)
    {
        var start = now
        if case .replay(let file) = feed {
            guard let first = file.start else {
                throw .replayData(file: file.identity.path, "it holds no data")
            }
            start = now ?? first
        }
        guard let start else { throw .settings("a simulated market needs a time to begin at") }
        do throws(EngineError) {
            engine = try MatchingEngine(
                products: account.listings.map(\.product), balances: account.balances,
                cancelDelay: cancelDelay, now: start)
        } catch {
            throw .settings(error.description)
        }
        if case .live = feed { market = .still } else { market = .simulated(account.market(start: start)) }
        self.feed = feed.identity
        livedTo = start
        if case .replay(let file) = feed {
            guard engine.product(file.identity.symbol) != nil else {
                throw .settings("the replayed market \(file.identity.symbol) is not among the products")
            }
            begin(file, at: now)
        }
        market.advance(to: start, engine: &engine)
        _ = engine.drainChanges()
    }

    /// Plays a recording from its beginning. It is moved to `now`, and to the book's time if that is later: a
    /// book's time never runs backwards.
    mutating func begin(_ file: ReplayFile, at now: UTCInstant?) {
        guard let first = file.start else { return }
        let start = max(now ?? first, engine.now)
        market = .replay(
            ReplayMarket(
                file.data,
                settings: ReplaySettings(
                    spread: file.identity.spread, depth: file.identity.depth, shift: start - first)))
        engine.advance(to: start)
        livedTo = max(livedTo, start)
    }

    /// Goes on with a recording in real time: it stood still while nobody ran.
    /// - Returns: whether it had to be moved.
    mutating func resume(_ file: ReplayFile, at now: UTCInstant) -> Bool {
        guard case .replay(let replay) = market, now > engine.now else { return false }
        var settings = replay.position.settings
        settings.shift += now - engine.now
        market = .replay(
            ReplayMarket(
                file.data, position: ReplayPosition(settings: settings, played: replay.position.played)))
        engine.advance(to: now)
        _ = engine.drainChanges()
        livedTo = max(livedTo, now)
        return true
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
