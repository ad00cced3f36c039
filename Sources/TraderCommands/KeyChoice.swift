// With which key a process that a guardian started signs: the one that was handed down, or, where the venue refuses that
// one, what its file holds now. Only where there is a choice the venue is asked, and no cancel waits for its answer.

import Coinbase
import Daemon
import FoundationEssentials
import Glibc
import Synchronization
import Trading
import WebTokens

struct KeyChoice {
    struct Chosen {
        var path: String
        var content: [UInt8]
    }

    /// How long the venue is awaited for each key.
    private static let patience: Duration = .seconds(2)

    let configuration: Configuration
    /// As the files are now.
    let present: ConfigurationSource
    /// Sweeps in a row that proved nothing.
    let failures: Int

    /// One from the disk where what was handed down holds none that can be used. The venue is not asked for it: nothing
    /// waits for that.
    func substitute() -> Chosen? {
        guard configuration.mode == .live, !configuration.files.isFromDisk else { return nil }
        // Why it can't be used is told by whoever signs with it, if there is no other.
        guard (try? configuration.key()) == nil else { return nil }
        return candidates.first
    }

    /// Another key than the one that signs now, where the venue takes it and does not take that one; nil where that one is
    /// the best there is. Waits for the venue.
    func other() -> Chosen? {
        guard configuration.mode == .live, !configuration.files.isFromDisk else { return nil }
        let given = configuration.keyFile.flatMap { configuration.files.contents[$0] }
        let others = candidates.filter { $0.content != given }
        guard !others.isEmpty, let now = try? configuration.key(), !isOurs(now) else { return nil }
        return accepted(others)
    }

    private func accepted(_ keys: [Chosen]) -> Chosen? {
        keys.first { (try? KeyFile(content: $0.content, path: $0.path)).map(isOurs) ?? false }
    }

    /// What lies on the disk: where the key was, and, once something failed, where the file says that it is now and where
    /// the last life had it.
    private var candidates: [Chosen] {
        var paths = [configuration.keyFile].compactMap { $0 }
        if failures > 0 || paths.isEmpty || chosen(paths[0]) == nil {
            var source = present
            source.onlyLooks = true
            // Whatever else is wrong with it is told elsewhere.
            if let path = try? source.load().keyFile, !paths.contains(path) { paths.append(path) }
            if case .life(let life) = KeptLife.read(in: configuration.stateDirectory),
                let path = life.keyFile,
                !paths.contains(path)
            {
                paths.append(path)
            }
        }
        return paths.compactMap(chosen)
    }

    /// Nil for a file that can't be read or holds no key: it is no choice.
    private func chosen(_ path: String) -> Chosen? {
        guard let content = try? KeyFile.content(of: path),
            (try? KeyFile(content: content, path: path)) != nil
        else { return nil }
        return Chosen(path: configuration.keyFile ?? path, content: content)
    }

    /// Whether the venue takes it for the portfolio that is meant.
    private func isOurs(_ key: KeyFile) -> Bool {
        guard
            let exchange = try? CoinbaseExchange(
                configuration.openVenue, key: key, symbols: [], clock: SystemClock())
        else { return false }
        let probe = VenueProbe(exchange, patience: Self.patience, attempts: 2)
        defer { probe.close() }
        guard case .permissions(let permissions) = probe.ask(.permissions) else { return false }
        return permissions.portfolio == configuration.venue.portfolio
    }
}

extension Configuration {
    /// With another key in the place of the one that was handed down.
    mutating func take(_ key: KeyChoice.Chosen) {
        var contents = files.contents
        contents[key.path] = key.content
        files = ConfigurationFiles(contents)
        keyFile = key.path
    }
}
