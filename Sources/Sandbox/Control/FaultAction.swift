import TradingDomain

// What may go wrong on request. An action names its effect on one call, or on one message of a socket.

enum FaultAction: String, ControlWord, Sendable {
    // Calls that are not processed.
    /// An error of the server, `status` (503), with `html` as the edge's page.
    case status5xxBefore
    /// 401 in plain text, as throttling shows itself now and then.
    case unauthorized401
    /// 429 as `format` json or html, with Retry-After when `retry_after` (seconds) is given.
    case tooMany429
    case hangBefore
    case dropBefore
    /// A 307 to `location`.
    case redirect307

    // Calls that are processed, and whose answer is lost or changed.
    case status5xxAfter
    case hangAfter
    case dropAfter
    /// The head and half of the body, then nothing.
    case stallBody
    /// The head and half of the body, then the end of the connection.
    case truncate
    /// 200 with the edge's page. Not processed when `processed` is false.
    case html200

    // Cancels.
    /// Chosen ids are refused with `failure_reason`.
    case partialCancelFailure
    /// The results of chosen ids are missing.
    case missingCancelResults
    /// A whole batch is refused with 400 that has one of `order_ids`, or more ids than `more_than`; without both, any.
    case refuseBatch
    /// From accepted to canceled it takes `ms`.
    case slowCancel
    /// `permille` of the rest is filled between the two.
    case fillDuringCancel

    // Orders and lists.
    /// A new order says PENDING for `ms`.
    case pendingCreate
    /// A new order is accepted, and FAILED at once afterwards.
    case failAfterAccept
    /// Half of a list, called incomplete.
    case proofTokenRequired

    // Messages of a socket; `endpoint` is `WS *` or `WS user`.
    /// The message is lost, its number is used up.
    case wsGap
    /// Nothing more is sent on that socket for `ms`, or for good.
    case wsSilence
    case wsCloseClean
    /// The connection ends without a close frame.
    case wsCloseAbnormal

    var isForSocket: Bool {
        switch self {
        case .wsGap, .wsSilence, .wsCloseClean, .wsCloseAbnormal: true
        default: false
        }
    }

    var changesTransport: Bool {
        switch self {
        case .status5xxBefore, .unauthorized401, .tooMany429, .hangBefore, .dropBefore, .redirect307,
            .status5xxAfter, .hangAfter, .dropAfter, .stallBody, .truncate, .html200:
            true
        default: false
        }
    }
}

/// One line of a fault plan, as it comes in JSON.
struct FaultRule: ControlBody, Sendable {
    enum Format: String, ControlWord, Sendable { case json, html }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case endpoint, action, query, nth, probability, seed, count, durationMs
        // What only some actions know.
        case status, html, format, retryAfter, location, processed, failureReason, every, orderIds, applied
        case moreThan, ms, permille
    }

    /// `POST /orders`, `GET /orders/historical/*`, `WS user`, `*`.
    var endpoint: String
    var action: FaultAction
    /// Only calls whose query, as it was sent, has this text: look-ups and lists share a path.
    var query: String?
    /// Only on this matching call, from 1.
    var nth: Int?
    /// On so many of all matching calls, 0 to 1.
    var probability: Double?
    var seed: UInt64?
    /// At most so many times.
    var count: Int?
    /// Only so long from now on.
    var durationMs: Int64?

    var status: Int?
    var html: Bool?
    var format: Format?
    var retryAfter: Int?
    var location: String?
    var processed: Bool?
    var failureReason: String?
    var every: Int?
    /// Ids of the venue or of the client.
    var orderIds: [String]?
    var applied: Bool?
    var moreThan: Int?
    var ms: Int64?
    var permille: Int64?

    /// Nil when the rule makes sense; else what is wrong with it.
    var problem: String? {
        if let problem = VenueEndpoints.problem(endpoint) { return problem }
        if let problem = misplaced { return problem }
        if let key = given.first(where: { !action.members.contains($0) }) {
            let known = action.members.map { ControlMistake.snake($0.stringValue) }
            return "\(ControlMistake.snake(key.stringValue)) says nothing here; it takes "
                + (known.isEmpty ? "nothing of its own" : known.joined(separator: ", "))
        }
        if let probability, !(0...1).contains(probability) { return "probability is 0 to 1" }
        if let status, !(500...599).contains(status) { return "status is 500 to 599" }
        if let permille, !(0...1000).contains(permille) { return "permille is 0 to 1000" }
        if let nth, nth < 1 { return "nth counts from 1" }
        if let every, every < 1 { return "every counts from 1" }
        if let moreThan, moreThan < 0 { return "more_than is not negative" }
        if let retryAfter, !(0...86_400).contains(retryAfter) {
            return "retry_after is 0 to a day, in seconds"
        }
        if let ms, !(0...86_400_000).contains(ms) { return "ms is 0 to a day" }
        if let durationMs, !(0...86_400_000).contains(durationMs) { return "duration_ms is 0 to a day" }
        switch action {
        case .slowCancel, .pendingCreate: return ms == nil ? "\(action.rawValue) needs ms" : nil
        case .fillDuringCancel: return permille == nil ? "fillDuringCancel needs permille" : nil
        case .partialCancelFailure:
            return failureReason == nil ? "partialCancelFailure needs failure_reason" : nil
        default: return nil
        }
    }
}

