import Daemon
import Synchronization
import Testing
import Trading
import TradingDomain

@testable import Control

@Suite struct PartsTests {
    @Test func routesAreFoundByMethodAndPath() {
        let route = { (method: String, path: String) in ControlRoute(method, path) { _, _ in } }
        let router = ControlRouter([
            route("GET", "/v1/orders"), route("GET", "/v1/orders/*"), route("POST", "/v1/stop"),
        ])
        func words(_ method: String, _ path: String) -> String {
            switch router.match(method, path) {
            case .none: "none"
            case .otherMethod(let allowed): "only \(allowed)"
            case .route(let route, let rest): "\(route.path) \(rest)"
            }
        }
        #expect(words("GET", "/v1/orders") == "/v1/orders ")
        #expect(words("GET", "/v1/orders/a-1-1") == "/v1/orders/* a-1-1")
        #expect(words("GET", "/v1/orders/") == "none")
        #expect(words("GET", "/v1/ordersx") == "none")
        #expect(words("GET", "/v1/stop") == #"only ["POST"]"#)
        #expect(words("get", "/v1/orders") == #"only ["GET"]"#)
    }

    @Test func queriesAreReadOrRefused() {
        #expect(QueryText.parse("") == [:])
        #expect(QueryText.parse("a=1&b=x%20y+z&c") == ["a": "1", "b": "x y z", "c": ""])
        #expect(QueryText.parse("a=%") == nil)
        #expect(QueryText.parse("a=%4") == nil)
        #expect(QueryText.parse("a=%zz") == nil)
        #expect(QueryText.parse("a=%ff") == nil)
        #expect(QueryText.parse((0..<100).map { "n\($0)=1" }.joined(separator: "&")) == nil)
    }

    @Test func theHubIsBoundedAndSaysWhatIsMissing() {
        let hub = EventHub()
        let wakes = Mutex(0)
        hub.serve { wakes.withLock { $0 += 1 } }
        #expect(!hub.hasListeners)
        #expect(hub.join())
        let record = Record.resumed(at: UTCInstant(nanoseconds: 0))
        for _ in 0..<EventHub.queueLimit + 7 { hub.put([record], at: UTCInstant(nanoseconds: 0)) }
        // Once until somebody takes, however much comes.
        #expect(wakes.withLock { $0 } == 1)
        let items = hub.take().items
        #expect(items.count == EventHub.queueLimit + 1)
        guard case .gap(7)? = items.last else {
            Issue.record("the gap is not told")
            return
        }
        #expect(hub.take().items.isEmpty)
        for _ in 1..<EventHub.listenerLimit { #expect(hub.join()) }
        #expect(!hub.join())
        hub.leave()
        #expect(hub.join())
    }

    @Test func aWishThatFindsNoPlaceIsToldSo() {
        let inbox = Inbox()
        let desk = ControlDesk(inbox: inbox)
        let outcomes = Mutex<[ControlDesk.Outcome]>([])
        for _ in 0...Inbox.operatorLimit {
            desk.ask(.sweep, by: "test") { outcome in outcomes.withLock { $0.append(outcome) } }
        }
        #expect(outcomes.withLock { $0 } == [.busy])
        // The first one asked is the first that the loop hears of, and its answer comes once.
        guard case .event(.operatorRequest(.said(let order)))? = inbox.take() else {
            Issue.record("nothing was asked")
            return
        }
        #expect(order.by == "test" && order.word == .sweep)
        let reply = OperatorReply(number: order.number, outcome: .done("swept"))
        desk.answer(reply, isDurable: true)
        desk.answer(reply, isDurable: true)
        #expect(outcomes.withLock { $0 } == [.busy, .answered(.done("swept"), isDurable: true)])
    }

    @Test func thePaceForgetsWhatIsOld() {
        var pace = LoopPace()
        #expect(pace.view == nil)
        for _ in 0..<LoopPace.length { pace.note(.seconds(1)) }
        for _ in 0..<LoopPace.length { pace.note(.milliseconds(2)) }
        #expect(pace.view == LoopPace.View(turns: 256, medianUs: 2_000, p99Us: 2_000, maxUs: 2_000))
    }

    @Test func aReportIsNeverReadFromElsewhere() {
        let stops = PastStops(stateDirectory: "/nonexistent")
        #expect(stops.names.isEmpty)
        for name in ["../shutdown-report.json", "shutdown-report/../../x.json", "config.yaml", ""] {
            #expect(stops.text(name) == nil)
        }
    }
}
