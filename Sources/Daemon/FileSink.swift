// JSON lines in a file that is turned over when it has grown or is old: `.1` is the youngest of the old ones.
//
// The file is opened for each batch. So one that somebody moved away or deleted comes back, no signal is needed after
// `logrotate` or `mv`, and a disk that is full today may have room tomorrow: this sink never gives up.

import CLinux
import Glibc
import TradingDomain

package final class FileSink: LogSink {
    private let path: String
    private let rotation: LogRotation
    private let now: @Sendable () -> UTCInstant
    /// The file that was written last and when its first line was; only the writer's thread comes here.
    private let known = KnownFile()

    /// Creates the file and its directory.
    package init(
        path: String, rotation: LogRotation = LogRotation(),
        now: @escaping @Sendable () -> UTCInstant = { UTCInstant(nanoseconds: cl_utc_nanoseconds()) }
    ) throws(FileFailure) {
        self.path = path
        self.rotation = rotation
        self.now = now
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            let directory = String(path[..<slash])
            if mkdir(directory, 0o700) != 0, errno != EEXIST {
                throw FileFailure("create", directory, errno)
            }
        }
        let fd = Self.open(path)
        guard fd >= 0 else { throw FileFailure("open", path, errno) }
        close(fd)
    }

    package func write(_ items: [LogItem]) -> Bool {
        var text: [UInt8] = []
        for item in items { if let line = item.line { text += line.json() } }
        guard !text.isEmpty else { return true }
        var fd = Self.open(path)
        guard fd >= 0 else { return true }
        if isOld(fd) {
            close(fd)
            turnOver()
            fd = Self.open(path)
            guard fd >= 0 else { return true }
        }
        _ = text.withUnsafeBytes { cl_write_all(fd, $0.baseAddress, $0.count) }
        let size = lseek(fd, 0, SEEK_END)
        close(fd)
        if size >= rotation.size { turnOver() }
        return true
    }

    /// Whether its first line is older than a file may be.
    private func isOld(_ fd: Int32) -> Bool {
        guard let age = rotation.age else { return false }
        var status = stat()
        guard fstat(fd, &status) == 0 else { return false }
        let born = known.born(inode: UInt64(status.st_ino)) {
            status.st_size == 0 ? now() : firstLine() ?? now()
        }
        return status.st_size > 0 && now() - born >= age
    }

    /// When the first line was written, as it says itself.
    private func firstLine() -> UTCInstant? {
        let fd = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(fd, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        guard text.hasPrefix(#"{"time":""#) else { return nil }
        return UTCInstant(String(text.dropFirst(9).prefix { $0 != "\"" }))
    }

    private func turnOver() {
        for number in stride(from: rotation.keep - 1, through: 1, by: -1) {
            rename("\(path).\(number)", "\(path).\(number + 1)")
        }
        rename(path, "\(path).1")
    }

    private static func open(_ path: String) -> Int32 {
        Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    }
}
