// People's lines on a terminal, and below them a progress line or a frame that is drawn in place.

import CLinux
import Synchronization
import TradingDomain

package final class TerminalSink: LogSink {
    private let descriptor: Int32
    /// Alerts go here, in the same order, when it is the same terminal; nil when stderr is elsewhere.
    private let alertDescriptor: Int32?
    private let colours: Bool
    /// What stands below the lines; only the writer's thread comes here.
    private let drawn = Mutex<TerminalFrame?>(nil)

    private static let eraseLine = "\r\u{1B}[K"
    private static let eraseRest = "\u{1B}[K"
    private static let eraseBelow = "\u{1B}[J"

    package init(descriptor: Int32, alertDescriptor: Int32?, colours: Bool) {
        self.descriptor = descriptor
        self.alertDescriptor = alertDescriptor
        self.colours = colours
    }

    package func write(_ items: [LogItem]) -> Bool {
        let columns = Self.columns(of: descriptor)
        var frame = drawn.withLock { $0 }
        let drawsInPlace = frame != nil || items.contains(where: \.isFrame)
        // To where the frame begins; each line then erases what it does not cover, so that nothing flickers.
        var text: [UInt8] = Array((frame.map { Self.up($0.rows(on: columns)) } ?? Self.eraseLine).utf8)
        for item in items {
            switch item {
            case .line, .dropped:
                guard let line = item.line else { continue }
                if line.level == .alert, let alertDescriptor {
                    if drawsInPlace { text += Self.eraseBelow.utf8 }
                    guard put(text) else { return false }
                    text = []
                    _ = line.alert().withUnsafeBytes {
                        cl_write_all(alertDescriptor, $0.baseAddress, $0.count)
                    }
                } else {
                    if drawsInPlace {
                        append(line.human(colours: colours).dropLast(), to: &text)
                    } else {
                        text += line.human(colours: colours)
                    }
                }
            case .progress(let progress):
                text += Self.eraseLine.utf8
                if let progress { text += VisibleText.line(progress).utf8 }
            case .frame(let next): frame = next
            case .settled(let last):
                for line in last.lines { append(line.text.utf8, to: &text) }
                frame = nil
            }
        }
        if let next = frame {
            // One that was made for another width would wrap: the next one comes in a moment.
            if columns > 0, next.columns > columns {
                frame = nil
            } else {
                for line in next.lines { append(line.text.utf8, to: &text) }
            }
        }
        if drawsInPlace { text += Self.eraseBelow.utf8 }
        let shown = frame
        drawn.withLock { $0 = shown }
        return put(text)
    }

    private func append(_ line: some Sequence<UInt8>, to text: inout [UInt8]) {
        text += line
        text += Self.eraseRest.utf8
        text.append(UInt8(ascii: "\n"))
    }

    private static func up(_ rows: Int) -> String { rows > 0 ? "\r\u{1B}[\(rows)A" : "\r" }

    /// 0 where the terminal does not know.
    private static func columns(of descriptor: Int32) -> Int {
        var (columns, rows): (Int32, Int32) = (0, 0)
        return cl_terminal_size(descriptor, &columns, &rows) == 0 ? Int(columns) : 0
    }

    private func put(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { cl_write_all(descriptor, $0.baseAddress, $0.count) } == 0
    }
}

extension LogItem {
    fileprivate var isFrame: Bool {
        switch self {
        case .frame, .settled: true
        case .line, .dropped, .progress: false
        }
    }
}
