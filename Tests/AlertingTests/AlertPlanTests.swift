// What goes to which sink, and when, without a clock, a thread or a network.

import Storage
import Testing
import Trading
import TradingDomain

@testable import Alerting

@Suite struct AlertPlanTests {
    // MARK: The same again

    @Test func theSameGoesOutOnceInAMinuteAndTheLastOneSaysHowManyItStandsFor() {
        var harness = PlanHarness()
        harness.tell("overfill", "order 7")
        harness.answer()
        var last: OutgoingAlert?
        for _ in 0..<3 {
            harness.pass(.seconds(10))
            last = harness.tell("overfill", "order 7")
        }
        harness.pass(.seconds(29))
        #expect(harness.open.isEmpty)
        harness.pass(.seconds(1))
        let delivery = harness.answer()
        #expect(delivery?.alert.id == last?.id)
        #expect(delivery?.suppressed == 2)
        #expect(harness.marks.filter { if case .suppressed = $0 { true } else { false } }.count == 2)
        harness.pass(.seconds(600))
        #expect(harness.open.isEmpty)
    }

    @Test func whatIsToldLastIsHowItIs() {
        var harness = PlanHarness()
        var heard: [String] = []
        for name in ["started", "stopped", "started"] {
            harness.tell(name, name, .info)
            while let delivery = harness.answer() { heard.append(delivery.alert.name) }
            harness.pass(.seconds(5))
        }
        #expect(heard == ["started", "stopped"])
        harness.pass(.seconds(60))
        #expect(harness.answer()?.alert.name == "started")
    }

    @Test func otherWordsAreAnotherAlertUnlessItIsTheSameState() {
        var harness = PlanHarness()
        harness.tell("overfill", "order 7")
        harness.tell("overfill", "order 8")
        harness.tell("quotes-stale", "31 s old")
        harness.tell("quotes-stale", "33 s old")
        var heard: [String] = []
        while let delivery = harness.answer() { heard.append(delivery.alert.message) }
        #expect(heard == ["order 7", "order 8", "31 s old"])
    }

    @Test func aFloodOfDifferentOnesIsCut() {
        var harness = PlanHarness()
        for number in 1...100 { harness.tell("overfill", "order \(number)") }
        while harness.answer() != nil {}
        #expect(harness.delivered().count == AlertPlan.burstLimit)
        harness.pass(.seconds(61))
        #expect(harness.open.first?.delivery.alert.message == "order 100")
        #expect(harness.open.first?.delivery.suppressed == 79)
    }

    @Test func oneThatIsHandedInTwiceGoesOutOnce() {
        var harness = PlanHarness()
        let alert = harness.tell("overfill")
        harness.answer()
        harness.pass(.seconds(300))
        harness.handle(.alert(alert))
        #expect(harness.open.isEmpty)
    }

    // MARK: What lasts

    @Test func aStateThatLastsIsToldOnceMoreAfterTwoMinutes() {
        var harness = PlanHarness()
        let halt = harness.tell("halt", "halted (killSwitch): by hand")
        harness.answer()
        harness.pass(.seconds(119))
        #expect(harness.open.isEmpty)
        harness.pass(.seconds(2))
        let escalation = harness.answer()
        #expect(escalation?.alert.message == "still unresolved after 2 minutes: halted (killSwitch): by hand")
        #expect(escalation?.isEscalation == true)
        #expect(escalation?.alert.id == halt.id + "-e")
        harness.pass(.seconds(3_600))
        #expect(harness.open.isEmpty)
    }

    @Test(arguments: [
        ("halt", "resumed"), ("crash", "started"), ("orders-remain", "stopped"), ("clock", "clock-known"),
        ("quotes-stale", "quotes-fresh"), ("feed-down", "feed-back"), ("store-failed", "started"),
    ])
    func whatIsOverIsNotToldAgain(_ opening: String, _ closing: String) {
        var harness = PlanHarness()
        harness.tell(opening)
        harness.answer()
        harness.pass(.seconds(60))
        harness.tell(closing, "good", .info)
        harness.answer()
        harness.pass(.seconds(600))
        #expect(harness.open.isEmpty)
    }

