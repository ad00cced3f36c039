import ArgumentParser
import Daemon
import FoundationEssentials
import Glibc
import Storage
import Trading

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the state store to one file, also while the daemon trades.",
        discussion: """
            The copy is one moment of the store, checked and synced before it gets its name. To restore it, stop \
            trader247, remove state.db-wal and state.db-shm, and put the copy in the place of state.db.
            """)

    @Argument(help: "The file to make (default <state-dir>/backups/state-<UTC>.db).")
    var target: String?
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Replace the file if it is there already.")
    var force = false
    @Flag(help: "Print JSON.")
    var json = false

    private struct Line: Encodable {
        let path: String
        let rows: Int64
        let lastRow: Int64
        let epoch: Int64
    }

    func run() throws {
        let directory = try options.load(onlyLooks: true).stateDirectory
        let path = target ?? StoreBackup.defaultPath(in: directory, at: SystemClock().now().utc)
        let showsProgress = isatty(2) == 1
        let result = try Failure.naming {
            try StoreBackup.make(of: directory, to: path, replaces: force) { done, all in
                if showsProgress { Output.progress("page \(done) of \(all)") }
            }
        }
        if showsProgress { Output.progress(nil) }
        // From the root on, whoever asks for it stands elsewhere.
        let place =
            result.path.hasPrefix("/")
            ? result.path : FileManager.default.currentDirectoryPath + "/" + result.path
        DrillNotes(stateDirectory: directory).leave(.init(at: SystemClock().now().utc, path: place))
        if json {
            return try Output.json(
                Line(path: result.path, rows: result.rows, lastRow: result.lastRow, epoch: result.epoch))
        }
        Output.line("\(result.path): \(result.rows) journal rows, epoch \(result.epoch), checked")
    }
}
