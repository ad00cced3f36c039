// One schedule: one to three lives on one store and one book, each judged by what it leaves.

import Daemon
import Exchanges
import Foundation
import Storage
import Trading
import TradingDomain

struct Outcome: Equatable, Sendable {
    var seed: UInt64
    var ends: [LifeEnd] = []
    var steps: [Int] = []
    var placements = 0
    var fired: [Fault: Int] = [:]
    var findings: [String] = []
    /// The last orders and fills of the book, for comparing two runs.
    var orders = 0
    var fills = 0
}

enum Schedule {
    static func run(seed: UInt64) -> Outcome {
        var outcome = Outcome(seed: seed)
        do {
            var dice = Dice(seed: seed)
            let scene = try Scene(SchedulePlan(&dice))
            defer {
                outcome.placements = scene.chronicle.placements
                outcome.fired = scene.chronicle.fired
                outcome.findings = scene.chronicle.findings
            }
            var stragglers: [FaultyExchange.Straggler] = []
            for plan in scene.plan.lives {
                stragglers = try live(scene, plan, stragglers, &outcome)
                // What follows from a life that was lost tells nothing new.
                if !scene.chronicle.findings.isEmpty { break }
            }
        } catch {
            outcome.findings.append("\(error)")
        }
        return outcome
    }

    /// - Returns: what is still in the network when the next life begins.
    private static func live(
        _ scene: Scene, _ plan: LifePlan, _ stragglers: [FaultyExchange.Straggler], _ outcome: inout Outcome
    ) throws -> [FaultyExchange.Straggler] {
        scene.lifeNumber += 1
        scene.now = scene.now + plan.pause
        if plan.pause < .zero { scene.chronicle.note(.clockWentBack) }
        let life = try ShellLife(
            scene, plan,
            stragglers: stragglers.map {
                FaultyExchange.Straggler(
                    command: $0.command, remaining: $0.remaining - max(.zero, plan.pause))
            })
        let end = life.run()
        outcome.ends.append(end)
        outcome.steps.append(life.steps)
        let left = life.exchange.stragglers
        life.exchange.kill()
        scene.now = life.clock.now().utc
        let evidence = try gather(scene, life, end, left)
        outcome.orders = evidence.view.orders.count
        outcome.fills = evidence.view.fills.count
        Judge(chronicle: scene.chronicle).judge(evidence)
        return left
    }

    private static func gather(
        _ scene: Scene, _ life: ShellLife, _ end: LifeEnd, _ left: [FaultyExchange.Straggler]
    ) throws -> Evidence {
        let cut = life.store.logCut
        try scene.copyStore(to: scene.stateDirectory(scene.lifeNumber + 1), logCut: cut)
        try scene.copyStore(to: scene.courtDirectory, logCut: cut)
        let store = try StateStore.open(at: scene.courtDirectory, bot: Scene.bot, mode: .paper)
        let loaded = try store.load()
        // The last journal holds all the others.
        let isLast = life.plan.isLast
        let rebuilt = isLast ? try store.rebuildFromJournal() : nil
        let journal = isLast ? try store.verifyJournal() : nil
        try store.close()
        let known = try StateReader(at: scene.courtDirectory).orders()
        let last = life.catcher.final
        return Evidence(
            end: end, isLast: isLast,
            view: try PaperBook.read(at: scene.bookDirectory, now: scene.now),
            arriving: left.compactMap(\.command.placed), loaded: loaded, rebuilt: rebuilt, journal: journal,
            known: Dictionary(uniqueKeysWithValues: known.map { ($0.id, $0) }), core: life.loop.core.durable,
            mirror: life.store.isKnown ? life.store.mirror : nil,
            report: decode((try? Data(contentsOf: URL(filePath: life.directory + "/shutdown-report.json")))),
            wordsOfLoop: last.flatMap {
                decode(Data($0.snapshot.durable.head + $0.snapshot.list + $0.snapshot.durable.tail))
            },
            codeOfWords: last?.exitCode)
    }

    private static func decode(_ data: Data?) -> ShutdownReport? {
        data.flatMap { try? JSONDecoder().decode(ShutdownReport.self, from: $0) }
    }
}
