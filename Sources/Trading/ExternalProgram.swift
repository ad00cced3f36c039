// One program at work, as the core knows it: a small state machine without a clock or a process.

import TradingDomain

struct ExternalProgram: Sendable {
    enum State: Equatable, Sendable {
        case off
        case running
        /// It was told to end, and has not yet.
        case ending
    }
    /// The view that it has not answered yet.
    struct Asked: Sendable {
        let n: Int64
        let until: MonotonicInstant
        let trigger: StrategyView.Trigger
        /// What wishes that follow from it rest on.
        let seen: DecisionView
        /// An order of the strategy was filled or ended since: what it wants is not what it would want now.
        var isOutdated = false
    }
    struct Failure: Equatable, Sendable {
        let what: String
        let at: UTCInstant
    }

    let rules: ExternalRules
    /// False in a life that nothing follows.
    let recordsMemory: Bool
    /// JSON.
    private(set) var memory: String?
    private(set) var state = State.off
    private(set) var run: Int64 = 0
    private(set) var pid: Int32?
    private(set) var startedAt: UTCInstant?
    private(set) var views: Int64 = 0
    private(set) var answers: Int64 = 0
    /// Whether the program that runs has answered yet.
    private(set) var hasAnswered = false
    /// Why it shall be shown a view as soon as it can be.
    private(set) var due: StrategyView.Trigger?
    private(set) var asked: Asked?
    /// Within the window.
    private(set) var failures: [MonotonicInstant] = []
    private(set) var lastFailure: Failure?
    /// Not before then.
    private(set) var restartAt: MonotonicInstant?
    /// Somebody was told of a failure and waits for better news.
    private(set) var isFailureTold = false

    init(_ rules: ExternalRules, memory: String?, recordsMemory: Bool) {
        self.rules = rules
        self.memory = memory
        self.recordsMemory = recordsMemory
    }

    /// A run of so many cycles waits for it: it is to be shown something, or has not answered.
    var isAwaited: Bool { asked != nil || (due != nil && restartAt == nil) }

    // MARK: Views

    /// A view is due. What happened to its orders matters more than time, and time more than a price.
    mutating func want(_ trigger: StrategyView.Trigger) {
        guard let due else {
            self.due = trigger
            return
        }
        switch (due, trigger) {
        case (.order, .cycle), (.order, .quote), (.cycle, .quote): return
        default: self.due = trigger
        }
    }

    /// The next view's number.
    mutating func ask(_ trigger: StrategyView.Trigger, _ seen: DecisionView, at now: MonotonicInstant)
        -> Int64
    {
        views += 1
        due = nil
        asked = Asked(
            n: views, until: now + rules.patience(isFirst: !hasAnswered), trigger: trigger, seen: seen)
        return views
    }

    mutating func outdate() { asked?.isOutdated = true }

    /// It was not our time that passed.
    mutating func forgive(until: MonotonicInstant) {
        guard let asked, asked.until < until else { return }
        self.asked = Asked(
            n: asked.n, until: until, trigger: asked.trigger, seen: asked.seen, isOutdated: asked.isOutdated)
    }

    /// - Returns: the view that this answers; nil where it was not asked.
    mutating func take(_ answer: ExternalAnswer) -> Asked? {
        guard let asked, asked.n == answer.n else { return nil }
        self.asked = nil
        answers += 1
        hasAnswered = true
        return asked
    }

    /// - Returns: the memory's text where it has changed and is to be recorded.
    mutating func remember(_ text: String?) -> String? {
        guard let text, text != memory else { return nil }
        memory = text
        return recordsMemory ? text : nil
    }

    // MARK: Its life

    mutating func start(at now: UTCInstant) {
        run += 1
        state = .running
        startedAt = now
        hasAnswered = false
        restartAt = nil
        pid = nil
        asked = nil
        if due == nil { due = .cycle }
    }

    mutating func started(pid: Int32) { self.pid = pid }

    mutating func end() {
        state = .ending
        asked = nil
    }

    mutating func ended() {
        state = .off
        asked = nil
        pid = nil
        startedAt = nil
    }

    /// - Returns: how many failures there are within the window.
    mutating func fail(_ what: String, at now: Stamp) -> Int {
        asked = nil
        due = nil
        isFailureTold = true
        lastFailure = Failure(what: what, at: now.utc)
        prune(at: now.monotonic)
        failures.append(now.monotonic)
        return failures.count
    }

    mutating func restart(at instant: MonotonicInstant) { restartAt = instant }

    /// Whether somebody waits to hear that it works again; asked once.
    mutating func takeRelief() -> Bool {
        defer { isFailureTold = false }
        return isFailureTold
    }

    /// An operator has looked: it begins anew.
    mutating func forgetFailures() {
        failures = []
        restartAt = nil
        isFailureTold = false
    }

    func failures(at now: MonotonicInstant) -> Int { failures.count { now - $0 < rules.window } }

    private mutating func prune(at now: MonotonicInstant) {
        failures.removeAll { now - $0 >= rules.window }
    }
}
