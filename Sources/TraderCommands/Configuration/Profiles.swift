// `profiles:` in the file: named parts that go over the rest of it. One is in effect: the one that `--profile` or
// TRADER247_PROFILE names, or else the one that has the mode's name. Its keys replace those of the top level one by one;
// lists as a whole.
//
// The others are checked, too, as far as that needs nothing but the file.

import Trading
import TradingDomain
import Yams

/// The profile in effect: its name and where it stands.
struct ConfigurationProfile: Equatable, Sendable {
    var name: String
    /// Somebody chose it by name; otherwise the mode did.
    var isChosen: Bool
    /// What chose it, for people.
    var by: String
    private let marks: ClosedRange<Int>
    private static let lineWeight = 1_000_000
    private let place: String

    init(name: String, isChosen: Bool, by: String, node: Node, place: String) {
        self.name = name
        self.isChosen = isChosen
        self.by = by
        self.place = place
        marks = ConfigurationProfile.positions(of: node)
    }

    /// The lines of the file on which it stands.
    var lines: ClosedRange<Int> { marks.lowerBound / Self.lineWeight...marks.upperBound / Self.lineWeight }

    /// Whether this node of the file belongs to it.
    func contains(_ node: Node) -> Bool { node.mark.map { marks.contains(Self.position($0)) } ?? false }

    static func isName(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
            }
    }

    var origin: Origin { .file(place, profile: name) }

    private static func position(_ mark: Mark) -> Int {
        mark.line * lineWeight + min(mark.column, lineWeight - 1)
    }

    /// From the first to the last of all that is in it.
    private static func positions(of node: Node) -> ClosedRange<Int> {
        var range = node.mark.map { position($0)...position($0) } ?? 0...0
        func widen(_ inner: Node) {
            let other = positions(of: inner)
            range = min(range.lowerBound, other.lowerBound)...max(range.upperBound, other.upperBound)
        }
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping { for inner in [key, value] { widen(inner) } }
        case .sequence(let items): for inner in items { widen(inner) }
        case .scalar, .alias: break
        }
        return range
    }
}

extension ConfigurationLoader {
    static let profilesKey = "profiles"
    static let profileVariable = "TRADER247_PROFILE"

    mutating func readProfiles(_ mapping: Node.Mapping) {
        let isProfiles: (Node, Node) -> Bool = { key, _ in key.string == Self.profilesKey }
        let shared = Node.Mapping(mapping.filter { !isProfiles($0.key, $0.value) })
        guard let node = mapping.first(where: { isProfiles($0.key, $0.value) })?.value else {
            noteMissingProfile([])
            return visit(shared, section: "")
        }
        let known = readProfileNames(node)
        let chosen = choose(shared, known)
        for (name, inner, key) in known where name != chosen?.name {
            var other = self
            other.mistakes = []
            other.checksFormOnly = true
            other.profile = ConfigurationProfile(
                name: name, isChosen: false, by: "", node: .mapping(inner), place: place(key))
            other.visit(inner, section: "")
            other.checkModeOfProfile(name, inner)
            mistakes += other.mistakes
        }
        profile = chosen
        guard let chosen, let inner = known.first(where: { $0.name == chosen.name })?.mapping else {
            return visit(shared, section: "")
        }
        visit(Self.overlay(shared, inner, section: ""), section: "")
        checkModeOfProfile(chosen.name, inner)
        // A rehearsal that somebody asks for by name is one, whatever the rest of the file says. Money needs to be
        // written out.
        if chosen.isChosen, chosen.name != Mode.live.rawValue, Mode(rawValue: chosen.name) != nil,
            Self.value("mode", in: inner) == nil
        {
            takeWritten("mode", chosen.name, chosen.origin)
        }
    }

