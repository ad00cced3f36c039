// The deliveries of one sink: one on its way, the others behind it, oldest first.

import Storage
import Trading
import TradingDomain

struct SinkQueue: Sendable {
    struct Waiting: Sendable {
        var delivery: Delivery
        var attempts = 0
        var refusals = 0
    }
    struct Attempt: Sendable {
        let number: Int
        let id: String
        let since: MonotonicInstant
        /// Given up before it, which it says.
        let dropped: Int
    }

    let settings: SinkSettings
    private(set) var waiting: [Waiting] = []
    private(set) var attempt: Attempt?
    private var notBefore: MonotonicInstant?
    private var failures = 0
    /// Given up since it last took one.
    private var dropped = 0
    /// What its last delivery took; nil until it took one, and after one that failed.
    private var usual: Duration?
    private var hasFailed = false

    /// After its own patience a sink has answered, or is taken for hung.
    private static let grace: Duration = .seconds(1)
    private static let longestWait: Duration = .seconds(600)
    /// What an end waits at most for a sink that answers.
    static let longestHope: Duration = .milliseconds(400)

    init(_ settings: SinkSettings) { self.settings = settings }

    mutating func append(_ delivery: Delivery, at now: Stamp, _ actions: inout [AlertAction]) {
        waiting.append(Waiting(delivery: delivery))
        guard waiting.count > AlertPlan.queueLimit else { return }
        // The oldest that is not on its way.
        let index = waiting.firstIndex { $0.delivery.alert.id != attempt?.id } ?? 0
        drop(index, "more than \(AlertPlan.queueLimit) waited", at: now, &actions)
    }

    mutating func giveUpOld(
        at now: Stamp, _ generator: inout SeededGenerator, _ actions: inout [AlertAction]
    ) {
        if let attempt, now.monotonic - attempt.since >= settings.patience + Self.grace {
            self.attempt = nil
            failed("it did not answer", nil, at: now, &generator, &actions)
        }
        while let first = waiting.first, attempt == nil,
            now.utc - first.delivery.alert.at > AlertPlan.longestAge
        {
            drop(0, "older than a day", at: now, &actions)
        }
    }

    /// What to send now.
    func next(at now: MonotonicInstant) -> Delivery? {
        guard attempt == nil, notBefore.map({ now >= $0 }) ?? true, var delivery = waiting.first?.delivery
        else { return nil }
        delivery.dropped = dropped
        return delivery
    }

    mutating func begin(_ number: Int, at now: MonotonicInstant) {
        guard !waiting.isEmpty else { return }
        waiting[0].attempts += 1
        attempt = Attempt(number: number, id: waiting[0].delivery.alert.id, since: now, dropped: dropped)
    }

    mutating func answered(
        _ number: Int, _ answer: SinkAnswer, at now: Stamp, _ generator: inout SeededGenerator,
        _ actions: inout [AlertAction]
    ) {
        // One that was taken for hung has no more to say.
        guard let attempt, attempt.number == number, let first = waiting.first else { return }
        self.attempt = nil
        switch answer {
        case .delivered(let words):
            usual = now.monotonic - attempt.since
            if failures > 0 {
                actions.append(.say(.info, "alert sink \(settings.name) takes alerts again"))
            }
            failures = 0
            hasFailed = false
            notBefore = nil
            dropped -= attempt.dropped
            waiting.removeFirst()
            end(first, .delivered, words, at: now, &actions)
        case .failed(let words, let retryAfter): failed(words, retryAfter, at: now, &generator, &actions)
        case .refused(let words):
            waiting[0].refusals += 1
            if waiting[0].refusals >= AlertPlan.refusalLimit {
                drop(0, "refused \(AlertPlan.refusalLimit) times: \(words)", at: now, &actions)
                failures = 0
                notBefore = nil
            } else {
                failed(words, nil, at: now, &generator, &actions)
            }
        }
    }

    var wakeAt: MonotonicInstant? {
        if let attempt { return attempt.since + settings.patience + Self.grace }
        guard !waiting.isEmpty else { return nil }
        return notBefore
    }

    /// Until when an answer can be hoped for.
    func hope(at now: MonotonicInstant, hasTime: Bool) -> MonotonicInstant? {
        guard !waiting.isEmpty, !hasFailed else { return nil }
        let since = attempt?.since ?? now
        guard let usual else { return hasTime && attempt != nil ? since + .seconds(1) : nil }
        // Those behind it take as long again.
        let all = (usual * 3 + .milliseconds(30)) * min(waiting.count, 4)
        return since + min(all, Self.longestHope)
    }

    // MARK: Ends

    private mutating func failed(
        _ words: String, _ retryAfter: Duration?, at now: Stamp, _ generator: inout SeededGenerator,
        _ actions: inout [AlertAction]
    ) {
        failures += 1
        hasFailed = true
        usual = nil
        notBefore =
            now.monotonic
            + (retryAfter.map { min($0, Self.longestWait) }
                ?? AlertPlan.backoff.delay(attempt: failures, &generator))
        if failures == 1 {
            actions.append(
                .say(.warning, "alert sink \(settings.name) (\(settings.place)) failed: \(words); trying on"))
        }
    }

    private mutating func drop(
        _ index: Int, _ words: String, at now: Stamp, _ actions: inout [AlertAction]
    ) {
        dropped += 1
        let gone = waiting.remove(at: index)
        end(gone, .dropped, words, at: now, &actions)
        actions.append(
            .say(.error, "alert \(gone.delivery.alert.id) was given up at sink \(settings.name): \(words)"))
    }

    private func end(
        _ gone: Waiting, _ state: DeliveryState, _ words: String, at now: Stamp,
        _ actions: inout [AlertAction]
    ) {
        actions.append(
            .mark(
                .ended(
                    id: gone.delivery.alert.id, sink: settings.name, state, attempts: gone.attempts,
                    at: now.utc, words: words)))
    }
}
