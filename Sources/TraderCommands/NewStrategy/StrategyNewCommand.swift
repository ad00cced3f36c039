import ArgumentParser
import CLinux
import Daemon
import FoundationEssentials
import Glibc
import Trading

struct StrategyNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make a Swift package with a strategy of your own, its tests and its binary.",
        discussion: """
            The binary of that package is the whole of trader247 with the strategy built in: its configuration says \
            `type: NAME`. Nothing that is there is overwritten.
            """)

    @Argument(help: "The strategy's name: 1 to 32 of a-z, 0-9 and -, a letter first.")
    var name: String

    @Option(help: ArgumentHelp("Where to; it must not be there yet (default: ./NAME).", valueName: "dir"))
    var path: String?

    @Option(
        help: ArgumentHelp(
            "The package of trader247: its directory, or the address of its Git repository (default: the checkout that "
                + "this program was built in).", valueName: "dir|url"))
    var from: String?

    func run() throws {
        if let problem = StrategyPackage.problem(withName: name) {
            throw Leave(Trading.ExitCode.usage, "'\(name)' \(problem)")
        }
        let source = try from.map { try PackageSource($0) } ?? PackageSource.found()
        let package = StrategyPackage(name: name, source: source)
        let directory = path ?? name
        try makeDirectory(directory)
        for (file, text) in package.files { try write(text, to: "\(directory)/\(file)") }
        Output.line("made \(directory), which depends on \(source.words); next:")
        Output.line("  cd \(directory)")
        Output.line("  make test    # the strategy on a simulated market")
        Output.line("  make run     # trade on paper; Ctrl-C stops clean")
    }

    private func makeDirectory(_ directory: String) throws {
        guard mkdir(directory, 0o755) == 0 else {
            let code = errno
            throw Leave(
                Trading.ExitCode.configuration,
                code == EEXIST
                    ? "\(directory) is there already, and nothing is overwritten; give another name, or --path DIR"
                    : "cannot make \(directory): \(systemMessage(code))")
        }
    }

    private func write(_ text: String, to file: String) throws {
        let folder = URL(filePath: file).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Leave(Trading.ExitCode.configuration, "cannot make \(folder): \(error)")
        }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_EXCL, 0o644)
        guard descriptor >= 0 else {
            throw Leave(Trading.ExitCode.configuration, "cannot write \(file): \(systemMessage(errno))")
        }
        defer { close(descriptor) }
        let code = Array(text.utf8).withUnsafeBytes { cl_write_all(descriptor, $0.baseAddress, $0.count) }
        guard code == 0 else {
            throw Leave(Trading.ExitCode.configuration, "cannot write \(file): \(systemMessage(code))")
        }
    }
}
