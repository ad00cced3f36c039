// Keys in every form that the venue hands out, and what must be refused.

import Foundation
import Testing
import WebTokens

@Suite struct SigningKeyTests {
    let message = Array("an order".utf8)

    @Test(arguments: TokenAlgorithm.allCases)
    func signsAndVerifies(_ algorithm: TokenAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        #expect(key.algorithm == algorithm)
        // Often enough to meet numbers with leading zeros, whose DER is shorter.
        for round in 0..<1_000 {
            let text = message + Array(String(round).utf8)
            let signature = try key.signature(of: text)
            #expect(signature.count == 64)
            #expect(key.verifyingKey.isValid(signature, of: text))
        }
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func refusesWhatWasTamperedWith(_ algorithm: TokenAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let other = try SigningKey.generate(algorithm)
        let signature = try key.signature(of: message)
        #expect(!other.verifyingKey.isValid(signature, of: message))
        #expect(!key.verifyingKey.isValid(signature, of: message + [0]))
        #expect(!key.verifyingKey.isValid(signature, of: []))
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!key.verifyingKey.isValid(changed, of: message))
        }
        for wrong in [[], Array(signature.dropLast()), signature + [0], [UInt8](repeating: 0, count: 64)] {
            #expect(!key.verifyingKey.isValid(wrong, of: message))
        }
        let foreign = try SigningKey.generate(algorithm == .es256 ? .edDSA : .es256)
        #expect(!foreign.verifyingKey.isValid(signature, of: message))
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func readsItsOwnTextAndPKCS8(_ algorithm: TokenAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let text = try key.privateKeyText
        let signature = try key.signature(of: message)
        let read = algorithm == .es256 ? try SigningKey(pem: text) : try SigningKey(ed25519Base64: text)
        #expect(read.verifyingKey.isValid(signature, of: message))
        #expect(try read.privateKeyText == text)
        let wrapped = try SigningKey(pem: pkcs8(key))
        #expect(wrapped.algorithm == algorithm)
        #expect(wrapped.verifyingKey.isValid(signature, of: message))
        if algorithm == .es256 { #expect(text.hasPrefix("-----BEGIN EC PRIVATE KEY-----\n")) }
    }

    @Test func readsLineEndsThatAnEnvironmentFileWroteOut() throws {
        let key = try SigningKey.generate(.es256)
        let oneLine = try key.privateKeyText.split(separator: "\n").joined(separator: "\\n")
        let read = try SigningKey(pem: oneLine)
        #expect(key.verifyingKey.isValid(try read.signature(of: message), of: message))
    }

    @Test func readsTheSeedOfAnEd25519KeyAlone() throws {
        let key = try SigningKey.generate(.edDSA)
        let whole = try #require(Data(base64Encoded: key.privateKeyText))
        #expect(whole.count == 64)
        let read = try SigningKey(ed25519Base64: whole.prefix(32).base64EncodedString() + "\n")
        #expect(key.verifyingKey.isValid(try read.signature(of: message), of: message))
    }

    /// RFC 8032, 7.1, test 1: published numbers, no one's key.
    @Test func signsEd25519AsTheStandardSays() throws {
        let seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
        let key = try SigningKey(ed25519Base64: seed)
        #expect(
            Data(try key.signature(of: [])).base64EncodedString()
                == "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==")
        #expect(key.verifyingKey.isValid(try key.signature(of: []), of: []))
    }

    @Test func refusesWhatIsNoKeyAndShowsNothingOfIt() throws {
        let ec = try SigningKey.generate(.es256).privateKeyText
        let ed = try SigningKey.generate(.edDSA).privateKeyText
        let lines = ec.split(separator: "\n").map(String.init)
        let secret = lines[1]
        let half = try #require(Data(base64Encoded: ed))
        var mixed = half
        mixed[40] ^= 1
        let broken = [
            "", "hello", secret, lines[0], lines[0] + "\n" + secret,
            ec.replacing(secret, with: "!!!!" + secret),
            lines[0] + "\n" + secret + "\n" + lines[lines.count - 1],
            "-----BEGIN PUBLIC KEY-----\n" + secret + "\n-----END PUBLIC KEY-----\n",
        ]
        for text in broken { expectNoSecret(of: [secret, ed]) { _ = try SigningKey(pem: text) } }
        for text in [
            "", "%%%", ed + "AAAA", half.prefix(31).base64EncodedString(),
            half.prefix(63).base64EncodedString(),
            mixed.base64EncodedString(), ec,
        ] {
            expectNoSecret(of: [secret, ed, half.prefix(20).base64EncodedString()]) {
                _ = try SigningKey(ed25519Base64: text)
            }
        }
    }

    @Test func refusesAKeyWhosePublicHalfIsNotItsOwn() throws {
        let mine = try #require(try SigningKey.generate(.es256).privateKeyText.pemBody)
        let other = try #require(try SigningKey.generate(.es256).privateKeyText.pemBody)
        // The public point is the end of the SEC1 structure, 65 bytes.
        let mixed = (mine.dropLast(65) + other.suffix(65)).base64EncodedString()
        #expect(throws: KeyError.self) {
            try SigningKey(pem: "-----BEGIN EC PRIVATE KEY-----\n\(mixed)\n-----END EC PRIVATE KEY-----\n")
        }
    }

    private func expectNoSecret(of secrets: [String], _ body: () throws -> Void) {
        do {
            try body()
            Issue.record("it was taken")
        } catch {
            #expect(error is KeyError)
            for secret in secrets where !secret.isEmpty {
                #expect(!"\(error) \(String(reflecting: error))".contains(secret))
            }
        }
    }
}
