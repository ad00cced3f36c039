// No exit code is an exception: who may leave with 64, 75 or 78, and what is swept before. The rows of the table in
// docs/failure-model.md.

import Testing

@testable import Supervision

@Suite struct RefusalTests {
    static let refusals: [Int32] = [64, 75, 78]

    /// A trader that has begun its loop and has never been ready.
    private func beginning(_ start: GuardianStart = .fresh, _ onCrash: OnCrash = .sweepAndRestart)
        -> PlanHarness
    {
        var harness = PlanHarness(start: start) { $0.onCrash = onCrash }
        harness.on(.started)
        harness.on(.said(.beat), after: .milliseconds(100))
        return harness
    }

    // MARK: Nothing can rest

    @Test(arguments: refusals)
    func aFirstTraderThatPlacedNothingLeavesAtOnce(code: Int32) {
        var harness = beginning()
        #expect(harness.on(.ended(.trader, .exit(code))) == [.leave(code)])
        #expect(harness.plan.wakeAt == nil)
    }

    @Test func aCleanStopNeverCausesASweep() {
        for start in [GuardianStart.fresh, .unproved] {
            var harness = PlanHarness(start: start)
            harness.trade()
            #expect(harness.on(.ended(.trader, .exit(0))) == [.leave(0)])
        }
    }

    @Test(arguments: refusals)
    func aRestartAfterAProofLeavesAtOnce(code: Int32) {
        var harness = PlanHarness()
        harness.trade()
        harness.on(.ended(.trader, .signal(9)))
        harness.on(.ended(.sweep, .exit(0)))
        #expect(harness.pass(.seconds(2)).traders == 1)
        #expect(harness.on(.ended(.trader, .exit(code))) == [.leave(code)])
    }

    // MARK: Orders may rest

    @Test(arguments: refusals)
    func aTraderThatTradedIsSweptWhateverItsCode(code: Int32) {
        var harness = PlanHarness()
        harness.trade()
        let swept = harness.on(.ended(.trader, .exit(code)))
        #expect(swept.sweeps == [.afterCrash] && swept.settings == [.accepted] && swept.left == nil)
        harness.on(.ended(.sweep, .exit(0)))
        #expect(harness.pass(.seconds(2)).traders == 1)
        #expect(harness.on(.ended(.trader, .exit(code))) == [.leave(code)])
    }

    @Test(arguments: refusals, OnCrash.allCases)
    func afterAnUnprovedSweepTheCodeIsAFailedAttempt(code: Int32, onCrash: OnCrash) {
        var harness = PlanHarness { $0.onCrash = onCrash }
        harness.trade()
        harness.on(.ended(.trader, .signal(9)))
        var isProved = false
        // As long as nothing is proved nobody leaves, whatever the traders in between say.
        for _ in 0..<200 where harness.plan.wakeAt != nil {
            var did: [GuardianAction] = []
            if harness.plan.isSweeping {
                did = harness.on(.ended(.sweep, .exit(3)), after: .seconds(1))
            } else if harness.plan.isTraderAlive {
                did = harness.on(.ended(.trader, .exit(code)), after: .milliseconds(300))
            } else {
                did = harness.pass(.seconds(1), beating: false)
            }
            #expect(did.left == nil)
        }
        while !harness.plan.isSweeping {
            if harness.plan.isTraderAlive { harness.on(.ended(.trader, .exit(code))) }
            harness.pass(.seconds(1), beating: false)
        }
        var left = harness.on(.ended(.sweep, .exit(0))).left
        isProved = true
        for _ in 0..<200 where left == nil {
            left = harness.pass(.seconds(1), beating: false).left
            if harness.plan.isTraderAlive { left = left ?? harness.on(.ended(.trader, .exit(code))).left }
        }
        #expect(isProved && (left == code || left == 70))
    }

    @Test(arguments: refusals)
    func aTraderBesideWhichOrdersWereAdoptedIsSwept(code: Int32) {
        var harness = PlanHarness { $0.onCrash = .adoptAndRestart }
        harness.trade()
        harness.on(.ended(.trader, .signal(9)))
        #expect(harness.pass(.seconds(2), beating: false).traders == 1)
        // Adopting again what this one could not adopt would leave them alone; it is tried for half a minute at most.
        var did = harness.on(.ended(.trader, .exit(code)))
        for _ in 0..<40 where did.sweeps.isEmpty {
            #expect(did.left == nil)
            did = harness.pass(.seconds(1), beating: false)
            if harness.plan.isTraderAlive { did += harness.on(.ended(.trader, .exit(code))) }
        }
        #expect(did.sweeps == [.afterCrash])
    }

