// The signature against a published vector (RFC 4231), so that any receiver's library agrees.

import Testing

@testable import Alerting

@Suite struct SignatureTests {
    @Test func agreesWithThePublishedVector() {
        let digest = Signature.hmac(Array("what do ya want for nothing?".utf8), Array("Jefe".utf8))
        let text = digest.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        #expect(text == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func theMomentIsSignedToo() {
        let body = Array("{}".utf8)
        let secret = Secret(Array("s".utf8))
        let one = Signature.value(body, secret: secret, seconds: 1)
        #expect(one.hasPrefix("t=1,v1="))
        #expect(one != Signature.value(body, secret: secret, seconds: 2))
    }

    @Test func aSecretShowsNothing() {
        let secret = Secret(Array("hush".utf8))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(dumped) \(String(reflecting: secret))".contains("104"))
    }
}
