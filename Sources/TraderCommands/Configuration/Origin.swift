// Where an effective value comes from.

/// A setting that was said on the command line.
struct ConfigurationFlag: Equatable, Sendable {
    let key: String
    let text: String
    /// As it was said: `--interval`, or `--set interval`.
    let name: String
}

enum Origin: Equatable, Sendable {
    /// `file:line`, and the profile that it stands in.
    case file(String, profile: String?)
    /// The variable's name.
    case environment(String)
    /// The flag's name.
    case flag(String)
    /// A default that depends on something else, and on what.
    case derived(String)

    /// For mistakes.
    var place: String {
        switch self {
        case .file(let place, _): place
        case .environment(let variable): "environment \(variable)"
        case .flag: "command line"
        case .derived: "defaults"
        }
    }

    /// For `config show`.
    var words: String {
        switch self {
        case .file(let place, nil): place
        case .file(let place, let profile?): "profile \(profile) at \(place)"
        case .environment(let variable): "environment \(variable)"
        case .flag(let name): "flag \(name)"
        case .derived(let why): why
        }
    }

    static func words(_ origin: Origin?) -> String { origin?.words ?? "default" }
}
