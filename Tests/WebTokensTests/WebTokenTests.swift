// Tokens: what stands in them, and that nobody but the key's holder can have made one.

import Foundation
import Testing
import WebTokens

@Suite struct WebTokenTests {
    @Test(arguments: TokenAlgorithm.allCases)
    func aTokenSaysWhatItWasMadeFor(_ algorithm: TokenAlgorithm) throws {
        let key = try keyFile(algorithm)
        let text = try WebToken.make(
            key: key, uri: "POST api.example/api/v3/orders", issuedAt: 1_795_341_600, life: 5, nonce: "00ff")
        let token = try WebToken.parse(text)
        #expect(token.alg == algorithm.rawValue)
        #expect(token.kid == key.name && token.sub == key.name)
        #expect(token.nonce == "00ff" && token.typ == "JWT" && token.iss == "cdp")
        #expect(token.nbf == 1_795_341_600 && token.exp == 1_795_341_605)
        #expect(token.uri == "POST api.example/api/v3/orders")
        #expect(token.uris.isEmpty && token.aud.isEmpty)
        #expect(token.signature.count == 64)
        #expect(token.isSigned(by: key.key.verifyingKey))
        #expect(!text.contains("=") && !text.contains("+") && !text.contains("/"))
        #expect(try !token.isSigned(by: keyFile(algorithm).key.verifyingKey))
    }

    @Test func aTokenForASocketHasNoAddress() throws {
        let text = try WebToken.make(key: keyFile(.es256), uri: nil, issuedAt: 10, life: 120, nonce: "a")
        let part = text.split(separator: ".")[1]
        let padded = String(part) + String(repeating: "=", count: (4 - part.count % 4) % 4)
        let claims = try #require(Data(base64Encoded: padded))
        #expect(!String(decoding: claims, as: UTF8.self).contains("uri"))
        #expect(try WebToken.parse(text).uri == nil)
    }

    @Test func awkwardTextIsEscaped() throws {
        let key = try keyFile(.edDSA, name: #"a"b\c/d"#)
        let uri = "GET h/\"\\\u{1}\n\u{7f}é\u{1F600}"
        let token = try WebToken.parse(
            WebToken.make(key: key, uri: uri, issuedAt: 1, life: 1, nonce: "\"}{"))
        #expect(token.kid == key.name && token.sub == key.name)
        #expect(token.uri == uri)
        #expect(token.nonce == "\"}{")
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func anyChangedCharacterIsNoticed(_ algorithm: TokenAlgorithm) throws {
        let key = try keyFile(algorithm)
        let text = try WebToken.make(key: key, uri: "GET h/p", issuedAt: 1, life: 5, nonce: "0a")
        let bytes = Array(text.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "B") ? UInt8(ascii: "C") : UInt8(ascii: "B")
            let token = try? WebToken.parse(String(decoding: changed, as: UTF8.self))
            #expect(token?.isSigned(by: key.key.verifyingKey) != true)
        }
    }

    @Test func theKeyChoosesTheAlgorithmAndNotTheToken() throws {
        let key = try keyFile(.es256)
        let text = try WebToken.make(key: key, uri: nil, issuedAt: 1, life: 5, nonce: "0a")
        let parts = text.split(separator: ".").map(String.init)
        for alg in ["none", "HS256", "EdDSA", "es256"] {
            let header = encode(#"{"alg":"\#(alg)","kid":"k"}"#)
            for signature in ["", parts[2]] {
                let token = try WebToken.parse([header, parts[1], signature].joined(separator: "."))
                #expect(token.alg == alg)
                #expect(!token.isSigned(by: key.key.verifyingKey))
            }
        }
    }

    @Test func otherClientsDialectsAreRead() throws {
        let header = encode(#"{"alg":"ES256","kid":"k","extra":1}"#)
        func token(_ claims: String) throws -> ParsedToken {
            try WebToken.parse([header, encode(claims), "AAAA"].joined(separator: "."))
        }
        let one = try token(#"{"aud":"x","uris":["GET a","GET b"],"iat":3,"nbf":4,"exp":5,"more":{}}"#)
        #expect(one.aud == ["x"] && one.uris == ["GET a", "GET b"] && one.iat == 3)
        #expect(try token(#"{"aud":["x","y"]}"#).aud == ["x", "y"])
        #expect(throws: TokenError.notJSON(part: "claims")) { try token(#"{"exp":"5"}"#) }
        #expect(throws: TokenError.notJSON(part: "claims")) { try token("[]") }
    }

    @Test func whatIsNoTokenIsRefused() throws {
        #expect(throws: TokenError.notThreeParts) { try WebToken.parse("") }
        #expect(throws: TokenError.notThreeParts) { try WebToken.parse("a.b") }
        #expect(throws: TokenError.notThreeParts) { try WebToken.parse("a.b.c.d") }
        #expect(throws: TokenError.notJSON(part: "header")) { try WebToken.parse("..") }
        #expect(throws: TokenError.notBase64(part: "header")) { try WebToken.parse("e30=.e30.AA") }
        let header = encode(#"{"alg":"ES256"}"#)
        #expect(throws: TokenError.notBase64(part: "claims")) { try WebToken.parse("\(header).e3.AA") }
        #expect(throws: TokenError.notBase64(part: "signature")) { try WebToken.parse("\(header).e30.AB") }
        #expect(throws: TokenError.tooLong) { try WebToken.parse(String(repeating: "a", count: 20_000)) }
        let deep = encode(String(repeating: "[", count: 9_000))
        #expect(throws: TokenError.notJSON(part: "header")) { try WebToken.parse("\(deep).e30.AA") }
    }

    private func encode(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacing("=", with: "").replacing("+", with: "-")
            .replacing("/", with: "_")
    }
}
