// The catalogue in the order of a file: what has no section first, then each section once, with its lists.

enum ConfigurationOutline {
    /// Sections by name, the first one without; settings and lists of each.
    static let sections: [(name: String, settings: [Setting], lists: [String])] = {
        func section(_ key: String) -> String {
            key.split(separator: ".").count > 1 ? String(key.split(separator: ".")[0]) : ""
        }
        var names = [""]
        for setting in Settings.all where !names.contains(section(setting.key)) {
            names.append(section(setting.key))
        }
        return names.map { name in
            (
                name, Settings.all.filter { section($0.key) == name },
                Settings.lists.filter { section($0) == name }
            )
        }
    }()
}
