import Testing
import TradingDomain

@testable import Trading

@Suite("Placements without an outcome")
struct UnknownPlacementTests {
    private func at(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    private func one() throws -> (UnknownPlacements, ClientOrderID) {
        let bot = try #require(BotID("sim"))
        let id = try #require(ClientOrderID(bot: bot, epoch: 7, sequence: 1))
        var unknown = UnknownPlacements()
        unknown.add(id, createdAt: UTCInstant(seconds: 0), lifeEndsAt: at(5_000), at: at(0))
        return (unknown, id)
    }

    @Test func theNextSearchIsNotLaterThanTheEndOfTheRequest() throws {
        var (unknown, _) = try one()
        #expect(unknown.nextSearchAt == at(0))
        for _ in 0..<5 { _ = unknown.searched([], startedAt: at(3_900), at: at(4_000)) }
        #expect(unknown.nextSearchAt == at(5_000))
    }

    /// A sweep that waits two seconds more than it must is one that may be ended before its proof.
    @Test func aSearchDuringWhichTheRequestEndedIsFollowedAtOnce() throws {
        var (unknown, id) = try one()
        for _ in 0..<5 { _ = unknown.searched([], startedAt: at(3_900), at: at(4_000)) }
        #expect(unknown.searched([], startedAt: at(4_900), at: at(5_600)).isEmpty)
        #expect(unknown.nextSearchAt == at(5_600))
        #expect(unknown.searched([], startedAt: at(5_600), at: at(5_700)) == [id])
        #expect(unknown.isEmpty)
    }
}