extension FaultAction {
    /// What of a rule means something to it, beside where and how often.
    var members: [FaultRule.CodingKeys] {
        switch self {
        case .status5xxBefore, .status5xxAfter: [.status, .html]
        case .tooMany429: [.format, .retryAfter]
        case .redirect307: [.location]
        case .html200: [.processed]
        case .partialCancelFailure: [.failureReason, .every, .orderIds, .applied]
        case .missingCancelResults: [.every, .orderIds, .applied]
        case .refuseBatch: [.orderIds, .moreThan, .failureReason]
        case .slowCancel: [.ms, .every, .orderIds]
        case .fillDuringCancel: [.permille, .every, .orderIds]
        case .pendingCreate, .wsSilence: [.ms]
        case .unauthorized401, .hangBefore, .dropBefore, .hangAfter, .dropAfter, .stallBody, .truncate,
            .failAfterAccept, .proofTokenRequired, .wsGap, .wsCloseClean, .wsCloseAbnormal:
            []
        }
    }

    /// The only calls that it can befall; nil for one that befalls any request.
    fileprivate var calls: [(method: String, path: String)]? {
        switch self {
        case .partialCancelFailure, .missingCancelResults, .refuseBatch, .slowCancel, .fillDuringCancel:
            [("POST", "/orders/batch_cancel")]
        case .pendingCreate, .failAfterAccept: [("POST", "/orders")]
        case .proofTokenRequired: [("GET", "/orders/historical/batch"), ("GET", "/orders/historical/fills")]
        default: nil
        }
    }
}

extension FaultRule {
    /// What only some actions know, and this rule has.
    fileprivate var given: [CodingKeys] {
        let all: [(CodingKeys, Bool)] = [
            (.status, status != nil), (.html, html != nil), (.format, format != nil),
            (.retryAfter, retryAfter != nil), (.location, location != nil), (.processed, processed != nil),
            (.failureReason, failureReason != nil), (.every, every != nil), (.orderIds, orderIds != nil),
            (.applied, applied != nil), (.moreThan, moreThan != nil), (.ms, ms != nil),
            (.permille, permille != nil),
        ]
        return all.filter(\.1).map(\.0)
    }

    /// An endpoint at which its action never happens.
    fileprivate var misplaced: String? {
        let isSocket = endpoint.hasPrefix("WS ")
        if action.isForSocket, !isSocket, endpoint != "*" {
            return "\(action.rawValue) needs an endpoint like `WS *`"
        }
        if isSocket, !action.isForSocket {
            return "\(action.rawValue) befalls requests, not messages of a socket"
        }
        guard let calls = action.calls, let pattern = EndpointPattern(endpoint),
            !calls.contains(where: { pattern.matches($0.method, $0.path) })
        else { return nil }
        let names = calls.map { "\($0.method) \($0.path)" }.joined(separator: " or ")
        return "\(action.rawValue) befalls \(names) only"
    }
}