    @Test func sweepsThatAreRefusedAreFailedAttempts() {
        for code in [64, 78] as [Int32] {
            var harness = PlanHarness { $0.onCrash = .sweepAndExit }
            harness.trade()
            harness.on(.ended(.trader, .signal(9)))
            for _ in 0..<5 {
                #expect(harness.on(.ended(.sweep, .exit(code))).sweeps == [.exchangeOnly])
                #expect(harness.on(.ended(.sweep, .exit(code))).isEmpty)
                #expect(harness.pass(.seconds(60)).sweeps == [.afterCrash])
            }
            #expect(harness.on(.ended(.sweep, .exit(0))) == [.leave(70)])
        }
    }

    /// Nothing of this guardian's has died, and the end was asked for.
    @Test func aStopDuringTheFirstSweepThatProvesIsClean() {
        var harness = PlanHarness(start: .otherAccount)
        #expect(harness.on(.started).sweeps == [.afterCrash])
        harness.on(.signal(15), after: .milliseconds(500))
        #expect(harness.on(.ended(.sweep, .exit(0)), after: .milliseconds(500)) == [.leave(0)])
        // Between two of its sweeps, too; a refused start keeps its code, and what is not proved says so.
        for (start, code) in [(GuardianStart.otherAccount, 0), (.refused(78), 78)] as [(GuardianStart, Int32)]
        {
            var later = PlanHarness(start: start)
            later.on(.started)
            later.on(.ended(.sweep, .exit(3)))
            #expect(later.on(.signal(15)).sweeps == [.afterCrash])
            #expect(later.on(.ended(.sweep, .exit(0))) == [.leave(code)])
        }
        var unproved = PlanHarness(start: .otherAccount)
        unproved.on(.started)
        unproved.on(.signal(15))
        #expect(unproved.on(.ended(.sweep, .exit(3))) == [.leave(3)])
    }

    /// The store is another bot's: an exchange's list without our name says nothing of its orders.
    @Test func anEmptyListOfAnotherBotIsNoProof() {
        for onCrash in OnCrash.allCases where onCrash != .adoptAndRestart {
            var harness = PlanHarness { $0.onCrash = onCrash }
            harness.trade()
            harness.on(.ended(.trader, .signal(9)))
            for _ in 0..<3 {
                #expect(harness.on(.ended(.sweep, .exit(77))).sweeps == [.exchangeOnly])
                #expect(harness.on(.ended(.sweep, .exit(4))).left == nil)
                #expect(harness.plan.mayRest)
                #expect(harness.said.contains("orders-remain") && !harness.said.contains("swept"))
                var did = harness.pass(.seconds(60), beating: false)
                // A trader that refuses it, too, is a failed attempt like any other.
                if harness.plan.isTraderAlive { did = harness.on(.ended(.trader, .exit(78))) }
                #expect(did.sweeps == [.afterCrash] && did.left == nil)
            }
            // A store that can't be opened is no owner either; one that is ours by now is.
            harness.on(.ended(.sweep, .exit(4)))
            #expect(harness.plan.mayRest)
            _ = harness.pass(.seconds(60), beating: false)
            if harness.plan.isTraderAlive { harness.on(.ended(.trader, .exit(78))) }
            harness.on(.ended(.sweep, .exit(0)))
            #expect(!harness.plan.mayRest)
        }
    }

    @Test func aSweepWithoutTheStoreThatKnowsAnotherOwnerProvesNothing() {
        var harness = PlanHarness { $0.onCrash = .sweepAndExit }
        harness.trade()
        harness.on(.ended(.trader, .signal(9)))
        #expect(harness.on(.ended(.sweep, .signal(4))).sweeps == [.exchangeOnly])
        #expect(harness.on(.ended(.sweep, .exit(77))).left == nil)
        #expect(harness.plan.mayRest)
        harness.on(.signal(15))
        harness.on(.ended(.sweep, .exit(77)))
        #expect(harness.on(.ended(.sweep, .exit(4))).left == 3)
    }

    @Test func whileAnotherHolderLivesItWaitsAlertsAndTriesAgain() {
        var harness = PlanHarness()
        harness.trade()
        harness.on(.ended(.trader, .signal(9)))
        for _ in 0..<6 {
            harness.said = []
            // Neither a sweep without the store nor a trader comes in between.
            #expect(harness.on(.ended(.sweep, .exit(75))).isEmpty)
            #expect(harness.said == ["lock-held"])
            #expect(harness.pass(.seconds(60)) == [sweepAgain(harness)])
        }
        harness.on(.ended(.sweep, .exit(0)))
        #expect(harness.pass(.seconds(2)).traders == 1)
    }

