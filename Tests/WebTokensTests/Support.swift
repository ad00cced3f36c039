// Keys that live for one test, and files that go with it.

import Foundation
import Testing
import WebTokens

func keyFile(_ algorithm: TokenAlgorithm, name: String = "organizations/o/apiKeys/k") throws -> KeyFile {
    try KeyFile(name: name, privateKey: SigningKey.generate(algorithm).privateKeyText)
}

/// Runs with a directory that is gone afterwards.
func withDirectory<T>(_ body: (String) throws -> T) throws -> T {
    let path = NSTemporaryDirectory() + "webtokens-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

func write(_ text: String, to path: String, mode: Int) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}

func json(_ object: [String: String]) throws -> String {
    String(decoding: try JSONEncoder().encode(object), as: UTF8.self)
}

extension String {
    /// The bytes between the lines of a PEM text.
    var pemBody: Data? {
        Data(base64Encoded: split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined())
    }
}

/// PKCS8 around a generated key, built here by hand so that the reader is not fed by its own library's writer.
func pkcs8(_ key: SigningKey) throws -> String {
    let text = try key.privateKeyText
    let der: Data
    switch key.algorithm {
    case .edDSA:
        let seed = try #require(Data(base64Encoded: text)).prefix(32)
        der =
            Data([
                0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
                0x20,
            ])
            + seed
    case .es256:
        let inner = try #require(text.pemBody)
        let kind = Data([
            0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce,
            0x3d, 0x03, 0x01, 0x07,
        ])
        let body = Data([0x02, 0x01, 0x00]) + kind + Data([0x04, UInt8(inner.count)]) + inner
        der = Data([0x30, 0x81, UInt8(body.count)]) + body
    }
    return "-----BEGIN PRIVATE KEY-----\n\(der.base64EncodedString())\n-----END PRIVATE KEY-----\n"
}
