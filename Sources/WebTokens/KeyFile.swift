// The venue's own key file: {"name" or "id", "privateKey"}. It must belong to its owner alone.

import FoundationEssentials
import Glibc

package struct KeyFile: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key's public name, a token's `kid` and `sub`.
    package let name: String
    package let key: SigningKey

    package init(path: String) throws(KeyError) {
        try self.init(content: try Self.content(of: path), path: path)
    }

    /// From what the file held when it was read.
    package init(content bytes: [UInt8], path: String) throws(KeyError) {
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)) else {
            throw .notAKeyFile(
                path: path, reason: "it is not a JSON object with text for name and privateKey")
        }
        guard let name = content.name ?? content.id else {
            throw .notAKeyFile(path: path, reason: "it has neither a name nor an id")
        }
        guard let secret = content.privateKey else {
            throw .notAKeyFile(path: path, reason: "it has no privateKey")
        }
        try self.init(name: name, privateKey: secret, path: path)
    }

    package init(name: String, privateKey: String) throws(KeyError) {
        try self.init(name: name, privateKey: privateKey, path: nil)
    }

    private init(name: String, privateKey: String, path: String?) throws(KeyError) {
        // The name is shown; a secret that was put in its place by mistake must not be.
        guard (1...256).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            !name.contains("PRIVATE")
        else {
            throw .notAKeyFile(path: path, reason: "the key's name is not 1 to 256 plain characters")
        }
        self.name = name
        key =
            privateKey.contains("-----BEGIN")
            ? try SigningKey(pem: privateKey) : try SigningKey(ed25519Base64: privateKey)
    }

    package var description: String { "key \(name) (\(key.algorithm.rawValue))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }

    private struct Content: Decodable {
        var name: String?
        var id: String?
        var privateKey: String?
    }

    /// A key file takes less than 1 KiB.
    private static let limit = 65_536

    /// What the file holds, as long as it belongs to its owner alone.
    package static func content(of path: String) throws(KeyError) -> [UInt8] {
        // Not blocking, because a named pipe in the file's place would otherwise hold us up for ever.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .unreadable(path: path, reason: reason(errno)) }
        defer { close(file) }
        // Asked of the open file, so that it cannot be exchanged between the question and the reading.
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .unreadable(path: path, reason: reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(path: path, reason: "it is not a regular file")
        }
        guard isTrusted(owner: status.st_uid) else {
            throw .ownedByAnother(path: path, user: status.st_uid)
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .openToOthers(path: path, mode: status.st_mode & 0o7777)
        }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress! + count, $0.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .unreadable(path: path, reason: reason(errno)) }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else { throw .notAKeyFile(path: path, reason: "it is too long") }
        return Array(bytes.prefix(count))
    }

    /// Whoever owns a file can change it, and its mode.
    package static func isTrusted(owner: UInt32) -> Bool { owner == geteuid() || owner == 0 }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
