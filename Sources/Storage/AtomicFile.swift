// Writes a file so that whoever reads it, now or after a power cut, sees the old content or the new one,
// whole. It never edits in place and never leaves a half-written file under the name that was asked for.

import Glibc

package enum AtomicFile {
    /// Replaces the content of `path`, durably: temporary file beside it, fsync, rename, fsync of the
    /// directory. On an error the old content still stands, except that a failed sync of the directory
    /// leaves open which of the two a power cut would keep.
    package static func write(_ content: some Collection<UInt8>, to path: String, mode: mode_t = 0o644)
        throws(FileError)
    {
        let temporary = "\(path).\(getpid()).tmp"
        // Left by a process of the same number that died on its way.
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw FileError("create", temporary) }
        do throws(FileError) {
            do throws(FileError) {
                try writeAll(Array(content), to: descriptor, path: temporary)
                try sync(descriptor, path: temporary)
            } catch {
                close(descriptor)
                throw error
            }
            guard close(descriptor) == 0 else { throw FileError("close", temporary) }
            guard rename(temporary, path) == 0 else { throw FileError("rename to", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try Filesystem.syncDirectory(Filesystem.directory(of: path))
    }

    package static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws(FileError) {
        try write(text.utf8, to: path, mode: mode)
    }

    /// Makes the content of a file durable that somebody else wrote.
    static func sync(path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        try sync(descriptor, path: path)
    }

    static func sync(_ descriptor: Int32, path: String) throws(FileError) {
        while fsync(descriptor) != 0 {
            guard errno == EINTR else { throw FileError("fsync", path) }
        }
    }

    static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(FileError) {
        var offset = 0
        while offset < bytes.count {
            let written = bytes[offset...].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw FileError("write", path)
            }
            offset += written
        }
    }
}
