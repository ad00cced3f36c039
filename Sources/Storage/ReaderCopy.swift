// A copy of a store for one reader, where the store itself cannot be read without a change to it: beside its log
// lies no index, and SQLite would make one. That is what a process leaves that was killed while it closed the
// store, and what somebody gets who copied the database and the log alone.

import Glibc

struct ReaderCopy {
    private let directory: String
    /// The copy of the database.
    let file: String

    private static let buffer = 1 << 20

    /// Copies the database and its log. Whether they changed meanwhile is for the caller to see.
    init(of original: String) throws(FileError) {
        let named = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        let parent = named.isEmpty ? "/tmp" : named
        var name = Array("\(parent)/trader247-reader-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw FileError("make a directory in", parent) }
        directory = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        file = directory + "/copy.db"
        do throws(FileError) {
            try Self.copy(original, to: file)
            try Self.copy(original + "-wal", to: file + "-wal")
        } catch {
            remove()
            throw error
        }
    }

    /// What was opened can be read on; nobody else ever finds it.
    func remove() {
        for name in [file, file + "-wal", file + "-shm"] { unlink(name) }
        rmdir(directory)
    }

    private static func copy(_ original: String, to copy: String) throws(FileError) {
        // Never closed: that would drop every lock that this process has on the file, SQLite's among them.
        let source = open(original, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw FileError("open", original) }
        let target = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw FileError("create", copy) }
        defer { close(target) }
        while true {
            let count = sendfile(target, source, nil, buffer)
            if count == 0 { return }
            guard count > 0 || errno == EINTR else { throw FileError("copy to", copy) }
        }
    }
}
