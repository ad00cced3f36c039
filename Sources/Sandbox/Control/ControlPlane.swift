import ExchangeModel
import NIOCore
import TradingDomain

// The control plane, for tests and for people who try things: it makes faults, moves the market, seeds orders and
// tells the truth. No token, but only from this machine and never from a page (RequestOrigin), never touched by faults,
// limits or latency. Bodies and answers are JSON; a mistake is a 400 that says what is wrong, an unknown key or word
// among them.
//
// With ?portfolio=ID a call is about the book of another portfolio than the default one.
//
//     GET    /_control                     {"ok":true,"portfolio_id":…,"asks_for_tokens":true,"working":0}
//     GET    /_control/faults              the plan, with calls seen and times fired
//     POST   /_control/faults              one rule or a list of them -> {"ids":[…]}; members as in FaultRule:
//                                          endpoint, action, query, nth, probability, seed, count, duration_ms, and
//                                          status, html, format, retry_after, location, processed,
//                                          failure_reason, every, order_ids, more_than, applied, ms, permille
//     DELETE /_control/faults[?id=N]       all rules, or one
//     GET    /_control/latency             the latencies
//     POST   /_control/latency             {"endpoint":"*","ms":20,"jitter_ms":5} (or "us", "jitter_us")
//     DELETE /_control/latency             back to the latency of the start
//     POST   /_control/rate                {"burst":30,"per_second":30}, a full bucket; {}: no limit
//     GET    /_control/lag                 {"ms":0,"sizes_ms":0,"fills_ms":0}
//     POST   /_control/lag                 {"ms":500}: lists and look-ups show the past; {"sizes_ms":500}: filled sizes
//                                          do, on the user channel as well; {"fills_ms":500}: so late fills are listed
//     GET    /_control/lists               {"open_limit":1000,"open_alone":false}
//     POST   /_control/lists               the same: how many OPEN orders are listed at most, and whether OPEN with
//                                          other statuses is refused
//     POST   /_control/moves               {"statuses":["PENDING","OPEN"]} and "client_order_ids":[…], "prefix" or
//                                          "next":2: lists show these orders in one status after the other, a listing
//                                          by status each
//     POST   /_control/disguise            {"client_order_ids":[…],"order_configuration":{…},"order_type":"PEG",
//                                          "hide_product":true}: shown like this; only ids: as they are
//     POST   /_control/claims              {"client_order_ids":[…],"filled":"15","listed":false}: so much of each is said
//                                          to be filled, on the user channel at once and, if listed, by lists and
//                                          look-ups; fills, balances and statuses stay; only ids: the truth again
//     POST   /_control/user_channel        {"withhold":true} or {"client_order_ids":[…],"prefixes":[…]}: nothing of
//                                          these orders is said there; {}: everything is
//     GET    /_control/portfolios          [{"name","portfolio_id","keys":[…]}]
//     POST   /_control/portfolios          {"name":"other","keys":[…],"balances":{"USD":"1000"}}: these keys belong to
//                                          it from now on; it is made if there is none -> {"portfolio_id"}
//     GET    /_control/clock               {"skew_ms":0,"utc":…}
//     POST   /_control/clock               {"skew_ms":30000}: the venue's clock is so far ahead
//     POST   /_control/permissions         {"can_view","can_trade","can_transfer"}
//     POST   /_control/market              {"action":"freeze"} {"action":"thaw"}
//                                          {"action":"set","product":"BTC-USD","bid":"1","ask":"2",
//                                           "size":"1","levels":10} (freezes the market too)
//                                          {"action":"trade","product","side":"BUY","size","price"}: a
//                                          stranger takes; without a price, at any
//                                          {"action":"status","product","status":"online|post_only|limit_only|
//                                           cancel_only|disabled"}
//     POST   /_control/orders              {"count":10,"product":"BTC-USD","side":"BUY","price":"100","step":"1",
//                                           "size":"0.1","prefix":"foreign-","post_only":false,
//                                           "client_order_ids":[…],"source":"RETAIL_ADVANCED"}
//                                          -> {"orders":[{"order_id","client_order_id"}],"refused":[…]};
//                                          with "after":{"prefix":"a-","lists":1,"ms":50} later: so long after so many
//                                          listings by status that were answered while no order with the prefix worked
//     POST   /_control/fill                {"order_id" or "client_order_id","permille":1000}: a stranger fills it
//     POST   /_control/fills               {"entry_id","trade_type":"REVERSAL|CORRECTION|SYNTHETIC","price","size",
//                                          "commission"}: a further row for that trade in the list of fills;
//                                          orders and balances stay as they are -> {"entry_id"}
//     POST   /_control/cancel              {"order_id" or "client_order_id"} or {"all":true}: at once
//     POST   /_control/fail                {"order_id" or "client_order_id","reason"}: it ends FAILED
//     GET    /_control/book                the truth: working, orders, fills, balances;
//                                          ?working=true only working orders; ?prefix=a- by client order id;
//                                          ?audit=true recomputes it: "inconsistencies"
//     GET    /_control/requests            the journal; ?after=N&limit=M
//     DELETE /_control/requests            forgets it
//     GET    /_control/sockets             who is connected and to what
//     POST   /_control/sockets             {"action":"close_clean|close_abnormal"}: all of them, now
//     POST   /_control/reset               a new book; faults, latencies and lag are gone

struct ControlPlane {
    static let prefix = "/_control"
    let core: SandboxCore
    /// The number of the portfolio that the call is about.
    private(set) var portfolio = 0

    /// The venue as that portfolio sees it.
    var account: Venue { core.venues[portfolio] }