    private func sweepAgain(_ harness: PlanHarness) -> GuardianAction {
        .spawnSweep(
            .afterCrash, limit: harness.plan.limits.sweepLimit, reason: harness.plan.cause,
            settings: .accepted)
    }

    // MARK: A stop

    @Test(arguments: refusals)
    func aStopSaysThreeRatherThanARefusal(code: Int32) {
        var harness = beginning(.unproved)
        harness.on(.signal(15))
        #expect(harness.on(.ended(.trader, .exit(code))).sweeps == [.afterCrash])
        var proved = harness
        #expect(proved.on(.ended(.sweep, .exit(0))) == [.leave(code)])
        var held = harness
        #expect(held.on(.ended(.sweep, .exit(75))) == [.leave(3)])
        #expect(harness.on(.ended(.sweep, .exit(78))).sweeps == [.exchangeOnly])
        #expect(harness.on(.ended(.sweep, .exit(78))) == [.leave(3)])
    }

    @Test(arguments: refusals)
    func aThirdSignalSaysThreeRatherThanARefusal(code: Int32) {
        var harness = PlanHarness()
        harness.trade()
        for _ in 0..<3 { harness.on(.signal(2), after: .milliseconds(400)) }
        #expect(harness.on(.ended(.trader, .exit(code))) == [.leave(3)])
    }

    @Test func aStopBetweenAttemptsSweepsWhatIsNotProved() {
        var harness = PlanHarness()
        harness.trade()
        harness.on(.ended(.trader, .signal(9)))
        harness.on(.ended(.sweep, .exit(75)))
        #expect(harness.on(.signal(15)).sweeps == [.afterCrash])
        #expect(harness.on(.ended(.sweep, .exit(4))) == [.leave(4)])
    }

    // MARK: A guardian that is itself new

    @Test(arguments: refusals)
    func whatAnEarlierLifeLeftIsSweptBeforeARefusal(code: Int32) {
        var harness = beginning(.unproved)
        #expect(harness.on(.ended(.trader, .exit(code))).sweeps == [.afterCrash])
        #expect(harness.on(.ended(.sweep, .exit(3))).left == nil)
    }

    @Test(arguments: [64, 78] as [Int32])
    func aConfigurationThatIsRefusedSweepsAsTheLastLifeAndLeavesProved(code: Int32) {
        for proof in [0, 4] as [Int32] {
            var harness = PlanHarness(start: .refused(code))
            let first = harness.on(.started)
            #expect(first.sweeps == [.afterCrash] && first.settings == [.kept] && first.traders == 0)
            for _ in 0..<4 {
                #expect(harness.on(.ended(.sweep, .exit(3))).isEmpty)
                let again = harness.pass(.seconds(60))
                #expect(again.sweeps == [.afterCrash] && again.settings == [.kept])
            }
            #expect(harness.on(.ended(.sweep, .exit(proof))) == [.leave(code)])
        }
    }

    @Test func aRefusedStartThatIsStoppedSaysThree() {
        var harness = PlanHarness(start: .refused(78))
        harness.on(.started)
        harness.on(.signal(15))
        #expect(harness.on(.ended(.sweep, .exit(3))) == [.leave(3)])
    }

    @Test(arguments: OnCrash.allCases)
    func anotherAccountTradesOnlyAfterTheProof(onCrash: OnCrash) {
        var harness = PlanHarness(start: .otherAccount) { $0.onCrash = onCrash }
        #expect(harness.on(.started).settings == [.kept])
        #expect(harness.on(.ended(.sweep, .exit(3))).traders == 0)
        let again = harness.pass(.seconds(60))
        #expect(again.settings == [.kept] && again.traders == 0)
        #expect(harness.on(.ended(.sweep, .signal(9))).settings == [.kept])
        #expect(harness.on(.ended(.sweep, .exit(4))) == [.spawnTrader(restarts: 0, adopts: false)])
        // From here on it is this account's guardian.
        harness.on(.said(.ready), after: .seconds(1))
        harness.on(.ended(.trader, .signal(9)))
        harness.pass(.seconds(60))
        if harness.plan.isTraderAlive { harness.on(.ended(.trader, .exit(78))) }
        #expect(harness.plan.settings == .accepted)
    }

    @Test(arguments: refusals)
    func anotherAccountThatIsRefusedAfterTheProofLeaves(code: Int32) {
        var harness = PlanHarness(start: .otherAccount)
        harness.on(.started)
        harness.on(.ended(.sweep, .exit(0)))
        #expect(harness.on(.ended(.trader, .exit(code))) == [.leave(code)])
    }
}
