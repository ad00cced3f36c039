// How a store must be opened so that reading it changes nothing: by what lies beside it at this moment.

import Glibc
import Trading

struct ReaderAddress: Equatable {
    /// What SQLite opens, unless the log lacks its index.
    let uri: String
    /// Set when the file is read without locks, because nobody has it open: what it looked like then.
    let unlocked: Fingerprint?
    /// What the log looked like then, if it had content and no index: so it is for a moment while its last user
    /// closes it (SQLite removes the index first), and for ever where that user was killed in between or
    /// somebody copied one without the other.
    private let bareLog: Fingerprint?
    var lacksIndex: Bool { bareLog != nil }

    /// What tells that a file was written to.
    struct Fingerprint: Equatable, Sendable {
        let inode: UInt64
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
    }

    /// How often files that are on the move are looked at again.
    static let patience = 100
    /// How long they may take to be closed, and how long is waited between two looks.
    private static let closing = 20
    private static let pause: UInt32 = 10_000

    /// With a log beside the file, the log's index must not be touched; without one, the file alone is the
    /// truth, and opening it the usual way would make a log.
    init(of file: String) throws(StoreError) {
        guard let found = try Self.fingerprint(file) else { throw .notFound(file: file) }
        guard found.size > 0 else {
            throw .corrupt(file: file, tried: "opening for reading", cause: "the file is empty")
        }
        let log = try Self.fingerprint(file + "-wal")
        let index = try Self.fingerprint(file + "-shm")
        let path = "file:" + Self.escaped(file) + "?mode=ro"
        let shared = log != nil && index != nil
        uri = path + (shared ? "&readonly_shm=1" : "&immutable=1")
        unlocked = shared ? nil : found
        bareLog = shared ? nil : log.flatMap { $0.size > 0 ? $0 : nil }
    }

    /// The address once nobody is about to close the log, as far as a short wait shows.
    static func settled(of file: String) throws(StoreError) -> ReaderAddress {
        for _ in 1..<closing {
            let address = try ReaderAddress(of: file)
            if !address.lacksIndex { return address }
            usleep(pause)
        }
        return try ReaderAddress(of: file)
    }

    static func fingerprint(_ file: String) throws(StoreError) -> Fingerprint? {
        do throws(FileError) {
            guard let info = try Filesystem.status(of: file) else { return nil }
            return Fingerprint(
                inode: UInt64(info.st_ino), size: Int64(info.st_size), seconds: info.st_mtim.tv_sec,
                nanoseconds: info.st_mtim.tv_nsec)
        } catch {
            throw StoreError(error)
        }
    }

    /// The path as a URI wants it: everything but plain characters as %XX.
    private static func escaped(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}
