// What a guardian hands down to every process that it starts: the configuration and the key with which orders were
// placed, in one sealed memory file. It is in no argument, in no variable and on no disk, and the guardian itself never
// opens it.

import CLinux
import Daemon
import FoundationEssentials
import Glibc
import Trading

struct AcceptedMemory: Codable, Sendable {
    /// Among the files, the configuration of a last life as the state directory keeps it.
    static let lastLife = "accepted.json"
    /// A larger one is none of ours.
    private static let sizeLimit: Int64 = 16 << 20

    /// What the files held when the guardian was started, by their paths.
    private(set) var start: ConfigurationFiles.Contents
    /// The same of the last reload, whose settings go over the others.
    private(set) var reloaded: ConfigurationFiles.Contents?
    /// It is of a last life: neither flags nor variables of this one go over it.
    private(set) var isOfLastLife = false

    /// Of what was just read.
    init(_ start: ConfigurationFiles.Contents) { self.start = start }

    /// Of a last life, as far as it is kept, with those of its files that can be read. What can't be read now is done
    /// without: each sweep looks for a key again, and for certificates.
    /// - Parameter memory: what somebody has beside it, for files that can't be read any more.
    init(lastLife text: String, files: [NamedFile], beside memory: AcceptedMemory? = nil) {
        start = [Self.lastLife: Array(text.utf8)]
        isOfLastLife = true
        for file in files { start[file.path] = file.content ?? memory?.content(of: file.path) }
    }

    /// By the path of that time, or by what it was relative to: the directory is still the same.
    private func content(of path: String) -> [UInt8]? {
        start[path] ?? start.first { URL(filePath: $0.key).path == path }?.value
    }

    /// Reads what a guardian handed down, and closes it: whoever is started from here has no part in it.
    /// - Throws: `Leave`.
    init(inherited descriptor: Int32) throws {
        defer { close(descriptor) }
        let size = cl_sealed_size(descriptor)
        guard size > 0, size <= Self.sizeLimit else { throw Self.unreadable("it is no sealed memory") }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let failure = bytes.withUnsafeMutableBytes { cl_read_sealed(descriptor, $0.baseAddress, $0.count) }
        guard failure == 0 else { throw Self.unreadable(systemMessage(failure)) }
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch {
            // Its own words would repeat what is in it.
            throw Self.unreadable("another version wrote it")
        }
    }

    /// Its guardian takes the code for a failed attempt while an order may rest.
    static func unreadable(_ reason: String) -> Leave {
        Leave(
            Trading.ExitCode.configuration,
            "cannot read what the guardian handed down: \(reason); stop the guardian and start it again")
    }

    /// A sealed memory file with this in it; close-on-exec.
    /// - Throws: `FileFailure`.
    func sealed() throws -> Int32 {
        let bytes = Array(try JSONEncoder().encode(self))
        let descriptor = bytes.withUnsafeBytes {
            cl_seal_memory("trader247-accepted", $0.baseAddress, $0.count)
        }
        guard descriptor >= 0 else { throw FileFailure("make", "a sealed memory file", errno) }
        return descriptor
    }

    mutating func take(reloaded files: ConfigurationFiles.Contents) { reloaded = files }

    mutating func replace(_ path: String, by content: [UInt8]) { start[path] = content }

    /// Of the environment, what does not speak of another life.
    func environment(_ environment: [String: String]) -> [String: String] {
        let namesKeyFile = start[Self.lastLife].map { String(decoding: $0, as: UTF8.self) }?
            .contains("\"exchange.key_file\"")
        return environment.filter { name, _ in
            guard name.hasPrefix("TRADER247_") else { return true }
            return namesKeyFile != true && Credentials.variables.contains(name)
        }
    }
}
