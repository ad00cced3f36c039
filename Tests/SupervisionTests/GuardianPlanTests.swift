import Testing

@testable import Supervision

@Suite struct GuardianPlanTests {
    @Test(
        arguments: [
            .signal(9), .signal(4), .signal(11), .exit(3), .exit(4), .exit(5), .exit(70), .exit(1),
        ] as [ProcessEnd])
    func anyOtherEndIsSweptAndThenTradedAgain(end: ProcessEnd) {
        var harness = PlanHarness()
        harness.trade()
        #expect(harness.on(.ended(.trader, end)).sweeps == [.afterCrash])
        // Nothing trades beside a sweep, however long it takes.
        #expect(harness.pass(.seconds(20)).isEmpty)
        #expect(harness.on(.ended(.sweep, .exit(0))).isEmpty)
        #expect(harness.pass(.seconds(2)) == [.spawnTrader(restarts: 1, adopts: false)])
    }

    @Test func aSweepThatDiesIsFollowedByOneThatNeedsNoStore() {
        for end in [ProcessEnd.signal(4), .exit(70), .exit(78), .exit(64)] {
            var harness = PlanHarness()
            harness.trade()
            harness.on(.ended(.trader, .signal(4)))
            #expect(harness.on(.ended(.sweep, end)).sweeps == [.exchangeOnly])
            harness.on(.ended(.sweep, .exit(4)))
            #expect(harness.pass(.seconds(2)).traders == 1)
        }
    }

    @Test func aSweepThatOverrunsIsKilledAndFollowed() {
        var harness = PlanHarness { $0.sweepLimit = .seconds(20) }
        harness.trade()
        harness.on(.ended(.trader, .signal(9)))
        #expect(harness.pass(.seconds(20)).isEmpty)
        #expect(harness.pass(.seconds(2)).kills(.sweep) == [9])
        #expect(harness.on(.ended(.sweep, .signal(9))).sweeps == [.exchangeOnly])
    }

    @Test func aRequestedStopIsNeverFollowedByARestart() {
        var harness = PlanHarness()
        harness.trade()
        #expect(harness.on(.signal(15)).kills(.trader) == [15])
        let swept = harness.on(.ended(.trader, .signal(9)), after: .seconds(2))
        #expect(swept.sweeps == [.afterCrash])
        // Within what remains of the one deadline.
        #expect(swept.limits.allSatisfy { $0 < .seconds(6) && $0 > .seconds(5) })
        #expect(harness.on(.ended(.sweep, .exit(0)), after: .seconds(1)) == [.leave(70)])
    }

    @Test func aStopThatLeftOrdersIsFinishedByTheSweep() {
        var harness = PlanHarness()
        harness.trade()
        harness.on(.signal(15))
        harness.on(.ended(.trader, .exit(3)), after: .milliseconds(6_700))
        #expect(harness.on(.ended(.sweep, .exit(0)), after: .milliseconds(300)) == [.leave(0)])
        var other = PlanHarness()
        other.trade()
        other.on(.signal(15))
        other.on(.ended(.trader, .exit(3)), after: .milliseconds(6_700))
        #expect(other.on(.ended(.sweep, .exit(5))) == [.leave(5)])
    }

    @Test func aTraderThatOverrunsItsStopIsKilledWhileThereIsTimeToSweep() {
        var harness = PlanHarness()
        harness.trade()
        harness.on(.signal(15))
        #expect(harness.pass(.milliseconds(7_000)).isEmpty)
        #expect(harness.pass(.milliseconds(100)).kills(.trader) == [9])
        let swept = harness.on(.ended(.trader, .signal(9)))
        #expect(swept.sweeps == [.afterCrash] && swept.limits.allSatisfy { $0 >= .milliseconds(350) })
        // Never later than the deadline, whatever the sweep does.
        #expect(harness.pass(.milliseconds(1_000)).kills(.sweep) == [9])
        var stuck = harness
        let end = harness.on(.ended(.sweep, .signal(9)))
        #expect(end.left == 5)
        // And not later because the kernel takes its time.
        #expect(stuck.pass(.milliseconds(150)).left == 5)
    }