    @Test func aSingleEventIsNeverUnresolved() {
        var harness = PlanHarness()
        harness.tell("balance-drift")
        harness.answer()
        harness.pass(.seconds(600))
        #expect(harness.open.isEmpty)
    }

    // MARK: Sinks

    @Test func eachSinkHearsWhatItWants() {
        var quiet = SinkSettings(name: "quiet", kind: .command(["/bin/true"]))
        quiet.minimumLevel = .alert
        var risk = SinkSettings(name: "risk", kind: .command(["/bin/true"]))
        risk.topics = [.risk]
        var harness = PlanHarness([PlanHarness.program, quiet, risk])
        harness.tell("started", "begun", .info)
        harness.tell("risk-refused", "too large", .warning)
        harness.tell("halt")
        while harness.answer() != nil {}
        #expect(harness.delivered().count == 3)
        #expect(harness.delivered("quiet").count == 1)
        #expect(harness.delivered("risk").count == 1)
    }

    @Test func aSinkThatFailsIsTriedAgainEverMoreRarelyAndLosesNothing() {
        var harness = PlanHarness()
        let first = harness.tell("balance-drift", "first")
        let second = harness.tell("balance-drift", "second")
        var waits: [Duration] = []
        for _ in 0..<12 {
            let before = harness.now.monotonic
            #expect(harness.answer(.failed("dead"))?.alert.id == first.id)
            // Whether it is the alert or the sink, the other one tells.
            #expect(harness.answer(.failed("dead"))?.alert.id == second.id)
            #expect(harness.open.isEmpty, "not at once")
            while harness.open.isEmpty { harness.pass(.milliseconds(100)) }
            waits.append(harness.now.monotonic - before)
        }
        #expect(waits.allSatisfy { $0 <= .milliseconds(60_200) })
        #expect(waits.reduce(.zero, +) > .seconds(20))
        harness.answer()
        harness.answer()
        #expect(harness.delivered().starts(with: [first.id, second.id]))
        #expect(harness.said.count == 2, "once that it fails, once that it is back: \(harness.said)")
    }

    @Test func aSinkThatNeverAnswersIsTakenForFailedAndItsLateAnswerIsNotBelieved() {
        var harness = PlanHarness()
        harness.tell("balance-drift")
        harness.pass(.seconds(6))
        while harness.open.count < 2 { harness.pass(.seconds(1)) }
        harness.answer(.delivered("late, of the first attempt"))
        #expect(harness.delivered().isEmpty)
        harness.answer()
        #expect(harness.delivered().count == 1)
    }

    @Test func oneDeadSinkKeepsNoOtherFromItsAlerts() {
        let dead = SinkSettings(name: "dead", kind: .command(["/bin/false"]))
        var harness = PlanHarness([dead, PlanHarness.program])
        for number in 1...5 { harness.tell("overfill", "\(number)") }
        while harness.answer(sink: 1) != nil {}
        #expect(harness.delivered().count == 5)
        #expect(harness.delivered("dead").isEmpty)
    }

    @Test func aSinkThatSaysWhenIsObeyed() {
        var harness = PlanHarness()
        harness.tell("balance-drift")
        harness.answer(.failed("status 429", retryAfter: .seconds(30)))
        harness.pass(.seconds(29))
        #expect(harness.open.isEmpty)
        harness.pass(.seconds(1))
        #expect(harness.open.count == 1)
    }

