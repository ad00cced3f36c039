import Daemon
import Glibc
import TradingDomain

/// How far the backtests are: a bar on a terminal, a line at each tenth elsewhere.
struct BacktestProgress {
    private let rows: Int
    private let isTerminal = isatty(2) == 1
    private let startedAt = realNow()
    private var toldAt = realNow()
    private var toldTenth = 0

    init(rows: Int) { self.rows = rows }

    mutating func look(_ played: @autoclosure () -> Int) {
        let now = realNow()
        guard now - toldAt >= (isTerminal ? .milliseconds(200) : .seconds(1)) else { return }
        toldAt = now
        let played = played()
        let seconds = Self.seconds(now - startedAt)
        let rate = Double(played) / seconds
        let left = rate > 0 ? Double(rows - played) / rate : 0
        let percent = rows > 0 ? played * 100 / rows : 100
        let words = "\(percent) %  \(Self.grouped(Int(rate))) events/s  \(Int(left.rounded(.up))) s left"
        if isTerminal {
            let done = percent * 30 / 100
            let bar = String(repeating: "#", count: done) + String(repeating: ".", count: 30 - done)
            Output.progress("[\(bar)] \(words)")
        } else if percent / 10 > toldTenth {
            toldTenth = percent / 10
            Output.tell("backtest: \(words)")
        }
    }

    /// The last line, whatever was shown before.
    func end(reading: Duration) {
        if isTerminal { Output.progress(nil) }
        let seconds = Self.seconds(realNow() - startedAt)
        Output.tell(
            "backtest: \(Self.grouped(rows)) events in \(Self.text(seconds)) s, "
                + "\(Self.grouped(Int(Double(rows) / seconds))) events/s (reading the data: "
                + "\(Self.text(Self.seconds(reading))) s)")
    }

    private static func seconds(_ duration: Duration) -> Double {
        max(Double(duration.wholeNanoseconds) / 1e9, 1e-6)
    }

    /// Milliseconds are enough.
    private static func text(_ seconds: Double) -> String {
        let milliseconds = Int((seconds * 1_000).rounded())
        let rest = String(milliseconds % 1_000)
        return "\(milliseconds / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }

    static func grouped(_ number: Int) -> String {
        let digits = String(abs(number))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }
}
