// `<state-dir>/shutdown-report.json`: the last word of a life, atomic and durable. Yesterday's report moves to
// `reports/` at start, so that its "clean" never lies there after today's crash.
//
// The file that the watchdog would write is opened at start: in its moment nothing may need to be found,
// allocated or asked for.

import CLinux
import FoundationEssentials
import Glibc
import Trading
import TradingDomain

package struct FileFailure: Error, CustomStringConvertible, Sendable, Equatable {
    package let action: String
    package let path: String
    package let code: Int32
    package var description: String { "cannot \(action) \(path): \(systemMessage(code))" }

    package init(_ action: String, _ path: String, _ code: Int32) {
        self.action = action
        self.path = path
        self.code = code
    }
}

package struct ShutdownReportFile: Sendable {
    /// Reports kept in `reports/`.
    package static let retention = 50

    package let directory: String
    package var path: String { directory + "/shutdown-report.json" }
    package var lastGaspPath: String { directory + "/.shutdown-report.last-gasp.json" }
    private var archive: String { directory + "/reports" }

    package init(stateDirectory: String) { directory = stateDirectory }

    // MARK: At start

    /// The report of the life before, as long as it was not archived; nil if there is none, or none that can be read.
    package func previous() -> ShutdownReport? { Self.bytes(of: path).flatMap(Self.decode) }

    /// A larger file is none of ours.
    private static let sizeLimit = 16 << 20

    /// What a report's file holds. Nil when there is none: whoever looks shows that there is none, whatever the reason.
    package static func bytes(of path: String) -> [UInt8]? {
        guard let data = try? Data(contentsOf: URL(filePath: path)), data.count <= sizeLimit else {
            return nil
        }
        return Array(data)
    }

    /// Nil for what is no report, or one of a version that we don't know: it is passed over, its file stays.
    package static func decode(_ bytes: [UInt8]) -> ShutdownReport? {
        try? JSONDecoder().decode(ShutdownReport.self, from: Data(bytes))
    }

    /// Moves the report of the life before to `reports/`, named by its epoch and time, and forgets the oldest
    /// beyond the retention. Does nothing if there is none.
    package func archiveOlder() throws(FileFailure) {
        var facts = stat()
        guard stat(path, &facts) == 0 else {
            if errno == ENOENT { return }
            throw FileFailure("look at", path, errno)
        }
        if mkdir(archive, 0o700) != 0, errno != EEXIST { throw FileFailure("create", archive, errno) }
        let name = archivedName(modified: UTCInstant(seconds: Int64(facts.st_mtim.tv_sec)))
        guard rename(path, archive + "/" + name) == 0 else {
            throw FileFailure("move to \(archive) the report", path, errno)
        }
        syncDirectory(archive)
        syncDirectory(directory)
        forgetOldest()
    }

    /// Whether a life of this epoch, or a later one, left its final report here or among the archived ones.
    package func hasReport(ofEpoch epoch: Int64) -> Bool {
        if let last = previous(), last.epoch >= epoch { return true }
        // Without a list there is no report: the next life looks for itself.
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: archive) else { return false }
        return names.contains { name in
            guard let range = name.firstRange(of: "-epoch-") else { return false }
            return Int64(name[range.upperBound...].prefix { $0.isNumber }) == epoch
        }
    }

    private struct Named: Decodable {
        var epoch: Int64?
        var stoppedAt: UTCInstant?

        enum CodingKeys: String, CodingKey {
            case epoch
            case stoppedAt = "stopped_at"
        }
    }

    private func archivedName(modified: UTCInstant) -> String {
        let named = (try? Data(contentsOf: URL(filePath: path)))
            .flatMap { try? JSONDecoder().decode(Named.self, from: $0) }
        let digits = (named?.stoppedAt ?? modified).description.prefix(19)
            .filter { $0 != "-" && $0 != ":" }
        let base = "shutdown-report-\(digits)Z-epoch-\(named?.epoch.map(String.init) ?? "unknown")"
        var name = base + ".json"
        var copy = 1
        while access(archive + "/" + name, F_OK) == 0, copy < 100 {
            copy += 1
            name = "\(base)-\(copy).json"
        }
        return name
    }

    /// Names begin with their time, so that their order is their age.
    private func forgetOldest() {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: archive) else { return }
        let reports = names.filter { $0.hasPrefix("shutdown-report-") && $0.hasSuffix(".json") }.sorted()
        for name in reports.dropLast(Self.retention) { unlink(archive + "/" + name) }
    }

    /// Opens the file that the watchdog would write.
    package func openLastGasp() throws(FileFailure) -> LastGaspFile {
        let fd = open(lastGaspPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else { throw FileFailure("create", lastGaspPath, errno) }
        return LastGaspFile(descriptor: fd, from: lastGaspPath, to: path)
    }

    // MARK: At the end

    /// Writes the report durably: its own file, fsync, rename, fsync of the directory.
    package func write(_ text: [UInt8]) throws(FileFailure) {
        let temporary = directory + "/.shutdown-report.\(getpid()).tmp"
        let fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else { throw FileFailure("create", temporary, errno) }
        var failure = text.withUnsafeBytes { cl_write_all(fd, $0.baseAddress, $0.count) }
        if failure == 0, fsync(fd) != 0 { failure = errno }
        if close(fd) != 0, failure == 0 { failure = errno }
        guard failure == 0 else {
            unlink(temporary)
            throw FileFailure("write", temporary, failure)
        }
        guard rename(temporary, path) == 0 else { throw FileFailure("rename onto \(path)", temporary, errno) }
        guard syncDirectory(directory) == 0 else { throw FileFailure("sync", directory, errno) }
        unlink(lastGaspPath)
    }

    @discardableResult
    private func syncDirectory(_ path: String) -> Int32 {
        let fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard fd >= 0 else { return -1 }
        defer { close(fd) }
        return fsync(fd)
    }
}

/// The open file of the last gasp, its names as C strings made in advance.
package final class LastGaspFile: Sendable {
    private let descriptor: Int32
    // Addresses of memory that is written once, here, and freed with the object: plain numbers to share.
    private let from: UInt
    private let to: UInt

    init(descriptor: Int32, from: String, to: String) {
        self.descriptor = descriptor
        self.from = UInt(bitPattern: strdup(from))
        self.to = UInt(bitPattern: strdup(to))
    }

    deinit {
        close(descriptor)
        free(UnsafeMutableRawPointer(bitPattern: from))
        free(UnsafeMutableRawPointer(bitPattern: to))
    }

    /// Writes the last words and puts them in the report's place. Allocates nothing. 0, or errno.
    ///
    /// There is no fsync: a thread that waits in one cannot be ended, so that a slow disk would keep the process
    /// from leaving for seconds (measured: four, beside a build). What a power cut within the next half
    /// minute would take is still on stderr.
    package func write(_ words: SnapshotBoard.Frozen) -> Int32 {
        guard let from = UnsafePointer<CChar>(bitPattern: from),
            let to = UnsafePointer<CChar>(bitPattern: to)
        else { return ENOMEM }
        var failure = cl_write_all(descriptor, words.head.baseAddress, words.head.count)
        if failure == 0 { failure = cl_write_all(descriptor, words.list.baseAddress, words.list.count) }
        if failure == 0 { failure = cl_write_all(descriptor, words.tail.baseAddress, words.tail.count) }
        // Half a report is worse than none: it stays under its own name, and stderr has the whole.
        guard failure == 0 else { return failure }
        return rename(from, to) == 0 ? 0 : errno
    }
}