    private mutating func readProfileNames(_ node: Node) -> [(name: String, mapping: Node.Mapping, key: Node)]
    {
        guard case .mapping(let profiles) = node else {
            note(place(node), Self.profilesKey, "must be a table of profiles, like {paper: {interval: 1s}}")
            return []
        }
        var known: [(String, Node.Mapping, Node)] = []
        for (key, value) in profiles {
            let name = key.string ?? ""
            if !ConfigurationProfile.isName(name) {
                note(
                    place(key), Self.profilesKey,
                    "'\(name)' is no name of a profile: 1 to 32 of a-z, 0-9 and -")
                continue
            }
            switch value {
            case .mapping(let inner): known.append((name, inner, key))
            case .scalar(let scalar) where scalar.string.isEmpty: known.append((name, Node.Mapping([]), key))
            default: note(place(value), "\(Self.profilesKey).\(name)", "must be a table of keys and values")
            }
        }
        return known
    }

    /// The profile that is in effect; nil for none.
    private mutating func choose(
        _ shared: Node.Mapping, _ known: [(name: String, mapping: Node.Mapping, key: Node)]
    ) -> ConfigurationProfile? {
        let wished = wishedProfile
        // A variable that is there and empty says nothing.
        let name = wished?.name ?? wantedMode(shared)
        guard let found = known.first(where: { $0.name == name }) else {
            noteMissingProfile(known.map(\.name))
            return nil
        }
        return ConfigurationProfile(
            name: name, isChosen: wished != nil, by: wished?.place ?? "mode \(name)",
            node: .mapping(found.mapping), place: place(found.key))
    }

    private var wishedProfile: (name: String, place: String)? {
        if let profileFlag { return (profileFlag, "command line") }
        guard let name = environment[Self.profileVariable], !name.isEmpty else { return nil }
        return (name, "environment \(Self.profileVariable)")
    }

    /// As far as it is known before any profile.
    private func wantedMode(_ shared: Node.Mapping) -> String {
        flags.last { $0.key == "mode" }?.text ?? environment["TRADER247_MODE"] ?? Self.value(
            "mode", in: shared)?.string
            ?? configuration.mode.rawValue
    }

    mutating func noteMissingProfile(_ known: [String]) {
        guard let wished = wishedProfile else { return }
        let here = known.isEmpty ? "there are none" : "known: \(known.sorted().joined(separator: ", "))"
        let meant = Suggestion.of(wished.name, among: known).map { "did you mean \($0)?" }
        note(
            wished.place, "profile",
            file == nil
                ? "'\(wished.name)' needs a file with `profiles:`; name it with --config"
                : "there is no profile '\(wished.name)' in \(file?.name ?? ""); \(meant ?? here)")
    }

    private mutating func checkModeOfProfile(_ name: String, _ mapping: Node.Mapping) {
        guard Mode(rawValue: name) != nil, let node = Self.value("mode", in: mapping), let mode = node.string,
            mode != name,
            Mode(rawValue: mode) != nil
        else { return }
        note(
            place(node), "mode",
            "the profile \(name) is for mode \(name), not \(mode); give it another name, or take this away")
    }

    /// What was chosen as a whole must not be turned into something else by the way.
    mutating func checkProfile() {
        guard let profile, profile.isChosen, let mode = Mode(rawValue: profile.name),
            mode != configuration.mode
        else { return }
        note(
            place(of: "mode"), "mode",
            mode == .live
                ? "the profile live was chosen: write `mode: live` into it, or choose another one"
                : "\(configuration.mode.rawValue) goes over the profile \(profile.name) that was chosen "
                    + "(\(profile.by)); take one of them away")
    }

    private static func value(_ key: String, in mapping: Node.Mapping) -> Node? {
        mapping.first { $0.key.string == key }?.value
    }

    /// The keys of `top` over those of `base`; lists as a whole.
    private static func overlay(_ base: Node.Mapping, _ top: Node.Mapping, section: String) -> Node.Mapping {
        var pairs = base.map { ($0.key, $0.value) }
        for (key, value) in top {
            let name = section + (key.string ?? "?")
            guard let index = pairs.firstIndex(where: { $0.0.string == key.string }) else {
                pairs.append((key, value))
                continue
            }
            if !Settings.lists.contains(name), case .mapping(let below) = pairs[index].1 {
                switch value {
                case .mapping(let above):
                    pairs[index].1 = .mapping(overlay(below, above, section: name + "."))
                    continue
                case .scalar(let scalar) where scalar.string.isEmpty: continue
                default: break
                }
            }
            pairs[index] = (key, value)
        }
        return Node.Mapping(pairs)
    }
}
