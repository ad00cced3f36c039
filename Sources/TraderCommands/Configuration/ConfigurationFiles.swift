// The files that a configuration is read from: its own text, the key, secrets of alert sinks, certificates. From the
// disk, and noted as they were; or as an earlier reading noted them, and then the disk is not asked.

import Alerting
import CLinux
import Daemon
import FoundationEssentials
import Glibc
import Synchronization
import Trading
import WebTokens

final class ConfigurationFiles: Sendable {
    /// What the files held, by their paths.
    typealias Contents = [String: [UInt8]]

    /// Nil where the disk is asked.
    private let kept: Contents?
    private let noted = Mutex<Contents>([:])

    /// From the disk.
    init() { kept = nil }

    /// As they were.
    init(_ contents: Contents) { kept = contents }

    var isFromDisk: Bool { kept == nil }

    /// All that was read so far, or could be.
    var contents: Contents { kept ?? noted.withLock { $0 } }

    /// - Throws: `Leave` where it can't be read.
    func text(of path: String) throws -> String {
        let bytes = try content(of: path) {
            do {
                return Array(try Data(contentsOf: URL(filePath: path)))
            } catch {
                throw Leave(
                    Trading.ExitCode.configuration,
                    "cannot read the configuration \(path): \(error.localizedDescription)")
            }
        } missing: {
            Leave(Trading.ExitCode.configuration, "what was accepted holds no configuration \(path)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Leave(
                Trading.ExitCode.configuration, "cannot read the configuration \(path): it is not UTF-8 text")
        }
        return text
    }

    func key(_ path: String) throws(KeyError) -> KeyFile {
        let bytes = try content(of: path) { () throws(KeyError) in
            try KeyFile.content(of: path)
        } missing: {
            KeyError.unreadable(path: path, reason: "it could not be read when the last life was kept")
        }
        return try KeyFile(content: bytes, path: path)
    }

    func secret(_ path: String) throws(SecretFileError) -> Secret {
        let bytes = try content(of: path) { () throws(SecretFileError) in
            try SecretFile.content(of: path)
        } missing: {
            SecretFileError(description: "\(path): it could not be read when the last life was kept")
        }
        return try SecretFile.secret(in: bytes, path)
    }

    /// The authorities of a whole system take less than 1 MiB.
    private static let certificateLimit = 8 << 20

    /// Whether certificates can be read from this file. What is in it is noted.
    func hasCertificates(_ path: String) -> Bool {
        if let kept { return kept[path] != nil }
        // Why they can't be read is told by whoever opens them.
        guard let bytes = try? RegularFile.bytes(of: path, atMost: Self.certificateLimit, isSecret: false)
        else { return false }
        noted.withLock { $0[path] = bytes }
        return true
    }

    /// A name by which the certificates of this file can be opened at any time: its own, or that of a copy in memory. Nil
    /// where neither is there.
    func openCertificates(_ path: String) -> String? {
        guard let bytes = kept?[path] else {
            return access(path, R_OK) == 0 && RegularFile.isPossible(path) ? path : nil
        }
        let memory = bytes.withUnsafeBytes {
            cl_seal_memory("trader247-authorities", $0.baseAddress, $0.count)
        }
        // Open as long as the process lives, which dials again and again.
        return memory < 0 ? path : "/proc/self/fd/\(memory)"
    }

    private func content<Failure: Error>(
        of path: String, read: () throws(Failure) -> [UInt8], missing: () -> Failure
    ) throws(Failure) -> [UInt8] {
        if let kept {
            guard let bytes = kept[path] else { throw missing() }
            return bytes
        }
        let bytes = try read()
        noted.withLock { $0[path] = bytes }
        return bytes
    }
}

/// A file that a configuration names.
struct NamedFile {
    enum Kind { case key, secret, certificates }
    let kind: Kind
    let path: String

    init(_ kind: Kind, _ path: String) {
        self.kind = kind
        self.path = path
    }

    /// What it holds now; nil where it can't be read, or may not be used. Why is told by whoever needs it.
    var content: [UInt8]? {
        switch kind {
        case .key:
            guard let bytes = try? KeyFile.content(of: path),
                (try? KeyFile(content: bytes, path: path)) != nil
            else { return nil }
            return bytes
        case .secret: return try? SecretFile.content(of: path)
        case .certificates:
            let files = ConfigurationFiles()
            return files.hasCertificates(path) ? files.contents[path] : nil
        }
    }
}
