// The key that signs live requests: where it comes from, and its reading. Never what it is: nothing here, and no
// error from here, shows a name or a key.

import Trading
import WebTokens

enum Credentials: Equatable, Sendable {
    /// The venue's own key file.
    case file(String)
    /// `TRADER247_API_KEY_NAME` and `TRADER247_API_PRIVATE_KEY`.
    case environment
    case none

    static let nameVariable = "TRADER247_API_KEY_NAME"
    static let keyVariable = "TRADER247_API_PRIVATE_KEY"
    /// Variables that are no settings: they belong to one account and are never shown.
    static let variables = [nameVariable, keyVariable, Confirmation.variable]

    /// Where the key comes from, for people.
    var words: String {
        switch self {
        case .file(let path): "key file \(path)"
        case .environment: "\(Self.nameVariable) and \(Self.keyVariable)"
        case .none: "none"
        }
    }

    /// - Returns: nil when there is none.
    func load(_ environment: [String: String], _ files: ConfigurationFiles) throws(KeyError) -> KeyFile? {
        switch self {
        case .file(let path): try files.key(path)
        case .environment:
            try KeyFile(
                name: environment[Self.nameVariable] ?? "",
                // In a variable the lines of a PEM are often written with \n, as in the venue's file.
                privateKey: (environment[Self.keyVariable] ?? "").replacing("\\n", with: "\n"))
        case .none: nil
        }
    }
}
