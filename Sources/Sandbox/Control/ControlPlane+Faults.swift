import NIOCore
import TradingDomain

// What goes wrong and when: the fault plan, latencies, the lag of lists, the venue's clock, what a key may do.

extension ControlPlane {
    /// One rule, or a list of them.
    private struct Rules: Decodable {
        var rules: [FaultRule]

        init(from decoder: any Decoder) throws {
            if var list = try? decoder.unkeyedContainer() {
                rules = []
                while !list.isAtEnd { rules.append(try list.decode(Strict<FaultRule>.self).body) }
            } else {
                rules = [try Strict<FaultRule>(from: decoder).body]
            }
        }
    }

    func addFaults(_ request: Request) throws(InvalidArgument) -> Reply {
        let rules = try read(Rules.self, request).rules
        for rule in rules {
            if let problem = rule.problem { throw InvalidArgument("\(rule.action.rawValue): \(problem)") }
        }
        let now = SandboxCore.now()
        let ids = rules.map { core.faults.add($0, now: now) }
        return .json { json in json.array("ids") { json in for id in ids { json.number(id) } } }
    }

    func removeFaults(_ request: Request) -> Reply {
        guard let text = request.query["id"] else {
            core.faults.removeAll()
            return Self.done
        }
        guard let id = Int(text), core.faults.remove(id) else { return .notFound("there is no rule \(text)") }
        return Self.done
    }

    private struct LatencyBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case endpoint, ms, us, jitterMs, jitterUs }
        var endpoint: String?
        var ms: Int64?
        var us: Int64?
        var jitterMs: Int64?
        var jitterUs: Int64?
    }

    func setLatency(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(LatencyBody.self, request)
        let most: Int64 = 600_000_000
        let latency = body.us ?? (body.ms ?? 0).clamped(to: 0...most / 1000) * 1000
        let jitter = body.jitterUs ?? (body.jitterMs ?? 0).clamped(to: 0...most / 1000) * 1000
        guard (0...most).contains(latency), (0...most).contains(jitter) else {
            throw InvalidArgument("a latency is 0 to ten minutes")
        }
        if let problem = VenueEndpoints.problem(body.endpoint ?? "*", sockets: false) {
            throw InvalidArgument(problem)
        }
        guard
            core.latency.set(
                body.endpoint ?? "*", .microseconds(latency), jitter: .microseconds(jitter))
        else { throw InvalidArgument("endpoint is `METHOD /path` or `*`") }
        return Self.done
    }

    private struct RateBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case burst, perSecond }
        var burst: Int?
        var perSecond: Int?
    }

    func setRate(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(RateBody.self, request)
        switch (body.burst, body.perSecond) {
        case (nil, nil): core.rate = RateMeter(nil)
        case (let burst?, let perSecond?)
        where (1...1_000_000).contains(burst) && (1...1_000_000).contains(perSecond):
            core.rate = RateMeter(SandboxSettings.RateLimit(burst: burst, perSecond: perSecond))
        default: throw InvalidArgument("burst and per_second are 1 to 1000000; without both, no limit")
        }
        return Self.done
    }

    func lag() -> Reply {
        let venue = account
        return .json { json in
            json.number("ms", venue.lag.lag.wholeMilliseconds)
            json.number("sizes_ms", venue.bends.sizes.lag.wholeMilliseconds)
            json.number("fills_ms", venue.bends.fillLag.wholeMilliseconds)
        }
    }

    private struct LagBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case ms, sizesMs, fillsMs }
        var ms: Int64?
        var sizesMs: Int64?
        var fillsMs: Int64?
    }

    func setLag(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(LagBody.self, request)
        for ms in [body.ms, body.sizesMs, body.fillsMs] where !(0...600_000).contains(ms ?? 0) {
            throw InvalidArgument("a lag is 0 to ten minutes")
        }
        change { venue in
            venue.advance()
            if let ms = body.ms { venue.lag.set(.milliseconds(ms), engine: venue.engine) }
            if let ms = body.sizesMs { venue.bends.set(sizeLag: .milliseconds(ms), engine: venue.engine) }
            if let ms = body.fillsMs { venue.bends.fillLag = .milliseconds(ms) }
        }
        return lag()
    }

    func clock() -> Reply {
        let clock = account.clock
        return .json { json in
            json.number("skew_ms", clock.skew.wholeMilliseconds)
            json.field("utc", clock.shown(clock.now()))
        }
    }

    private struct ClockBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case skewMs }
        var skewMs: Int64
    }

    func setClock(_ request: Request) throws(InvalidArgument) -> Reply {
        let skew = try body(ClockBody.self, request).skewMs
        guard (-86_400_000...86_400_000).contains(skew) else {
            throw InvalidArgument("skew_ms is at most a day")
        }
        // There is one clock, whoever asks.
        for number in core.venues.indices { core.change(number) { $0.clock.skew = .milliseconds(skew) } }
        return clock()
    }

    private struct PermissionsBody: ControlBody {
        enum CodingKeys: CodingKey, CaseIterable { case canView, canTrade, canTransfer }
        var canView: Bool?
        var canTrade: Bool?
        var canTransfer: Bool?
    }

    func setPermissions(_ request: Request) throws(InvalidArgument) -> Reply {
        let body = try body(PermissionsBody.self, request)
        change { venue in
            if let value = body.canView { venue.permissions.canView = value }
            if let value = body.canTrade { venue.permissions.canTrade = value }
            if let value = body.canTransfer { venue.permissions.canTransfer = value }
        }
        return account.answerPermissions()
    }
}
