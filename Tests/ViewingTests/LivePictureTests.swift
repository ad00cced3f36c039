// The live view as golden text: the same values give the same picture, at any size.

import Control
import Testing
import Trading
import TradingDomain

@testable import Viewing

@Suite struct LivePictureTests {
    private func picture(
        _ status: StatusView?, _ columns: Int = 80, _ rows: Int = 24, colours: Bool = false,
        unicode: Bool = true,
        trouble: String? = nil
    ) -> [String] {
        LivePicture(status: status, trouble: trouble, now: Fixture.now)
            .frame(
                on: Canvas(columns: columns, rows: rows, hasColours: colours, isUnicode: unicode)
            )
            .lines.map(\.text)
    }

    @Test func aBotThatTrades() throws {
        #expect(
            picture(try Fixture.trading()) == [
                "── trader247 0.1.0 · t247 paper · up 30.0 s ─────────────────────── 23:25:54Z ──",
                "● trading, 20 orders work",
                "waits for its next decision, in 2.3 s",
                "result +12.35  today -0.18  realised 0.00  open +0.02  fees 0.20",
                "MARKET       BID     ASK    POSITION  RESULT  BUYS  NEAREST  SELLS   NEAREST",
                "BTC-USD    60054   60057           0       -     5  59992.5      5  60112.48",
                "ETH-USD  2997.75  2997.9  0.01668457   -0.18     5  2993.78      5   2999.78",
                "orders       █░░░░░░░░░ 20/500          per minute   █░░░░░░░░░ 42/600",
                "daily loss   █░░░░░░░░░ 0.18/1000       position BTC █░░░░░░░░░ 250.76/50000",
                "position ETH █░░░░░░░░░ 300.86/50000",
                "market up · orders up · rate 30/30 · clock ours · loop late 9.7 ms (p99)",
                "23:25:45Z filled ETH-USD BUY 0.01668457 @ 2996.78  fee 0.20",
            ])
    }

    @Test func aSmallTerminalShowsWhatMattersMost() throws {
        #expect(
            picture(try Fixture.trading(), 40, 6) == [
                "── trader247 0.1.0 · t247 paper · up 30…", "● trading, 20 orders work",
                "waits for its next decision, in 2.3 s", "result +12.35  today -0.18  realised 0.…",
                "MARKET       BID     ASK    POSITION", "BTC-USD    60054   60057           0",
            ])
        #expect(picture(try Fixture.trading(), 20, 1) == ["── trader247 0.1.0 …"])
        #expect(picture(try Fixture.trading(), 80, 0).isEmpty)
        for (columns, rows) in [(1, 1), (2, 3), (7, 30), (39, 9), (300, 100)] {
            let lines = picture(try Fixture.trading(), columns, rows)
            #expect(lines.count <= rows)
            #expect(lines.allSatisfy { TextWidth.columns(of: $0) <= columns })
        }
    }

    @Test func asciiAndColours() throws {
        let plain = picture(try Fixture.trading(), unicode: false)
        #expect(plain.allSatisfy { $0.allSatisfy(\.isASCII) })
        #expect(plain[1] == "* trading, 20 orders work")
        #expect(plain[7].hasPrefix("orders       #......... 20/500"))
        let coloured = picture(try Fixture.trading(), colours: true)
        #expect(coloured[1] == "\u{1B}[32m● \u{1B}[0m\u{1B}[32mtrading, 20 orders work\u{1B}[0m")
        // Whatever is cut, colours end where they began.
        for columns in 1...80 {
            for line in picture(try Fixture.trading(), columns, colours: true) {
                let codes = line.split(separator: "\u{1B}[", omittingEmptySubsequences: false).count - 1
                #expect(codes % 2 == 0)
            }
        }
    }

    // MARK: What the loop waits for

    private func waits(_ change: (inout CoreOverview) -> Void) throws -> String {
        picture(try Fixture.changed(change), 200).joined(separator: "\n")
    }

    @Test func whatTheLoopWaitsForIsSaid() throws {
        #expect(
            try waits { $0.markets[0].bid = nil }.contains("waits for a price of BTC-USD; its next decision"))
        #expect(try waits { $0.placementsInFlight = 3 }.contains("3 answers of the exchange"))
        #expect(try waits { $0.measures.rate?.burst = 0 }.contains("the rate budget"))
        #expect(
            try waits { $0.measures.rate?.blockedMs = 1_500 }.contains("the exchange's patience, 1.5 s"))
        #expect(
            try waits {
                $0.gateClosedBy = ["the order feed is lost", "reconciling with the exchange"]
                $0.isGateOpen = false
                $0.feeds[1].isUp = false
            }
            .contains(
                "● trading, nothing new is placed: the order feed is lost; 20 orders work\nreconciling with the exchange"
            )
        )
        #expect(try waits { $0.feeds[1].isUp = false }.contains("orders DOWN"))
        #expect(try waits { $0.lifecycle = .recovering }.contains("● recovering: 20 orders work"))
        #expect(try waits { $0.clock.trouble = "not known" }.contains("clock: not known"))
        #expect(try waits { $0.dayResult = nil }.contains("today unknown"))
        var hung = try Fixture.trading()
        hung.sinceLastTurnMs = 65_000
        hung.haltFile = true
        let text = picture(hung).joined(separator: "\n")
        #expect(text.contains("the loop has not turned for 1:05 min\nthe halt file is there"))
    }

    @Test func aBotThatIsNotThere() throws {
        #expect(
            picture(nil, 60, trouble: "no bot runs in ./var, waiting for one; stopped clean") == [
                "── trader247 ────────────────────────────────── 23:25:54Z ──",
                "no bot runs in ./var, waiting for one", "stopped clean",
            ])
    }

    @Test func manyMarketsAreCutToTheRows() throws {
        let status = try Fixture.changed { core in
            for index in 0..<40 {
                guard let symbol = Symbol("C\(index)-USD") else { continue }
                var market = core.markets[0]
                market.symbol = symbol
                core.markets.append(market)
            }
        }
        let lines = picture(status, 80, 14)
        #expect(lines.count == 14)
        #expect(lines[4].hasPrefix("MARKET") && lines[13].hasPrefix("C6-USD"))
    }

    @Test func severalStrategiesHaveRowsOfTheirOwn() throws {
        let status = try Fixture.changed { $0.strategies = Fixture.strategies }
        #expect(
            Array(picture(status)[7...9]) == [
                "STRATEGY  STATE    ORDERS  RESULT  TODAY      BUDGET  WHY",
                "grid      trading      20   -0.18  -0.18  55.00/5000",
                "dca       halted        0       -      -           -  daily loss",
            ])
    }

    // MARK: The stop

    @Test func aStopIsSeenToItsEnd() throws {
        let gate =
            #"{"name":"gate","started_at":"2026-11-28T23:25:53Z","ended_at":"2026-11-28T23:25:53Z","attempts":0}"#
        let cancel = #"{"name":"cancel","started_at":"2026-11-28T23:25:53Z","attempts":3}"#
        let title = "── trader247 0.1.0 · t247 paper · up 30.0 s ─────────────────────── 23:25:54Z ──"
        #expect(
            picture(try Fixture.stopping(12, gate + "," + cancel)) == [
                title, "● stopping: signal SIGTERM  6.9 s of the deadline left",
                "████████████░░░░░░░░░░░░░░░░░░ 12 of 20 orders ended, 8 still out",
                "gate ✔  settle  cancel … 1.0 s  verify  flush  report",
                "not proved empty yet, 1 cancel errors",
            ])
        #expect(
            picture(try Fixture.stopping(20, gate + "," + cancel, isOver: true)) == [
                title, "● stopped: signal SIGTERM  6.9 s of the deadline left",
                "██████████████████████████████ 20 of 20 orders ended",
                "gate ✔  settle  cancel ✔ 1.0 s  verify  flush  report",
                "proved empty by the exchange's own list, 1 cancel errors",
            ])
        let small = picture(try Fixture.stopping(12, gate + "," + cancel), 40, 3)
        #expect(small.count == 3 && small[2].hasPrefix("███░░░░░ 12 of 20 orders ended"))
    }

    // MARK: Text

    @Test func wideCharactersAreCutWhole() {
        let canvas = Canvas(columns: 6, rows: 1, hasColours: false, isUnicode: true)
        #expect(Row("日本語です").line(on: canvas).text == "日本…")
        #expect(Row("日本語です").line(on: canvas).width == 5)
        #expect(Row("日本語").line(on: canvas).text == "日本語")
        #expect(Row("e\u{301}e\u{301}e\u{301}").line(on: canvas).width == 3)
        #expect(Row("✅ done").line(on: canvas).text == "✅ do…")
        // What an exchange sends must not steer a terminal.
        let wide = Canvas(columns: 40, rows: 1, hasColours: false, isUnicode: true)
        let plain = Canvas(columns: 40, rows: 1, hasColours: false, isUnicode: false)
        #expect(Row("a\u{1B}[2Jb\u{202E}\u{9B}é").line(on: wide).text == "a\\u{1b}[2Jb\\u{202e}\\u{9b}é")
        #expect(Row("a\u{1B}[2Jb\u{202E}é").line(on: plain).text == "a\\u{1b}[2Jb\\u{202e}?")
    }

    @Test func barsAreFullOnlyWhenAllIsUsed() {
        #expect(Glance.cells(0, of: 10, 10) == 0)
        #expect(Glance.cells(1, of: 1_000, 10) == 1)
        #expect(Glance.cells(999, of: 1_000, 10) == 9)
        #expect(Glance.cells(1_000, of: 1_000, 10) == 10)
        #expect(Glance.cells(.max / 2, of: .max, 10) == 4)
        #expect(Glance.duration(milliseconds: 850) == "850 ms")
        #expect(Glance.duration(milliseconds: 7_384_000) == "2:03:04 h")
        #expect(Glance.duration(milliseconds: 183_600_000) == "2 d 3 h")
    }
}
