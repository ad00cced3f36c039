// Reads a file that must be one: never a named pipe that holds the reader up for ever, a device, a directory, or more than
// is wanted.

import Glibc

package enum RegularFile {
    /// Why it can't be read, without its name and what it holds.
    package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// What it holds. A secret one must belong to this user or root, and to nobody else.
    /// - Parameter limit: in bytes; a longer file is refused.
    package static func bytes(of path: String, atMost limit: Int, isSecret: Bool) throws(Failure) -> [UInt8] {
        // Not blocking, because a named pipe in the file's place waits for somebody who writes.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
        defer { close(file) }
        // Asked of the open file, so that it cannot be exchanged between the question and the reading.
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw Failure(description: String(cString: strerror(errno))) }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw Failure(description: "it is \(kind(facts.st_mode)), not a file")
        }
        if isSecret, facts.st_mode & 0o077 != 0 {
            throw Failure(description: "others can read it; `chmod 600` it")
        }
        if isSecret, facts.st_uid != geteuid(), facts.st_uid != 0 {
            throw Failure(
                description:
                    "it belongs to user \(facts.st_uid), who could change it; it must be this user's or root's"
            )
        }
        var bytes = [UInt8](repeating: 0, count: min(limit, max(0, Int(clamping: facts.st_size))) + 1)
        var count = 0
        while count < bytes.count {
            let room = bytes.count - count
            let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + count, room) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
            if got == 0 { break }
            count += got
            // Grown since it was asked, or one whose size is never told.
            if count == bytes.count, count <= limit {
                bytes += [UInt8](repeating: 0, count: min(count, limit + 1 - count))
            }
        }
        guard count <= limit else { throw Failure(description: "it is longer than \(limit) bytes") }
        return Array(bytes.prefix(count))
    }

    /// False only where something else than a file is there.
    package static func isPossible(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) != 0 || facts.st_mode & S_IFMT == S_IFREG
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a named pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "something else"
        }
    }
}
