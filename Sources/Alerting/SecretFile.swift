// Reads a secret that stands alone in a file which belongs to its owner only. What is in it is in no error.

import Glibc

package struct SecretFileError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

package enum SecretFile {
    private static let limit = 4_096

    /// Its content without the white space around it.
    package static func read(_ path: String) throws(SecretFileError) -> Secret {
        try secret(in: try content(of: path), path)
    }

    /// What the file holds, as long as it belongs to its owner alone.
    package static func content(of path: String) throws(SecretFileError) -> [UInt8] {
        func failure(_ reason: String) -> SecretFileError {
            SecretFileError(description: "\(path): \(reason)")
        }
        // Not blocking, because a named pipe in the file's place would otherwise hold us up for ever.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failure("it is not a regular file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw failure("others can read it; `chmod 600` it")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw failure(
                "it belongs to user \(status.st_uid), who could change it; it must be this user's or root's")
        }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw failure(String(cString: strerror(errno))) }
        guard count <= limit else { throw failure("it is longer than \(limit) bytes") }
        return Array(bytes.prefix(count))
    }

    /// From what the file held when it was read.
    package static func secret(in bytes: [UInt8], _ path: String) throws(SecretFileError) -> Secret {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        var content = bytes.drop(while: isSpace)
        while let last = content.last, isSpace(last) { content.removeLast() }
        guard !content.isEmpty else { throw SecretFileError(description: "\(path): it is empty") }
        return Secret(Array(content))
    }
}