    @discardableResult
    func change<Result>(_ body: (inout Venue) -> Result) -> Result { core.change(portfolio, body) }

    init(core: SandboxCore) { self.core = core }

    func answer(_ request: Request) -> Reply {
        if let refusal = request.origin.refusal { return refusal }
        guard let id = request.query["portfolio"] else { return answerCall(request) }
        guard let number = core.venues.firstIndex(where: { $0.portfolioID == id }) else {
            return .invalid("there is no portfolio \(id)")
        }
        var plane = self
        plane.portfolio = number
        return plane.answerCall(request)
    }

    private func answerCall(_ request: Request) -> Reply {
        do throws(InvalidArgument) {
            let path = request.path.dropFirst(Self.prefix.count)
            try checkQuery(request, path)
            if request.method != "POST" { try noBody(request) }
            switch (request.method, path) {
            case ("GET", ""), ("GET", "/"): return greeting()
            case ("GET", "/faults"): return .json { core.faults.write(to: &$0) }
            case ("POST", "/faults"): return try addFaults(request)
            case ("DELETE", "/faults"): return removeFaults(request)
            case ("GET", "/latency"): return .json { core.latency.write(to: &$0) }
            case ("POST", "/latency"): return try setLatency(request)
            case ("DELETE", "/latency"):
                core.latency.removeAll()
                return Self.done
            case ("POST", "/rate"): return try setRate(request)
            case ("GET", "/lag"): return lag()
            case ("POST", "/lag"): return try setLag(request)
            case ("GET", "/lists"): return lists()
            case ("POST", "/lists"): return try setLists(request)
            case ("POST", "/moves"): return try moveStatuses(request)
            case ("POST", "/disguise"): return try disguise(request)
            case ("POST", "/claims"): return try claimFills(request)
            case ("POST", "/user_channel"): return try withholdReports(request)
            case ("GET", "/portfolios"): return portfolios()
            case ("POST", "/portfolios"): return try setPortfolio(request)
            case ("GET", "/clock"): return clock()
            case ("POST", "/clock"): return try setClock(request)
            case ("POST", "/permissions"): return try setPermissions(request)
            case ("POST", "/market"): return try moveMarket(request)
            case ("POST", "/orders"): return try seedOrders(request)
            case ("POST", "/fill"): return try fillOrder(request)
            case ("POST", "/fills"): return try addFill(request)
            case ("POST", "/cancel"): return try cancelOrders(request)
            case ("POST", "/fail"): return try failOrder(request)
            case ("GET", "/book"): return book(request.query)
            case ("GET", "/requests"): return requests(request.query)
            case ("DELETE", "/requests"):
                core.journal.removeAll()
                return Self.done
            case ("GET", "/sockets"): return sockets()
            case ("POST", "/sockets"): return try closeSockets(request)
            case ("POST", "/reset"):
                try noBody(request)
                return try reset()
            default:
                let meant = Suggestion.of(String(path), among: Self.paths)
                    .map { "; did you mean \(Self.prefix)\($0)?" }
                return .notFound("there is no \(request.method) \(request.path)\(meant ?? "")")
            }
        } catch {
            return .invalid(error.text)
        }
    }

    private static let paths = [
        "/faults", "/latency", "/rate", "/lag", "/lists", "/moves", "/disguise", "/user_channel",
        "/portfolios", "/clock", "/permissions", "/market", "/orders", "/fill", "/fills", "/cancel", "/fail",
        "/book", "/requests", "/sockets", "/reset",
    ]
    private static let queries = [
        "DELETE /faults": ["id"], "GET /book": ["working", "prefix", "audit"],
        "GET /requests": ["after", "limit"],
    ]

    private func checkQuery(_ request: Request, _ path: Substring) throws(InvalidArgument) {
        let known = ["portfolio"] + (Self.queries["\(request.method) \(path)"] ?? [])
        guard let name = request.query.names.first(where: { !known.contains($0) }) else { return }
        throw InvalidArgument("in the query, " + Suggestion.words(name, among: known))
    }

    private func reset() throws(InvalidArgument) -> Reply {
        do throws(EngineError) { try core.reset() } catch { throw InvalidArgument("no new book: \(error)") }
        return Self.done
    }

    static var done: Reply { .json { $0.field("ok", true) } }

    private func greeting() -> Reply {
        .json { json in
            json.field("ok", true)
            json.field("portfolio_id", account.portfolioID)
            json.field("asks_for_tokens", core.authenticator.asksEverybody)
            json.number("working", account.engine.workingCount)
        }
    }

    private func requests(_ query: Query) -> Reply {
        .json(capacity: 1 << 16) { json in
            core.journal.write(
                after: Int64(query.integer("after") ?? 0), limit: max(0, query.integer("limit") ?? .max),
                to: &json)
        }
    }

    private func sockets() -> Reply {
        .json { json in
            json.array("sockets") { json in
                for socket in core.feed.sockets {
                    json.object { json in
                        json.array("channels") { json in
                            for channel in FeedChannel.allCases where socket.subscriptions[channel] != nil {
                                json.string(channel.rawValue)
                            }
                        }
                    }
                }
            }
        }
    }

    private struct SocketBody: ControlBody {
        enum Action: String, ControlWord {
            case clean = "close_clean"
            case abnormal = "close_abnormal"
        }
        enum CodingKeys: CodingKey, CaseIterable { case action }
        var action: Action
    }

    private func closeSockets(_ request: Request) throws(InvalidArgument) -> Reply {
        let action = try body(SocketBody.self, request).action
        for socket in core.feed.sockets {
            if action == .clean { socket.close(.normalClosure) } else { socket.closeAbruptly() }
        }
        return Self.done
    }
}
