// `make mutants`: makes mutants of the code that decides, compiles all of them into one scratch build, and asks the
// simulation and the unit tests to tell them from the original. See docs/simulation.md.

import Foundation

do {
    if CommandLine.arguments.contains("--help") {
        print(Arguments.usage)
        exit(0)
    }
    exit(try MutantsTool(Arguments(Array(CommandLine.arguments.dropFirst()))).run())
} catch {
    FileHandle.standardError.write(Data("mutants: \(error)\n".utf8))
    exit(64)
}
