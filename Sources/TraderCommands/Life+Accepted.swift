// What a life has to do with the configuration that was accepted: it is handed up when it changes, kept where a later
// start finds it, and told where the files say something else by now.

import Alerting
import CLinux
import Coinbase
import Daemon
import Exchanges
import Storage
import Trading
import TradingDomain
import WebTokens

extension Life {
    /// Nil without a guardian, and for a sweep, which changes nothing of it.
    func startAcceptance(_ log: Log) -> Acceptance? {
        guard let lifeline = Launch.lifeline, let memory = wishes.source?.accepted, !wishes.sweeps else {
            return nil
        }
        return Acceptance(memory, lifeline) { words in
            log.write(
                LogLine(.error, "accepted", words, at: UTCInstant(nanoseconds: cl_utc_nanoseconds())))
        }
    }

    /// The key that this life begins with, where what was handed down holds none.
    func substituteKey(_ configuration: inout Configuration, _ acceptance: Acceptance?, _ log: Log) {
        guard let key = keyChoice(configuration)?.substitute() else { return }
        configuration.take(key)
        tell(replaced: key, "what was handed down holds no key that can be used", acceptance, log)
    }

    /// Beside the first cancels, which wait for nobody: where the venue refuses the key that signs, and takes what the disk
    /// holds now, that one signs from then on.
    func watchKey(
        _ exchange: any Exchange, _ configuration: Configuration, _ acceptance: Acceptance?, _ log: Log
    ) throws {
        guard let exchange = exchange as? CoinbaseExchange, let choice = keyChoice(configuration) else {
            return
        }
        try PlainThread.start("key", stack: 1024 * 1024) { [self] in
            guard let key = choice.other(),
                // It was read as a key a moment ago.
                let file = try? KeyFile(content: key.content, path: key.path)
            else { return }
            exchange.sign(with: file)
            tell(replaced: key, "the venue refuses the key that was handed down", acceptance, log)
        }
    }

    private func keyChoice(_ configuration: Configuration) -> KeyChoice? {
        guard let source = wishes.source, let guarded = wishes.guarded else { return nil }
        return KeyChoice(configuration: configuration, present: source.present, failures: guarded.failures)
    }

    private func tell(
        replaced key: KeyChoice.Chosen, _ why: String, _ acceptance: Acceptance?, _ log: Log
    ) {
        acceptance?.take(key: key.content, of: key.path)
        log.write(
            LogLine(
                .alert, "key-replaced", "\(why); going on with what \(key.path) holds now",
                at: UTCInstant(nanoseconds: cl_utc_nanoseconds())))
    }

    /// The store, which keeps whose orders are placed before the first one is.
    func kept(_ opened: OpenedStore, _ log: Log) -> any TransactionStore {
        guard !wishes.sweeps, opened.failure == nil, configuration.mode != .dryRun else {
            return opened.store
        }
        return KeepingStore(opened.store, KeptLife(configuration), in: configuration.stateDirectory) {
            words in
            log.write(LogLine(.alert, "kept", words, at: UTCInstant(nanoseconds: cl_utc_nanoseconds())))
        }
    }

    /// What an operator must know of the configuration though this life goes on.
    func problems() -> [String] {
        var problems = wishes.problems
        if let guarded = wishes.guarded, guarded.restarts > 0, let source = wishes.source,
            source.accepted != nil
        {
            problems += source.present.differences(from: loaded).map { [$0] } ?? []
        }
        return problems
    }

    func tell(problems: [String], to office: AlertOffice?, log: Log, at now: UTCInstant) {
        for words in problems {
            log.write(LogLine(.alert, "configuration", words, at: now))
            if let office { post("configuration", words, office) }
        }
    }

    func post(_ name: String, _ words: String, _ office: AlertOffice) {
        let now = UTCInstant(nanoseconds: cl_utc_nanoseconds())
        office.postForeign(
            OutgoingAlert(
                id: "\(configuration.bot)-\(name)-\(now.nanoseconds)", name: name, level: .alert,
                message: words, at: now))
    }
}

extension ConfigurationSource {
    /// For a guardian beside a trader that it did not start: what was accepted last is what the state directory keeps,
    /// where that is another bot or account than this guardian was started with.
    mutating func takeLastLife() throws {
        let configuration = try load()
        guard let life = KeptLife.other(than: configuration) else { return }
        Output.complain("the orders here are of \(life.words), which is swept as it was configured")
        accepted = try life.memory(stateDirectory: configuration.stateDirectory, beside: accepted)
    }

    /// In words, what the files say that this configuration does not; nil where they say the same.
    fileprivate func differences(from configuration: Configuration) -> String? {
        do {
            let changes = Reloader.changes(from: configuration, to: try load())
            guard !changes.isEmpty else { return nil }
            return "the configuration has changed since it was accepted ("
                + changes.map(\.key).joined(separator: ", ")
                + "); a crash does not take that over: reload, or stop and start"
        } catch {
            return "the configuration can't be used as it is now; trading goes on with what was accepted. "
                + ((error as? Leave)?.message ?? "\(error)")
        }
    }
}
