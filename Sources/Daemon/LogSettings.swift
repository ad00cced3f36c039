// Where log lines go and in what form, and when a log file makes room for the next one.

import Trading
import TradingDomain

package struct LogSettings: Sendable, Equatable {
    package enum Format: String, Sendable, CaseIterable {
        /// For people on a terminal, JSON elsewhere.
        case auto
        /// JSON on a terminal, too.
        case json
        /// For people wherever stdout goes. The file is always JSON.
        case text
    }

    /// Nil for none.
    package var file: String?
    package var format: Format
    package var threshold: Notice.Level
    package var rotation: LogRotation

    package init(
        file: String?, format: Format = .auto, threshold: Notice.Level = .info,
        rotation: LogRotation = LogRotation()
    ) {
        self.file = file
        self.format = format
        self.threshold = threshold
        self.rotation = rotation
    }
}

package struct LogRotation: Sendable, Equatable {
    package var size: Int64 = 32 << 20
    /// Nil for as long as it has room.
    package var age: Duration?
    /// Old files beside the one that is written.
    package var keep = 5

    package init() {}
}
