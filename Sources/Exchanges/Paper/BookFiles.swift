// The few file operations that a book needs, each with its path in the error. No policy lives here.

import Glibc

/// A descriptor that is closed with its last owner. Close-on-exec.
final class OwnedDescriptor: Sendable {
    let number: Int32
    init(_ number: Int32) { self.number = number }
    deinit { close(number) }
}

package enum BookFiles {
    static func error(_ operation: String, _ path: String, _ code: Int32 = errno) -> PaperBookError {
        .system(operation: operation, path: path, reason: String(cString: strerror(code)))
    }

    static func currentDirectory() -> String {
        guard let path = getcwd(nil, 0) else { return "." }
        defer { free(path) }
        return String(cString: path)
    }

    static func open(_ path: String, _ flags: Int32, _ operation: String = "open")
        throws(PaperBookError) -> OwnedDescriptor
    {
        let number = Glibc.open(path, flags | O_CLOEXEC, 0o640)
        guard number >= 0 else { throw error(operation, path) }
        return OwnedDescriptor(number)
    }

    /// The whole file; nil when there is none.
    package static func read(_ path: String) throws(PaperBookError) -> [UInt8]? {
        let number = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw error("open", path)
        }
        let file = OwnedDescriptor(number)
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw error("read", path) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(clamping: status.st_size) + 1)
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file.number, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw error("read", path)
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Writes all of it at the descriptor's position. On failure an unknown part of it is in the file.
    static func write(_ bytes: [UInt8], to file: OwnedDescriptor, path: String) throws(PaperBookError) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(file.number, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw error("write", path)
            }
            done += count
        }
    }

    /// Replaces a file in one step: whoever opens it sees the old content or the new.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(PaperBookError) {
        let temporary = path + ".new"
        let file = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC, "create")
        do throws(PaperBookError) {
            try write(bytes, to: file, path: temporary)
            guard fdatasync(file.number) == 0 else { throw error("sync", temporary) }
            guard rename(temporary, path) == 0 else { throw error("rename", temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    static func remove(_ path: String) throws(PaperBookError) {
        if unlink(path) != 0, errno != ENOENT { throw error("remove", path) }
    }

    static func makeDirectories(_ path: String) throws(PaperBookError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o750) != 0, errno != EEXIST {
                // A parent that exists may be read-only and still be fine to pass through.
                let code = errno
                var status = stat()
                if stat(made, &status) != 0 { throw error("create the directory", made, code) }
            }
        }
    }

    /// FNV-1a, against damage and not against malice.
    package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
        // Of files of many megabytes, byte by byte behind a protocol takes longer than reading them.
        bytes.withContiguousStorageIfAvailable { fold($0) }
            ?? Array(bytes).withUnsafeBufferPointer { fold($0) }
    }

    private static func fold(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hash
    }

    package static func hex(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
