// The deliveries of one sink: one on its way, the others behind it, oldest first.
//
// One that fails keeps no other back: it waits for its own next try, and the one that was tried least goes at once. If
// that fails, too, it is the sink that is dead, and all of them wait. Then the oldest begins again, so that a sink that
// comes back hears of things in their order.

import Storage
import Trading
import TradingDomain

struct SinkQueue: Sendable {
    struct Waiting: Sendable {
        var delivery: Delivery
        var attempts = 0
        var refusals = 0
        /// Not before this another try of it.
        var notBefore: MonotonicInstant?
    }
    struct Attempt: Sendable {
        let number: Int
        let id: String
        let since: MonotonicInstant
        /// Given up before it, which it says.
        let dropped: Int
        /// Sent only because another one failed.
        let isProbe: Bool
    }

    let settings: SinkSettings
    private(set) var waiting: [Waiting] = []
    private(set) var attempt: Attempt?
    /// Not before this anything.
    private var notBefore: MonotonicInstant?
    /// In a row, whichever alert it was.
    private var failures = 0
    /// The alert whose attempt failed, until another one is tried.
    private var doubt: String?
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
            if let index = index(of: attempt) {
                failed(index, attempt, "it did not answer", nil, at: now, &generator, &actions)
            }
        }
        while let index = waiting.firstIndex(where: {
            now.utc - $0.delivery.alert.at > AlertPlan.longestAge && $0.delivery.alert.id != attempt?.id
        }) {
            drop(index, "older than a day", at: now, &actions)
        }
    }

    /// What to send now.
    func next(at now: MonotonicInstant) -> Delivery? {
        guard let index = nextIndex(at: now) else { return nil }
        var delivery = waiting[index].delivery
        delivery.dropped = dropped
        return delivery
    }

    private func nextIndex(at now: MonotonicInstant) -> Int? {
        guard attempt == nil, notBefore.map({ now >= $0 }) ?? true else { return nil }
        let due = waiting.indices.filter { waiting[$0].notBefore.map { now >= $0 } ?? true }
        return doubt == nil ? due.first : due.min { waiting[$0].attempts < waiting[$1].attempts }
    }

    mutating func begin(_ number: Int, at now: MonotonicInstant) {
        guard let index = nextIndex(at: now) else { return }
        waiting[index].attempts += 1
        let id = waiting[index].delivery.alert.id
        attempt = Attempt(
            number: number, id: id, since: now, dropped: dropped, isProbe: doubt.map { $0 != id } ?? false)
    }

    mutating func answered(
        _ number: Int, _ answer: SinkAnswer, at now: Stamp, _ generator: inout SeededGenerator,
        _ actions: inout [AlertAction]
    ) {
        // One that was taken for hung has no more to say.
        guard let attempt, attempt.number == number, let index = index(of: attempt) else { return }
        self.attempt = nil
        switch answer {
        case .delivered(let words):
            usual = now.monotonic - attempt.since
            if failures > 0 {
                actions.append(.say(.info, "alert sink \(settings.name) takes alerts again"))
            }
            failures = 0
            hasFailed = false
            (notBefore, doubt) = (nil, nil)
            dropped -= attempt.dropped
            end(waiting.remove(at: index), .delivered, words, at: now, &actions)
        case .failed(let words, let retryAfter):
            failed(index, attempt, words, retryAfter, at: now, &generator, &actions)
        case .refused(let words):
            waiting[index].refusals += 1
            if waiting[index].refusals >= AlertPlan.refusalLimit {
                drop(index, "refused \(AlertPlan.refusalLimit) times: \(words)", at: now, &actions)
                failures = 0
                (notBefore, doubt) = (nil, nil)
            } else {
                failed(index, attempt, words, nil, at: now, &generator, &actions)
            }
        }
    }

    private func index(of attempt: Attempt) -> Int? {
        waiting.firstIndex { $0.delivery.alert.id == attempt.id }
    }

    var wakeAt: MonotonicInstant? {
        if let attempt { return attempt.since + settings.patience + Self.grace }
        let past = MonotonicInstant(nanoseconds: .min)
        guard let first = waiting.map({ $0.notBefore ?? past }).min() else { return nil }
        let due = max(first, notBefore ?? past)
        return due > past ? due : nil
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
        _ index: Int, _ attempt: Attempt, _ words: String, _ retryAfter: Duration?, at now: Stamp,
        _ generator: inout SeededGenerator,
        _ actions: inout [AlertAction]
    ) {
        failures += 1
        hasFailed = true
        usual = nil
        let pause =
            retryAfter.map { min($0, Self.longestWait) }
            ?? AlertPlan.backoff.delay(attempt: max(failures, waiting[index].attempts), &generator)
        waiting[index].notBefore = now.monotonic + pause
        // What the sink says of itself, and what befell two in a row, is about the sink.
        let isOfSink = attempt.isProbe || retryAfter != nil
        doubt = isOfSink ? nil : attempt.id
        if isOfSink {
            notBefore = now.monotonic + pause
            for index in waiting.indices { waiting[index].notBefore = nil }
        }
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
