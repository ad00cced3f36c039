import Glibc
import Testing
import Trading
import TradingDomain

@testable import Control

@Suite struct AdmissionTests {
    let peer = Peer.tcp(address: "192.0.2.7", port: 40_122)
    let start = MonotonicInstant(nanoseconds: 0)
    let admission = Admission(
        token: ControlToken("the-token-of-a-test"), hosts: ["127.0.0.1:8247", "bot.example:443"])

    private func status(
        _ claims: Admission.Claims, _ peer: Peer? = nil, _ access: ControlRoute.Access = .operators,
        after delay: Duration = .zero
    ) -> Int? {
        switch admission.judge(claims, from: peer ?? self.peer, to: access, at: start + delay) {
        case .pass: nil
        case .refuse(let response, let pause):
            // Only what is one guess too many is answered late.
            response.status == 429 && pause != GuessMeter.pause ? -1 : response.status
        }
    }

    private func claims(
        host: String? = "127.0.0.1:8247", origin: String? = nil, token: String? = "the-token-of-a-test"
    ) -> Admission.Claims {
        Admission.Claims(host: host, origin: origin, authorization: token.map { "Bearer \($0)" })
    }

    @Test func theTokenUnderOneOfOurNamesOpens() {
        #expect(status(claims()) == nil)
        #expect(status(claims(host: "BOT.example:443")) == nil)
        #expect(status(claims(origin: "http://127.0.0.1:8247")) == nil)
        #expect(status(claims(origin: "https://bot.example:443")) == nil)
    }

    @Test func whatIsNotOursIsRefusedWhateverTheToken() {
        #expect(status(claims(host: nil)) == 403)
        #expect(status(claims(host: "evil.example:8247")) == 403)
        #expect(status(claims(host: "127.0.0.1")) == 403)
        #expect(status(claims(origin: "http://evil.example")) == 403)
        #expect(status(claims(origin: "null")) == 403)
        #expect(status(claims(origin: "file://127.0.0.1:8247")) == 403)
    }

    @Test func everyOtherTokenIsWrong() {
        for token in [nil, "", "the-token-of-a-tes", "the-token-of-a-testx", "the-token-of-a-tesT"] {
            #expect(status(claims(token: token)) == 401, "\(token ?? "none")")
        }
        // A token that repeats the right one is another one.
        let twice = ControlToken("abcdefghabcdefgh")
        #expect(!twice.matches(Array("abcdefgh".utf8)))
        #expect(twice.matches(Array("abcdefghabcdefgh".utf8)))
        #expect(!ControlToken("").matches([0]))
    }

    @Test func tenGuessesSlowDownGuessesAndNeverTheToken() {
        for second in 0..<10 {
            #expect(status(claims(token: "wrong"), after: .seconds(second)) == 401)
        }
        #expect(status(claims(token: "wrong"), after: .seconds(10)) == 429)
        #expect(status(claims(token: nil), after: .seconds(10)) == 429)
        #expect(status(claims(), after: .seconds(10)) == nil)
        #expect(status(claims(), nil, .open, after: .seconds(10)) == nil)
        // Another network is another source; a neighbour is not.
        let far = Peer.tcp(address: "192.0.3.8", port: 1)
        let near = Peer.tcp(address: "192.0.2.8", port: 1)
        #expect(status(claims(token: "wrong"), far, after: .seconds(10)) == 401)
        #expect(status(claims(token: "wrong"), near, after: .seconds(10)) == 429)
        // Guesses that were refused late count, too; a quiet minute forgets them.
        #expect(status(claims(token: "wrong"), after: .seconds(15)) == 429)
        #expect(status(claims(token: "wrong"), after: .seconds(140)) == 401)
    }

    @Test func thisMachineIsOneSourceByWhateverAddress() {
        for number in 0..<300 {
            let peer = Peer.tcp(address: "127.0.\(number / 250).\(number % 250 + 1)", port: 1)
            let expected = number < GuessMeter.limit ? 401 : 429
            #expect(status(claims(token: "guess \(number)"), peer) == expected)
        }
        #expect(status(claims(token: "wrong"), .tcp(address: "::1", port: 1)) == 429)
        #expect(status(claims(token: "wrong"), .tcp(address: "::ffff:127.0.0.9", port: 1)) == 429)
        #expect(status(claims(), .tcp(address: "127.0.0.1", port: 1)) == nil)
    }

