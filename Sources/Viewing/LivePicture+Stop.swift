// A stop: how far it is, in which phase, what it found, and how much of its deadline is left.

import Control
import Trading
import TradingDomain

extension LivePicture {
    func stopRows(_ core: CoreOverview, _ canvas: Canvas) -> [Row] {
        guard let stop = core.stop else { return [] }
        return [
            stopHead(stop, core, canvas), progress(stop, core, canvas), phases(stop, core, canvas),
            proof(stop, core, canvas),
        ]
    }

    private func stopHead(_ stop: CoreOverview.Stop, _ core: CoreOverview, _ canvas: Canvas) -> Row {
        let isOver = core.lifecycle == .ended
        var row = Row(canvas.glyphs.mark + " ", isOver ? .bold : .warning)
        row.add(isOver ? "stopped" : "stopping", isOver ? .bold : .warning)
        row.add(": \(stop.reason)")
        if stop.isExpedited { row.add(", hurried", .warning) }
        // Between two looks time goes on.
        let left = max(0, stop.leftMs - (isOver ? 0 : max(0, (now - core.at).wholeMilliseconds)))
        row.add("  \(Glance.duration(milliseconds: left)) of the deadline left", left < 1_000 ? .bad : .dim)
        return row
    }

    private func progress(_ stop: CoreOverview.Stop, _ core: CoreOverview, _ canvas: Canvas) -> Row {
        let done = stop.ordersCanceled + stop.ordersEndedOtherwise
        let length = max(4, min(30, canvas.columns - 32))
        // Orders are most of the way; the proof, the flush and the report are the rest of it.
        let steps = stop.phases.count { $0.endedAt != nil && $0.name != .gate }
        let (part, whole): (Int, Int) =
            core.lifecycle == .ended
            ? (1, 1) : (done * 10 + steps * max(1, stop.ordersFound), max(1, stop.ordersFound) * 15)
        let filled = Glance.cells(Int128(part), of: Int128(whole), length)
        var row = Row(String(repeating: canvas.glyphs.full, count: filled), .good)
        row.add(String(repeating: canvas.glyphs.empty, count: length - filled), .dim)
        row.add(" \(done) of \(stop.ordersFound) orders ended")
        if core.workingOrders > 0 { row.add(", \(core.workingOrders) still out", .warning) }
        if core.unknownPlacements > 0 { row.add(", \(core.unknownPlacements) unknown", .warning) }
        return row
    }

    private func phases(_ stop: CoreOverview.Stop, _ core: CoreOverview, _ canvas: Canvas) -> Row {
        var row = Row()
        for phase in StopPhase.allCases {
            if phase != .gate { row.add("  ") }
            guard let seen = stop.phases.first(where: { $0.name == phase }) else {
                row.add(phase.rawValue, .dim)
                continue
            }
            let isOver = seen.endedAt != nil || core.lifecycle == .ended
            let took = ((seen.endedAt ?? core.at) - seen.startedAt).wholeMilliseconds
            row.add("\(phase.rawValue) ", isOver ? .plain : .bold)
            row.add(isOver ? canvas.glyphs.done : canvas.glyphs.ellipsis, isOver ? .good : .warning)
            if took > 0 { row.add(" \(Glance.duration(milliseconds: took))", .dim) }
        }
        return row
    }

    private func proof(_ stop: CoreOverview.Stop, _ core: CoreOverview, _ canvas: Canvas) -> Row {
        var row = Row()
        if core.mode == .dryRun {
            row.add("nothing was sent, nothing to cancel")
        } else if core.isProvedEmpty {
            row.add("proved empty by the exchange's own list", .good)
        } else {
            row.add("not proved empty yet", core.lifecycle == .ended ? .bad : .warning)
        }
        if stop.ordersEndedOtherwise > 0 { row.add(", \(stop.ordersEndedOtherwise) ended otherwise") }
        if stop.cancelErrors > 0 { row.add(", \(stop.cancelErrors) cancel errors", .warning) }
        if stop.lateFills > 0 { row.add(", \(stop.lateFills) late fills", .warning) }
        return row
    }
}
