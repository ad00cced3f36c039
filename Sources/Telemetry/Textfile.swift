// The last values of a life in a file, for what collects files: node_exporter's textfile collector, or a person. Whoever
// reads it finds the old file or the new one, never a part.

import CLinux
import Daemon
import Glibc

struct Textfile: Sendable {
    let path: String
    /// With whoever reads it under another user.
    let isShared: Bool

    func write(_ text: String) throws(FileFailure) {
        // A collector reads what ends in .prom; this does not.
        let temporary = path + ".\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileFailure("create", temporary, errno) }
        if isShared { fchmod(descriptor, 0o644) }
        let bytes = Array(text.utf8)
        var failure = bytes.withUnsafeBytes { cl_write_all(descriptor, $0.baseAddress, $0.count) }
        if close(descriptor) != 0, failure == 0 { failure = errno }
        guard failure == 0 else {
            unlink(temporary)
            throw FileFailure("write", temporary, failure)
        }
        guard rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw FileFailure("rename onto \(path)", temporary, code)
        }
    }
}
