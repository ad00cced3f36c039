// What operators say: each word becomes a wish in the loop's inbox, and is answered when the core has decided and what
// it rests on is on disk.

import Daemon
import ForeignJSON
import FoundationEssentials
import Trading
import TradingDomain

extension ControlRoutes {
    var words: [ControlRoute] {
        [
            word("/v1/pause", PauseBody.self) { .pause(reduceOnly: $0.reduceOnly ?? false) },
            ControlRoute("POST", "/v1/resume") { request, answer in
                guard !HaltFile.exists(in: facts.stateDirectory) else {
                    return answer(
                        .failure(
                            409, "halt_file",
                            "the file \(HaltFile.path(in: facts.stateDirectory)) asks for a halt",
                            "remove it, then resume with confirm"))
                }
                say(request, ResumeBody.self, answer) { .resume(confirmed: $0.confirm ?? false) }
            },
            word("/v1/stop", EmptyBody.self) { _ in .stop },
            word("/v1/halt", HaltBody.self) {
                .halt(VisibleText.line(String(($0.reason ?? "").prefix(200))))
            },
            word("/v1/flatten", FlattenBody.self) { body throws(BadArgument) in .flatten(try body.order()) },
            word("/v1/sweep", EmptyBody.self) { _ in .sweep },
            word("/v1/strategy", StrategyBody.self) { body throws(BadArgument) in try body.order() },
            waiting("POST", "/v1/reload") { request, answer in
                do throws(BadArgument) {
                    _ = try Self.body(request, EmptyBody.self)
                } catch {
                    return answer(error.response)
                }
                reload(request.by, answer)
            },
        ]
    }

    private func word<Body: ControlBody>(
        _ path: String, _ type: Body.Type,
        _ word: @escaping @Sendable (Body) throws(BadArgument) -> OperatorWord
    ) -> ControlRoute {
        ControlRoute("POST", path) { request, answer in say(request, type, answer, word) }
    }

    private func say<Body: ControlBody>(
        _ request: ControlRequest, _ type: Body.Type, _ answer: @escaping @Sendable (ControlResponse) -> Void,
        _ word: (Body) throws(BadArgument) -> OperatorWord
    ) {
        do throws(BadArgument) {
            let wish = try word(try Self.body(request, type))
            desk.ask(wish, by: request.by) { answer(Self.response($0)) }
        } catch {
            answer(error.response)
        }
    }

    package static func response(_ outcome: ControlDesk.Outcome) -> ControlResponse {
        switch outcome {
        case .busy:
            .failure(503, "busy", "too many wishes wait already", "look at /v1/status, then try again")
        case .answered(.refused(let why, let todo), _): .failure(409, "refused", why, todo)
        case .answered(.done(let words), let isDurable):
            .json(
                DoneView(
                    done: isDurable
                        ? words : words + " NOT DURABLE: the store failed, so a restart forgets it",
                    durable: isDurable))
        }
    }

    package struct DoneView: Codable, Sendable {
        package var done: String
        package var durable: Bool
    }

    // MARK: Bodies

    private static func body<Body: ControlBody>(_ request: ControlRequest, _ type: Body.Type)
        throws(BadArgument) -> Body
    {
        let names = Body.keys.joined(separator: ", ")
        let todo = names.isEmpty ? "send no body, or {}" : "send a JSON object with \(names)"
        guard !request.body.isEmpty else { return Body() }
        do {
            let decoder = ControlJSON.decoder()
            let limits = JSONLimits(bytes: ControlConnection.bodyLimit)
            let given = try limits.decode([String: Anything].self, from: request.body, by: decoder).keys
            if let unknown = given.sorted().first(where: { !Body.keys.contains($0) }) {
                throw BadArgument("'\(VisibleText.line(String(unknown.prefix(32))))' is not known here", todo)
            }
            return try decoder.decode(Body.self, from: Data(request.body))
        } catch let error as BadArgument {
            throw error
        } catch let error as JSONError {
            throw BadArgument("the body is \(error)", todo)
        } catch {
            throw BadArgument("the body is not what this takes", todo)
        }
    }

    private struct Anything: Decodable { init(from decoder: any Decoder) throws {} }
}

/// What a request may say; every part may be left out.
private protocol ControlBody: Decodable, SendableMetatype {
    init()
    /// As they are written in JSON.
    static var keys: [String] { get }
}

private struct EmptyBody: ControlBody { static let keys: [String] = [] }
private struct PauseBody: ControlBody {
    static let keys = ["reduce_only"]
    var reduceOnly: Bool?
}
private struct ResumeBody: ControlBody {
    static let keys = ["confirm"]
    var confirm: Bool?
}
private struct HaltBody: ControlBody {
    static let keys = ["reason"]
    var reason: String?
}
private struct StrategyBody: ControlBody {
    static let keys = ["name", "word"]
    var name: String?
    var word: String?

    func order() throws(BadArgument) -> OperatorWord {
        let words = StrategyWord.allCases.map(\.rawValue).joined(separator: ", ")
        guard let name, !name.isEmpty, name.utf8.count <= 64, VisibleText.isPlain(name) else {
            throw BadArgument("name is the name of a strategy", "see strategies of /v1/status")
        }
        guard let word = word.flatMap({ StrategyWord(rawValue: $0) }) else {
            throw BadArgument("word is one of \(words)", "say what shall become of \(name)")
        }
        return .strategy(name: name, word)
    }
}
private struct FlattenBody: ControlBody {
    static let keys = ["slippage_bps", "timeout_s", "then"]
    var slippageBps: Int64?
    var timeoutS: Int64?
    var then: String?

    func order() throws(BadArgument) -> FlattenOrder {
        var order = FlattenOrder()
        if let slippageBps {
            guard FlattenOrder.slippages.contains(slippageBps) else {
                throw BadArgument("slippage_bps is a number from 1 to 2000", "50 is half a percent")
            }
            order.slippageBasisPoints = slippageBps
        }
        if let timeoutS {
            guard (1...3_600).contains(timeoutS) else {
                throw BadArgument("timeout_s is a number of seconds from 1 to 3600", "60 is usual")
            }
            order.timeout = .seconds(timeoutS)
        }
        if let then {
            guard let next = FlattenOrder.Next(rawValue: then) else {
                throw BadArgument("then is pause, stop or halt", "leave it out for pause")
            }
            order.next = next
        }
        return order
    }
}
