// The real binary on paper, and dry, at the prices of a venue: the bundled sandbox, whose own book must stay as empty
// as it was.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct VenuePricesTests {
    private struct Place {
        let arena: Arena
        let venue: SandboxProcess
        var file: String { arena.directory + "/venue.yaml" }
        var arguments: [String] {
            [
                "run", "--no-guardian", "--config", file, "--state-dir", arena.state, "--paper-book",
                arena.book,
            ]
        }

        init() throws {
            arena = try Arena(orders: 0)
            venue = try SandboxProcess(openIn: arena.directory)
            try configure()
        }

        func configure(port: UInt16? = nil, symbols: String = "[BTC-USD]") throws {
            let port = port ?? venue.port
            try """
            bot: test
            interval: 200ms
            exchange: {rest_url: "http://127.0.0.1:\(port)", market_ws_url: "ws://127.0.0.1:\(port)/ws"}
            paper: {latency: 4ms, maker_fee: 0.001}
            strategies: [{type: grid, symbols: \(symbols), levels: 3, spacing_bps: 10, size_quote: 50, recentre: 1000}]
            """.write(toFile: file, atomically: true, encoding: .utf8)
            try move(to: 50_000)
        }

        func move(to bid: Int) throws {
            try venue.control(
                "POST", "/market",
                #"{"action":"set","product":"BTC-USD","bid":"\#(bid)","ask":"\#(bid + 10)","size":"1"}"#)
        }

        func start(_ mode: String) throws -> RunningProcess {
            try RunningProcess(
                Arena.binary, arguments + ["--mode", mode, "--feed", "coinbase"], in: arena.directory)
        }

        func expectUntouched() throws {
            #expect(try venue.book().ordersEver == 0, "no order ever went to the venue")
            let requests = String(
                decoding: try venue.control("GET", "/requests?after=0&limit=1000"), as: UTF8.self)
            #expect(requests.contains("/api/v3/brokerage/market/products"))
            #expect(!requests.contains("\"POST\",\"path\":\"/api/"))
        }
    }

    private struct Told {
        let process: RunningProcess
        private(set) var text = ""
        mutating func waits(for words: String, _ count: Int = 1) throws {
            let process = process
            var text = text
            defer { self.text = text }
            try eventually("it says \(words)") {
                text += process.read()
                if let ending = process.pollEnding(), text.components(separatedBy: words).count <= count {
                    throw SpawnError(description: "ended early: \(ending) \(process.errorText)")
                }
                return text.components(separatedBy: words).count > count
            }
        }
        init(_ process: RunningProcess) { self.process = process }
    }

    private struct PaperBookText: Decodable {
        struct Fill: Decodable {
            let price: String
            let fee: String
        }
        let fills: [Fill]
    }

    private func fills(_ place: Place) throws -> [PaperBookText.Fill] {
        let result = try place.arena.trader247(["paper", "book", "--json", "--paper-book", place.arena.book])
        return try JSONDecoder().decode(PaperBookText.self, from: Data(result.output.utf8)).fills
    }

    @Test func paperOrdersRestAndFillAtTheVenuesPrices() throws {
        let place = try Place()
        let process = try place.start("paper")
        try eventually("six orders rest in the paper book", within: .seconds(40)) {
            _ = process.read()
            if let ending = process.pollEnding() {
                throw SpawnError(description: "ended early: \(ending) \(process.errorText)")
            }
            return place.arena.working == 6
        }
        // The best buy rests 10 basis points below the middle of 50005; the ask falls to it and no further.
        try place.move(to: 49_944)
        try eventually("one order fills") { try fills(place).count == 1 }
        let fill = try #require(try fills(place).first)
        #expect(fill.price == "49955")
        #expect(try place.arena.bookText().count("filled") == 1)

        // The market is lost without a word, and comes back: what it tells then fills another order.
        var told = Told(process)
        try place.venue.control(
            "POST", "/faults", #"{"endpoint":"WS heartbeats","action":"wsCloseAbnormal","count":1}"#)
        try told.waits(for: "market feed lost")
        try eventually("it listens again") {
            let sockets = String(
                decoding: try place.venue.control("GET", "/sockets"), as: UTF8.self)
            return sockets.contains("market_trades")
        }
        try place.move(to: 49_893)
        try eventually("another order fills") { try fills(place).count >= 2 }

        process.send(SIGTERM)
        try place.arena.expectClean(try process.end())
        try place.expectUntouched()
    }

    @Test func aDryRunSeesTheVenuesPricesAndSendsNothing() throws {
        let place = try Place()
        let process = try place.start("dry-run")
        var told = Told(process)
        try told.waits(for: "dry run: would have sent", 6)
        #expect(told.text.contains("BTC-USD limit 49955"))
        process.send(SIGTERM)
        #expect(try process.end() == .exit(0))
        #expect(try place.arena.report().verdict == "nothing-to-cancel")
        #expect(!FileManager.default.fileExists(atPath: place.arena.book))
        try place.expectUntouched()
    }

    @Test func aMarketThatTheVenueDoesNotHaveIsNamed() throws {
        let place = try Place()
        try place.configure(symbols: "[BTC-USD, DOGE-EUR]")
        let process = try place.start("paper")
        #expect(try process.end() == .exit(78))
        #expect(process.errorText.contains("has no spot market DOGE-EUR"))
        #expect(!FileManager.default.fileExists(atPath: place.arena.book))
    }

    /// Nothing can rest, so there is nothing to sweep and nobody to start again.
    @Test func aVenueThatIsNotThereIsWaitedForAndNoCrash() throws {
        let place = try Place()
        try place.venue.control(
            "POST", "/faults", #"{"endpoint":"GET /market/products","action":"dropBefore"}"#)
        let process = try RunningProcess(
            Arena.binary,
            place.arguments.filter { $0 != "--no-guardian" } + ["--mode", "paper", "--feed", "coinbase"],
            in: place.arena.directory)
        var told = Told(process)
        try told.waits(for: "Venue not reached")
        #expect(told.text.contains("trying again in 10s"))
        try place.venue.control("DELETE", "/faults", "")
        try eventually("six orders rest in the paper book", within: .seconds(60)) {
            _ = process.read()
            return place.arena.working == 6
        }
        #expect(!told.text.contains("SHUTDOWN"), "\(told.text)")
        process.send(SIGTERM)
        try place.arena.expectClean(try process.end())
    }

    @Test func oneRunAloneDoesNotWaitForTheVenue() throws {
        let place = try Place()
        try place.configure(port: 1)
        let process = try RunningProcess(
            Arena.binary, place.arguments + ["--mode", "paper", "--feed", "coinbase", "--once"],
            in: place.arena.directory)
        #expect(try process.end() == .exit(70))
        #expect(process.errorText.contains("did not tell its markets within 10s"))
        #expect(process.errorText.contains("feed: simulated"))
    }

    @Test func aSignalEndsTheWaitForTheVenueAtOnce() throws {
        let place = try Place()
        try place.configure(port: 1)
        let start = ContinuousClock.now
        let process = try place.start("paper")
        var told = Told(process)
        try told.waits(for: "for its markets")
        process.send(SIGTERM)
        #expect(try process.end() == .exit(0))
        #expect(ContinuousClock.now - start < .seconds(8))
        let report = try place.arena.report()
        #expect(report.verdict == "clean" && report.ordersFound == 0)
        #expect(!FileManager.default.fileExists(atPath: place.arena.book), "no book without products")
    }

    @Test func ordersOfADeadLifeAreCanceledThoughTheVenueIsGone() throws {
        let place = try Place()
        let first = try place.start("paper")
        try eventually("six orders rest", within: .seconds(40)) {
            _ = first.read()
            return place.arena.working == 6
        }
        first.send(SIGKILL)
        #expect(try first.end() == .signal(SIGKILL))
        #expect(place.arena.working == 6)
        try place.configure(port: 1)
        let second = try place.start("paper")
        var told = Told(second)
        try told.waits(for: "for its markets")
        second.send(SIGTERM)
        try place.arena.expectClean(try second.end())
    }
}
