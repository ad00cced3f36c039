// Prepares the last words from what the core knows. Runs in the loop, where there is time; the watchdog only
// copies bytes.

import FoundationEssentials
import Trading
import TradingDomain

/// What does not change during a life.
package struct LifeFacts: Sendable {
    package var version: String
    package var bot: BotID
    package var pid: Int32
    package var startedAt: UTCInstant
    package var mode: Mode

    package init(version: String, bot: BotID, pid: Int32, startedAt: UTCInstant, mode: Mode) {
        self.version = version
        self.bot = bot
        self.pid = pid
        self.startedAt = startedAt
        self.mode = mode
    }
}

package enum SnapshotWriter {
    /// The words for a process that is cut off now.
    package static func snapshot(
        _ facts: LifeFacts, status: CoreStatus, remaining: [ShutdownReport.RemainingOrder], at now: UTCInstant
    ) -> Snapshot {
        var report = ShutdownReport(
            bot: facts.bot, epoch: status.epoch, startedAt: facts.startedAt, stoppedAt: now, mode: facts.mode,
            reason: "cut off by the watchdog, at its deadline or by a third signal")
        report.version = facts.version
        report.pid = facts.pid
        report.ordersFound = status.ordersFound
        report.verifiedEmpty = status.isProvedEmpty
        let phase = status.phase.map { ", phase \($0.rawValue)" } ?? ""
        report.errors = [
            "the process did not end by itself; this is what was known at stopped_at "
                + "(\(status.lifecycle.rawValue)\(phase), \(status.workingOrders) orders working, "
                + "\(status.unknownPlacements) placements unknown): look at the exchange's own list"
        ]
        func words(flushed: Bool) -> Snapshot.Words {
            var report = report
            // Without the stop's own last record nothing is clean, however durable the rest may be.
            report.stateFlushed = flushed && !report.verifiedEmpty
            // The verdict depends on whether anything is listed; the list itself is written apart.
            report.remaining = Array(remaining.prefix(1))
            report.judge(nothingToCancel: facts.mode == .dryRun)
            report.remaining = []
            return Self.words(report)
        }
        return Snapshot(
            durable: words(flushed: true), notDurable: words(flushed: false), list: list(remaining))
    }

    /// The words of a finished report: if the loop hangs while writing it, the watchdog says the same.
    package static func snapshot(final report: ShutdownReport) -> Snapshot {
        var rest = report
        rest.remaining = []
        let words = words(rest)
        return Snapshot(durable: words, notDurable: words, list: list(report.remaining))
    }

    /// The report's text as it stands in its file.
    package static func text(_ report: ShutdownReport) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(report) else { return plain(report) }
        return plain(data) + [UInt8(ascii: "\n")]
    }

    /// The same values, spelled so that a terminal may show them: this is what goes to stderr where there is no file.
    private static func plain(_ json: Data) -> [UInt8] {
        Array(VisibleText.json(String(decoding: json, as: UTF8.self)).utf8)
    }

    private static func words(_ report: ShutdownReport) -> Snapshot.Words {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let key = Array("\"remaining\":".utf8)
        let text = (try? encoder.encode(report)).map(plain) ?? plain(report)
        // Inside a string the quotes would be escaped: the key occurs once.
        guard let at = text.firstRange(of: key + [UInt8(ascii: "["), UInt8(ascii: "]")]) else {
            return Snapshot.Words(head: text, tail: [], exitCode: report.exitCode)
        }
        return Snapshot.Words(
            head: Array(text[..<(at.lowerBound + key.count)]),
            tail: Array(text[at.upperBound...]) + [UInt8(ascii: "\n")], exitCode: report.exitCode)
    }

    /// What must be said even if the encoder failed.
    private static func plain(_ report: ShutdownReport) -> [UInt8] {
        Array(
            "{\"epoch\":\(report.epoch),\"exit_code\":\(report.exitCode),\"remaining\":[],\"verdict\":\"\(report.verdict.rawValue)\"}"
                .utf8)
    }

    /// The list of remaining orders. Written by hand: with thousands of orders an encoder would take longer
    /// than a turn may.
    private static func list(_ orders: [ShutdownReport.RemainingOrder]) -> [UInt8] {
        var text: [UInt8] = [UInt8(ascii: "[")]
        text.reserveCapacity(orders.count * 192 + 2)
        for (index, order) in orders.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text += "{\"client_order_id\":\"\(order.clientOrderID)\"".utf8
            if let id = order.exchangeOrderID {
                text += ",\"exchange_order_id\":".utf8
                JSONText.append(id.description, to: &text)
            }
            if let left = order.quantityLeft { text += ",\"quantity_left\":\"\(left)\"".utf8 }
            if let side = order.side { text += ",\"side\":\"\(side.rawValue)\"".utf8 }
            text += ",\"status\":".utf8
            JSONText.append(order.status, to: &text)
            if let symbol = order.symbol { text += ",\"symbol\":\"\(symbol)\"".utf8 }
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: "]"))
        return text
    }
}
