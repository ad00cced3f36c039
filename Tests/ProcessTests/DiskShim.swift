// The preloaded library that fails writes and syncs of one directory on request (Tests/DiskShim), built with the
// machine's own C compiler. Where there is none, its tests are skipped and say so.

import Foundation
import Glibc

struct DiskShim {
    /// The library; nil where it can't be built.
    static let library: String? = {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("DiskShim/disk_shim.c").path
        let built = FileManager.default.temporaryDirectory
            .appendingPathComponent("trader247-disk-shim-\(getpid()).so").path
        for compiler in ["/usr/bin/cc", "/usr/bin/clang", "/opt/swift/usr/bin/clang"]
        where access(compiler, X_OK) == 0 {
            let arguments = ["-shared", "-fPIC", "-O1", "-o", built, source]
            if (try? Arena.command(compiler, arguments))?.ending == .exit(0) { return built }
        }
        return nil
    }()

    private let control: String
    let environment: [String: String]

    /// For the state directory of an arena; the exchange's book lies on a healthy disk.
    init(_ arena: Arena) throws {
        guard let library = Self.library else { throw SpawnError(description: "no disk shim") }
        control = arena.directory + "/disk"
        // The kernel tells the shim resolved paths.
        let directory = URL(fileURLWithPath: arena.directory).resolvingSymlinksInPath().path + "/state"
        // Beside what the tests run with themselves.
        let preloaded = ProcessInfo.processInfo.environment["LD_PRELOAD"].map { [$0] } ?? []
        environment = [
            "LD_PRELOAD": (preloaded + [library]).joined(separator: " "), "DISK_SHIM_DIR": directory,
            "DISK_SHIM_CONTROL": control,
        ]
    }

    /// From now on, also for processes that run.
    func set(_ rules: String) throws {
        try (rules + "\n").write(toFile: control, atomically: true, encoding: .utf8)
    }

    func heal() throws { try set("") }

    /// How many calls a rule befell.
    var befell: Int { (FileManager.default.contents(atPath: control + ".seen") ?? Data()).count }
}
