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
    /// In the schedule in hand.
    private var isMet = [Bool](repeating: false, count: FaultKind.allCases.count)
    private var isFelt = [Bool](repeating: false, count: FaultKind.allCases.count)
    /// Schedules in which each kind was met, and in which it changed anything.
    private(set) var met = [Int](repeating: 0, count: FaultKind.allCases.count)
    private(set) var felt = [Int](repeating: 0, count: FaultKind.allCases.count)
    private(set) var schedules = 0
    /// Schedules in which two of the gravest were felt, by their places among these.
    private var pairs = [Int](repeating: 0, count: Self.gravest.count * Self.gravest.count)

    static let gravest: [FaultKind] = [
        .hostLoss, .killBoth, .lostStore, .otherPortfolio, .spoiledConfiguration, .longRetryAfter, .lateOrder,
        .staleSize, .foreignFlood, .lyingFeed,
    ]

    package init() {}

    mutating func note(_ kind: FaultKind, _ place: Place) {
        counts[Int(kind.rawValue) * Place.allCases.count + Int(place.rawValue)] += 1
        isMet[Int(kind.rawValue)] = true
        if !kind.isFeltLater { isFelt[Int(kind.rawValue)] = true }
    }

    /// A fault that was there changes what somebody of ours sees.
    mutating func feel(_ kind: FaultKind) {
        isMet[Int(kind.rawValue)] = true
        isFelt[Int(kind.rawValue)] = true
    }

    mutating func endSchedule() {
        schedules += 1
        for index in isMet.indices {
            if isMet[index] { met[index] += 1 }
            if isFelt[index] { felt[index] += 1 }
        }
        for (row, first) in Self.gravest.enumerated() where isFelt[Int(first.rawValue)] {
            for (column, second) in Self.gravest.enumerated() where isFelt[Int(second.rawValue)] {
                pairs[row * Self.gravest.count + column] += 1
            }
        }
    }

    package func felt(_ kind: FaultKind) -> Int { felt[Int(kind.rawValue)] }

    package func count(_ kind: FaultKind, _ place: Place) -> Int {
        counts[Int(kind.rawValue) * Place.allCases.count + Int(place.rawValue)]
    }

    package func total(_ kind: FaultKind) -> Int { Place.allCases.reduce(0) { $0 + count(kind, $1) } }

    package mutating func add(_ other: Coverage) {
        for index in counts.indices { counts[index] += other.counts[index] }
        for index in met.indices {
            met[index] += other.met[index]
            felt[index] += other.felt[index]
        }
        for index in pairs.indices { pairs[index] += other.pairs[index] }
        schedules += other.schedules
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// In how many schedules each kind was met and felt; then the pairs of the gravest kinds.
    package var scheduleTable: String {
        var text = Self.padded("of \(schedules) schedules", 28) + Self.padded("met", 10) + "felt"
        var rare: [String] = []
        for kind in FaultKind.allCases {
            let (met, felt) = (met[Int(kind.rawValue)], felt[Int(kind.rawValue)])
            text += "\n" + Self.padded(kind.name, 28) + Self.padded("\(met)", 10) + "\(felt)"
            if felt * 100 < schedules { rare.append(kind.name) }
        }
        text +=
            "\nfelt in less than one schedule of a hundred: "
            + (rare.isEmpty ? "none" : rare.joined(separator: ", "))
        text += "\n\n" + Self.padded("both felt", 24)
        for kind in Self.gravest { text += Self.padded(String(kind.name.prefix(9)), 11) }
        for (row, kind) in Self.gravest.enumerated() {
            text += "\n" + Self.padded(kind.name, 24)
            for column in Self.gravest.indices {
                text += Self.padded("\(pairs[row * Self.gravest.count + column])", 11)
            }
        }
        return text
    }

    /// A table, and how many cells stayed empty that need not: `0`. Those that cannot be are `-`.
    package var table: String {
        let padded = Self.padded
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