    @Test func aNetworkOfIPv6IsOneSource() {
        #expect(Source("2001:db8:1:2::1") == Source("2001:db8:1:2:ffff::9"))
        #expect(Source("2001:db8:1:2::1") != Source("2001:db8:1:3::1"))
        #expect(Source("fe80::1%eth0") == Source("fe80::2"))
        #expect(Source("10.1.2.3") == Source("::ffff:10.1.2.200"))
        #expect(Source("10.1.2.3") != Source("10.1.3.3"))
        #expect(Source("nonsense") == Source(""))
    }

    @Test func aFloodOfNetworksStaysBoundedAndForgetsNoLoudOne() {
        let meter = GuessMeter()
        let loud = Source("192.0.2.1")
        var isSlowed = false
        for number in 0..<5_000 {
            let now = start + .milliseconds(number)
            _ = meter.note(Source("10.\(number / 256).\(number % 256).1"), at: now)
            if number.isMultiple(of: 100) { isSlowed = meter.note(loud, at: now) != nil }
        }
        #expect(isSlowed)
        #expect(meter.sourceCount == GuessMeter.sourceLimit)
    }

    @Test func readinessIsForNamesOfOursAndItsReasonsForTheToken() {
        func judge(_ claims: Admission.Claims) -> Bool? {
            switch admission.judge(claims, from: peer, to: .named, at: start) {
            case .pass(let isTrusted): isTrusted
            case .refuse: nil
            }
        }
        #expect(judge(claims()) == true)
        #expect(judge(claims(token: nil)) == false)
        #expect(judge(claims(token: "wrong")) == nil)
        #expect(judge(claims(host: "evil.example:8247", token: nil)) == nil)
        #expect(judge(claims(host: nil, token: nil)) == nil)
        #expect(judge(claims(origin: "http://evil.example", token: nil)) == nil)
        // The address itself that a probe came to is a name of ours.
        var probe = claims(host: "10.0.0.7:8247", token: nil)
        #expect(judge(probe) == nil)
        probe.local = "10.0.0.7:8247"
        #expect(judge(probe) == false)
    }

    @Test func pagesMayNotUseTheSocket() {
        let own = Peer.socket(uid: 1_000)
        #expect(status(claims(host: "x", token: nil), own) == nil)
        #expect(status(claims(host: "x", origin: "http://localhost", token: nil), own) == 403)
    }

    @Test func aTokenFileMustBeClosedToOthersAndLongEnough() throws {
        let path = "/tmp/trader247-token-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(path) }
        func write(_ text: String, _ mode: mode_t) {
            let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            _ = Array(text.utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            close(file)
            chmod(path, mode)
        }
        #expect(throws: ControlTokenError.self) { try ControlToken(file: path) }
        write("0123456789abcdef\nsecond line\n", 0o640)
        #expect(throws: ControlTokenError.self) { try ControlToken(file: path) }
        write("short\n", 0o600)
        #expect(throws: ControlTokenError.self) { try ControlToken(file: path) }
        for text in [
            "", "\n0123456789abcdef\n", "                \n", "0123456789abcdef 0123456789abcdef\n",
            "0123456789abcdé0\n",
        ] {
            write(text, 0o600)
            #expect(throws: ControlTokenError.self, "\(text)") { try ControlToken(file: path) }
        }
        write(String(repeating: "x", count: 5_000), 0o600)
        #expect(throws: ControlTokenError.self) { try ControlToken(file: path) }
        write("  0123456789abcdef \n", 0o600)
        #expect(try ControlToken(file: path).matches(Array("0123456789abcdef".utf8)))
        write("0123456789abcdef\r\nsecond line\n", 0o600)
        #expect(try ControlToken(file: path).matches(Array("0123456789abcdef".utf8)))
    }

    @Test func whatIsNoFileIsNoTokenAndHoldsNobodyUp() throws {
        let path = "/tmp/trader247-token-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        func reason(_ path: String) -> String {
            do throws(ControlTokenError) {
                _ = try ControlToken(file: path)
                return "taken"
            } catch {
                return error.description
            }
        }
        #expect(mkfifo(path, 0o600) == 0)
        #expect(reason(path).contains("a named pipe"))
        unlink(path)
        #expect(mkdir(path, 0o700) == 0)
        #expect(reason(path).contains("a directory"))
        rmdir(path)
        #expect(reason(path).contains("No such file"))
        #expect(reason("/dev/zero").contains("a device"))
    }
}
