// Which filesystems a state directory may lie on, and the file operations that the store needs around
// SQLite. It never opens the database file: closing it would drop SQLite's own locks in this process.

import CLinux
import Glibc

/// A failed system call: what was tried, on which path, and errno.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    package let operation: String
    package let path: String
    package let code: Int32

    package init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var cause: String { String(cString: strerror(code)) }
    package var description: String { "\(operation) \(path): \(cause)" }
}

package enum Filesystem {
    /// Filesystems whose server may be shared with other hosts, by `f_type` of statfs(2). FUSE and 9p are
    /// not among them: they are what containers and virtual machines get for a local disk, and refusing
    /// them would refuse Docker Desktop, gVisor and Kata. A network filesystem behind FUSE (sshfs, s3fs)
    /// is therefore not noticed.
    private static let networkTypes: [Int64: String] = [
        0x6969: "nfs", 0x517B: "smb", 0xFF53_4D42: "cifs", 0xFE53_4D42: "smb2", 0x564C: "ncp",
        0x5346_414F: "afs", 0x6B41_4653: "kafs", 0x7375_7245: "coda", 0x00C3_6400: "ceph",
        0x0BD0_0BD0: "lustre", 0x0102_3456: "gpfs",
    ]

    /// The name of a network filesystem type, nil for any other.
    package static func networkType(_ type: Int64) -> String? { networkTypes[type] }

    /// The name of the network filesystem that the path lies on, nil when it lies on another one.
    static func networkFilesystem(at path: String) throws(FileError) -> String? {
        let type = cl_filesystem_type(path)
        guard type >= 0 else { throw FileError("statfs", path, code: Int32(truncatingIfNeeded: -type)) }
        return networkType(type)
    }

    /// Size in bytes, nil when there is no such file.
    static func size(of path: String) throws(FileError) -> Int64? {
        let info = try status(of: path)
        return info.map { Int64($0.st_size) }
    }

    static func status(of path: String) throws(FileError) -> stat? {
        var info = stat()
        guard stat(path, &info) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw FileError("stat", path)
        }
        return info
    }

    /// Makes the directory and those above it, durably, readable for this user only.
    static func makeDirectory(_ path: String) throws(FileError) {
        if mkdir(path, 0o700) == 0 { return try syncDirectory(directory(of: path)) }
        switch errno {
        case EEXIST:
            guard let info = try status(of: path), info.st_mode & S_IFMT == S_IFDIR else {
                throw FileError("mkdir", path, code: ENOTDIR)
            }
        case ENOENT:
            let parent = directory(of: path)
            guard parent != path else { throw FileError("mkdir", path) }
            try makeDirectory(parent)
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError("mkdir", path) }
            try syncDirectory(parent)
        default: throw FileError("mkdir", path)
        }
    }

    /// Whether this user, on this mount, may write to the file or into the directory.
    static func checkWritable(_ path: String) throws(FileError) {
        guard access(path, W_OK) == 0 else { throw FileError("write access to", path) }
    }

    static func removeIfPresent(_ path: String) throws(FileError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
    }

    static func rename(_ old: String, to new: String) throws(FileError) {
        guard Glibc.rename(old, new) == 0 else { throw FileError("rename to", new) }
    }

    /// The directory that holds the path's last part.
    static func directory(of path: String) -> String {
        var parts = path[...]
        while parts.count > 1, parts.last == "/" { parts.removeLast() }
        guard let slash = parts.lastIndex(of: "/") else { return "." }
        return slash == parts.startIndex ? "/" : String(parts[..<slash])
    }

    /// Makes a rename or a new name in the directory durable.
    static func syncDirectory(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        while fsync(descriptor) != 0 {
            // Some filesystems cannot sync a directory and say so; there is nothing to wait for then.
            if errno == EINVAL { return }
            guard errno == EINTR else { throw FileError("fsync", path) }
        }
    }
}
