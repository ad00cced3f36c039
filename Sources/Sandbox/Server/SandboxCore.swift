import CLinux
import ExchangeModel
import NIOCore
import TradingDomain

// One sandbox on its event loop: takes each request through journal, faults, limits and the venue, wakes the
// venue when something is due, and passes its news to the sockets. Never touched off that loop, which
// is why it needs no lock.

final class SandboxCore {
    let settings: SandboxSettings
    let loop: any EventLoop
    /// One for each portfolio of the account, the default one first. A key sees its own.
    private(set) var venues: [Venue]
    var portfolios = Portfolios()
    let authenticator: Authenticator
    var rate: RateMeter
    var faults = FaultDesk()
    var latency: LatencyTable
    var journal: RequestJournal
    private(set) lazy var feed = FeedHub(self)
    private var refusedSocket: FiredFaults?
    private var wake: Scheduled<Void>?
    private var wakeAt: UTCInstant?

    init(_ settings: SandboxSettings, on loop: any EventLoop) throws(EngineError) {
        self.settings = settings
        self.loop = loop
        venues = [try Venue(settings, clock: VenueClock(), generation: 1)]
        authenticator = Authenticator(settings.clients)
        rate = RateMeter(settings.rateLimit)
        latency = LatencyTable(settings.latency, seed: settings.seed)
        journal = RequestJournal(limit: settings.journalLimit)
    }

    /// That of the default portfolio, whose market everybody sees.
    var venue: Venue { venues[0] }

    static func now() -> MonotonicInstant { MonotonicInstant(nanoseconds: cl_boot_nanoseconds()) }

    // MARK: Requests

    /// Answers through `done`, once, now or later, on the loop.
    func serve(_ request: Request, _ done: @escaping (Delivery) -> Void) {
        let entry = journal.begin(request, utc: UTCInstant(nanoseconds: cl_utc_nanoseconds()))
        let finish: (Delivery) -> Void = { [self] delivery in
            if case .reply(let reply, _) = delivery {
                journal.end(entry, status: reply.status, at: Self.now())
            }
            done(delivery)
        }
        if request.path.hasPrefix(ControlPlane.prefix) {
            return finish(.reply(ControlPlane(core: self).answer(request), .whole))
        }
        let fired =
            refusedSocket
            ?? faults.fire(
                request.method, request.shortPath, query: request.query.text, now: request.arrivedAt)
        refusedSocket = nil
        if let action = fired.transport?.action { journal.mark(entry, action) }
        let half = latency.pick(request.method, request.shortPath) / 2
        later(half) { [self] in
            let delivery = process(request, fired)
            later(half) { finish(delivery) }
        }
    }

    /// Whether a request for a socket may become one. If not, the same request comes to `serve` next.
    func admitsSocket(_ path: Substring) -> Bool {
        let fired = faults.fire("GET", path, now: Self.now())
        guard let fault = fired.transport else { return true }
        // What changes only an answer has nothing to change here.
        guard !fault.processes else { return true }
        refusedSocket = fired
        return false
    }

    private func process(_ request: Request, _ fired: FiredFaults) -> Delivery {
        guard let fault = fired.transport else { return .reply(answer(request, fired), .whole) }
        return fault.delivery(instead: fault.processes ? answer(request, fired) : nil)
    }

    private func answer(_ request: Request, _ fired: FiredFaults) -> Reply {
        let withinLimit = rate.take(Self.now())
        var reply = withinLimit ? permitted(request, fired) : .tooManyRequests
        reply.headers += rate.headers
        return reply
    }

    private func permitted(_ request: Request, _ fired: FiredFaults) -> Reply {
        var portfolio = 0
        if !Route.isPublic(request.path) {
            let now = venue.clock.shown(venue.clock.now())
            guard let visitor = authenticator.visitor(request, now: now) else {
                return .text(401, "Unauthorized")
            }
            portfolio = portfolios.number(of: visitor)
        }
        let venue = venues[portfolio]
        guard let route = Route(request.method, request.path) else {
            return .notFound("there is no \(request.method) \(request.path)")
        }
        guard route.trades ? venue.permissions.canTrade : venue.permissions.canView || !route.views else {
            return .error(403, "PERMISSION_DENIED", "Missing required scopes")
        }
        return change(portfolio) { $0.answer(route, request, fired) }
    }

    // MARK: The venue

    /// Lets something be done with the venue; whatever came of it is told, and the next waking set.
    func change<Result>(_ portfolio: Int = 0, _ body: (inout Venue) -> Result) -> Result {
        let result = body(&venues[portfolio])
        let news = venues[portfolio].takeNews()
        if !news.isEmpty { feed.tell(news, of: portfolio) }
        setAlarm()
        return result
    }

    /// A further portfolio, with a book and a market of its own.
    /// - Throws: where its balances make no sense.
    func addPortfolio(_ name: String, balances: [String: Quantity]?) throws(EngineError) -> Int {
        let venue = try Venue(
            settings, clock: venues[0].clock, generation: venues[0].generation, portfolio: venues.count,
            balances: balances)
        venues.append(venue)
        portfolios.add(name)
        change(venues.count - 1) { $0.advance() }
        return venues.count - 1
    }

    /// Everything that happened in the book is forgotten.
    /// - Throws: what a start with these settings would; then nothing has changed.
    func reset() throws(EngineError) {
        venues = [try Venue(settings, clock: venue.clock, generation: venue.generation + 1)]
        portfolios = Portfolios()
        faults = FaultDesk()
        latency = LatencyTable(settings.latency, seed: settings.seed)
        rate = RateMeter(settings.rateLimit)
        feed.reset()
        change { $0.advance() }
    }

    func start() { change { $0.advance() } }

    func stop() {
        wake?.cancel()
        feed.stop()
    }

    private func setAlarm() {
        let due = venues.compactMap(\.nextDue).min()
        if due == wakeAt, wake != nil { return }
        wake?.cancel()
        wake = nil
        wakeAt = due
        guard let due else { return }
        let delay = max(.zero, due - venue.clock.now())
        wake = loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay.wholeNanoseconds)) { [weak self] in
            self?.wake = nil
            self?.wakeAt = nil
            self?.advanceAll()
        }
    }

    private func advanceAll() {
        for portfolio in venues.indices { change(portfolio) { $0.advance() } }
    }

    private func later(_ delay: Duration, _ body: @escaping () -> Void) {
        guard delay > .zero else { return body() }
        loop.assumeIsolated().scheduleTask(in: .nanoseconds(delay.wholeNanoseconds)) { body() }
    }
}
