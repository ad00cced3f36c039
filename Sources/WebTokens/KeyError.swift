// Why a key cannot be used. The words name the file and what to do about it, never what a key is made of.

package enum KeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file is not there or this user may not read it.
    case unreadable(path: String, reason: String)
    /// Others than the owner can get at the file.
    case openToOthers(path: String, mode: UInt32)
    /// The file belongs to another user, who could change it.
    case ownedByAnother(path: String, user: UInt32)
    /// The file, or what was given instead of one, is not a key file.
    case notAKeyFile(path: String?, reason: String)
    /// The text of the private key is no key.
    case malformed(reason: String)
    /// A key, but of a kind that the venue does not take.
    case unsupported(reason: String)
    /// The cryptographic library failed, which a good key never makes it do.
    case failed(operation: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "cannot read the key file \(path): \(reason)"
        case .openToOthers(let path, let mode):
            "the key file \(path) is open to others (mode \(octal(mode))): run 'chmod 600 \(path)'"
        case .ownedByAnother(let path, let user):
            "the key file \(path) belongs to user \(user), who could change it: it must be this user's or root's"
        case .notAKeyFile(let path?, let reason): "\(path) is not a key file: \(reason)"
        case .notAKeyFile(nil, let reason): "the credentials are not complete: \(reason)"
        case .malformed(let reason): "the private key cannot be read: \(reason)"
        case .unsupported(let reason): "the private key is of a kind that cannot be used: \(reason)"
        case .failed(let operation): "the cryptographic library could not \(operation)"
        }
    }
}

private func octal(_ mode: UInt32) -> String {
    let digits = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
