// `strategy new` in the real binary. That what it makes builds, trades and stops clean is for Tests/StrategyPackage.

import Foundation
import Testing

@Suite struct NewStrategyTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Made in the arena's directory.
    private func new(_ arena: Arena, _ name: String, _ words: String...) throws -> (
        ending: Ending, output: String, errors: String
    ) {
        let path = ["--path", arena.directory + "/" + (name.isEmpty ? "unnamed" : name)]
        return try arena.trader247(
            ["strategy", "new", name] + (words.contains("--path") ? [] : path) + words)
    }

    @Test func aPackageIsMade() throws {
        let arena = try Arena()
        let result = try new(arena, "ema-cross")
        #expect(result.ending == .exit(0), "\(result.errors)")
        #expect(result.output.hasPrefix("made \(arena.directory)/ema-cross, which depends on "))
        func text(_ file: String) throws -> String {
            try String(contentsOfFile: arena.directory + "/ema-cross/" + file, encoding: .utf8)
        }
        let strategy = try text("Sources/ema-cross/EmaCross.swift")
        #expect(strategy.split(separator: "\n", omittingEmptySubsequences: false).count <= 60)
        #expect(strategy.contains("struct EmaCross: ConfigurableStrategy {"))
        #expect(strategy.contains("static let type = \"ema-cross\""))
        #expect(try text("Sources/ema-cross/main.swift").contains("Trader247.run(EmaCross.self)"))
        #expect(try text("Tests/ema-cross-tests/EmaCrossTests.swift").contains("@testable import ema_cross"))
        // The checkout that the binary was built in.
        let manifest = try text("Package.swift")
        #expect(manifest.contains(".package(path: \"\(Self.repository)\")"))
        #expect(try text("Makefile").contains("BUILD ?= \(Self.repository)/.build\n"))
        for file in ["config.yaml", "README.md", ".gitignore"] { #expect(try !text(file).isEmpty) }
        for file in try FileManager.default.subpathsOfDirectory(atPath: arena.directory + "/ema-cross")
        where file.hasSuffix(".swift") || file.hasSuffix(".md") || file.hasSuffix("yaml") {
            let text = try text(file)
            #expect(!text.contains("NAME") && !text.contains("TYPE") && !text.contains("MODULE"), "\(file)")
        }
    }

    @Test func whatIsThereIsNeverOverwritten() throws {
        let arena = try Arena()
        let directory = arena.directory + "/mine"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try "kept".write(toFile: directory + "/Package.swift", atomically: true, encoding: .utf8)
        for path in [directory, directory + "/Package.swift"] {
            let result = try new(arena, "other", "--path", path)
            #expect(result.ending == .exit(78))
            #expect(
                result.errors.contains("is there already, and nothing is overwritten"), "\(result.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["Package.swift"])
        #expect(try String(contentsOfFile: directory + "/Package.swift", encoding: .utf8) == "kept")
        let lost = try new(arena, "mine", "--path", arena.directory + "/no/where")
        #expect(lost.ending == .exit(78) && lost.errors.contains("cannot make "))
    }

    @Test(arguments: [
        ("Ema", "is no name for a strategy: 1 to 32 of a-z, 0-9 and -"), ("1st", "is no name"),
        ("../up", "is no name"), ("ema-", "is no name"), ("", "is no name"),
        (String(repeating: "a", count: 33), "is no name"),
        ("grid", "is the name of a strategy that is there"),
        ("import", "cannot be the name of a Swift module"), ("trader247-x", "cannot be the name"),
    ])
    func aBadNameIsRefused(_ name: String, _ words: String) throws {
        let arena = try Arena()
        let result = try new(arena, name)
        #expect(result.ending == .exit(64))
        #expect(result.errors.contains(words), "\(result.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: arena.directory) == ["config.yaml"])
    }

    @Test func whatItDependsOnCanBeSaid() throws {
        let arena = try Arena()
        #expect(try new(arena, "one", "--from", "https://example.org/desk/trader247.git").ending == .exit(0))
        let manifest = try String(contentsOfFile: arena.directory + "/one/Package.swift", encoding: .utf8)
        #expect(manifest.contains(".package(url: \"https://example.org/desk/trader247.git\", "))
        #expect(manifest.contains(".product(name: \"TraderKit\", package: \"trader247\")"))
        #expect(try new(arena, "two", "--from", Self.repository + "/").ending == .exit(0))
        let wrong = try new(arena, "three", "--from", arena.directory)
        #expect(wrong.ending == .exit(64) && wrong.errors.contains("is no checkout of trader247"))
        #expect(!FileManager.default.fileExists(atPath: arena.directory + "/three"))
    }

    /// A binary that was installed somewhere does not know where the package is.
    @Test func anInstalledBinaryAsks() throws {
        let arena = try Arena()
        let installed = arena.directory + "/trader247"
        // Written by a process of its own: what a test that starts one meanwhile had inherited could not be started.
        #expect(try Arena.command("/bin/cp", [Arena.binary, installed]).ending == .exit(0))
        let result = try Arena.command(
            installed, ["strategy", "new", "mine", "--path", arena.directory + "/mine"])
        #expect(result.ending == .exit(64))
        #expect(result.errors.contains("say it: --from DIR for a checkout, or --from URL"))
        #expect(!FileManager.default.fileExists(atPath: arena.directory + "/mine"))
    }

    @Test func theNameIsNeeded() throws {
        let arena = try Arena()
        let result = try arena.trader247(["strategy", "new"])
        #expect(result.ending == .exit(64) && result.errors.contains("<name>"))
    }
}
