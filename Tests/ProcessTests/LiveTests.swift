// The real binary in live mode against the bundled sandbox, as an operator begins: the doctor, a run, a crash, a
// sweep. The sandbox's own book judges.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct LiveTests {
    private struct Place {
        let arena: Arena
        let venue: SandboxProcess

        var arguments: [String] { ["--config", arena.directory + "/live.yaml", "--state-dir", arena.state] }
        var confirmed: [String: String] { ["TRADER247_CONFIRM_LIVE": venue.portfolio] }

        init(symbols: String = "[BTC-USD]", more: String = "") throws {
            arena = try Arena()
            venue = try SandboxProcess(in: arena.directory)
            try configure(symbols: symbols, more: more)
        }

        func configure(symbols: String = "[BTC-USD]", portfolio: String? = nil, more: String = "") throws {
            var text = venue.configuration(symbols: symbols, more: more)
            if let portfolio { text = text.replacing(venue.portfolio, with: portfolio) }
            try text.write(toFile: arena.directory + "/live.yaml", atomically: true, encoding: .utf8)
        }

        func doctor() throws -> (ending: Ending, says: DoctorText) {
            let result = try arena.trader247(["doctor", "--json"] + arguments)
            return (result.ending, try DoctorText(result.output))
        }

        func start() throws -> RunningProcess {
            try RunningProcess(
                Arena.binary, ["run", "--no-guardian"] + arguments, in: arena.directory,
                environment: confirmed)
        }

        func startWorking(_ orders: Int) throws -> RunningProcess {
            let process = try start()
            try eventually("\(orders) orders rest", within: .seconds(40)) {
                _ = process.read()
                if let ending = process.pollEnding() {
                    throw SpawnError(description: "ended early: \(ending) \(process.errorText)")
                }
                return try venue.working("test-") >= orders
            }
            return process
        }

        /// Orders of somebody else.
        func placeForeign(_ count: Int) throws {
            try venue.control(
                "POST", "/orders",
                #"{"count":\#(count),"product":"BTC-USD","side":"BUY","price":"100","step":"1","size":"0.1","prefix":"foreign-"}"#
            )
        }
    }

    // MARK: The doctor

    @Test func theDoctorFindsAllWell() throws {
        let place = try Place()
        try place.placeForeign(3)
        let (ending, says) = try place.doctor()
        #expect(ending == .exit(0), "\(says.checks.filter { $0.verdict != "ok" })")
        #expect(says.verdict == "ok")
        for name in [
            "key", "endpoint", "clock", "permissions", "transfer", "portfolio", "products", "fees",
            "working orders", "balances", "market feed", "user feed",
        ] { #expect(says[name]?.verdict == "ok", "\(name): \(says[name]?.detail ?? "not checked")") }
        #expect(says["working orders"]?.detail.contains("0 of bot test, 3 of others") == true)
        let book = try place.venue.book()
        #expect(book.ordersEver == 3 && book.working == 3, "it places and cancels nothing")
    }

    @Test func theDoctorNamesWhatIsWrongWithTheKey() throws {
        let place = try Place()
        try place.venue.control(
            "POST", "/permissions", #"{"can_view":true,"can_trade":true,"can_transfer":true}"#)
        var (ending, says) = try place.doctor()
        #expect(ending == .exit(0))
        #expect(says["transfer"]?.verdict == "warn")
        try place.venue.control(
            "POST", "/permissions", #"{"can_view":true,"can_trade":false,"can_transfer":false}"#)
        (ending, says) = try place.doctor()
        #expect(ending == .exit(78))
        #expect(says["permissions"]?.verdict == "fail")
        try place.configure(portfolio: "another")
        (ending, says) = try place.doctor()
        #expect(ending == .exit(78))
        #expect(says["portfolio"]?.detail.contains(place.venue.portfolio) == true)
    }

    @Test func theDoctorKnowsMarketsAndClocks() throws {
        let place = try Place(symbols: "[BTC-USD, XYZ-USD]")
        var (ending, says) = try place.doctor()
        #expect(ending == .exit(78))
        #expect(says.checks.contains { $0.verdict == "fail" && $0.detail.contains("XYZ-USD") })
        try place.configure()
        try place.venue.control(
            "POST", "/market", #"{"action":"status","product":"BTC-USD","status":"disabled"}"#)
        try place.venue.control("POST", "/clock", #"{"skew_ms":30000}"#)
        (ending, says) = try place.doctor()
        #expect(ending == .exit(70))
        #expect(says["products"]?.verdict == "fail")
        #expect(says["clock"]?.verdict == "warn")
        #expect(says["permissions"]?.verdict == "ok", "tokens are signed on the venue's clock")
    }

    @Test func theDoctorSaysThatTheVenueIsDown() throws {
        let place = try Place()
        try place.venue.stop()
        let (ending, says) = try place.doctor()
        #expect(ending == .exit(70))
        #expect(says["endpoint"]?.verdict == "fail")
        #expect(says["permissions"] == nil)
    }

    // MARK: Trading

    @Test func aLiveRunStopsCleanAndShowsNoSecret() throws {
        let place = try Place()
        try place.placeForeign(3)
        let process = try place.startWorking(20)
        let key = try String(contentsOfFile: place.venue.keyFile, encoding: .utf8)
        process.send(SIGTERM)
        var text = ""
        let ending = try eventually("it ends") {
            text += process.read()
            return process.pollEnding()
        }
        #expect(ending == .exit(0))
        let report = try place.arena.report()
        #expect(report.verdict == "clean" && report.ordersFound >= 20)
        #expect(try place.venue.working("test-") == 0)
        #expect(try place.venue.working("foreign-") == 3)
        text += process.read() + process.errorText
        text += try String(contentsOfFile: place.arena.state + "/logs/trader247.log", encoding: .utf8)
        text += try String(contentsOfFile: place.arena.state + "/shutdown-report.json", encoding: .utf8)
        text += try place.arena.trader247(["journal", "export"] + place.arguments).output
        let secrets = key.split(whereSeparator: { "\"\\\n".contains($0) }).filter { $0.count >= 16 }
        #expect(!secrets.isEmpty)
        for secret in secrets { #expect(!text.contains(secret), "a part of the key file is shown") }
        #expect(!text.contains("eyJ"), "a token is shown")
    }

    @Test func whatAKilledLiveTraderLeftIsSwept() throws {
        let place = try Place()
        try place.placeForeign(3)
        let process = try place.startWorking(20)
        let running = try place.arena.trader247(["sweep", "--exchange-only"] + place.arguments)
        #expect(running.ending == .exit(75))
        try freeze(process.pid) { try place.venue.working("test-") >= 20 }
        process.send(SIGKILL)
        _ = try process.end()
        #expect(try place.venue.working("test-") >= 20)
        let placed = try place.venue.book().ordersEver
        let swept = try place.arena.trader247(["sweep"] + place.arguments)
        #expect(swept.ending == .exit(0))
        #expect(try place.venue.working("test-") == 0)
        #expect(try place.venue.working("foreign-") == 3)
        let all = ["sweep", "--all"] + place.arguments
        #expect(try place.arena.trader247(all).ending == .exit(78))
        #expect(try place.venue.working("foreign-") == 3)
        #expect(try place.arena.trader247(all + ["--yes"]).ending == .exit(0))
        let book = try place.venue.book()
        #expect(book.working == 0)
        #expect(book.ordersEver == placed, "a sweep places nothing")
    }

    @Test func aKeyOfAnotherPortfolioTradesNothing() throws {
        let place = try Place()
        try place.configure(portfolio: "another")
        let result = try place.arena.trader247(
            ["run"] + place.arguments, environment: ["TRADER247_CONFIRM_LIVE": "another"])
        #expect(result.ending == .exit(78))
        #expect(result.errors.contains(place.venue.portfolio))
        #expect(try place.venue.book().ordersEver == 0)
        // Nor does a sweep prove, or cancel, anything there.
        try place.placeForeign(3)
        #expect(try place.arena.trader247(["sweep"] + place.arguments).ending == .exit(78))
        let all = ["sweep", "--all", "--yes"] + place.arguments
        #expect(try place.arena.trader247(all).ending == .exit(78))
        #expect(try place.venue.working("foreign-") == 3)
        try place.venue.stop()
        #expect(try place.arena.trader247(all).ending == .exit(70))
        #expect(
            try place.arena.trader247(["sweep", "--deadline", "3s"] + place.arguments).ending == .exit(3))
    }

    @Test func signalsAreObeyedWhileTheVenueIsDown() throws {
        let place = try Place(more: "stop: {deadline: 4s}")
        try place.venue.stop()
        let process = try place.start()
        try eventually("recovery begins") { process.read().contains("recovery begins") }
        process.send(SIGTERM)
        #expect(try process.end(within: .seconds(6)) == .exit(3))
        #expect(try place.arena.report().verdict == "unproved")
    }
}
