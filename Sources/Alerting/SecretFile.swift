// Reads a secret that stands alone in a file which belongs to its owner only. What is in it is in no error.

import Daemon

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
        do throws(RegularFile.Failure) {
            return try RegularFile.bytes(of: path, atMost: limit, isSecret: true)
        } catch {
            throw SecretFileError(description: "\(path): \(error)")
        }
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
