// One process at a time per bot: `flock` on a file, released by the kernel however the process ends.
//
// The file's content (pid, host, start) is for people and for error messages; nothing is decided by it. The
// file is never removed: a removed file would let two processes lock two files of the same name.

import FoundationEssentials
import Glibc
import Synchronization
import TradingDomain

/// Who holds a lock, as it wrote into the file.
package struct LockHolder: Codable, Equatable, Sendable {
    package var pid: Int32
    package var host: String
    package var startedAt: UTCInstant

    package enum CodingKeys: String, CodingKey {
        case pid, host
        case startedAt = "started_at"
    }

    package init(pid: Int32, host: String, startedAt: UTCInstant) {
        self.pid = pid
        self.host = host
        self.startedAt = startedAt
    }

    /// This process.
    package static func current(startedAt: UTCInstant) -> LockHolder {
        var name = utsname()
        let host =
            uname(&name) == 0
            ? withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            : ""
        return LockHolder(pid: getpid(), host: host, startedAt: startedAt)
    }
}

package enum LockError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process has it; the holder is nil when the file does not say.
    case held(path: String, holder: LockHolder?)
    /// `flock` would not hold against other hosts there.
    case networkFilesystem(path: String, type: String)
    case unusable(FileError)
    /// A descriptor that was handed over is not the lock's file.
    case notTheLock(descriptor: Int32, path: String)

    package var description: String {
        switch self {
        case .held(let path, let holder?):
            "another instance holds \(path): pid \(holder.pid) on \(holder.host), started "
                + "\(holder.startedAt); stop it first, or use another state directory"
        case .held(let path, nil):
            "another instance holds \(path), which does not say who: find it with 'fuser \(path)' and stop "
                + "it first"
        case .networkFilesystem(let path, let type):
            "lock \(path) would lie on a network filesystem (\(type)): use a directory on a local disk"
        case .unusable(let error):
            "cannot take the lock (\(error)): make the state directory writable for this user"
        case .notTheLock(let descriptor, let path):
            "descriptor \(descriptor), handed over by the parent process, is not the lock \(path)"
        }
    }
}

/// A lock that this process holds until `release` or its end. It is not given up when the last reference
/// goes: a lock that lapses because nobody mentions it any more would be none.
package final class InstanceLock: Sendable {
    package let path: String
    /// To be passed to a child on purpose; -1 once released.
    package var descriptor: Int32 { file.load(ordering: .relaxed) }
    private let file: Atomic<Int32>

    /// Takes the lock without waiting.
    package convenience init(path: String, holder: LockHolder) throws(LockError) {
        try Self.prepareDirectory(of: path)
        // A file that was replaced between open and lock is somebody's clean-up: take the new one.
        for _ in 0..<8 {
            let descriptor = try Self.openFile(path)
            do throws(LockError) {
                try Self.lock(descriptor, path: path)
            } catch {
                close(descriptor)
                throw error
            }
            if Self.isFile(descriptor, path) {
                Self.note(holder, in: descriptor)
                self.init(adopting: descriptor, path: path)
                return
            }
            close(descriptor)
        }
        throw .unusable(FileError("lock", path, code: EAGAIN))
    }

    /// Takes over a descriptor of the lock's file that a parent opened and handed down. Its lock is the
    /// parent's: it is held until both have let go.
    package convenience init(inheriting descriptor: Int32, path: String) throws(LockError) {
        guard fcntl(descriptor, F_GETFD) >= 0, Self.isFile(descriptor, path) else {
            throw .notTheLock(descriptor: descriptor, path: path)
        }
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw .unusable(FileError("close-on-exec of", path))
        }
        try Self.lock(descriptor, path: path)
        self.init(adopting: descriptor, path: path)
    }

    private init(adopting descriptor: Int32, path: String) {
        file = Atomic(descriptor)
        self.path = path
    }

    /// Gives the lock up. The file stays.
    package func release() {
        let descriptor = file.exchange(-1, ordering: .relaxed)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Who the file says holds it; information only.
    package static func holder(at path: String) -> LockHolder? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return try? JSONDecoder().decode(LockHolder.self, from: Data(bytes[..<count]))
    }

    private static func prepareDirectory(of path: String) throws(LockError) {
        let directory = Filesystem.directory(of: path)
        let type: String?
        do throws(FileError) {
            try Filesystem.makeDirectory(directory)
            type = try Filesystem.networkFilesystem(at: directory)
        } catch {
            throw .unusable(error)
        }
        if let type { throw .networkFilesystem(path: path, type: type) }
    }

    /// Only to be read where it can't be written any more: the kernel locks it just as well, and whoever cleans an
    /// account up need not write.
    private static func openFile(_ path: String) throws(LockError) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 { return descriptor }
        let failure = FileError("open", path)
        if [EROFS, EACCES, EPERM].contains(failure.code) {
            let readable = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            if readable >= 0 { return readable }
        }
        throw .unusable(failure)
    }

    private static func lock(_ descriptor: Int32, path: String) throws(LockError) {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: throw .held(path: path, holder: holder(at: path))
            default: throw .unusable(FileError("flock", path))
            }
        }
    }

    private static func isFile(_ descriptor: Int32, _ path: String) -> Bool {
        var opened = stat()
        var named = stat()
        return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
            && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    /// The lock holds whether or not this can be written (a full disk), so failures are nothing.
    private static func note(_ holder: LockHolder, in descriptor: Int32) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let content = try? encoder.encode(holder), ftruncate(descriptor, 0) == 0 else { return }
        let line = Array(content) + [UInt8(ascii: "\n")]
        _ = line.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }
}

/// The locks of one state directory.
package enum Locks {
    /// Held by whoever may trade or sweep for the bot, from before it begins until it is gone.
    package static func instancePath(in stateDirectory: String) -> String {
        "\(stateDirectory)/locks/instance.lock"
    }
    /// Held by the process that trades.
    package static func traderPath(in stateDirectory: String) -> String {
        "\(stateDirectory)/locks/trader.lock"
    }

    package static func instance(in stateDirectory: String, holder: LockHolder) throws(LockError)
        -> InstanceLock
    {
        try InstanceLock(path: instancePath(in: stateDirectory), holder: holder)
    }

    package static func trader(in stateDirectory: String, holder: LockHolder) throws(LockError)
        -> InstanceLock
    {
        try InstanceLock(path: traderPath(in: stateDirectory), holder: holder)
    }
}