    @Test func whatASinkRefusesForItselfDoesNotHoldUpTheOthersForEver() {
        var harness = PlanHarness()
        let bad = harness.tell("balance-drift", "bad")
        let good = harness.tell("balance-drift", "good")
        #expect(harness.answer(.refused("status 400"))?.alert.id == bad.id)
        #expect(harness.answer()?.alert.id == good.id, "at once")
        for _ in 1..<AlertPlan.refusalLimit {
            while harness.open.isEmpty { harness.pass(.seconds(1)) }
            #expect(harness.answer(.refused("status 400"))?.alert.id == bad.id)
        }
        #expect(harness.dropped == [bad.id])
        let other = harness.tell("balance-drift", "other")
        let next = harness.answer()
        #expect(next?.alert.id == other.id)
        #expect(next?.dropped == 1, "it says that one is missing")
    }

    /// Whatever a sink has against one alert, those that come later do not wait for it.
    @Test func anAlertThatFailsForEverHoldsUpNoOther() {
        var harness = PlanHarness()
        let bad = harness.tell("balance-drift", "bad")
        for number in 0..<40 {
            while let delivery = harness.open.first?.delivery {
                harness.answer(delivery.alert.id == bad.id ? .failed("status 500") : .delivered("ok"))
            }
            let other = harness.tell("overfill", "order \(number)")
            if harness.open.first?.delivery.alert.id == bad.id { harness.answer(.failed("status 500")) }
            #expect(harness.open.first?.delivery.alert.id == other.id, "order \(number), at once")
            harness.answer()
            harness.pass(.seconds(7))
        }
        #expect(harness.delivered().count == 40)
        let tries = harness.tried.count { $0.alert.id == bad.id }
        #expect((8...40).contains(tries), "ever more rarely: \(tries)")
    }

    @Test func aQueueIsBoundedInNumberAndSaysWhatIsMissing() throws {
        var harness = PlanHarness()
        for number in 0..<AlertPlan.queueLimit + 30 {
            if number % 10 == 0 { harness.pass(.seconds(61)) }
            harness.tell("overfill", "order \(number)")
        }
        #expect(harness.plan.pending == AlertPlan.queueLimit)
        #expect(harness.dropped.count == 30)
        // Only the newest attempt is still awaited; it may have begun before the last one was dropped.
        for _ in 0..<1_000 where harness.delivered().count < 2 {
            if harness.open.isEmpty { harness.pass(.seconds(1)) } else { harness.answer() }
        }
        let told = harness.tried.filter { harness.delivered().contains($0.alert.id) }.suffix(2)
        #expect(told.map(\.dropped).reduce(0, +) == 30)
    }

    @Test func whatIsOlderThanADayIsGivenUpAndSaid() {
        var harness = PlanHarness()
        let old = harness.tell("balance-drift", "old")
        harness.open.removeAll()
        harness.pass(.seconds(86_000))
        harness.open.removeAll()
        harness.tell("balance-drift", "new")
        harness.pass(.seconds(600))
        #expect(harness.dropped == [old.id])
    }

    // MARK: The next life

    private func entry(
        _ alert: OutgoingAlert, suppressed: Bool = false, _ deliveries: [Outbox.Delivery] = []
    ) -> Outbox.Entry {
        Outbox.Entry(alert: alert, isSuppressed: suppressed, deliveries: deliveries)
    }

    private func outbox(_ entries: [Outbox.Entry], since: UTCInstant) -> Outbox {
        var outbox = Outbox()
        outbox.entries = entries
        outbox.sinks = [Outbox.Sink(name: "pager", since: since, dropped: 0)]
        return outbox
    }

    @Test func whatWasNotDeliveredIsTakenUpInOrder() {
        var harness = PlanHarness()
        let at = harness.now.utc - .seconds(600)
        let alerts = (1...3).map {
            OutgoingAlert(id: "t-0-\($0)-1", name: "overfill", level: .alert, message: "\($0)", at: at)
        }
        let done = Outbox.Delivery(sink: "pager", state: .delivered, attempts: 1, at: at, words: "")
        harness.handle(
            .restored(outbox([entry(alerts[0]), entry(alerts[1], [done]), entry(alerts[2])], since: at)))
        while harness.answer() != nil {}
        #expect(harness.delivered() == [alerts[0].id, alerts[2].id])
    }

