import Foundation
import SwiftOperators
import SwiftParser
import SwiftSyntax

// The checkout as the tool sees it: which files decide, and the mutants that fit into them.

struct ToolError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Files and functions that hold no decisions, each with its reason: `pattern  reason`, a pattern being a file's name
/// in which `*` stands for anything, or `File.swift/function`.
struct LeftOut {
    private var files: [String] = []
    private var functions: Set<String> = []

    init(reading path: String) throws {
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            guard !line.hasPrefix("#"), let pattern = line.split(separator: " ").first else { continue }
            if pattern.contains("/") {
                functions.insert(String(pattern))
            } else {
                files.append(String(pattern))
            }
        }
    }

    func contains(file: String) -> Bool { files.contains { Self.matches(file, $0[...]) } }
    func contains(_ function: String, in file: String) -> Bool { functions.contains("\(file)/\(function)") }

    private static func matches(_ name: String, _ pattern: Substring) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let head = parts.first, let tail = parts.last else { return name == pattern }
        return name.count >= head.count + tail.count && name.hasPrefix(head) && name.hasSuffix(tail)
    }
}

struct Checkout {
    /// Absolute.
    let root: String
    let leftOut: LeftOut

    func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
    }

    /// The Swift files under a folder, by name, their paths as of the checkout.
    func files(under folder: String) throws -> [String] {
        guard let entries = FileManager.default.enumerator(atPath: "\(root)/\(folder)") else {
            throw ToolError("there is no folder \(root)/\(folder)")
        }
        return entries.compactMap { $0 as? String }.sorted().map { "\(folder)/\($0)" }
            .filter { path in
                var isFolder: ObjCBool = false
                return FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
                    && !isFolder.boolValue
            }
    }

    /// The mutants of each file of these modules that decides. A module may be followed by a file's beginning:
    /// `Supervision/GuardianPlan`.
    func mutants(of modules: [String]) throws -> [(path: String, mutants: [Mutant])] {
        var found: [(path: String, mutants: [Mutant])] = []
        for module in modules {
            let parts = module.split(separator: "/", maxSplits: 1)
            let folder = "Sources/\(parts.first ?? "")"
            let beginning = parts.count > 1 ? String(parts[1]) : ""
            for path in try files(under: folder) where path.hasSuffix(".swift") {
                let name = String(path.split(separator: "/").last ?? "")
                guard name.hasPrefix(beginning), !leftOut.contains(file: name) else { continue }
                let tree = Self.parse(try text(path))
                let finder = MutantFinder(path: path, tree: tree) { leftOut.contains($0, in: name) }
                finder.walk(tree)
                if !finder.mutants.isEmpty { found.append((path, finder.mutants)) }
            }
        }
        return found
    }

    /// With operators grouped by their precedence; the text stays as it is.
    static func parse(_ text: String) -> Syntax {
        OperatorTable.standardOperators.foldAll(Parser.parse(source: text)) { _ in }
    }
}

// MARK: Which mutants

enum Draw {
    /// In equal parts per file: one of each file in turn, at random within it, until there are enough.
    static func order(_ mutants: [Mutant], seed: UInt64) -> [Mutant] {
        var generator = SeededGenerator(state: seed)
        let files = Dictionary(grouping: mutants, by: \.path).sorted { $0.key < $1.key }
        var shuffled = files.map { $0.value.shuffled(using: &generator) }
        shuffled.shuffle(using: &generator)
        let longest = shuffled.map(\.count).max() ?? 0
        return (0..<longest).flatMap { round in shuffled.filter { round < $0.count }.map { $0[round] } }
    }
}
