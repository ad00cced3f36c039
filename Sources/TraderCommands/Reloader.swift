// Takes a changed configuration while the daemon runs: all of what can change, or nothing; and says what changed and
// what waits for a restart.

import Control
import Daemon
import FoundationEssentials
import Strategies
import Synchronization
import Trading

final class Reloader: Sendable {
    /// What takes effect without a restart. Anything else is only named.
    static let reloadable: Set<String> = ["interval", "orders.max_age", "log.level"]

    static func isReloadable(_ key: String) -> Bool {
        key.hasPrefix("risk.") || key.hasPrefix("universe.") || key.hasPrefix("strategy ")
            || reloadable.contains(key)
    }

    struct Change: Encodable, Equatable, Sendable {
        var key: String
        var from: String
        var to: String
    }
    struct Result: Encodable, Sendable {
        var done: String
        var changed: [Change]
        var needsRestart: [Change]
    }

    private let source: ConfigurationSource
    private let current: Mutex<Configuration>
    private let desk: ControlDesk
    private let log: Log
    /// What the guardian is to have; nil without one.
    private let acceptance: Acceptance?

    init(
        _ source: ConfigurationSource, _ configuration: Configuration, _ desk: ControlDesk, _ log: Log,
        _ acceptance: Acceptance? = nil
    ) {
        // Read again are the files, not what they once were.
        self.source = source.present
        self.acceptance = acceptance
        current = Mutex(configuration)
        self.desk = desk
        self.log = log
    }

    /// Waits for the disk, so not on a thread that must not.
    func reload(by who: String, _ answer: @escaping @Sendable (ControlResponse) -> Void) {
        let next: Configuration
        do {
            next = try source.load()
        } catch {
            let words = (error as? Leave)?.message ?? "\(error)"
            return answer(
                .failure(422, "invalid_configuration", words, "nothing was changed; mend it and reload again")
            )
        }
        let changes = Self.changes(from: current.withLock { $0 }, to: next)
        let taken = changes.filter { Self.isReloadable($0.key) }
        let waiting = changes.filter { !Self.isReloadable($0.key) }
        guard !taken.isEmpty else {
            let words = waiting.isEmpty ? "nothing has changed" : "nothing that changed can be reloaded"
            return answer(.json(Result(done: words, changed: [], needsRestart: waiting)))
        }
        var settings = ReloadedSettings(next.coreConfiguration)
        settings.strategies = next.strategies.map {
            .init(name: $0.name, isEnabled: $0.isEnabled, limits: $0.limits)
        }
        desk.ask(.reload(settings), by: who) { [self] outcome in
            guard case .answered(.done, isDurable: true) = outcome else {
                return answer(ControlRoutes.response(outcome))
            }
            log.setThreshold(next.logLevel)
            current.withLock { Self.take(next, into: &$0) }
            acceptance?.take(reloaded: next.files.contents)
            let words = taken.map { "\($0.key): \($0.from) → \($0.to)" }.joined(separator: ", ")
            answer(.json(Result(done: "reloaded \(words)", changed: taken, needsRestart: waiting)))
        }
    }

    /// Of a configuration that was read again, what takes effect at once.
    static func take(_ next: Configuration, into current: inout Configuration) {
        for setting in Settings.all where isReloadable(setting.key) {
            _ = setting.take(setting.show(next), &current)
        }
        for strategy in next.strategies {
            guard let index = current.strategies.firstIndex(where: { $0.name == strategy.name }) else {
                continue
            }
            current.strategies[index].isEnabled = strategy.isEnabled
            current.strategies[index].limits = strategy.limits
        }
    }

    static func changes(from old: Configuration, to new: Configuration) -> [Change] {
        var changes = Settings.all.compactMap { setting -> Change? in
            let (from, to) = (setting.show(old), setting.show(new))
            return from == to ? nil : Change(key: setting.key, from: from, to: to)
        }
        // Of strategies that are there already what may change at once is named one by one.
        for strategy in new.strategies {
            guard let before = old.strategies.first(where: { $0.name == strategy.name }) else { continue }
            for (name, from, to) in switches(from: before, to: strategy) where from != to {
                changes.append(Change(key: "strategy \(strategy.name) \(name)", from: from, to: to))
            }
        }
        if old.strategies.map(\.unswitched) != new.strategies.map(\.unswitched) {
            changes.append(
                Change(
                    key: "strategies", from: old.strategies.map(\.name).joined(separator: ","),
                    to: new.strategies.map(\.name).joined(separator: ",")))
        }
        return changes
    }

    private static func switches(from old: ConfiguredStrategy, to new: ConfiguredStrategy) -> [(
        String, String, String
    )] {
        func text(_ value: (some CustomStringConvertible)?) -> String { value.map { "\($0)" } ?? "none" }
        let (a, b) = (old.limits, new.limits)
        return [
            ("enabled", "\(old.isEnabled)", "\(new.isEnabled)"),
            ("budget", text(a.budget), text(b.budget)),
            ("max_working_orders", text(a.maximumWorkingOrders), text(b.maximumWorkingOrders)),
            ("max_orders_per_minute", text(a.maximumOrdersPerMinute), text(b.maximumOrdersPerMinute)),
            ("max_daily_loss", text(a.maximumDailyLoss), text(b.maximumDailyLoss)),
        ]
    }
}

extension ConfiguredStrategy {
    /// Without what a reload may change.
    fileprivate var unswitched: ConfiguredStrategy {
        ConfiguredStrategy(settings, followsUniverse: followsUniverse)
    }
}
