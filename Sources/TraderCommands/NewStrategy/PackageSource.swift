// Where the package of trader247 is that a strategy's package depends on.

import FoundationEssentials
import Glibc
import Trading

enum PackageSource: Equatable {
    /// A checkout, by its whole path.
    case directory(String)
    case repository(String)

    /// - Throws: `Leave` for a directory that is no checkout of trader247.
    init(_ text: String) throws {
        if text.contains("://") || text.hasPrefix("git@") {
            self = .repository(text)
            return
        }
        let path = URL(filePath: text).standardizedFileURL.path
        guard Self.isCheckout(path) else {
            throw Leave(
                Trading.ExitCode.usage,
                "\(path) is no checkout of trader247: it has no Package.swift of that name; --from wants a directory that "
                    + "has one, or the address of a Git repository")
        }
        self = .directory(path)
    }

    /// The checkout that this program was built in.
    static func found() throws -> PackageSource {
        var directory = URL(filePath: try GuardianLaunch.program())
        while directory.path.split(separator: "/").count > 1 {
            directory = directory.deletingLastPathComponent()
            if isCheckout(directory.path) { return .directory(trimmed(directory.path)) }
        }
        throw Leave(
            Trading.ExitCode.usage,
            "this program was not built in a checkout of trader247 that is still there, so the package cannot tell what "
                + "to depend on; say it: --from DIR for a checkout, or --from URL for a Git repository")
    }

    private static func isCheckout(_ path: String) -> Bool {
        guard let text = try? String(contentsOf: URL(filePath: path + "/Package.swift"), encoding: .utf8)
        else {
            return false
        }
        return text.contains("name: \"trader247\",")
    }

    private static func trimmed(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// As SwiftPM calls it.
    var identity: String {
        let path =
            switch self {
            case .directory(let path): path
            case .repository(let address): address
            }
        let last = path.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? "trader247"
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }

    /// In a `Package.swift`.
    var dependency: String {
        switch self {
        case .directory(let path): ".package(path: \(Self.quoted(path)))"
        case .repository(let address):
            ".package(url: \(Self.quoted(address)), .upToNextMinor(from: \"\(Version.text)\"))"
        }
    }

    var words: String {
        switch self {
        case .directory(let path): path
        case .repository(let address): "\(address) from \(Version.text)"
        }
    }

    static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
