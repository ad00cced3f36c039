// What the shell must know of a program to run it. What the core must know of it are its `ExternalRules`.

import Glibc
import Trading

package struct ProgramSettings: Equatable, Sendable {
    /// The strategy's.
    package var name: String
    /// The program and its arguments. No shell sees them.
    package var command: [String]
    /// Nil for ours.
    package var directory: String?
    /// Variables that it gets beside `usual`.
    package var environment: [String]
    /// A table that is passed on.
    package var settings: JSONTree

    package init(
        name: String, command: [String], directory: String? = nil, environment: [String] = [],
        settings: JSONTree = .table([:])
    ) {
        self.name = name
        self.command = command
        self.directory = directory
        self.environment = environment
        self.settings = settings
    }

    /// What every program gets of our environment. Our own settings and keys are never among it.
    package static let usual = [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ]
    private static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Whether a variable may be passed at all, whoever asks for it.
    private static func mayPass(_ variable: String) -> Bool {
        !variable.hasPrefix("TRADER247_") && variable != "NOTIFY_SOCKET"
    }

    /// `NAME=value`, sorted.
    func variables(of ours: [String: String]) -> [String] {
        var passed: [String: String] = [
            "PATH": Self.standardPath,
            // What Python prints stays in its buffer otherwise, and we would wait for it.
            "PYTHONUNBUFFERED": "1",
        ]
        for name in Self.usual + environment where Self.mayPass(name) {
            passed[name] = ours[name] ?? passed[name]
        }
        return passed.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// Where the program lies: as it is named where that has a slash, else where the path finds it. Nil if nowhere.
    func path(_ ours: [String: String]) -> String? {
        guard let word = command.first else { return nil }
        if word.contains("/") { return word }
        let path = ours["PATH"] ?? Self.standardPath
        return path.split(separator: ":").map { "\($0)/\(word)" }.first { access($0, X_OK) == 0 }
    }
}
