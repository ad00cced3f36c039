// Before anything irreversible somebody says that they mean it: typed at a terminal, or, without one, by a
// variable or a flag that names exactly what is meant. A signal meanwhile ends the process: nothing was begun.

import CLinux
import Daemon
import Glibc
import Trading

/// A signal that ends the waiting: seen by the watchdog, or still waiting for the guardian that is to be.
enum Interruption {
    case watched(SignalBox)
    case waiting(Int32)
    case none

    var descriptor: Int32 {
        switch self {
        case .watched(let box): box.doorbell.descriptor
        case .waiting(let descriptor): descriptor
        case .none: -1
        }
    }

    func hasCome(_ isReadable: Bool) -> Bool {
        switch self {
        case .watched(let box): box.signal(0) != nil
        case .waiting: isReadable
        case .none: false
        }
    }
}

struct Confirmation {
    /// Without a terminal this must be the portfolio that is traded.
    static let variable = "TRADER247_CONFIRM_LIVE"

    /// What somebody must read first.
    let summary: [String]
    /// What must be typed, word for word.
    let word: String
    let prompt: String
    /// Whether it was confirmed beforehand, for runs without a terminal.
    let isGivenBeforehand: Bool
    /// Whether that counts at a terminal, too. A variable of a shell's profile must not answer for whoever sits
    /// there; a flag was typed.
    let needsNoTyping: Bool
    /// How to do that.
    let beforehand: String

    /// Returns when it is confirmed.
    /// - Throws: `Leave` with 78 when it is not.
    func demand(_ interruption: Interruption) throws {
        if isGivenBeforehand, needsNoTyping { return }
        guard isatty(0) == 1 else {
            guard isGivenBeforehand else { throw Leave(ExitCode.configuration, beforehand) }
            return
        }
        for line in summary { Output.tell(line) }
        Output.tell(prompt + " ", ends: false)
        guard let answer = Self.line(interruption) else {
            Output.tell("")
            throw Leave(ExitCode.configuration, "not confirmed; nothing was started")
        }
        guard answer == word else {
            throw Leave(
                ExitCode.configuration, "not confirmed: what was typed is not \(word); nothing was started")
        }
    }

    /// One line of the terminal; nil when it ends, or a signal comes.
    private static func line(_ interruption: Interruption) -> String? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1_024)
        while bytes.count < 65_536 {
            let ready = cl_wait_readable(0, interruption.descriptor, -1)
            if interruption.hasCome(ready & 2 != 0) { return nil }
            guard ready & 1 != 0 else { continue }
            let count = read(0, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                let text = String(decoding: bytes[..<end], as: UTF8.self)
                return text.last == "\r" ? String(text.dropLast()) : text
            }
        }
        return nil
    }
}

extension Confirmation {
    /// That this account is traded with money.
    static func live(_ configuration: Configuration, _ environment: [String: String]) -> Confirmation {
        let portfolio = configuration.venue.portfolio ?? ""
        let core = configuration.core
        return Confirmation(
            summary: [
                "LIVE TRADING: orders go to \(configuration.venue.restURL) and trade real money.",
                "  portfolio        \(portfolio)",
                "  key              \(configuration.credentials.words)",
                "  bot, state       \(configuration.bot), \(configuration.stateDirectory)",
            ]
                + configuration.strategies.map { "  strategy         \($0.summary)" }
                + (configuration.strategies.isEmpty ? ["  strategy         none: nothing is placed"] : [])
                + [
                    "  one order        at most \(core.risk.maximumOrderNotional)",
                    "  working orders   at most \(core.risk.maximumWorkingOrders), "
                        + "\(core.risk.maximumWorkingOrdersPerSymbol) in one market",
                    "  position         at most \(core.risk.maximumPositionNotional) in one market",
                    "  daily loss       "
                        + (core.risk.maximumDailyLoss.isZero
                            ? "no limit" : "halts beyond \(core.risk.maximumDailyLoss)"),
                    "  stop             within \(Values.text(core.stop.deadline)), every order canceled",
                ],
            word: portfolio, prompt: "Type the portfolio's id to trade it:",
            isGivenBeforehand: environment[variable] == portfolio && !portfolio.isEmpty, needsNoTyping: false,
            beforehand: environment[variable] == nil
                ? "live trading is confirmed at a terminal, or without one by \(variable)=<portfolio id> in the "
                    + "environment; nothing was started"
                : "\(variable) does not name the configured portfolio \(portfolio); nothing was started")
    }

    /// That orders of everybody on this account are canceled.
    static func sweepAll(_ configuration: Configuration, isGivenBeforehand: Bool) -> Confirmation {
        let place =
            configuration.mode == .live
            ? "of portfolio \(configuration.venue.portfolio ?? "") at \(configuration.venue.restURL)"
            : "in the paper book \(configuration.bookDirectory)"
        return Confirmation(
            summary: [
                "This cancels EVERY working order \(place):",
                "those of bot \(configuration.bot), of other bots, and those that people placed by hand.",
            ],
            word: "sweep all", prompt: "Type `sweep all` to do it:", isGivenBeforehand: isGivenBeforehand,
            needsNoTyping: true,
            beforehand:
                "--all cancels every order \(place), whoever placed it: confirm it at a terminal, or with "
                + "--yes; nothing was canceled")
    }
}
