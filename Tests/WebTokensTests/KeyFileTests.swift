// The venue's key file: whose it may be, what it must hold, and that nothing prints its secret.

import Foundation
import Testing
import WebTokens

@Suite struct KeyFileTests {
    @Test(arguments: TokenAlgorithm.allCases, ["name", "id"])
    func takesTheVenuesFile(_ algorithm: TokenAlgorithm, _ field: String) throws {
        let text = try json([field: "key-1", "privateKey": SigningKey.generate(algorithm).privateKeyText])
        try withDirectory { directory in
            let path = directory + "/key.json"
            for mode in [0o600, 0o400] {
                try write(text, to: path, mode: mode)
                let file = try KeyFile(path: path)
                #expect(file.name == "key-1")
                #expect(file.key.algorithm == algorithm)
            }
        }
    }

    @Test(arguments: [0o644, 0o640, 0o604, 0o660, 0o606, 0o620])
    func refusesAFileThatIsOpenToOthers(_ mode: Int) throws {
        let text = try json(["name": "key-1", "privateKey": SigningKey.generate(.es256).privateKeyText])
        try withDirectory { directory in
            let path = directory + "/key.json"
            try write(text, to: path, mode: mode)
            let error = #expect(throws: KeyError.self) { try KeyFile(path: path) }
            #expect(error == .openToOthers(path: path, mode: UInt32(mode)))
            #expect(error?.description.contains("chmod 600 \(path)") == true)
        }
    }

    /// Only root can give a file away.
    @Test(.enabled(if: geteuid() == 0, "this is not root")) func refusesAFileOfAnotherUser() throws {
        let text = try json(["name": "key-1", "privateKey": SigningKey.generate(.es256).privateKeyText])
        try withDirectory { directory in
            let path = directory + "/key.json"
            try write(text, to: path, mode: 0o600)
            #expect(chown(path, 4_711, 4_711) == 0)
            let error = #expect(throws: KeyError.self) { try KeyFile(path: path) }
            #expect(error == .ownedByAnother(path: path, user: 4_711))
            #expect(error?.description.contains("belongs to user 4711") == true)
        }
        #expect(KeyFile.isTrusted(owner: geteuid()) && KeyFile.isTrusted(owner: 0))
        #expect(!KeyFile.isTrusted(owner: 4_711))
    }

    @Test func refusesWhatIsNoKeyFile() throws {
        let secret = try SigningKey.generate(.es256).privateKeyText
        let contents = [
            "", "{", "[]", "{}", secret, #"{"name":"a"}"#, try json(["privateKey": secret]),
            #"{"name":1,"privateKey":"x"}"#, try json(["name": "", "privateKey": secret]),
            try json(["name": secret, "privateKey": "key-1"]), try json(["name": "a", "privateKey": "zzz"]),
            String(repeating: " ", count: 70_000),
        ]
        let line = String(secret.split(separator: "\n")[1])
        try withDirectory { directory in
            let path = directory + "/key.json"
            for content in contents {
                try write(content, to: path, mode: 0o600)
                let error = #expect(throws: KeyError.self) { try KeyFile(path: path) }
                #expect(!String(reflecting: error).contains(line))
            }
            #expect(throws: KeyError.self) { try KeyFile(path: directory) }
            #expect(throws: KeyError.self) { try KeyFile(path: directory + "/none") }
            #expect(mkfifo(directory + "/pipe", 0o600) == 0)
            #expect(throws: KeyError.self) { try KeyFile(path: directory + "/pipe") }
        }
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func nothingThatPrintsAKeyShowsIt(_ algorithm: TokenAlgorithm) throws {
        let text = try SigningKey.generate(algorithm).privateKeyText
        let file = try KeyFile(name: "key-1", privateKey: text)
        let token = try WebToken.parse(WebToken.make(key: file, uri: nil, issuedAt: 1, life: 2, nonce: "ab"))
        struct Holder {
            var key: KeyFile
            var verifying: VerifyingKey
            var token: ParsedToken
        }
        let holder = Holder(key: file, verifying: file.key.verifyingKey, token: token)
        var shown = "\(file) \(file.key) \(holder)"
        for value in [file, file.key, file.key.verifyingKey, token, holder] as [any Sendable] {
            shown += String(describing: value) + String(reflecting: value)
            dump(value, to: &shown)
            shown += "\(Mirror(reflecting: value).children.map { "\($0)" })"
        }
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        #expect(!lines.isEmpty)
        for line in lines {
            #expect(!shown.contains(line))
            #expect(!shown.contains(line.prefix(16)))
        }
        // A pointer or a list of bytes would be no better.
        #expect(!shown.contains("0x") && !shown.contains("elements"))
        #expect(shown.contains("key-1"))
    }
}
