// The routes of version 1: what operators may see and say. A later page adds its own beside them.

import Daemon
import FoundationEssentials
import Storage
import Trading
import TradingDomain

package struct ControlRoutes: Sendable {
    package struct Facts: Sendable {
        package var version: String
        package var pid: Int32
        package var stateDirectory: String

        package init(version: String, pid: Int32, stateDirectory: String) {
            self.version = version
            self.pid = pid
            self.stateDirectory = stateDirectory
        }
    }

    /// Reads the configuration again and has it taken; answers in its own time. On the thread that may wait.
    package typealias Reload =
        @Sendable (_ by: String, _ answer: @escaping @Sendable (ControlResponse) -> Void) -> Void

    let facts: Facts
    let desk: ControlDesk
    let worker: WorkThread
    let reload: Reload

    package init(facts: Facts, desk: ControlDesk, worker: WorkThread, reload: @escaping Reload) {
        self.facts = facts
        self.desk = desk
        self.worker = worker
        self.reload = reload
    }

    package var all: [ControlRoute] { health + views + words + console }

    // MARK: Seeing

    private var views: [ControlRoute] {
        let stops = PastStops(stateDirectory: facts.stateDirectory)
        return [
            .get("/v1/status") { _ in .json(status) },
            .get("/v1/risk") { _ in
                guard let core = desk.overview else { return Self.tooEarly }
                return .json(RiskView(core))
            },
            .get("/v1/universe") { _ in
                guard let core = desk.overview else { return Self.tooEarly }
                return .json(UniverseView(core.universe))
            },
            .get("/v1/events") { _ in .events },
            stored("/v1/orders") { reader, request in
                let arguments = try Arguments(request, ["all", "symbol", "limit"])
                let filter = OrderFilter(
                    workingOnly: try !arguments.flag("all"), symbol: try arguments.symbol(),
                    limit: try arguments.limit(500, 5_000))
                return .json(OrdersView(orders: try reader.orders(filter).map(OrderLine.init)))
            },
            stored("/v1/orders/*") { reader, request in
                guard let id = ClientOrderID(request.rest), let order = try reader.order(id) else {
                    return .failure(
                        404, "unknown_order", "the store knows no order '\(request.rest.prefix(64))'",
                        "see /v1/orders?all=1 for client order ids")
                }
                return .json(OrderLine(order))
            },
            stored("/v1/positions") { reader, _ in
                .json(
                    PositionsView(
                        positions: try reader.positions().map { try PositionLine($0.symbol, $0.position) }))
            },
            stored("/v1/fills") { reader, request in
                let arguments = try Arguments(request, ["symbol", "limit"])
                let fills = try reader.fills(
                    of: try arguments.symbol(), limit: try arguments.limit(200, 5_000))
                return .json(FillsView(fills: fills.map(FillLine.init)))
            },
            stored("/v1/decisions") { reader, request in
                let arguments = try Arguments(request, ["limit"])
                let rows = try reader.latestJournal(try arguments.limit(50, 500))
                return .text(
                    VisibleText.json("{\"decisions\":[\(rows.map(\.line).joined(separator: ","))]}"),
                    contentType: "application/json")
            },
            waiting("GET", "/v1/last-stop") { _, answer in
                guard let last = stops.last else {
                    return answer(
                        .failure(404, "no_stop", "no stop has been reported yet", "look again after one"))
                }
                answer(.json(last.report))
            },
            waiting("GET", "/v1/stops") { _, answer in answer(.json(StopsView(stops: stops.lines(limit: 50))))
            },
            waiting("GET", "/v1/stops/*") { request, answer in
                guard let text = stops.text(request.rest) else {
                    return answer(
                        .failure(
                            404, "unknown_stop", "there is no report '\(request.rest.prefix(64))'",
                            "see /v1/stops"))
                }
                let plain = VisibleText.json(String(decoding: text, as: UTF8.self))
                answer(.text(plain, contentType: "application/json"))
            },
        ]
    }

    package var status: StatusView {
        StatusView(
            version: facts.version, pid: facts.pid, overview: desk.overview,
            haltFile: HaltFile.exists(in: facts.stateDirectory), sinceLastTurn: desk.sinceLastTurn,
            lateness: desk.lateness, fills: desk.fills)
    }

    private static let tooEarly = ControlResponse.failure(
        503, "starting", "the core has not begun yet", "ask again in a moment")

    /// From the store, through a reader of its own, on the thread that may wait.
    private func stored(
        _ path: String, _ read: @escaping @Sendable (StateReader, ControlRequest) throws -> ControlResponse
    ) -> ControlRoute {
        waiting("GET", path) { request, answer in
            do {
                answer(try read(try StateReader(at: facts.stateDirectory), request))
            } catch let error as BadArgument {
                answer(error.response)
            } catch let error as StoreError {
                if case .notFound = error { return answer(Self.tooEarly) }
                answer(.failure(503, "store", "\(error)", "look at the log; trading does not depend on this"))
            } catch {
                answer(.failure(500, "internal", "\(error)", "report this"))
            }
        }
    }

    func waiting(
        _ method: String, _ path: String,
        _ body: @escaping @Sendable (ControlRequest, @escaping @Sendable (ControlResponse) -> Void) -> Void
    ) -> ControlRoute {
        ControlRoute(method, path) { request, answer in
            guard worker.put({ body(request, answer) }) else {
                return answer(
                    .failure(503, "busy", "too many questions wait for the disk", "ask again later"))
            }
        }
    }

    private struct OrdersView: Encodable { var orders: [OrderLine] }
    private struct PositionsView: Encodable { var positions: [PositionLine] }
    private struct FillsView: Encodable { var fills: [FillLine] }
    private struct StopsView: Encodable { var stops: [PastStops.Line] }
    private struct RiskView: Encodable {
        var isGateOpen: Bool
        var gateClosedBy: [String]
        var halts: [Halt]
        var standing: Standing?
        var dayResult: Money?
        var limits: [CoreOverview.Limit]

        init(_ core: CoreOverview) {
            isGateOpen = core.isGateOpen
            gateClosedBy = core.gateClosedBy
            halts = core.halts
            standing = core.standing
            dayResult = core.dayResult
            limits = core.limits
        }
    }
}

