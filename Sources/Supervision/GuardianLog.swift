// What the guardian says on stderr: lines for people on a terminal, JSON lines elsewhere, as the trader's own. A
// reader that is stuck keeps it from nothing: what can't be written within a tenth of a second is dropped.

import CLinux
import Glibc

struct GuardianLog {
    private let isForPeople = isatty(2) == 1

    func say(_ level: GuardianLevel, _ event: String, _ message: String) {
        let time = Self.time()
        let message = Self.plain(message)
        var text: String
        if isForPeople {
            text = "\(time) \(level == .alert ? "ALERT" : level.rawValue) guardian \(event): \(message)\n"
        } else {
            text = #"{"event":"\#(event)","level":"\#(level.rawValue)","logger":"guardian","message":""#
            for scalar in message.unicodeScalars {
                switch scalar {
                case "\"", "\\": text += "\\\(scalar)"
                default: text.unicodeScalars.append(scalar)
                }
            }
            text += "\",\"time\":\"\(time)\"}\n"
        }
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { cl_write_within(2, $0.baseAddress, $0.count, 100_000_000) }
    }

    /// What would steer a terminal, or turn a line round, is a space: a path may hold it. As `VisibleText` says, which is not
    /// at hand here.
    private static func plain(_ text: String) -> String {
        var plain = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: plain += " "
            default: plain.unicodeScalars.append(scalar)
            }
        }
        return plain
    }

    /// UTC, ISO 8601 with milliseconds.
    private static func time() -> String {
        let nanoseconds = cl_utc_nanoseconds()
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        let length = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let text = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let milliseconds = nanoseconds / 1_000_000 % 1_000
        let digits = "\(milliseconds)"
        return text + "." + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
    }
}
