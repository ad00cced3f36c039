// What live trading demands of the configuration, all at once: `mode: live` and the account's portfolio in the file
// itself, strategies that the file names, credentials that can be read, the venue's own feed in real time. A flag
// or a variable alone never turns a rehearsal into trading with money.

import Coinbase
import Trading

extension ConfigurationLoader {
    mutating func checkVenue() {
        checkVariables()
        if configuration.mode == .live { checkLive() }
        if configuration.mode == .live || configuration.feed == .coinbase { checkEndpoints() }
        if configuration.mode != .live, configuration.feed == .coinbase,
            configuration.effectiveSpeed != .times(1)
        {
            note(
                place(of: "speed"), "speed",
                "the venue's prices come in real time; leave it out, or say 1")
        }
    }

    private mutating func checkVariables() {
        let (name, key) = (Credentials.nameVariable, Credentials.keyVariable)
        switch (environment[name] != nil, environment[key] != nil) {
        case (true, false): note("environment", key, "is missing beside \(name)")
        case (false, true): note("environment", name, "is missing beside \(key)")
        case (true, true):
            change { $0.hasEnvironmentKey = true }
            if configuration.keyFile != nil {
                note(
                    place(of: "exchange.key_file"), "exchange.key_file",
                    "the environment has \(name) and \(key) too; take one of them away")
            }
        case (false, false): break
        }
    }

    private mutating func checkLive() {
        checkWritten()
        if !isSet("strategies") {
            demand(
                place(of: "mode"), "strategies", "live trades only what the file names; list the strategies")
        }
        if !isSet("feed") {
            change { $0.feed = .coinbase }
            derive("feed", "default of mode live")
        }
        if configuration.feed != .coinbase {
            note(place(of: "feed"), "feed", "live has the venue's own prices; leave it out, or say coinbase")
        }
        if configuration.effectiveSpeed != .times(1) {
            note(place(of: "speed"), "speed", "live runs in real time; leave it out, or say 1")
        }
        checkCredentials()
    }

    /// What must stand in the file itself.
    private mutating func checkWritten() {
        let name = file.map { "in \($0.name)" } ?? "in a file that is given with --config"
        if written["mode"] != Mode.live.rawValue {
            demand(
                place(of: "mode"), "mode",
                "live must be written \(name): `mode: live`; a flag or the environment is not enough")
        }
        switch (written["exchange.portfolio"], configuration.venue.portfolio) {
        case (nil, _):
            demand(
                place(of: "mode"), "exchange.portfolio",
                "is missing: write the id of the account's portfolio \(name); `trader247 doctor` shows the key's"
            )
        case (let written?, let portfolio) where written != portfolio:
            note(
                place(of: "exchange.portfolio"), "exchange.portfolio",
                "is another one than \(name): take it away")
        default: break
        }
    }

    /// Missing for live trading; no reason not to look around.
    private mutating func demand(_ place: String, _ key: String, _ problem: String) {
        guard onlyLooks else { return note(place, key, problem) }
        change { $0.unmetDemands.append(Mistake(place: place, key: key, problem: problem)) }
    }

    private mutating func checkCredentials() {
        let credentials = configuration.credentials
        guard credentials != .none else {
            return demand(
                place(of: "mode"), "exchange.key_file",
                "live needs the account's key: name the venue's key file, or set \(Credentials.nameVariable) "
                    + "and \(Credentials.keyVariable) in the environment")
        }
        // The doctor reads the key itself, and a sweep may find another one.
        guard !onlyLooks, !isForSweep else { return }
        do {
            _ = try credentials.load(environment, files)
        } catch {
            switch credentials {
            case .environment: note("environment", Credentials.keyVariable, "\(error)")
            default: note(place(of: "exchange.key_file"), "exchange.key_file", "\(error)")
            }
        }
    }

    /// Orders must not go to one place while their reports are awaited from another.
    private mutating func checkEndpoints() {
        // No orders, no reports: paper trading needs the venue's markets and prices only.
        let keys =
            ["exchange.rest_url", "exchange.market_ws_url"]
            + (configuration.mode == .live ? ["exchange.user_ws_url"] : [])
        let missing = keys.filter { !isSet($0) }
        if !missing.isEmpty, let given = keys.first(where: { isSet($0) }) {
            note(
                place(of: given), given,
                "\(missing.joined(separator: " and ")) would still be the venue's: name all of them, or none")
        }
        // A sweep goes on with what it has.
        if let path = configuration.venue.caFile, !isForSweep, !files.hasCertificates(path) {
            note(place(of: "exchange.ca_file"), "exchange.ca_file", "cannot read \(path)")
        }
    }
}
