// How an answer leaves: whole, in part, or not at all.

enum Delivery {
    case reply(Reply, Manner)
    /// Nothing comes, and the connection stays.
    case hang
    /// The connection ends without a word.
    case drop

    enum Manner {
        case whole
        /// Head and half of the body, then nothing.
        case stalled
        /// Head and half of the body, then the end of the connection.
        case truncated
    }
}

extension FaultRule {
    /// Whether the venue does what it was asked.
    var processes: Bool {
        switch action {
        case .status5xxAfter, .hangAfter, .dropAfter, .stallBody, .truncate: true
        case .html200: processed ?? true
        default: false
        }
    }

    /// What goes out in place of `reply`, which is nil when nothing was processed.
    func delivery(instead reply: Reply?) -> Delivery {
        switch action {
        case .status5xxBefore, .status5xxAfter: .reply(serverError, .whole)
        case .unauthorized401: .reply(.text(401, "Unauthorized"), .whole)
        case .tooMany429: .reply(tooMany, .whole)
        case .hangBefore, .hangAfter: .hang
        case .dropBefore, .dropAfter: .drop
        case .redirect307: .reply(redirect, .whole)
        case .stallBody: reply.map { .reply($0, .stalled) } ?? .hang
        case .truncate: reply.map { .reply($0, .truncated) } ?? .drop
        case .html200: .reply(.html(200, "One moment please"), .whole)
        default: reply.map { .reply($0, .whole) } ?? .hang
        }
    }

    private var serverError: Reply {
        let status = status ?? 503
        return html == true
            ? .html(status, "\(status) Service Unavailable")
            : .error(status, "INTERNAL", "something went wrong")
    }

    private var tooMany: Reply {
        var reply: Reply =
            format == .html ? .html(429, "429 Too Many Requests") : .tooManyRequests
        if let retryAfter { reply.headers.append(("Retry-After", String(retryAfter))) }
        return reply
    }

    private var redirect: Reply {
        var reply = Reply.html(307, "Temporary Redirect")
        reply.headers.append(("Location", location ?? "/elsewhere"))
        return reply
    }
}

extension Reply {
    static var tooManyRequests: Reply {
        .json(429) { json in
            json.array("errors") { json in
                json.object { json in
                    json.field("id", constant: "rate_limit_exceeded")
                    json.field("message", constant: "Too many requests")
                }
            }
        }
    }
}
