// An alert as each kind of sink wants it. What an exchange or a person wrote into it steers nothing: not a chat's
// mark-up, not a mail's headers.

import Daemon
import Trading
import TradingDomain

/// Whose alerts these are.
package struct AlertOrigin: Sendable, Equatable {
    package var bot: BotID
    package var mode: Mode
    package var host: String
    package var version: String

    package init(bot: BotID, mode: Mode, host: String, version: String) {
        self.bot = bot
        self.mode = mode
        self.host = host
        self.version = version
    }
}

package enum AlertText {
    /// Longer ones are cut: what is missing is in log and journal.
    private static let limit = 2_000

    /// For people, several lines.
    static func plain(_ delivery: Delivery, _ origin: AlertOrigin) -> String {
        let alert = delivery.alert
        var text = "\(headline(delivery, origin)): \(VisibleText.line(cut(alert.message)))"
        if delivery.suppressed > 0 {
            text += "\n(\(delivery.suppressed) more of the same since the last one)"
        }
        if delivery.dropped > 0 {
            text += "\n(\(delivery.dropped) alerts before this one were dropped; see `trader247 alerts list`)"
        }
        return text + "\n\(alert.at) on \(origin.host), id \(alert.id)"
    }

    static func headline(_ delivery: Delivery, _ origin: AlertOrigin) -> String {
        let mark =
            switch delivery.alert.level {
            case .alert: "ALERT"
            case .warning, .error: "WARNING"
            case .info, .debug: "info"
            }
        return "[\(origin.bot) \(origin.mode.rawValue)] \(mark) \(delivery.alert.name)"
    }

    /// What Slack and its kind take.
    static func slack(_ delivery: Delivery, _ origin: AlertOrigin) -> [UInt8] {
        var safe = ""
        for character in plain(delivery, origin) {
            switch character {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            default: safe.append(character)
            }
        }
        var bytes = Array(#"{"text":"#.utf8)
        JSONText.append(safe, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// One object for machines.
    static func json(_ delivery: Delivery, _ origin: AlertOrigin) -> [UInt8] {
        let alert = delivery.alert
        var bytes: [UInt8] = []
        func field(_ name: String, _ text: String) {
            bytes += (bytes.isEmpty ? "{\"\(name)\":" : ",\"\(name)\":").utf8
            JSONText.append(text, to: &bytes)
        }
        field("id", alert.id)
        field("event", AlertTopic.of(alert.name).rawValue)
        field("name", alert.name)
        field("level", alert.level.rawValue)
        field("message", cut(alert.message))
        field("at", "\(alert.at)")
        field("bot", "\(origin.bot)")
        field("mode", origin.mode.rawValue)
        field("host", origin.host)
        field("version", origin.version)
        bytes +=
            ",\"escalation\":\(delivery.isEscalation),\"suppressed\":\(delivery.suppressed),\"dropped\":\(delivery.dropped)}"
            .utf8
        return bytes
    }

    /// A whole message, ready for sendmail.
    static func mail(_ delivery: Delivery, _ origin: AlertOrigin, to: [String], from: String?) -> [UInt8] {
        var text = "To: \(to.joined(separator: ", "))\n"
        if let from { text += "From: \(from)\n" }
        text += "Subject: \(header(headline(delivery, origin)))\n"
        text += "Message-ID: <\(delivery.alert.id)@\(header(origin.host))>\n"
        text += "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
        text += "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
        return Array(text.utf8) + Array(plain(delivery, origin).utf8) + [UInt8(ascii: "\n")]
    }

    /// One line of plain characters.
    private static func header(_ text: String) -> String {
        String(
            decoding: text.utf8.map { $0 > 0x1F && $0 < 0x7F ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > limit else { return text }
        return String(text.prefix(limit)) + " … (cut)"
    }
}