    @Test func aCrashLoopTellsOfItsCrashesOnceAMinute() {
        var harness = PlanHarness()
        let at = harness.now.utc - .seconds(20)
        let crash = OutgoingAlert(id: "t-0-1-1", name: "crash", level: .alert, message: "died", at: at)
        let done = Outbox.Delivery(sink: "pager", state: .delivered, attempts: 1, at: at, words: "")
        harness.handle(.restored(outbox([entry(crash, [done])], since: at)))
        harness.tell("crash", "died again")
        #expect(harness.open.isEmpty)
        harness.pass(.seconds(10))
        harness.tell("crash", "and again")
        harness.pass(.seconds(31))
        #expect(harness.open.first?.delivery.alert.message == "and again")
        #expect(harness.open.first?.delivery.suppressed == 1)
    }

    @Test func whatCameTooSoonForTheLifeThatEndedIsToldByTheNext() {
        var harness = PlanHarness()
        let at = harness.now.utc - .seconds(50)
        let alerts = (0..<3).map {
            OutgoingAlert(
                id: "t-0-\($0)-1", name: "crash", level: .alert, message: "\($0)", at: at + .seconds(10 * $0))
        }
        let done = Outbox.Delivery(sink: "pager", state: .delivered, attempts: 1, at: at, words: "")
        harness.handle(
            .restored(
                outbox(
                    [entry(alerts[0], [done]), entry(alerts[1], suppressed: true), entry(alerts[2])],
                    since: at)))
        #expect(harness.open.isEmpty)
        harness.pass(.seconds(11))
        let delivery = harness.answer()
        #expect(delivery?.alert.id == alerts[2].id)
        #expect(delivery?.suppressed == 1)
    }

    @Test func aSinkThatIsNewHearsNothingOld() {
        var harness = PlanHarness()
        let old = OutgoingAlert(
            id: "t-0-1-1", name: "overfill", level: .alert, message: "old", at: harness.now.utc - .seconds(9))
        var outbox = Outbox()
        outbox.entries = [entry(old)]
        harness.handle(.restored(outbox))
        #expect(harness.open.isEmpty)
        #expect(harness.marks == [.sink(name: "pager", since: harness.now.utc)])
    }

    @Test func aHaltThatStillStandsIsToldOfByTheNextLife() {
        var harness = PlanHarness()
        let at = harness.now.utc - .seconds(3_000)
        let halt = OutgoingAlert(id: "t-0-1-1", name: "halt", level: .alert, message: "halted", at: at)
        let done = Outbox.Delivery(sink: "pager", state: .delivered, attempts: 1, at: at, words: "")
        harness.handle(.restored(outbox([entry(halt, [done])], since: at)))
        #expect(harness.open.isEmpty, "this life has a moment to end it")
        harness.pass(.seconds(31))
        #expect(harness.open.first?.delivery.isEscalation == true)
    }

    // MARK: The end

    @Test func anEndWaitsForNoSinkThatDoesNotAnswer() {
        var harness = PlanHarness()
        harness.tell("stopping")
        #expect(harness.plan.worthWaitingUntil(harness.now.monotonic, hasTime: false) == nil)
        #expect(harness.plan.worthWaitingUntil(harness.now.monotonic, hasTime: true) != nil)
        harness.answer(.failed("dead"))
        #expect(harness.plan.worthWaitingUntil(harness.now.monotonic, hasTime: true) == nil)
    }

    @Test func anEndWaitsAMomentForOneThatDoes() throws {
        var harness = PlanHarness()
        harness.tell("started", "begun", .info)
        harness.pass(.milliseconds(20))
        harness.answer()
        harness.tell("stopping")
        let now = harness.now.monotonic
        let until = try #require(harness.plan.worthWaitingUntil(now, hasTime: false))
        #expect(until - now <= .milliseconds(90))
        harness.pass(until - now)
        #expect(harness.plan.worthWaitingUntil(harness.now.monotonic, hasTime: false) == nil)
    }
}
