// What a terminal shows of a bot, as a function of what is known of it: no clock, no terminal, no state. `run` draws it
// below its log, `status --watch` alone.

import Control
import Daemon
import Trading
import TradingDomain

package struct LivePicture: Sendable {
    /// Nil while nothing is known.
    package var status: StatusView?
    /// Why it may be old or absent, for people; nil while all is well.
    package var trouble: String?
    package var now: UTCInstant

    package init(status: StatusView?, trouble: String? = nil, now: UTCInstant) {
        self.status = status
        self.trouble = trouble
        self.now = now
    }

    /// Rows of one kind: which of them matter most, and whether some of them are better than none.
    private struct Section {
        /// The lowest goes first.
        var rank: Int
        var canBeCut = false
        var rows: [Row]
    }

    package func frame(on canvas: Canvas) -> TerminalFrame {
        TerminalFrame(lines: rows(on: canvas).map { $0.line(on: canvas) }, columns: canvas.columns)
    }

    func rows(on canvas: Canvas) -> [Row] {
        var sections = [Section(rank: 0, rows: [title(canvas)])]
        if let trouble {
            let parts = trouble.split(separator: ";").map { $0.drop { $0 == " " } }
            sections.append(Section(rank: 1, canBeCut: true, rows: parts.map { Row(String($0), .warning) }))
        }
        if let status { sections += self.sections(status, canvas) }
        return Self.fit(sections, canvas.rows)
    }

    private func sections(_ status: StatusView, _ canvas: Canvas) -> [Section] {
        guard let core = status.core else {
            return [Section(rank: 1, rows: [Row(status.words)])]
        }
        if core.stop != nil {
            return [Section(rank: 1, canBeCut: true, rows: stopRows(core, canvas))]
        }
        return [
            Section(rank: 1, rows: [stateRow(status, core, canvas)]),
            Section(rank: 2, canBeCut: true, rows: waitRows(status, core, canvas)),
            Section(rank: 3, rows: [resultRow(core, canvas)]),
            Section(rank: 4, canBeCut: true, rows: marketRows(core, canvas)),
            Section(rank: 4, canBeCut: true, rows: strategyRows(core, canvas)),
            Section(rank: 6, canBeCut: true, rows: limitRows(core, canvas)),
            Section(rank: 5, rows: [venueRow(status, core, canvas)]),
            Section(rank: 7, canBeCut: true, rows: fillRows(status, canvas)),
        ]
    }

    /// The most important ones first, then all of them in their order.
    private static func fit(_ sections: [Section], _ limit: Int) -> [Row] {
        var left = limit
        var counts = sections.map { _ in 0 }
        for index in sections.indices.sorted(by: { (sections[$0].rank, $0) < (sections[$1].rank, $1) }) {
            let count = sections[index].rows.count
            guard count <= left || sections[index].canBeCut else { continue }
            counts[index] = min(count, max(0, left))
            left -= counts[index]
        }
        return zip(sections, counts).flatMap { $0.rows.prefix($1) }
    }

    // MARK: Rows

    private func title(_ canvas: Canvas) -> Row {
        let glyphs = canvas.glyphs
        var row = Row(String(repeating: glyphs.rule, count: 2) + " ", .dim)
        row.add("trader247", .bold)
        if let status {
            row.add(" \(status.version)")
            if let core = status.core {
                row.add(glyphs.between, .dim)
                row.add("\(core.bot) ")
                row.add(core.mode.rawValue, core.mode == .live ? .bad : .bold)
                let up = (now - core.startedAt).wholeMilliseconds
                if up >= 0 { row.add(glyphs.between + "up \(Glance.duration(milliseconds: up))", .dim) }
            }
        }
        let clock = Glance.time(now) + " " + String(repeating: glyphs.rule, count: 2)
        let gap = canvas.columns - row.width - TextWidth.columns(of: clock) - 2
        if gap >= 0 { row.add(" " + String(repeating: glyphs.rule, count: gap) + " " + clock, .dim) }
        return row
    }

    private func stateRow(_ status: StatusView, _ core: CoreOverview, _ canvas: Canvas) -> Row {
        let isWell = core.lifecycle == .trading && core.isGateOpen
        let ink: Ink =
            switch core.lifecycle {
            case .halted: .bad
            case _ where isWell: .good
            default: .warning
            }
        var row = Row(canvas.glyphs.mark + " ", ink)
        row.add(status.words.split(separator: "`").first.map(String.init) ?? status.words, ink)
        if core.unknownPlacements > 0 { row.add(", \(core.unknownPlacements) unknown", .warning) }
        return row
    }

    /// What the loop waits for, and what is wrong.
    private func waitRows(_ status: StatusView, _ core: CoreOverview, _ canvas: Canvas) -> [Row] {
        var rows: [Row] = []
        if let since = status.sinceLastTurnMs, since > 5_000 {
            rows.append(
                Row("the loop has not turned for \(Glance.duration(milliseconds: since))", .bad))
        }
        if status.haltFile { rows.append(Row("the halt file is there", .bad)) }
        rows += core.gateClosedBy.dropFirst(core.lifecycle == .trading ? 1 : 0).map { Row($0, .warning) }
        var waits: [String] = []
        let unpriced = core.markets.filter { $0.bid == nil || $0.ask == nil }.map { "\($0.symbol)" }
        if !unpriced.isEmpty { waits.append("a price of \(unpriced.joined(separator: ", "))") }
        if core.placementsInFlight > 0 { waits.append("\(core.placementsInFlight) answers of the exchange") }
        if let rate = core.measures.rate {
            if rate.blockedMs > 0 {
                waits.append("the exchange's patience, \(Glance.duration(milliseconds: rate.blockedMs))")
            } else if rate.burst == 0 {
                waits.append("the rate budget")
            }
        }
        if let next = core.nextCycleMs {
            let left = max(0, next - max(0, (now - core.at).wholeMilliseconds))
            waits.append(
                "its next decision, \(left == 0 ? "now" : "in " + Glance.duration(milliseconds: left))")
        }
        if !waits.isEmpty { rows.append(Row("waits for " + waits.joined(separator: "; "), .dim)) }
        return rows
    }

    private func resultRow(_ core: CoreOverview, _ canvas: Canvas) -> Row {
        var row = Row("result ")
        row.add(Glance.money(core.result), Glance.ink(core.result))
        row.add("  today ")
        if let day = core.dayResult {
            row.add(Glance.money(day), Glance.ink(day))
        } else {
            row.add("unknown", .warning)
        }
        func sum(_ part: (CoreOverview.Earnings) -> Money?) -> Money? {
            var sum = Money.zero
            for earnings in core.measures.earnings {
                guard let money = part(earnings), let next = try? sum + money else { return nil }
                sum = next
            }
            return sum
        }
        if let realised = sum(\.realised) { row.add("  realised \(Glance.money(realised))", .dim) }
        if let open = sum(\.unrealised) { row.add("  open \(Glance.money(open))", .dim) }
        if let fees = sum(\.fees) { row.add("  fees \(Glance.money(fees, isSigned: false))", .dim) }
        return row
    }

    private func marketRows(_ core: CoreOverview, _ canvas: Canvas) -> [Row] {
        guard !core.markets.isEmpty else { return [] }
        let ladders = core.ladders ?? []
        func side(
            _ market: CoreOverview.Market, _ count: KeyPath<CoreOverview.Ladder, Int>,
            _ levels: KeyPath<CoreOverview.Ladder, [CoreOverview.Level]>
        ) -> [(String, Ink)] {
            guard let ladder = ladders.first(where: { $0.symbol == market.symbol }) else {
                return [("-", .dim), ("", .plain)]
            }
            let number = ladder[keyPath: count]
            return [
                ("\(number)", number == 0 ? .dim : .plain),
                (ladder[keyPath: levels].first.map { "\($0.price)" } ?? "", .dim),
            ]
        }
        func cells(_ text: (CoreOverview.Market) -> (String, Ink)) -> [(text: String, ink: Ink)] {
            core.markets.map {
                let (text, ink) = text($0)
                return (text, ink)
            }
        }
        return Table(columns: [
            .init(title: "MARKET", isRight: false, rank: 0, cells: cells { ("\($0.symbol)", .bold) }),
            .init(title: "BID", rank: 2, cells: cells { ($0.bid.map { "\($0)" } ?? "-", .plain) }),
            .init(title: "ASK", rank: 1, cells: cells { ($0.ask.map { "\($0)" } ?? "-", .plain) }),
            .init(
                title: "POSITION", rank: 3,
                cells: cells { ("\($0.position)", $0.position.isZero ? .dim : .plain) }),
            .init(
                title: "RESULT", rank: 4,
                cells: cells { $0.result.map { (Glance.money($0), Glance.ink($0)) } ?? ("-", .dim) }),
            .init(title: "BUYS", rank: 5, cells: cells { side($0, \.buys, \.nearestBuys)[0] }),
            .init(title: "NEAREST", rank: 7, cells: cells { side($0, \.buys, \.nearestBuys)[1] }),
            .init(title: "SELLS", rank: 6, cells: cells { side($0, \.sells, \.nearestSells)[0] }),
            .init(title: "NEAREST", rank: 8, cells: cells { side($0, \.sells, \.nearestSells)[1] }),
        ]).rows(within: canvas.columns)
    }

    private func venueRow(_ status: StatusView, _ core: CoreOverview, _ canvas: Canvas) -> Row {
        let between = canvas.glyphs.between
        var row = Row()
        for feed in core.feeds {
            row.add("\(feed.feed.rawValue) ")
            row.add(feed.isUp ? "up" : "DOWN", feed.isUp ? .good : .bad)
            row.add(between, .dim)
        }
        if let rate = core.measures.rate {
            row.add("rate \(rate.burst)/\(rate.burstLimit)", rate.slowdown > 1 ? .warning : .plain)
            if rate.slowdown > 1 { row.add(" slowed \(rate.slowdown)x", .warning) }
            if let hour = rate.hour, let limit = rate.hourLimit { row.add(", \(hour)/\(limit) this hour") }
            row.add(between, .dim)
        }
        if let trouble = core.clock.trouble {
            row.add("clock: \(trouble)", .bad)
        } else if let offset = core.clock.offsetMs {
            row.add("clock \(offset >= 0 ? "+" : "")\(offset) ms")
        } else {
            row.add("clock ours")
        }
        if let pace = status.lateness {
            row.add(between + "loop late \(pace.p99Us / 1_000).\(pace.p99Us % 1_000 / 100) ms (p99)", .dim)
        }
        return row
    }

    private func fillRows(_ status: StatusView, _ canvas: Canvas) -> [Row] {
        (status.fills ?? []).suffix(5).reversed().map { fill in
            var row = Row("\(Glance.time(fill.at)) ", .dim)
            row.add("filled \(fill.symbol) ")
            row.add(fill.side.wire, fill.side == .buy ? .good : .warning)
            row.add(" \(fill.quantity) @ \(fill.price)")
            row.add("  fee \(Glance.money(fill.fee, isSigned: false))", .dim)
            return row
        }
    }
}
