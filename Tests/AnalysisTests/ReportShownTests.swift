// A report as table, CSV and page.

import Foundation
import Testing
import Trading
import TradingDomain

@testable import Analysis

@Suite struct ReportShownTests {
    private func report(strategy: String = "grid", days: Int64 = 3) throws -> TradingReport {
        let start = UTCInstant(dayNumber: 20_800)
        let bot = try #require(BotID("grid"))
        let symbol = try #require(Symbol("BTC-USD"))
        var input = ReportInput(bot: bot, mode: .paper, since: start, until: start + .seconds(days * 86_400))
        for number in 1...days * 4 {
            let id = try #require(ClientOrderID(bot: bot, epoch: 7, sequence: number))
            let price = Price(100 + (number * 7) % 13)
            let fill = Fill(
                id: FillID("f\(number)"), exchangeOrderID: ExchangeOrderID("X\(number)"), symbol: symbol,
                side: number % 2 == 0 ? .sell : .buy, price: price, quantity: Quantity("0.1")!,
                fee: Money("0.01")!, liquidity: .maker, at: start + .seconds(number * 21_000))
            input.fills.append(AttributedFill(order: id, strategy: strategy, mid: price, fill: fill))
        }
        return try TradingReport(input)
    }

    @Test func csvIsOneTidyTableOfExactNumbers() throws {
        let lines = try report().csv(by: [.day, .strategy]).split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("day,strategy,currency,result,net_realised,unrealised,fees,"))
        #expect(lines.count == 4)
        #expect(lines[1].hasPrefix("2026-12-13,grid,USD,"), "\(lines[1])")
        let columns = lines[0].split(separator: ",", omittingEmptySubsequences: false).count
        for line in lines {
            #expect(line.split(separator: ",", omittingEmptySubsequences: false).count == columns)
        }
    }

    @Test func aCellOfCSVIsNoFormulaAndIsQuoted() {
        #expect(ReportText.csv("=1+1") == "'=1+1")
        #expect(ReportText.csv("  =1+1") == "'  =1+1")
        #expect(
            ReportText.csv("@x") == "'@x" && ReportText.csv("+x") == "'+x" && ReportText.csv("＝1") == "'＝1")
        #expect(ReportText.csv("\t=1") == "\\u{9}=1")
        #expect(ReportText.csv("a\r\nb\u{1B}[2J\u{202E}") == "a\\u{d}\\u{a}b\\u{1b}[2J\\u{202e}")
        #expect(ReportPage.escaped("<'\u{1B}\u{202E}\"&>") == "&lt;&#39;\\u{1b}\\u{202e}&quot;&amp;&gt;")
        #expect(ReportText.csv("-5.2") == "-5.2")
        #expect(ReportText.csv("-cmd") == "'-cmd")
        #expect(ReportText.csv("a,\"b\"") == "\"a,\"\"b\"\"\"")
    }

    @Test func thePageNeedsNothingElseAndEscapes() throws {
        let page = ReportPage.page(try report(strategy: "<img src=x>&\""))
        #expect(!page.contains("<img"))
        #expect(page.contains("&lt;img src=x&gt;&amp;&quot;"))
        for outside in ["http://", "https://", "<script", "url(", "@import"] {
            #expect(!page.contains(outside), "\(outside)")
        }
        #expect(page.components(separatedBy: "<svg").count == 5)
        // A table beside each plot, and every tag is closed.
        for tag in ["table", "section", "figure", "svg", "div", "tr", "td", "th", "p"] {
            let begun = page.matches(of: try Regex("<\(tag)[ >]")).count
            #expect(begun == page.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
        }
        #expect(page.contains("prefers-color-scheme: dark"))
    }

    @Test func anEmptyTimeIsSaid() throws {
        let start = UTCInstant(dayNumber: 20_800)
        let input = ReportInput(
            bot: try #require(BotID("grid")), mode: .paper, since: start, until: start + .seconds(60))
        let report = try TradingReport(input)
        #expect(ReportPage.page(report).contains("Nothing was traded"))
        #expect(ReportLines.of(report, by: [.day]).contains { $0.contains("Nothing was traded") })
        #expect(report.csv(by: [.day]).split(separator: "\n").count == 1)
    }

    @Test func scalesHoldTheirValuesWithRoundSteps() throws {
        for (values, ticks) in [
            (["3", "-1"], ["-1", "0", "1", "2", "3"]), (["0"], ["0", "0.000000000000000001"]),
            (["950"], ["0", "500", "1000"]), (["-0.042"], ["-0.06", "-0.04", "-0.02", "0"]),
        ] {
            let scale = PlotScale(values.compactMap { Money($0) })
            #expect(scale.ticks.map(\.description) == ticks, "\(values)")
            for value in values.compactMap({ Money($0) }) { #expect((0...1).contains(scale.place(value))) }
        }
    }

    @Test func aLongCurveKeepsItsPeaks() throws {
        let start = UTCInstant(dayNumber: 20_800)
        let bot = try #require(BotID("grid"))
        var input = ReportInput(bot: bot, mode: .paper, since: start, until: start + .seconds(90_000))
        let symbol = try #require(Symbol("BTC-USD"))
        let id = try #require(ClientOrderID(bot: bot, epoch: 7, sequence: 1))
        input.fills = [
            AttributedFill(
                order: id, strategy: "grid", mid: nil,
                fill: Fill(
                    id: FillID("f"), exchangeOrderID: ExchangeOrderID("X"), symbol: symbol, side: .buy,
                    price: Price(100), quantity: Quantity(1), fee: .zero, liquidity: .maker, at: start))
        ]
        input.marks = (1...20_000).map { number in
            Mark(
                symbol: symbol, price: Price(number == 7_777 ? 500 : 100 + Int64(number % 10)),
                at: start + .seconds(Int64(number) * 4), source: .decision)
        }
        let curve = try #require(try TradingReport(input).curves.first)
        #expect(curve.points.count > 19_000)
        let thin = curve.thinned(to: 400)
        #expect(thin.count <= 402)
        #expect(thin.map(\.result).max() == Money(400))
        #expect(thin.last == curve.points.last)
    }

    @Test func numbersForEyes() {
        #expect(ReportText.money(Money("1234.567")!) == "1234.57")
        #expect(ReportText.money(Money("0.000012")!) == "0.00001200")
        #expect(ReportText.money(.zero) == "0.00")
        #expect(ReportText.percent(Rate("0.12345")!) == "12.3%")
        #expect(ReportText.seconds(.milliseconds(1_500)) == "1.5")
        #expect(ReportText.rounded(Rate(3), "0.01") == "3.00")
    }
}
