// One life: the real loop, core and store on a scripted clock, exchange and disk, driven step by step until it
// exits, or dies.

import Daemon
import Exchanges
import Storage
import Synchronization
import Trading
import TradingDomain

/// How a life ended.
enum LifeEnd: Equatable, Sendable {
    case exited(Int32)
    case crashed
    /// It came to no end; a finding says why.
    case lost
}

/// Real time, which jumps now and then as if the process had not been scheduled.
final class JumpyRealTime: Sendable {
    private let state: Mutex<(now: MonotonicInstant, dice: Dice)>
    private let rate: Int64
    private let chronicle: Chronicle

    init(dice: Dice, rate: Int64, chronicle: Chronicle) {
        state = Mutex((MonotonicInstant(nanoseconds: 5_000_000_000), dice))
        self.rate = rate
        self.chronicle = chronicle
    }

    func now() -> MonotonicInstant {
        state.withLock { state in
            if rate > 0, state.dice.chance(rate) {
                chronicle.note(.overslept)
                state.now = state.now + .seconds(11)
            }
            return state.now
        }
    }
}

/// Keeps the last words that the loop gave its watchdog.
final class ReportCatcher: Overseer {
    private let caught = Mutex<(snapshot: Snapshot, exitCode: Int32)?>(nil)
    var final: (snapshot: Snapshot, exitCode: Int32)? { caught.withLock { $0 } }
    func arm(deadline: MonotonicInstant) {}
    func publish(_ snapshot: Snapshot) {}
    func setDurable(_ isDurable: Bool) {}
    func beginReport(_ snapshot: Snapshot, exitCode: Int32) -> Bool {
        caught.withLock { $0 = (snapshot, exitCode) }
        return true
    }
    func concluded() {}
}

final class ShellLife {
    let plan: LifePlan
    let directory: String
    let chronicle: Chronicle
    let clock: VirtualClock
    let exchange: FaultyExchange
    let store: FaultyStore
    let catcher = ReportCatcher()
    let loop: TradingLoop<TradingCore>
    private(set) var steps = 0

    private let signals = SignalBox()
    private let inbox: Inbox
    private let committer: SlowCommitter
    private let realTime: JumpyRealTime
    private let startedAt: Stamp
    private var stage = Stage.living
    /// Until it is left.
    private var isHaltedFromStart: Bool
    private var stopBeganAt: MonotonicInstant?

    /// How far the planned ending has come.
    private enum Stage: Equatable {
        case living
        case signaledOnce(next: MonotonicInstant)
        case halted(resumeAt: MonotonicInstant)
        case resumed(stopAt: MonotonicInstant)
        case dead
        case asked
    }

    private static let stepLimit = 60_000
    private static let longestLife: Duration = .seconds(60)

    init(_ scene: Scene, _ plan: LifePlan, stragglers: [FaultyExchange.Straggler]) throws {
        var dice = plan.dice
        self.plan = plan
        chronicle = scene.chronicle
        directory = scene.stateDirectory
        let opened = try PaperBook.open(
            scene.bookDirectory, account: Scene.account, feed: .simulated, network: scene.plan.network,
            now: scene.now)
        startedAt = Stamp(monotonic: MonotonicInstant(nanoseconds: dice.between(1, 1 << 50)), utc: scene.now)
        realTime = JumpyRealTime(
            dice: dice.fork(), rate: plan.isLast ? 0 : scene.plan.oversleepRate, chronicle: chronicle)
        clock = VirtualClock(start: startedAt, slows: false) { [realTime] in realTime.now() }
        inbox = Inbox(signals: signals)
        let paper = PaperExchange(opened, network: scene.plan.network, clock: clock, isVirtual: true)
        if scene.lifeNumber == 1 { paper.submit(try Scene.foreignOrder(at: scene.now)) }
        let state = try StateStore.open(at: directory, bot: Scene.bot, mode: .paper)
        let durable = try state.load()
        isHaltedFromStart = !durable.halts.isEmpty
        store = FaultyStore(
            state, at: directory, loaded: durable, plan: plan.disk, cut: dice.next(), chronicle: chronicle)
        exchange = FaultyExchange(
            paper, clock: clock, rates: plan.rates, dice: dice.fork(), stragglers: stragglers,
            chronicle: chronicle, isDurable: { [store] in store.has($0) })
        committer = SlowCommitter(
            store, inbox: inbox, clock: clock, plan: plan.disk, slowRate: plan.rates[.slowCommit],
            dice: dice.fork(), chronicle: chronicle)
        var parts = LoopParts(
            facts: LifeFacts(
                version: "1.2.3", bot: Scene.bot, pid: 42, startedAt: startedAt.utc, mode: .paper),
            clock: clock, inbox: inbox, exchange: exchange, committer: committer, log: Log(writers: []),
            reportFile: ShutdownReportFile(stateDirectory: directory))
        parts.overseer = catcher
        parts.timeSources = [exchange, committer]
        parts.standsForCommits = false
        let core = try TradingCore(
            configuration: scene.configuration(seed: dice.next()), capabilities: exchange.capabilities,
            products: exchange.products, strategies: [AnyStrategy(scene.strategy)], durable: durable)
        loop = TradingLoop(core: core, parts: parts)
        exchange.start(sink: inbox)
    }

