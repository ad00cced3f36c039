// One line of the log, as a value, and the two ways in which it is written: for people and for machines.

import Trading
import TradingDomain

package struct LogLine: Equatable, Sendable {
    package var at: UTCInstant
    package var level: Notice.Level
    /// The stable name for machines.
    package var event: String
    package var message: String
    package var order: ClientOrderID?
    package var orders: [ClientOrderID]?

    package init(
        _ level: Notice.Level, _ event: String, _ message: String, order: ClientOrderID? = nil,
        orders: [ClientOrderID]? = nil, at: UTCInstant
    ) {
        self.orders = orders
        self.at = at
        self.level = level
        self.event = event
        self.message = message
        self.order = order
    }

    package init(_ notice: Notice, at: UTCInstant) {
        self.init(
            notice.level, notice.event, notice.message, order: notice.order, orders: notice.orders, at: at)
    }

    /// One JSON object, newline included.
    package func json() -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(message.utf8.count + 128)
        text += "{\"time\":\"\(at)\",\"level\":\"\(level.rawValue)\",\"event\":".utf8
        JSONText.append(event, to: &text)
        text += ",\"message\":".utf8
        JSONText.append(message, to: &text)
        if let order { text += ",\"order\":\"\(order)\"".utf8 }
        if let orders {
            text += ",\"orders\":[".utf8
            text += orders.map { "\"\($0)\"" }.joined(separator: ",").utf8
            text.append(UInt8(ascii: "]"))
        }
        text += "}\n".utf8
        return text
    }

    /// A line for people, newline included. The message stands in it as it is, except for what would steer a terminal: an
    /// exchange, a program or an operator may have written it.
    package func human(colours: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(message.utf8.count + 64)
        let (name, colour) = label
        text += at.milliseconds.utf8
        text.append(UInt8(ascii: " "))
        if colours { text += colour.utf8 }
        text += name.utf8
        if colours { text += "\u{1B}[0m".utf8 }
        text.append(UInt8(ascii: " "))
        text += VisibleText.line(message).utf8
        text.append(UInt8(ascii: "\n"))
        return text
    }

    /// The alert's one line on stderr.
    package func alert() -> [UInt8] {
        Array(VisibleText.line("ALERT \(event): \(message)").utf8) + [UInt8(ascii: "\n")]
    }

    private var label: (String, String) {
        switch level {
        case .debug: ("DEBUG", "\u{1B}[2m")
        case .info: ("INFO ", "\u{1B}[32m")
        case .warning: ("WARN ", "\u{1B}[33m")
        case .error: ("ERROR", "\u{1B}[31m")
        case .alert: ("ALERT", "\u{1B}[1;31m")
        }
    }
}

extension UTCInstant {
    /// ISO 8601 with three fractional digits always, so that columns stand still.
    fileprivate var milliseconds: String {
        let whole = UTCInstant(nanoseconds: nanoseconds - ((nanoseconds % 1_000_000) + 1_000_000) % 1_000_000)
        let text = whole.description
        return text.utf8.count == 20 ? text.dropLast() + ".000Z" : text
    }
}
