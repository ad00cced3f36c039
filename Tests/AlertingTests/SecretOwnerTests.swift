import Glibc
import Testing

@testable import Alerting

/// Whoever owns a file can change what is in it. Only root can give one away.
@Suite(.enabled(if: geteuid() == 0, "this is not root")) struct SecretOwnerTests {
    @Test func aSecretOfAnotherUserIsRefused() throws {
        let path = "/tmp/trader247-secret-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(path) }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = Array("a secret\n".utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        close(file)
        _ = try SecretFile.read(path)
        #expect(chown(path, 4_711, 4_711) == 0)
        let error = #expect(throws: (any Error).self) { try SecretFile.read(path) }
        #expect(error.map { "\($0)" }?.contains("belongs to user 4711") == true)
    }
}
