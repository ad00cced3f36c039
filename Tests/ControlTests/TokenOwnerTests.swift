import Glibc
import Testing

@testable import Control

/// Whoever owns a file can change what is in it. Only root can give one away.
@Suite(.enabled(if: geteuid() == 0, "this is not root")) struct TokenOwnerTests {
    @Test func aTokenFileOfAnotherUserIsRefused() throws {
        let path = "/tmp/trader247-owner-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(path) }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = Array("0123456789abcdef\n".utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        close(file)
        _ = try ControlToken(file: path)
        #expect(chown(path, 4_711, 4_711) == 0)
        let error = #expect(throws: (any Error).self) { try ControlToken(file: path) }
        #expect(error.map { "\($0)" }?.contains("belongs to user 4711") == true)
    }
}
