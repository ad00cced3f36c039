import ExchangeModel
import TradingDomain

// The fault plan in force: which rules apply to which call. It counts and draws, and never acts.

/// What befalls one call.
struct FiredFaults {
    /// The first rule that changes what comes over the wire.
    var transport: FaultRule?
    var cancelTwists: [CancelTwist] = []
    var batchRefusals: [FaultRule] = []
    var proofTokenRequired = false
    var pendingFor = Duration.zero
    var failsAccepted = false

    mutating func add(_ rule: FaultRule) {
        if rule.action.changesTransport {
            if transport == nil { transport = rule }
            return
        }
        var twist = CancelTwist()
        twist.every = rule.every ?? 2
        twist.named = Set(rule.orderIds ?? [])
        switch rule.action {
        case .partialCancelFailure:
            twist.failure = rule.failureReason
            twist.applied = rule.applied ?? false
            cancelTwists.append(twist)
        case .missingCancelResults:
            twist.missing = true
            twist.applied = rule.applied ?? true
            cancelTwists.append(twist)
        case .slowCancel:
            twist.delay = .milliseconds(rule.ms ?? 0)
            cancelTwists.append(twist)
        case .fillDuringCancel:
            twist.fillPermille = rule.permille ?? 0
            cancelTwists.append(twist)
        case .refuseBatch: batchRefusals.append(rule)
        case .pendingCreate: pendingFor = .milliseconds(rule.ms ?? 0)
        case .failAfterAccept: failsAccepted = true
        case .proofTokenRequired: proofTokenRequired = true
        default: break
        }
    }
}

struct FaultDesk {
    private struct Entry {
        let id: Int
        let rule: FaultRule
        let pattern: EndpointPattern
        let until: MonotonicInstant?
        var chance: SeededGenerator
        var calls = 0
        var fired = 0
    }

    private var entries: [Entry] = []
    private var lastID = 0

    var isEmpty: Bool { entries.isEmpty }

    /// - Returns: the rule's id.
    mutating func add(_ rule: FaultRule, now: MonotonicInstant) -> Int {
        guard let pattern = EndpointPattern(rule.endpoint) else { return 0 }
        lastID += 1
        entries.append(
            Entry(
                id: lastID, rule: rule, pattern: pattern,
                until: rule.durationMs.map { now + .milliseconds($0) },
                chance: SeededGenerator(seed: rule.seed ?? UInt64(lastID))))
        return lastID
    }

    mutating func removeAll() { entries = [] }

    mutating func remove(_ id: Int) -> Bool {
        let before = entries.count
        entries.removeAll { $0.id == id }
        return entries.count < before
    }

    mutating func fire(
        _ method: String, _ path: some StringProtocol, query: String = "", now: MonotonicInstant
    ) -> FiredFaults {
        var fired = FiredFaults()
        guard !entries.isEmpty else { return fired }
        for rule in rules(method, path, query, now, socket: false) { fired.add(rule) }
        return fired
    }

    /// The rule that befalls a message of a socket.
    mutating func fire(channel: StaticString, now: MonotonicInstant) -> FaultRule? {
        guard !entries.isEmpty else { return nil }
        return rules("WS", channel.description, "", now, socket: true).first
    }

    private mutating func rules(
        _ method: String, _ path: some StringProtocol, _ query: String, _ now: MonotonicInstant, socket: Bool
    ) -> [FaultRule] {
        var result: [FaultRule] = []
        for index in entries.indices {
            let entry = entries[index]
            guard entry.rule.action.isForSocket == socket, entry.pattern.matches(method, path) else {
                continue
            }
            if let text = entry.rule.query, query.firstRange(of: text) == nil { continue }
            if let until = entry.until, now >= until { continue }
            entries[index].calls += 1
            if let nth = entry.rule.nth, nth != entry.calls + 1 { continue }
            if let count = entry.rule.count, entry.fired >= count { continue }
            if let probability = entry.rule.probability {
                let drawn = entries[index].chance.below(1_000_000)
                guard drawn < Int64(probability * 1_000_000) else { continue }
            }
            entries[index].fired += 1
            result.append(entry.rule)
        }
        return result
    }

    func write(to json: inout JSONWriter) {
        json.array("faults") { json in
            for entry in entries {
                json.object { json in
                    json.number("id", entry.id)
                    json.field("endpoint", entry.rule.endpoint)
                    json.field("action", entry.rule.action.rawValue)
                    json.number("calls", entry.calls)
                    json.number("fired", entry.fired)
                }
            }
        }
    }
}
