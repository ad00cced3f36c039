// The token of the control API: a secret in a file, compared and never shown.

import Daemon

package struct ControlTokenError: Error, CustomStringConvertible, Sendable {
    package let description: String
}

package struct ControlToken: Sendable {
    package static let shortest = 16
    /// Of the file; a token takes one line of it.
    private static let fileLimit = 4_096
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The first line of a file that nobody else may read, without white space around it.
    package init(file: String) throws(ControlTokenError) {
        let content: [UInt8]
        do throws(RegularFile.Failure) {
            content = try RegularFile.bytes(of: file, atMost: Self.fileLimit, isSecret: true)
        } catch {
            throw ControlTokenError(description: "the token file \(file) can't be used: \(error)")
        }
        var line = content.prefix { $0 != 10 && $0 != 13 }.drop { $0 == 32 || $0 == 9 }
        while let last = line.last, last == 32 || last == 9 { line.removeLast() }
        guard !line.isEmpty else {
            throw ControlTokenError(
                description:
                    "the first line of the token file \(file) is empty; `openssl rand -hex 32` makes a token")
        }
        // A header can't carry anything else.
        guard line.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw ControlTokenError(
                description: "the token in \(file) holds spaces or characters that are not plain ASCII; "
                    + "`openssl rand -hex 32` makes one")
        }
        guard line.count >= Self.shortest else {
            throw ControlTokenError(
                description: "the token in \(file) is shorter than \(Self.shortest) characters; "
                    + "`openssl rand -hex 32` makes one")
        }
        bytes = Array(line)
    }

    /// Takes as long whatever is wrong with the other.
    func matches(_ other: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return false }
        var difference = bytes.count ^ other.count
        for index in bytes.indices {
            let theirs = other.isEmpty ? 0 : other[index % other.count]
            difference |= Int(bytes[index] ^ theirs)
        }
        return difference == 0
    }
}
