// An independent library judges our tokens and we judge its own. Needs python3 with its `cryptography` package.

import Foundation
import Testing
import WebTokens

private func python(_ script: String, input: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    let (input_, output) = (Pipe(), Pipe())
    process.standardInput = input_
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    try input_.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try input_.fileHandleForWriting.close()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

private let hasLibrary = (try? python("import cryptography", input: ""))?.status == 0

@Suite(.enabled(if: hasLibrary, "python3 has no cryptography package here"))
struct ForeignLibraryTests {
    private static let prelude = """
        import base64, json, sys
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature, decode_dss_signature
        given = json.load(sys.stdin)
        text = given["key"]
        pem = "BEGIN" in text
        if pem: key = serialization.load_pem_private_key(text.encode(), None)
        else: key = ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(text)[:32])
        unpack = lambda part: base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        pack = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()

        """

    @Test(arguments: TokenAlgorithm.allCases)
    func itAcceptsOurs(_ algorithm: TokenAlgorithm) throws {
        let text = try SigningKey.generate(algorithm).privateKeyText
        let key = try KeyFile(name: "k", privateKey: text)
        let token = try WebToken.make(key: key, uri: "GET h/p", issuedAt: 7, life: 5, nonce: "0a")
        let result = try python(
            Self.prelude + """
                head, body, tail = given["token"].split(".")
                signed, raw = (head + "." + body).encode(), unpack(tail)
                if pem:
                    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
                    key.public_key().verify(der, signed, ec.ECDSA(hashes.SHA256()))
                else: key.public_key().verify(raw, signed)
                print(json.loads(unpack(head))["alg"], json.loads(unpack(body))["exp"])
                """, input: try json(["key": text, "token": token]))
        #expect(result.status == 0)
        #expect(result.output == "\(algorithm.rawValue) 12\n")
    }

    @Test(arguments: TokenAlgorithm.allCases)
    func weAcceptIts(_ algorithm: TokenAlgorithm) throws {
        let text = try SigningKey.generate(algorithm).privateKeyText
        let result = try python(
            Self.prelude + """
                header = json.dumps({"alg": "ES256" if pem else "EdDSA", "kid": "k"}).encode()
                signed = pack(header) + "." + pack(json.dumps({"sub": "k", "exp": 12}).encode())
                if pem:
                    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
                    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
                else: raw = key.sign(signed.encode())
                print(signed + "." + pack(raw), end="")
                """, input: try json(["key": text]))
        let token = try WebToken.parse(result.output)
        #expect(token.exp == 12)
        #expect(token.isSigned(by: try KeyFile(name: "k", privateKey: text).key.verifyingKey))
    }
}
