import ArgumentParser
import CLinux
import Daemon
import Glibc
import Trading

extension ConfigCommand {
    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a commented file with every setting at its default.",
            discussion: """
                Nothing that is there is overwritten. With --profile NAME (repeatable) the file has such profiles, ready to \
                be filled: dry-run, paper and live are for these modes.
                """)

        @Argument(help: "Where to; - for stdout.")
        var file = "trader247.yaml"

        @Option(help: ArgumentHelp("A profile that the file shall have.", valueName: "name"))
        var profile: [String] = []

        @Flag(help: "Overwrite the file.")
        var force = false

        func validate() throws {
            for name in profile where !ConfigurationProfile.isName(name) {
                throw ValidationError("'\(name)' is no name of a profile: 1 to 32 of a-z, 0-9 and -")
            }
        }

        func run() throws {
            var names: [String] = []
            for name in profile where !names.contains(name) { names.append(name) }
            let text = ConfigurationTemplate(file: file == "-" ? nil : file, profiles: names).text()
            guard file != "-" else { return Output.line(String(text.dropLast())) }
            let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL)
            let descriptor = open(file, flags, 0o600)
            guard descriptor >= 0 else {
                let code = errno
                throw Leave(
                    Trading.ExitCode.configuration,
                    code == EEXIST
                        ? "\(file) is there already; give another name, or --force to overwrite it"
                        : "cannot write \(file): \(systemMessage(code))")
            }
            defer { close(descriptor) }
            let code = Array(text.utf8).withUnsafeBytes { cl_write_all(descriptor, $0.baseAddress, $0.count) }
            guard code == 0 else {
                throw Leave(Trading.ExitCode.configuration, "cannot write \(file): \(systemMessage(code))")
            }
            Output.line("wrote \(file); next: trader247 run --config \(file)")
            Output.line("for editors: trader247 config schema > trader247.schema.json")
        }
    }

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the JSON Schema (draft 2020-12) of the configuration file, for editors.")

        func run() { Output.line(String(ConfigurationSchema.text().dropLast())) }
    }

    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every setting as the tables of docs/configuration.md.")

        func run() {
            for (title, table) in ConfigurationReference.tables {
                Output.line("## \(title)\n\n\(table)\n")
            }
        }
    }
}
