// One feed over one WebSocket, from its opening to its loss: what to send, what the messages mean, whether any is
// missing, whether the other side still speaks. It never reconnects: that is the core's to decide.
//
// The feed counts as connected when every channel is acknowledged and, on the user channel, the snapshot of open
// orders has come whole. There is no replay at this venue: a missing message is told as a gap.

import ExchangeModel
import ForeignJSON
import Trading
import TradingDomain

package enum FeedNews: Equatable, Sendable {
    case quote(Quote)
    /// Best prices with their sizes, in place of a quote where sizes are asked for.
    case best(Symbol, bid: BookLevel, ask: BookLevel)
    /// A trade between others.
    case trade(Symbol, taker: Side, price: Price, size: Quantity)
    /// What the venue says of a market's last 24 hours, once a minute.
    case statistics(MarketStatistics)
    case order(OrderSnapshot)
    case condition(FeedCondition)
    /// The connection is of no use any more.
    case close
}

package struct FeedState: Sendable {
    /// Heartbeats come each second.
    package static let silenceLimit: Duration = .seconds(5)
    /// From opening to the last acknowledgement and the end of the snapshot.
    package static let subscribingLimit: Duration = .seconds(15)
    /// A snapshot comes in batches of this many orders; the first smaller one ends it.
    static let snapshotBatch = 50

    package let feed: Feed
    package let symbols: [Symbol]
    /// Whether the market is told with sizes and trades.
    private let tellsSizes: Bool
    /// Markets whose data come under another one's name.
    private var shownAs: [Symbol: [Symbol]] = [:]
    private var connection: Connection?
    /// Since when a connection is being opened.
    private var openingSince: MonotonicInstant?

    private struct Connection: Sendable {
        let openedAt: MonotonicInstant
        var heardAt: MonotonicInstant
        var isConnected = false
        var isSilent = false
        var acknowledged: Set<String> = []
        var snapshotIsWhole = false
        /// One counter per connection, over all channels; nil after a message that could not be read.
        var nextSequence: Int64? = 0
        var market = MarketMemory()
        /// The minute of the last figures of each market.
        var figuresTold: [Symbol: Int64] = [:]
    }

    package init(_ feed: Feed, symbols: [Symbol], tellsSizes: Bool = false) {
        self.feed = feed
        self.symbols = symbols
        self.tellsSizes = tellsSizes
        learn(aliases: [:])
    }

    /// Of each market the name under which its data come, where that is another.
    package mutating func learn(aliases: [Symbol: Symbol]) {
        shownAs = [:]
        for symbol in symbols {
            shownAs[symbol, default: []].append(symbol)
            if let alias = aliases[symbol], alias != symbol { shownAs[alias, default: []].append(symbol) }
        }
    }

    package var isConnected: Bool { connection?.isConnected ?? false }

    /// A new connection is being opened; whatever was before is forgotten.
    package mutating func opening(at now: MonotonicInstant) {
        connection = nil
        openingSince = now
    }

    /// The connection stands; what to send on it at once.
    package mutating func opened(at now: MonotonicInstant) -> [Subscription] {
        openingSince = nil
        connection = Connection(openedAt: now, heardAt: now)
        return channels.map {
            $0 == "ticker" || $0 == "market_trades" ? Subscription($0, symbols) : Subscription($0)
        }
    }

    /// It is gone, or was never there. Told once.
    package mutating func closed(_ why: String) -> [FeedNews] {
        guard connection != nil || openingSince != nil else { return [] }
        connection = nil
        openingSince = nil
        return [.condition(.lost(StrangersText.clean(why, limit: 200)))]
    }

    /// To be asked about once a second.
    package mutating func check(at now: MonotonicInstant) -> [FeedNews] {
        if let openingSince, now - openingSince > Self.subscribingLimit {
            return closed("not open within \(Self.subscribingLimit)") + [.close]
        }
        guard let current = connection else { return [] }
        if !current.isConnected, now - current.openedAt > Self.subscribingLimit {
            let missing = channels.filter { !current.acknowledged.contains($0) }
            let what =
                missing.isEmpty
                ? "the snapshot of open orders did not come whole"
                : "no acknowledgement of \(missing.joined(separator: ", "))"
            return closed("\(what) within \(Self.subscribingLimit)") + [.close]
        }
        guard !current.isSilent, now - current.heardAt > Self.silenceLimit else { return [] }
        connection?.isSilent = true
        return [.condition(.silent)]
    }

    /// In the order in which they are asked for.
    private var channels: [String] {
        switch feed {
        case .orders: ["user", "heartbeats"]
        // A list of no products means all of them.
        case .market where tellsSizes && symbols.isEmpty: ["heartbeats"]
        case .market where tellsSizes: ["ticker", "market_trades", "heartbeats"]
        case .market: ["ticker", "heartbeats"]
        }
    }

    /// Reads one message. `offset` is the venue's clock less ours.
    package mutating func received(_ message: [UInt8], at now: Stamp, offset: Duration) -> [FeedNews] {
        guard connection != nil else { return [] }
        connection?.heardAt = now.monotonic
        connection?.isSilent = false
        guard let root = try? JSONDocument(message).root, root.isObject else {
            connection?.nextSequence = nil
            return [
                .condition(.gap("a message could not be read: \(StrangersText.excerpt(message))"))
            ]
        }
        if root["type"]?.text == "error" {
            return closed("the venue says: \(root["message"]?.wording ?? "error")") + [.close]
        }
        var news = gap(root["sequence_num"]?.integer)
        let events = root["events"]?.elements ?? []
        switch root["channel"]?.text {
        case "subscriptions":
            for event in events {
                for (name, _) in event["subscriptions"]?.members ?? [] where channels.contains(name) {
                    connection?.acknowledged.insert(name)
                }
            }
        case "user" where feed == .orders: read(orders: events, &news)
        case "ticker" where feed == .market && tellsSizes:
            read(figures: events, at: now.utc, &news)
            read(sizes: events, &news)
        case "market_trades" where feed == .market && tellsSizes:
            for event in events { tell(connection?.market.trades(event) ?? [], &news) }
        case "ticker" where feed == .market:
            let at = root.instant("timestamp").map { $0 - offset } ?? now.utc
            read(figures: events, at: now.utc, &news)
            read(tickers: events, at: at, &news)
        default: break
        }
        if var current = connection, !current.isConnected, current.acknowledged.count == channels.count,
            feed == .market || current.snapshotIsWhole
        {
            current.isConnected = true
            connection = current
            news.append(.condition(.connected))
        }
        return news
    }

    private mutating func gap(_ sequence: Int64?) -> [FeedNews] {
        guard let sequence, let current = connection else { return [] }
        connection?.nextSequence = sequence < .max ? sequence + 1 : nil
        guard let expected = current.nextSequence, sequence != expected else { return [] }
        return [.condition(.gap("message \(expected) was expected, \(sequence) came"))]
    }

    private mutating func read(orders events: [JSONValue], _ news: inout [FeedNews]) {
        for event in events {
            // An event without orders tells of positions.
            guard let reports = event["orders"]?.elements else { continue }
            for report in reports {
                do throws(Unreadable) {
                    news.append(.order(try FeedReports.order(report)))
                } catch {
                    news.append(.condition(.gap(error.what)))
                }
            }
            if event["type"]?.text == "snapshot", reports.count < Self.snapshotBatch {
                connection?.snapshotIsWhole = true
            }
        }
    }

    private func read(tickers events: [JSONValue], at: UTCInstant, _ news: inout [FeedNews]) {
        for event in events {
            for ticker in event["tickers"]?.elements ?? [] {
                guard let quote = FeedReports.quote(ticker, at: at) else { continue }
                for symbol in shownAs[quote.symbol] ?? [] {
                    news.append(
                        .quote(Quote(symbol: symbol, bid: quote.bid, ask: quote.ask, at: quote.at)))
                }
            }
        }
    }

    /// Before the prices that are judged by them.
    private mutating func read(figures events: [JSONValue], at: UTCInstant, _ news: inout [FeedNews]) {
        let minute = at.secondsSince1970 / 60
        for event in events {
            for ticker in event["tickers"]?.elements ?? [] {
                guard let symbol = ticker["product_id"]?.text.flatMap({ Symbol($0) }),
                    connection?.figuresTold[symbol] != minute,
                    let figures = FeedReports.statistics(ticker, of: symbol, at: at)
                else { continue }
                connection?.figuresTold[symbol] = minute
                for name in shownAs[symbol] ?? [] {
                    var named = figures
                    named.symbol = name
                    news.append(.statistics(named))
                }
            }
        }
    }

    private mutating func read(sizes events: [JSONValue], _ news: inout [FeedNews]) {
        for event in events {
            for ticker in event["tickers"]?.elements ?? [] {
                if let best = connection?.market.best(ticker) { tell([best], &news) }
            }
        }
    }

    /// Under every name that these markets have with us.
    private func tell(_ told: [FeedNews], _ news: inout [FeedNews]) {
        for one in told {
            switch one {
            case .best(let symbol, let bid, let ask):
                for name in shownAs[symbol] ?? [] { news.append(.best(name, bid: bid, ask: ask)) }
            case .trade(let symbol, let taker, let price, let size):
                for name in shownAs[symbol] ?? [] {
                    news.append(.trade(name, taker: taker, price: price, size: size))
                }
            case .quote, .statistics, .order, .condition, .close: news.append(one)
            }
        }
    }
}
