import ExchangeModel
import TradingDomain

// What a socket gets first: the acknowledgement, then how things stand on the channel.

extension FeedHub {
    func acknowledge(_ socket: SocketHandler) {
        var json = JSONWriter(capacity: 256)
        json.array { json in
            json.object { json in
                json.object("subscriptions") { json in
                    for channel in FeedChannel.allCases {
                        guard let products = socket.subscriptions[channel] else { continue }
                        json.array(named: channel.rawValue) { json in
                            switch channel {
                            case .user: json.string(venue.userID)
                            case .heartbeats: json.string("heartbeats")
                            default: for symbol in symbols(products) { json.string(symbol.description) }
                            }
                        }
                    }
                }
            }
        }
        socket.send("subscriptions", events: json.bytes)
    }

    func snapshot(_ channel: FeedChannel, _ products: Set<String>?, to socket: SocketHandler) {
        core.change(socket.portfolio) { $0.advance() }
        let symbols = symbols(products)
        switch channel {
        // The first heartbeat comes with the next second.
        case .heartbeats: break
        case .ticker: socket.send("ticker", events: tickerEvents("snapshot", symbols, withBest: true))
        case .tickerBatch:
            socket.send("ticker_batch", events: tickerEvents("snapshot", symbols, withBest: false))
        case .level2:
            for symbol in symbols {
                let image = BookImage(venue.engine, symbol)
                socket.books[symbol] = image
                socket.send(
                    "l2_data", events: bookEvents("snapshot", symbol, image.changes(since: nil)))
            }
        case .marketTrades:
            for symbol in symbols {
                let prints = venue.tape[symbol]?.prints.suffix(100) ?? []
                socket.send("market_trades", events: tradeEvents("snapshot", Array(prints)))
            }
        case .status: socket.send("status", events: statusEvents(symbols))
        case .candles: socket.send("candles", events: candleEvents("snapshot", symbols, count: 100))
        case .user: orderSnapshot(products, to: socket)
        }
    }

    /// Batches of fifty; the first one with fewer ends the snapshot, so there is always such a one.
    private func orderSnapshot(_ products: Set<String>?, to socket: SocketHandler) {
        let venue = core.venues[socket.portfolio]
        var views: [OrderView] = []
        venue.engine.ordersBackwards(workingOnly: true) { order in
            if products?.contains(order.terms.symbol.description) ?? true, let view = venue.view(order),
                view.isOpen, !venue.bends.withheld.contains(view)
            {
                views.append(view)
            }
            return true
        }
        var start = 0
        while true {
            let batch = views[start..<min(start + Self.orderBatch, views.count)]
            socket.send("user", events: orderEvents("snapshot", batch, of: venue))
            if batch.count < Self.orderBatch { return }
            start += Self.orderBatch
        }
    }
}
