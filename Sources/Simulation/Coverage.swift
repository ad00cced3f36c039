import Supervision
import Trading

// How often each kind of fault met each phase of a life. Counters only; nothing is judged by them.

package struct Coverage: Sendable {
    /// Where a life is: its lifecycle, or the phase of its stop. Gate and report end in the turn in which
    /// they begin, so nothing can happen between; settling runs beside canceling and is told apart by
    /// placements whose outcome is unknown.
    package enum Place: UInt8, CaseIterable, Sendable {
        case recovering, trading, halted, settle, cancel, verify, flush
        /// A process comes up; nothing runs and a guardian waits; nothing runs at all.
        case starting, pausing, down
        case afterCrash, exchangeOnly, beside

        init(_ role: CoreProcess.Role, _ status: CoreStatus) {
            switch role {
            case .trader: self.init(status)
            case .sweep(.afterCrash): self = .afterCrash
            case .sweep(.exchangeOnly): self = .exchangeOnly
            case .sweep(.besideTrader): self = .beside
            }
        }

        init(_ status: CoreStatus) {
            self =
                switch status.lifecycle {
                case .starting, .recovering: .recovering
                case .trading, .paused: .trading
                case .halted, .idle: .halted
                case .stopping, .ended:
                    switch status.phase {
                    case .gate, .settle, .cancel, nil: status.unknownPlacements > 0 ? .settle : .cancel
                    case .verify: .verify
                    case .flush, .report: .flush
                    }
                }
        }
    }

    private var counts = [Int](repeating: 0, count: FaultKind.allCases.count * Place.allCases.count)

    package init() {}

    mutating func note(_ kind: FaultKind, _ place: Place) {
        counts[Int(kind.rawValue) * Place.allCases.count + Int(place.rawValue)] += 1
    }

    package func count(_ kind: FaultKind, _ place: Place) -> Int {
        counts[Int(kind.rawValue) * Place.allCases.count + Int(place.rawValue)]
    }

    package func total(_ kind: FaultKind) -> Int { Place.allCases.reduce(0) { $0 + count(kind, $1) } }

    package mutating func add(_ other: Coverage) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// A table, and how many cells stayed empty that need not: `0`. Those that cannot be are `-`.
    package var table: String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        var text = padded("sometimes", 28)
        for place in Place.allCases { text += padded("\(place)", 13) }
        var (empty, possible) = (0, 0)
        for kind in FaultKind.allCases {
            text += "\n" + padded(kind.name, 28)
            for place in Place.allCases {
                let number = count(kind, place)
                let canBe = number > 0 || kind.canMeet(place)
                if canBe { possible += 1 }
                if canBe, number == 0 { empty += 1 }
                text += padded(!canBe ? "-" : "\(number)", 13)
            }
        }
        return text + "\ncells that stayed empty: \(empty) of \(possible)"
    }
}
