import ArgumentParser
import Daemon
import Glibc
import Storage
import Trading
import TradingDomain

extension JournalCommand {
    struct Prune: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove old rows; what is left still verifies, from an anchor on.",
            discussion: """
                For when no daemon runs: it takes the bot's locks, or refuses with 75. Rows since the oldest order \
                that is not finished stay, and the last row does. Orders, fills and positions are not touched.
                """)

        @OptionGroup var options: ConfigurationOptions
        @Option(help: "How much to keep: days, hours or minutes, like 90d, 36h, 30m.")
        var keep = "90d"
        @Flag(help: "Say what would be removed, and remove nothing; also beside a running daemon.")
        var dryRun = false
        @Flag(help: "Print JSON.")
        var json = false

        private struct Line: Encodable {
            let removed: Int64
            let kept: Int64
            let anchor: Int64
            let heldBackBy: String?
            let dryRun: Bool
        }

        func validate() throws { _ = try retention() }

        private func retention() throws -> Duration {
            let units: [Character: Int64] = ["d": 86_400, "h": 3_600, "m": 60]
            guard let unit = keep.last.flatMap({ units[$0] }), let count = Int64(keep.dropLast()),
                count >= 0, count <= 36_500
            else { throw ValidationError("--keep wants a time like 90d, 36h or 30m, not '\(keep)'") }
            return .seconds(count * unit)
        }

        func run() throws {
            let directory = try options.load(onlyLooks: true).stateDirectory
            let keep = try retention()
            let now = SystemClock().now().utc
            let showsProgress = isatty(2) == 1
            let result = try Failure.naming {
                if dryRun { return try StateReader(at: directory).pruningPlan(keep: keep, now: now) }
                // Of a directory that is not there no locks are made.
                _ = try StateReader(at: directory).bot
                let holder = LockHolder.current(startedAt: now)
                let locks = [
                    try Locks.instance(in: directory, holder: holder),
                    try Locks.trader(in: directory, holder: holder),
                ]
                defer { for lock in locks { lock.release() } }
                return try JournalPruning.prune(at: directory, keep: keep, now: now) { done, all in
                    if showsProgress { Output.progress("row \(done) of \(all)") }
                }
            }
            if showsProgress { Output.progress(nil) }
            if json {
                return try Output.json(
                    Line(
                        removed: result.removed, kept: result.kept, anchor: result.anchor,
                        heldBackBy: result.heldBackBy?.description, dryRun: dryRun))
            }
            Output.line(
                "\(dryRun ? "would remove" : "removed") \(result.removed) journal rows, "
                    + "\(dryRun ? "would keep" : "kept") \(result.kept)"
                    + (result.anchor > 0 ? "; the journal begins after row \(result.anchor)" : ""))
            if let since = result.heldBackBy {
                Output.line("rows since \(since) are kept for an order that is not finished")
            }
        }
    }
}
