import ArgumentParser
import Glibc
import Storage
import Trading

struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "The hash-chained journal of every decision and event.",
        subcommands: [Verify.self, Export.self, Prune.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check every row against its hash and its neighbour; names the first bad one.")

        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "Print JSON.")
        var json = false

        private struct Line: Encodable {
            let intact: Bool
            let rows: Int64?
            /// The last row that was pruned, and when.
            var anchor: Int64?
            var prunedAt: String?
            let firstBadRow: Int64?
            let problem: String?
        }

        func run() throws {
            let directory = try options.load().stateDirectory
            let showsProgress = isatty(2) == 1
            let verdict = try Failure.naming {
                try StateReader(at: directory).verifyJournal { done, all in
                    if showsProgress { Output.progress("row \(done) of \(all)") }
                }
            }
            if showsProgress { Output.progress(nil) }
            switch verdict {
            case .intact(let rows, let anchor):
                if json {
                    try Output.json(
                        Line(
                            intact: true, rows: rows, anchor: anchor?.seq,
                            prunedAt: anchor?.prunedAt.description, firstBadRow: nil, problem: nil))
                } else {
                    Output.line("\(verdict)")
                }
            case .broken(let row, let problem):
                guard json else { throw Leave(Trading.ExitCode.internalError, "\(verdict)") }
                try Output.json(Line(intact: false, rows: nil, firstBadRow: row, problem: problem))
                throw Leave(Trading.ExitCode.internalError)
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the journal as JSON lines, oldest first.")

        @OptionGroup var options: ConfigurationOptions
        @Option(help: "Begin at this row.")
        var from: Int64 = 1

        func run() throws {
            let directory = try options.load().stateDirectory
            try Failure.naming {
                try StateReader(at: directory).exportJournal(from: from) { Output.json($0) }
            }
        }
    }
}
