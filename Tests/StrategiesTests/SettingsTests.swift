import Foundation
import Testing
import Trading
import TradingDomain

@testable import Strategies

@Suite struct SettingsTests {
    private func read(_ text: String) throws -> [ConfiguredStrategy] {
        try JSONDecoder().decode([ConfiguredStrategy].self, from: Data(text.utf8))
    }

    @Test func aRecordingFromBeforeThereWereKindsReadsAsGrids() throws {
        let btc = try #require(Symbol("BTC-USD"))
        let grid = GridSettings(name: "old", symbols: [btc], levels: 7, size: .base(Quantity(2)))
        let text = String(decoding: try JSONEncoder().encode([grid]), as: UTF8.self)
        #expect(!text.contains("type"))
        #expect(try read(text) == [ConfiguredStrategy(.grid(grid))])
    }

    @Test func aConfiguredStrategyIsReadBackAsItWasWritten() throws {
        let btc = try #require(Symbol("BTC-USD"))
        let configured = ConfiguredStrategy(
            .grid(GridSettings(name: "g", symbols: [btc])), isEnabled: false,
            limits: StrategyLimits(budget: Money(500), maximumWorkingOrders: 4))
        let text = String(decoding: try JSONEncoder().encode([configured]), as: UTF8.self)
        #expect(text.contains(#""type":"grid""#))
        #expect(try read(text) == [configured])
    }
}
