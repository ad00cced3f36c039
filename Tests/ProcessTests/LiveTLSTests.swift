// Live over TLS, with an authority that the test makes by the openssl command. Without that command they are skipped.

import Foundation
import Glibc
import Testing

@Suite(.serialized, .enabled(if: TestHTTP.openssl != nil, "needs the openssl command"))
struct LiveTLSTests {
    /// `tls-ca.pem`, and `tls.pem` with `tls.key` for localhost.
    private static func makeCertificates(_ directory: String) throws {
        let openssl = try #require(TestHTTP.openssl)
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try "basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost\n"
            .write(toFile: directory + "/tls.ext", atomically: true, encoding: .utf8)
        for arguments in [
            ["req", "-x509"] + key + [
                "-days", "2", "-subj", "/CN=test authority", "-keyout", "tls-ca.key", "-out", "tls-ca.pem",
            ],
            ["req"] + key + ["-subj", "/CN=localhost", "-keyout", "tls.key", "-out", "tls.csr"],
            [
                "x509", "-req", "-in", "tls.csr", "-CA", "tls-ca.pem", "-CAkey", "tls-ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", "tls.ext", "-out", "tls.pem",
            ],
        ] {
            let paths = arguments.map { $0.hasPrefix("tls") ? directory + "/" + $0 : $0 }
            let result = try Arena.command(openssl, paths, directory)
            guard result.ending == .exit(0) else { throw SpawnError(description: result.errors) }
        }
    }

    @Test func itTradesAndStopsClean() throws {
        try LiveArena.run(tls: true, prepare: Self.makeCertificates) { live in
            try live.configure(
                host: "localhost:\(live.venue.port)", exchange: "ca_file: \(live.directory)/tls-ca.pem")
            let run = try live.startWorking()
            try live.expectClean(try run.stop())
            try live.expectNoIDTwice()
        }
    }

    /// What a last life left is swept with the certificates that it had, wherever their path began.
    @Test(arguments: ["absolute", "relative", "away for a while"])
    func aLastLifeIsSweptWithItsCertificates(_ path: String) throws {
        try LiveArena.run(tls: true, prepare: Self.makeCertificates) { live in
            let here = FileManager.default.currentDirectoryPath.split(separator: "/")
            let way = path == "relative" ? here.map { _ in ".." }.joined(separator: "/") : ""
            let file = way + live.directory + "/tls-ca.pem"
            try live.configure(host: "localhost:\(live.venue.port)", exchange: "ca_file: \(file)")
            try live.killBoth(try live.startWorking(guarded: true))
            try "[".write(toFile: live.directory + "/live.yaml", atomically: true, encoding: .utf8)
            let certificates = live.directory + "/tls-ca.pem"
            let isAway = path == "away for a while"
            if isAway { #expect(rename(certificates, certificates + ".moved") == 0) }
            let next = try live.start(guarded: true)
            if isAway {
                try next.says("CERTIFICATE_VERIFY_FAILED", within: .seconds(30))
                #expect(next.process.pollEnding() == nil)
                #expect(rename(certificates + ".moved", certificates) == 0)
            }
            #expect(try next.end(within: .seconds(150)) == .exit(78), "\(next.text)")
            #expect(try live.venue.working("test-") == 0)
        }
    }

    /// An unknown authority, or a certificate of another name: not a byte of a request leaves.
    @Test(arguments: ["an unknown authority", "another name"])
    func nothingIsSentToWhoCantProveItself(_ flaw: String) throws {
        try LiveArena.run(tls: true, prepare: Self.makeCertificates) { live in
            let isUnknown = flaw == "an unknown authority"
            try live.configure(
                host: "\(isUnknown ? "localhost" : "127.0.0.1"):\(live.venue.port)",
                exchange: isUnknown ? "" : "ca_file: \(live.directory)/tls-ca.pem")
            let run = try live.start()
            try run.says("asking on")
            #expect(run.text.lowercased().contains("certificate"), "\(run.text.suffix(1_500))")
            let (ending, doctor) = try live.command(["doctor"])
            #expect(ending == .exit(70))
            #expect(doctor.lowercased().contains("certificate"), "\(doctor)")
            #expect(try run.stop() == .exit(3))
            #expect(try live.requests().isEmpty)
            #expect(try live.book().ordersEver == 0)
        }
    }
}