/// What a query asks for, checked.
struct Arguments {
    private let query: [String: String]

    init(_ request: ControlRequest, _ allowed: [String]) throws(BadArgument) {
        query = request.query
        if let unknown = query.keys.sorted().first(where: { !allowed.contains($0) }) {
            throw BadArgument("'\(unknown)' is not known here", "use \(allowed.joined(separator: ", "))")
        }
    }

    func flag(_ name: String) throws(BadArgument) -> Bool {
        switch query[name] {
        case nil, "0", "false": return false
        case "1", "true", "": return true
        default: throw BadArgument("\(name) is 1 or 0", "write \(name)=1")
        }
    }

    func symbol() throws(BadArgument) -> Symbol? {
        guard let text = query["symbol"] else { return nil }
        guard let symbol = Symbol(text) else {
            throw BadArgument("'\(text.prefix(32))' is not a market", "write it like BTC-USD")
        }
        return symbol
    }

    func limit(_ usual: Int, _ most: Int) throws(BadArgument) -> Int {
        guard let text = query["limit"] else { return usual }
        guard let limit = Int(text), (1...most).contains(limit) else {
            throw BadArgument("limit is a number from 1 to \(most)", "write limit=\(usual)")
        }
        return limit
    }
}

struct BadArgument: Error {
    let what: String
    let todo: String

    init(_ what: String, _ todo: String) {
        self.what = what
        self.todo = todo
    }

    var response: ControlResponse { .failure(400, "bad_argument", what, todo) }
}
