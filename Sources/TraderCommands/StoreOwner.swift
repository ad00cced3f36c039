// Whose orders may rest, as the state directory itself tells it: what is kept of the last life, and the store. A list of
// another bot or account says nothing of them, however empty it is.

import Daemon
import Storage
import Trading
import TradingDomain

struct StoreOwner {
    let bot: BotID
    let mode: Mode

    /// - Throws: `StoreError`, where there is no store, or none that can be read.
    init(of stateDirectory: String) throws(StoreError) {
        let reader = try StateReader(at: stateDirectory)
        bot = reader.bot
        mode = try reader.mode()
    }

    /// In words, why an empty list of this configuration's bot proves nothing; nil where the orders are its own, or
    /// where nothing tells whose they are.
    static func doubt(_ configuration: Configuration) -> String? {
        let directory = configuration.stateDirectory
        if case .life(let life) = KeptLife.read(in: directory), !life.isSameAccount(as: configuration) {
            return "the last life was of \(life.words)"
        }
        do throws(StoreError) {
            let owner = try StoreOwner(of: directory)
            guard owner.bot == configuration.bot, owner.mode == configuration.mode else {
                return "the store in \(directory) belongs to bot \(owner.bot), \(owner.mode)"
            }
            return nil
        } catch {
            if case .foreign = error { return error.description }
            // A store that can't be read is why such a sweep is made at all: it names no other owner.
            return nil
        }
    }
}

extension KeptLife {
    /// Whose orders may rest in this directory if they are not this configuration's: as it is kept, or else, with the
    /// rest as it is configured now, the bot that the store names. Nil where they are its own, or nothing tells.
    static func other(than configuration: Configuration) -> KeptLife? {
        let directory = configuration.stateDirectory
        if case .life(let life) = read(in: directory) {
            return life.isSameAccount(as: configuration) ? nil : life
        }
        // Without a store that can be read there is nothing better than the configuration.
        guard let owner = try? StoreOwner(of: directory), owner.bot != configuration.bot,
            owner.mode == configuration.mode
        else { return nil }
        var configuration = configuration
        configuration.bot = owner.bot
        return KeptLife(configuration)
    }

    /// A sweep with the store has proved that nothing of it rests.
    static func end(provedBy configuration: Configuration) {
        if case .life(let life) = read(in: configuration.stateDirectory),
            !life.isSameAccount(as: configuration)
        {
            return
        }
        forget(in: configuration.stateDirectory)
    }
}
