// The reports of stops that are over, as their lives left them. Read only; also without a daemon.

import Daemon
import FoundationEssentials
import Trading
import TradingDomain

package struct PastStops: Sendable {
    private let directory: String

    package init(stateDirectory: String) { directory = stateDirectory }

    /// Names, newest first. The last one of all has no archive yet.
    package var names: [String] {
        // Without the directory nothing was archived yet.
        let archived = (try? FileManager.default.contentsOfDirectory(atPath: directory + "/reports")) ?? []
        let names = archived.filter { Self.isName($0) }.sorted(by: >)
        return (FileManager.default.fileExists(atPath: directory + "/" + Self.latest) ? [Self.latest] : [])
            + names
    }

    private static let latest = "shutdown-report.json"

    /// Whether a file may bear this name: nothing that leads out of the directory.
    private static func isName(_ text: String) -> Bool {
        text.hasPrefix("shutdown-report") && text.hasSuffix(".json") && !text.contains("/")
    }

    /// The report's text; nil when there is none of this name.
    package func text(_ name: String) -> [UInt8]? {
        guard Self.isName(name) else { return nil }
        let path = name == Self.latest ? directory + "/" + name : directory + "/reports/" + name
        return ShutdownReportFile.bytes(of: path)
    }

    package func report(_ name: String) -> ShutdownReport? {
        text(name).flatMap(ShutdownReportFile.decode)
    }

    /// The newest that can be read.
    package var last: (name: String, report: ShutdownReport)? {
        for name in names { if let report = report(name) { return (name, report) } }
        return nil
    }

    package struct Line: Codable, Sendable {
        package var name: String
        package var verdict: Verdict
        package var exitCode: Int32
        package var reason: String
        package var epoch: Int64
        package var startedAt: UTCInstant
        package var stoppedAt: UTCInstant
        package var elapsedMs: Int64
        package var ordersFound: Int
        package var ordersCanceled: Int
        package var remaining: Int
        package var phases: [ShutdownReport.Phase]
    }

    package func lines(limit: Int) -> [Line] {
        names.prefix(limit).compactMap { name in
            report(name).map {
                Line(
                    name: name, verdict: $0.verdict, exitCode: $0.exitCode, reason: $0.reason,
                    epoch: $0.epoch,
                    startedAt: $0.startedAt, stoppedAt: $0.stoppedAt, elapsedMs: $0.elapsedMs,
                    ordersFound: $0.ordersFound, ordersCanceled: $0.ordersCanceled,
                    remaining: $0.remaining.count,
                    phases: $0.phases)
            }
        }
    }
}
