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
        admission.refusal(of: claims, from: peer ?? self.peer, to: access, at: start + delay)?.status
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

    @Test func tenFailuresCloseTheDoorForThisAddressAndAMinute() {
        for second in 0..<10 {
            #expect(status(claims(token: "wrong"), after: .seconds(second)) == 401)
        }
        #expect(status(claims(), after: .seconds(10)) == 429)
        #expect(status(claims(), .tcp(address: "192.0.2.8", port: 1), after: .seconds(10)) == nil)
        #expect(status(claims(), nil, .open, after: .seconds(10)) == nil)
        // The first two failures are a minute old by then.
        #expect(status(claims(), after: .seconds(61)) == nil)
        for _ in 0..<2 { #expect(status(claims(token: "wrong"), after: .seconds(61)) == 401) }
        #expect(status(claims(), after: .seconds(61)) == 429)
    }

    @Test func aFloodOfAddressesStaysBounded() {
        let counter = FailureCounter()
        for number in 0..<5_000 { counter.note("10.0.\(number / 256).\(number % 256)", at: start) }
        for _ in 0..<FailureCounter.limit { counter.note("192.0.2.1", at: start) }
        #expect(counter.wait("192.0.2.1", at: start) != nil)
        #expect(counter.wait("192.0.2.2", at: start) == nil)
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
        #expect(throws: TokenError.self) { try ControlToken(file: path) }
        write("0123456789abcdef\nsecond line\n", 0o640)
        #expect(throws: TokenError.self) { try ControlToken(file: path) }
        write("short\n", 0o600)
        #expect(throws: TokenError.self) { try ControlToken(file: path) }
        write("0123456789abcdef\r\nsecond line\n", 0o600)
        #expect(try ControlToken(file: path).matches(Array("0123456789abcdef".utf8)))
    }
}