    // MARK: Living

    /// Runs as `TradingLoop.run` does while time stands, with a look around after each step.
    func run() -> LifeEnd {
        if plan.afterSteps == 0 {
            begin(.signal)
        }
        while steps < Self.stepLimit {
            steps += 1
            let placed = exchange.placements
            let result = loop.step()
            let status = loop.core.status
            chronicle.demand(
                exchange.placements == placed || status.lifecycle == .trading,
                "an order went out while \(status.lifecycle.rawValue)")
            if store.isCrashed { return .crashed }
            switch result {
            case .worked: break
            case .ended(let code): return .exited(code)
            case .waitingForStore: return lost("the loop waits for the store though time passes")
            case .waitingForProgram: return lost("the loop waits for a program, and there is none")
            case .idle(let until):
                let isStopping = status.lifecycle == .stopping || status.lifecycle == .ended
                chronicle.demand(
                    isStopping || !committer.isOut(at: now), "no stop, though the disk is out of order")
                guard loop.advance(to: until) else { return lost("nothing will ever happen any more") }
            }
            if store.isCrashed { return .crashed }
            watchStop(status)
            moveOn(status)
            if stage == .dead {
                chronicle.note(.crash)
                return .crashed
            }
        }
        return lost("no end after \(steps) steps, \(loop.core.status)")
    }

    var elapsed: Duration { clock.now().monotonic - startedAt.monotonic }
    private var now: MonotonicInstant { clock.now().monotonic }

    private func lost(_ why: String) -> LifeEnd {
        chronicle.find(why)
        return .lost
    }

    private func signal() { signals.post(.terminate, at: realTime.now()) }

    private func watchStop(_ status: CoreStatus) {
        guard status.lifecycle == .stopping || status.lifecycle == .ended else { return }
        guard let began = stopBeganAt else {
            stopBeganAt = now
            // Whatever made it stop: the last life's stop is without new faults.
            if plan.isLast { heal() }
            return
        }
        chronicle.demand(
            now - began <= .seconds(8),
            "the stop overran its deadline, phase \(status.phase?.rawValue ?? "-")")
    }

    private func heal() {
        exchange.heal()
        committer.heal()
    }

    // MARK: The end

    private func moveOn(_ status: CoreStatus) {
        switch stage {
        case .living:
            // Whoever is asked to trade under so many faults that hardly an order goes out.
            if plan.isLast, elapsed >= Self.longestLife / 2 { heal() }
            leaveOldHalt(status)
            let isTime =
                exchange.placements >= plan.afterPlacements || steps >= plan.afterSteps
                || elapsed >= Self.longestLife
            if isTime, stopBeganAt == nil { begin(plan.ending) }
        case .signaledOnce(let next):
            guard now >= next else { return }
            chronicle.note(.doubleSignal)
            signals.post(.interrupt, at: realTime.now())
            stage = .asked
        case .halted(let at):
            guard now >= at else { return }
            chronicle.note(.haltAndResume)
            _ = inbox.request(.resume)
            stage = .resumed(stopAt: now + .seconds(3))
        case .resumed(let at):
            guard now >= at else { return }
            _ = inbox.request(.stop)
            stage = .asked
        case .dead, .asked: break
        }
    }

    /// A halt that an earlier life was left in still stands, until somebody resumes.
    private func leaveOldHalt(_ status: CoreStatus) {
        guard isHaltedFromStart else { return }
        chronicle.demand(status.lifecycle != .trading, "a halt did not survive the restart")
        guard status.lifecycle == .halted else { return }
        isHaltedFromStart = false
        _ = inbox.request(.resume)
    }

    private func begin(_ ending: Ending) {
        if plan.isLast { heal() }
        if [.starting, .recovering].contains(loop.core.status.lifecycle) { chronicle.note(.earlyEnd) }
        switch ending {
        case .signal:
            chronicle.note(.signal)
            signal()
            stage = .asked
        case .doubleSignal(let gap):
            signal()
            stage = .signaledOnce(next: now + gap)
        case .operatorStop:
            chronicle.note(.operatorStop)
            _ = inbox.request(.stop)
            stage = .asked
        case .haltAndResume:
            _ = inbox.request(.halt("kill switch"))
            stage = .halted(resumeAt: now + .seconds(4))
        case .crash: stage = .dead
        }
    }
}
