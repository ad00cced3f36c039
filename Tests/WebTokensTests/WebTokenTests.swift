import Foundation
import Testing

@testable import WebTokens

private func key(_ algorithm: TokenAlgorithm = .es256, name: String = "organizations/o/apiKeys/k") throws
    -> KeyFile
{
    try KeyFile(name: name, privateKey: SigningKey.generate(algorithm).privateKeyText())
}

private func temporaryFile(_ text: String, mode: Int) throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/trader247-key-\(UUID().uuidString)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
}

@Suite struct WebTokenTests {
    @Test(arguments: TokenAlgorithm.allCases)
    func aTokenSaysWhatWasAskedAndIsSigned(algorithm: TokenAlgorithm) throws {
        let key = try key(algorithm)
        let text = try WebToken.make(
            key: key, uri: "POST api.example.com/orders", issuedAt: 1_795_000_000, life: 5, nonce: "ab\"\u{1}"
        )
        let token = try WebToken.parse(text)
        #expect(token.alg == algorithm.rawValue)
        #expect(token.kid == key.name)
        #expect(token.sub == key.name)
        #expect(token.iss == "cdp")
        #expect(token.nbf == 1_795_000_000)
        #expect(token.exp == 1_795_000_005)
        #expect(token.uri == "POST api.example.com/orders")
        #expect(token.nonce == "ab\"\u{1}")
        #expect(token.isSigned(by: key.key.verifyingKey))
        #expect(!token.isSigned(by: try SigningKey.generate(algorithm).verifyingKey))
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func whatWasChangedIsNotSigned(algorithm: TokenAlgorithm) throws {
        let key = try key(algorithm)
        let text = try WebToken.make(key: key, uri: nil, issuedAt: 1, life: 2, nonce: "n")
        let parts = text.split(separator: ".").map(String.init)
        let other = try WebToken.make(key: key, uri: nil, issuedAt: 1, life: 3, nonce: "n").split(
            separator: ".")
        #expect(
            !(try WebToken.parse("\(parts[0]).\(other[1]).\(parts[2])")).isSigned(by: key.key.verifyingKey))
        var message = Array("\(parts[0]).\(parts[1])".utf8)
        let signature = try key.key.signature(of: message)
        #expect(key.key.verifyingKey.isValid(signature, of: message))
        message[5] ^= 1
        #expect(!key.key.verifyingKey.isValid(signature, of: message))
        #expect(!key.key.verifyingKey.isValid([], of: message))
    }

    @Test(arguments: ["", "a.b", "a.b.c.d", "a.b.c", "e30.e30.@@", "e30.bm8.AA", "!.!.!"])
    func whatIsNoTokenIsRefused(text: String) {
        #expect(throws: TokenError.self) { try WebToken.parse(text) }
    }

    @Test func thousandsOfSignaturesAreAllValid() throws {
        // r and s begin with zero bytes now and then; each must come through both forms.
        let key = try SigningKey.generate(.es256)
        for number in 0..<2_000 {
            let message = Array("\(number)".utf8)
            #expect(key.verifyingKey.isValid(try key.signature(of: message), of: message))
        }
    }
}

@Suite struct KeyTests {
    @Test(arguments: TokenAlgorithm.allCases)
    func aKeyIsReadBackAsItWasWritten(algorithm: TokenAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let again = try KeyFile(name: "n", privateKey: key.privateKeyText()).key
        let message = Array("hello".utf8)
        #expect(key.verifyingKey.isValid(try again.signature(of: message), of: message))
    }

    @Test func theSeedOfAnEd25519KeyIsEnough() throws {
        let whole = try #require(Data(base64Encoded: SigningKey.generate(.edDSA).privateKeyText()))
        let seed = try SigningKey(ed25519Base64: whole.prefix(32).base64EncodedString())
        #expect(try seed.privateKeyText() == whole.base64EncodedString())
        var wrong = whole
        wrong[63] ^= 1
        #expect(throws: KeyError.self) { try SigningKey(ed25519Base64: wrong.base64EncodedString()) }
    }

    @Test func lineEndsMayBeEscaped() throws {
        let text = try SigningKey.generate(.es256).privateKeyText()
        _ = try SigningKey(pem: text.replacingOccurrences(of: "\n", with: "\\n"))
    }

    @Test(arguments: [
        "", "abc", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", "QUJD",
    ])
    func noKeyIsShownInTheErrorThatRefusesIt(text: String) {
        do {
            _ = try KeyFile(name: "n", privateKey: text)
            Issue.record("it was taken")
        } catch {
            if text.count > 3 { #expect(!"\(error)".contains(text)) }
        }
    }

    @Test func aFileThatOthersCanReadIsRefused() throws {
        let json = try JSONSerialization.data(
            withJSONObject: ["name": "n", "privateKey": SigningKey.generate(.es256).privateKeyText()])
        let text = String(decoding: json, as: UTF8.self)
        for mode in [0o644, 0o640, 0o604, 0o660] {
            let path = try temporaryFile(text, mode: mode)
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect(throws: KeyError.openToOthers(path: path, mode: UInt32(mode))) { try KeyFile(path: path) }
        }
        let path = try temporaryFile(text, mode: 0o600)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try KeyFile(path: path).name == "n")
    }

    @Test func aFileMaySayIDInsteadOfName() throws {
        let json = try JSONSerialization.data(
            withJSONObject: ["id": "i", "privateKey": SigningKey.generate(.edDSA).privateKeyText()])
        let path = try temporaryFile(String(decoding: json, as: UTF8.self), mode: 0o600)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try KeyFile(path: path).name == "i")
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"name":"n"}"#, #"{"privateKey":"x"}"#, #"{"name":1,"privateKey":"x"}"#,
    ])
    func whatIsNoKeyFileIsNamed(text: String) throws {
        let path = try temporaryFile(text, mode: 0o600)
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            _ = try KeyFile(path: path)
            Issue.record("it was taken")
        } catch {
            if text != #"{"name":1,"privateKey":"x"}"#, !text.contains("privateKey") || text.contains("name")
            {
                #expect("\(error)".contains(path))
            }
        }
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func nothingThatPrintsAKeyShowsIt(algorithm: TokenAlgorithm) throws {
        let secret = try SigningKey.generate(algorithm).privateKeyText()
        let file = try KeyFile(name: "n", privateKey: secret)
        var text =
            "\(file) \(file.key) \(String(reflecting: file)) \(String(reflecting: file.key.verifyingKey))"
        dump(file, to: &text)
        dump(file.key, to: &text)
        dump(file.key.verifyingKey, to: &text)
        let body = secret.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        for line in body { #expect(!text.contains(line)) }
    }
}
