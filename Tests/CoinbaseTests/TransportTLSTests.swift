// Certificates: only one from a trusted authority, for this name, and of today. The authority is made here.

import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import Transport

private func openssl(_ arguments: [String], in directory: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ChannelError.operationUnsupported }
}

private let hasTool = (try? openssl(["version"], in: "/")) != nil

/// An authority, and certificates by it.
private struct Authority {
    let directory = NSTemporaryDirectory() + "authority-" + UUID().uuidString
    var trust: TLSTrust { .file(directory + "/ca.pem") }

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try openssl(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "ca.key",
            ]
                + ["-out", "ca.pem", "-days", "2", "-subj", "/CN=Test authority"], in: directory)
    }

    /// Valid until so many days from now; below zero it has ended already.
    func server(names: String, days: Int = 1) throws -> NIOSSLContext {
        try openssl(
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "s.key",
            ]
                + ["-out", "s.csr", "-subj", "/CN=server"], in: directory)
        try Data("subjectAltName=\(names)\n".utf8).write(to: URL(fileURLWithPath: directory + "/ext"))
        try openssl(
            ["x509", "-req", "-in", "s.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
                + ["-days", String(days), "-extfile", "ext", "-out", "s.pem"], in: directory)
        let chain = try NIOSSLCertificate.fromPEMFile(directory + "/s.pem")
        let key = try NIOSSLPrivateKey(file: directory + "/s.key", format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }
}

@Suite(.enabled(if: hasTool, "there is no openssl command here"))
struct TransportTLSTests {
    /// The answer's body, or the reason why nothing was sent.
    private func ask(
        _ authority: Authority, _ context: NIOSSLContext, host: String, trust: TLSTrust
    ) async throws -> (body: String?, reason: String?) {
        defer { authority.remove() }
        let signed = Count()
        let server = try await ScriptServer(tls: context) { _ in [answer("safe")] }
        let lane = try lane(to: server.port, scheme: "https", host: host, trust: trust) { _ in
            signed.add()
            return "token"
        }
        var outcome = HTTPOutcome.unsent("yet")
        let end = ContinuousClock.now + .seconds(120)
        while outcome.unsent?.hasSuffix("yet") == true, ContinuousClock.now < end {
            outcome = await lane.ask(HTTPRequest(method: "GET", path: "/"))
        }
        if outcome.answer == nil { #expect(server.requests.isEmpty && signed.now == 0) }
        lane.close()
        await server.stop()
        return (outcome.answer.map { String(decoding: $0.body, as: UTF8.self) }, outcome.unsent)
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func aTrustedCertificateIsTaken(_ host: String) async throws {
        let authority = try Authority()
        let context = try authority.server(names: "DNS:localhost,IP:127.0.0.1")
        #expect(try await ask(authority, context, host: host, trust: authority.trust).body == "safe")
    }

    @Test func anUnknownAuthorityIsRefused() async throws {
        let (authority, other) = (try Authority(), try Authority())
        defer { other.remove() }
        let context = try authority.server(names: "DNS:localhost")
        let told = try await ask(authority, context, host: "localhost", trust: other.trust)
        #expect(told.reason?.contains("CERTIFICATE_VERIFY_FAILED") == true, "\(told)")
    }

    @Test func theSystemDoesNotKnowOurAuthority() async throws {
        let authority = try Authority()
        let context = try authority.server(names: "DNS:localhost")
        #expect(try await ask(authority, context, host: "localhost", trust: .system).reason != nil)
    }

    @Test(arguments: [
        ("DNS:other.example", "localhost"), ("DNS:localhost", "127.0.0.1"), ("IP:127.0.0.2", "127.0.0.1"),
    ])
    func anotherNameIsRefused(_ names: String, _ host: String) async throws {
        let authority = try Authority()
        let context = try authority.server(names: names)
        let told = try await ask(authority, context, host: host, trust: authority.trust)
        #expect(told.reason != nil && told.body == nil)
    }

    @Test func anExpiredCertificateIsRefused() async throws {
        let authority = try Authority()
        let context = try authority.server(names: "DNS:localhost", days: -1)
        let told = try await ask(authority, context, host: "localhost", trust: authority.trust)
        #expect(told.reason?.contains("CERTIFICATE_VERIFY_FAILED") == true, "\(told)")
    }

    @Test func aMissingAuthorityFileIsTold() async throws {
        let authority = try Authority()
        let context = try authority.server(names: "DNS:localhost")
        #expect(try await ask(authority, context, host: "localhost", trust: .file("/nowhere")).reason != nil)
    }
}