    @Test func aReloadIsPassedOnAndIsNoWishToStop() {
        var harness = PlanHarness()
        harness.trade()
        for _ in 0..<5 { #expect(harness.on(.reload, after: .seconds(1)) == [.kill(.trader, 1)]) }
        #expect(harness.plan.handle(.said(.reloading), at: harness.now) == [.notify("RELOADING=1")])
        #expect(harness.plan.handle(.said(.ready), at: harness.now) == [.notify("READY=1")])
        // Nobody is killed for it, and nobody is there to pass it on to after a death.
        #expect(harness.pass(.seconds(60)).isEmpty)
        harness.on(.ended(.trader, .signal(9)))
        #expect(harness.on(.reload).isEmpty)
    }

    @Test func thirdWishLeavesWithoutASweep() {
        var harness = PlanHarness()
        harness.trade()
        for _ in 0..<3 {
            #expect(harness.on(.signal(2), after: .milliseconds(400)).kills(.trader) == [2])
        }
        #expect(harness.on(.ended(.trader, .exit(3)), after: .milliseconds(50)) == [.leave(3)])
    }

    @Test func doublesOfOneWishCountOnce() {
        var harness = PlanHarness()
        harness.trade()
        for _ in 0..<5 { harness.on(.signal(2), after: .milliseconds(50)) }
        // All of them are passed on; the trader tells them apart itself.
        #expect(harness.plan.wishes == 1)
        #expect(harness.on(.ended(.trader, .exit(3))).sweeps == [.afterCrash])
    }

    @Test func aHungTraderIsAbortedThenKilledThenSwept() {
        var harness = PlanHarness()
        harness.trade()
        #expect(harness.pass(.milliseconds(9_900), beating: false).isEmpty)
        #expect(harness.pass(.milliseconds(200), beating: false).kills(.trader) == [6])
        #expect(harness.pass(.milliseconds(350), beating: false).isEmpty)
        #expect(harness.pass(.milliseconds(200), beating: false).kills(.trader) == [9])
        // No sweep before the kernel says that it is dead.
        #expect(harness.pass(.milliseconds(1_600), beating: false).isEmpty)
        #expect(harness.on(.ended(.trader, .signal(9))).sweeps == [.afterCrash])
    }

    @Test func aTraderThatCannotBeKilledIsSweptBesideAndNothingIsCalledClean() {
        var harness = PlanHarness()
        harness.trade()
        harness.pass(.seconds(13), beating: false)
        #expect(harness.plan.isSweeping)
        for _ in 0..<3 {
            // Even a sweep that found nothing.
            #expect(harness.on(.ended(.sweep, .exit(4))).isEmpty)
            #expect(harness.pass(.seconds(6), beating: false).sweeps == [.besideTrader])
        }
        harness.on(.ended(.sweep, .exit(4)))
        #expect(harness.on(.ended(.trader, .signal(9))).sweeps == [.afterCrash])
        harness.on(.ended(.sweep, .exit(0)))
        #expect(harness.pass(.seconds(2)).traders == 1)
    }

    /// Whatever a third signal cuts short, no process is left behind.
    @Test func aSweepBesideATraderThatLeavesAfterAllIsEndedFirst() {
        var harness = PlanHarness { $0.stopDeadline = .seconds(24) }
        harness.trade()
        for _ in 0..<3 { harness.on(.signal(2), after: .milliseconds(400)) }
        for _ in 0..<40 where !harness.plan.isSweeping { harness.pass(.milliseconds(500), beating: false) }
        #expect(harness.plan.isSweeping)
        let actions = harness.on(.ended(.trader, .exit(4)))
        #expect(actions.kills(.sweep) == [9] && actions.left == nil)
        #expect(harness.on(.ended(.sweep, .signal(9))).left == 4)
    }

    @Test func noStopOutlastsItsDeadlineBesideATraderThatDoesNotDie() {
        // Asked between two sweeps beside it, and asked of a trader that then does not die.
        var between = PlanHarness { $0.stopDeadline = .seconds(4) }
        between.trade()
        between.pass(.seconds(13), beating: false)
        between.on(.signal(15))
        between.on(.ended(.sweep, .exit(4)), after: .milliseconds(700))
        #expect(between.pass(.milliseconds(3_250), beating: false).left == nil)
        #expect(between.pass(.milliseconds(60), beating: false).left == 5)
        var late = PlanHarness()
        late.trade()
        late.on(.signal(15))
        #expect(late.pass(.milliseconds(7_950), beating: false).left == nil)
        #expect(late.pass(.milliseconds(60), beating: false).left == 5)
        #expect(late.said.last == "not-finished")
    }

    @Test func aSweepMayLastLongerThanTheRequestsThatItWaitsFor() {
        var limits = GuardianLimits()
        limits.makeRoom(forRequestLife: .milliseconds(12_500))
        #expect(limits.sweepLimit == .seconds(60))
        limits.makeRoom(forRequestLife: .seconds(125))
        #expect(limits.sweepLimit == .seconds(155))
    }

    @Test func theGuardiansOwnSleepIsNobodysHang() {
        var harness = PlanHarness()
        harness.trade()
        harness.now += .seconds(300)
        #expect(harness.on(.woke).isEmpty)
        #expect(harness.pass(.seconds(5)).isEmpty)
    }

    @Test func restartsComeEverMoreSlowlyAndEnd() {
        var harness = PlanHarness()
        harness.trade()
        var waits: [Duration] = []
        for _ in 0..<4 {
            harness.on(.ended(.trader, .signal(11)), after: .milliseconds(10))
            harness.on(.ended(.sweep, .exit(0)))
            let before = harness.now
            while !harness.plan.isTraderAlive { harness.pass(.milliseconds(100)) }
            waits.append(harness.now - before)
        }
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 * 3 / 2 < $1 })
        harness.on(.ended(.trader, .signal(11)))
        #expect(harness.on(.ended(.sweep, .exit(0))) == [.leave(70)])
        #expect(harness.said.contains("crash-loop"))
    }

    @Test func crashesFarApartAreNoLoop() {
        var harness = PlanHarness()
        harness.trade()
        for _ in 0..<20 {
            harness.pass(.seconds(200))
            harness.on(.ended(.trader, .signal(11)))
            #expect(harness.on(.ended(.sweep, .exit(0))).left == nil)
            harness.pass(.seconds(10))
            #expect(harness.plan.isTraderAlive)
        }
    }

    @Test func whoExitsAfterACrashKeepsSweepingUntilNothingIsLeft() {
        var harness = PlanHarness { $0.onCrash = .sweepAndExit }
        harness.trade()
        harness.on(.ended(.trader, .signal(9)))
        #expect(harness.on(.ended(.sweep, .exit(3))).isEmpty)
        #expect(harness.pass(.seconds(3)).sweeps == [.afterCrash])
        #expect(harness.on(.ended(.sweep, .exit(0))) == [.leave(70)])
    }

    /// A slow venue or a large account: the same limit again would fail again.
    @Test func aSweepThatFoundNoTimeGetsMore() {
        var bench = PlanHarness { $0.onCrash = .sweepAndExit }
        bench.trade()
        var limits = bench.on(.ended(.trader, .signal(9))).limits
        for _ in 0..<4 {
            bench.pass(.seconds(1))
            limits += bench.on(.ended(.sweep, .exit(3))).limits
            limits += bench.pass(.seconds(60)).limits
        }
        let usual = bench.plan.limits.sweepLimit
        #expect(limits == [usual, usual * 2, usual * 4, usual * 8, usual * 8])
    }

    /// Its watchdog ended it with 5: it would hang just as long again.
    @Test func aSweepThatHungGetsNoMoreThanItsLimit() {
        var bench = PlanHarness { $0.onCrash = .sweepAndExit }
        bench.trade()
        var limits = bench.on(.ended(.trader, .signal(9))).limits
        limits += bench.on(.ended(.sweep, .exit(3)), after: .seconds(1)).limits
        limits += bench.pass(.seconds(60)).limits
        limits += bench.on(.ended(.sweep, .exit(5)), after: .seconds(1)).limits
        limits += bench.pass(.seconds(60)).limits
        let usual = bench.plan.limits.sweepLimit
        #expect(limits == [usual, usual * 2, usual])
    }

    @Test func adoptedOrdersAreSweptWhenNobodyLivesToLookAfterThem() {
        var harness = PlanHarness { $0.onCrash = .adoptAndRestart }
        harness.trade()
        #expect(harness.on(.ended(.trader, .signal(9))).sweeps.isEmpty)
        #expect(harness.pass(.seconds(2), beating: false) == [.spawnTrader(restarts: 1, adopts: true)])
        // It hangs while it starts.
        let killed = harness.pass(.seconds(29), beating: false)
        #expect(killed.kills(.trader) == [9])
        #expect(harness.on(.ended(.trader, .signal(9))).sweeps == [.afterCrash])
    }

    @Test func anAdoptingTraderThatLivesKeepsItsOrders() {
        var harness = PlanHarness { $0.onCrash = .adoptAndRestart }
        harness.trade()
        harness.on(.ended(.trader, .signal(9)))
        #expect(harness.pass(.seconds(120)) == [.spawnTrader(restarts: 1, adopts: true)])
    }

    @Test func aStopWhileNothingRunsAsksForNoMoreThanWasProved() {
        var harness = PlanHarness { $0.firstBackoff = .seconds(30) }
        harness.trade()
        harness.on(.ended(.trader, .signal(9)))
        harness.on(.ended(.sweep, .exit(0)))
        #expect(harness.on(.signal(15), after: .seconds(1)) == [.leave(0)])

        var other = PlanHarness { $0.firstBackoff = .seconds(30) }
        other.trade()
        other.on(.ended(.trader, .signal(9)))
        other.on(.ended(.sweep, .exit(3)))
        #expect(other.on(.signal(15), after: .seconds(1)).sweeps == [.afterCrash])
    }

    @Test func aTraderThatCannotBeStartedIsACrash() {
        var harness = PlanHarness()
        harness.on(.started)
        #expect(harness.on(.notSpawned(.trader, "no such file")).sweeps == [.afterCrash])
        #expect(harness.on(.notSpawned(.sweep, "no such file")).sweeps == [.exchangeOnly])
    }

    @Test func wordsOfTheLifelineSurviveBeingCut() {
        var reader = LifelineReader()
        let text = Array(
            (TraderWord.status("a b").line + TraderWord.beat.line + "x\n" + TraderWord.ready.line).utf8)
        let words = text.flatMap { reader.words([$0]) }
        #expect(words == [.status("a b"), .beat, .ready])
    }

    @Test func orderReadsBackAsItWasWritten() {
        var order = GuardianOrder()
        order.limits.stopDeadline = .milliseconds(2_500)
        order.limits.onCrash = .adoptAndRestart
        order.lock = 7
        order.accepted = 9
        order.kept = 11
        order.obeysHangUp = false
        order.trader = ["/bin/t", "run", "--", "x"]
        order.sweep = ["/bin/t", "sweep"]
        for start in [GuardianStart.fresh, .unproved, .otherAccount, .refused(78)] {
            order.start = start
            #expect(GuardianOrder.read(order.arguments).order == order)
        }
        #expect(GuardianOrder.read(["--start", "soon"]).order == nil)
        #expect(GuardianOrder.read(["--what", "1"]).order == nil)
    }
}
