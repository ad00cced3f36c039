// How commands talk to a running bot: over the socket of its state directory.

import Control
import Daemon
import FoundationEssentials
import Glibc
import Trading
import TradingDomain

struct RunningDaemon {
    /// No daemon runs here, or it does not answer.
    static let unavailable: Int32 = 69
    /// It answers, and says no.
    static let refused: Int32 = 1

    let directory: String
    let client: ControlClient

    init(_ options: ConfigurationOptions) throws {
        directory = try options.load(onlyLooks: true).stateDirectory
        client = ControlClient(stateDirectory: directory)
    }

    /// Nil when none runs.
    func status() throws -> StatusView? {
        do throws(ControlClientError) {
            let reply = try client.get("/v1/status")
            guard reply.status == 200 else { throw .failed(Self.words(reply)) }
            return try Self.decode(StatusView.self, reply)
        } catch {
            if case .notRunning = error { return nil }
            throw Leave(Self.unavailable, error.description)
        }
    }

    /// - Throws: `Leave`, also when none runs.
    func universe() throws -> UniverseView {
        do throws(ControlClientError) {
            let reply = try client.get("/v1/universe")
            guard reply.status == 200 else { throw .failed(Self.words(reply)) }
            return try Self.decode(UniverseView.self, reply)
        } catch {
            throw Leave(Self.unavailable, error.description)
        }
    }

    /// Says a word; its answer in words.
    /// - Throws: `Leave`, with what was refused and what to do.
    func say(_ target: String, _ body: [UInt8] = []) throws -> String {
        let reply: ControlClient.Reply
        do throws(ControlClientError) {
            reply = try client.post(target, body)
        } catch {
            throw Leave(Self.unavailable, error.description)
        }
        guard reply.status == 200 else {
            throw Leave(reply.status >= 500 ? Self.unavailable : Self.refused, Self.words(reply))
        }
        return String(decoding: reply.body, as: UTF8.self)
    }

    /// As `say`, for words whose answer is one line.
    func tell(_ target: String, _ body: some Encodable) throws {
        let text = try say(target, try ControlJSON.bytes(body))
        let view = try? ControlJSON.decoder().decode(ControlRoutes.DoneView.self, from: Data(text.utf8))
        Output.line(view?.done ?? text)
    }

    func tell(_ target: String) throws { try tell(target, [String: String]()) }

    static func words(_ reply: ControlClient.Reply) -> String {
        guard let failure = try? JSONDecoder().decode(ControlFailure.self, from: Data(reply.body)) else {
            return "the daemon answered \(reply.status)"
        }
        return "\(failure.what); \(failure.todo)"
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ reply: ControlClient.Reply)
        throws(ControlClientError) -> Value
    {
        do {
            return try ControlJSON.decoder().decode(type, from: Data(reply.body))
        } catch {
            throw .failed("the daemon's answer can't be read (another version?): \(error)")
        }
    }

    // MARK: Waiting

    /// Looks until `isOver` says so, the process that was seen first is gone (nil), or the time is over (throws).
    func follow(_ first: StatusView, within limit: Duration, _ isOver: (StatusView) -> Bool) throws
        -> StatusView?
    {
        let end = realNow() + limit
        let showsProgress = isatty(2) == 1
        defer { if showsProgress { Output.progress(nil) } }
        var failures = 0
        while true {
            let now: StatusView?
            do {
                now = try status()
                failures = 0
            } catch {
                // One that is just ending may leave a question without its answer.
                failures += 1
                guard failures < 5 else { throw error }
                usleep(100_000)
                continue
            }
            guard let now, now.pid == first.pid else { return nil }
            if isOver(now) { return now }
            if showsProgress { Output.progress(now.words) }
            guard realNow() < end else {
                throw Leave(Trading.ExitCode.ordersRemain, "not done within \(limit): \(now.words)")
            }
            usleep(100_000)
        }
    }

    /// The report of the life that was seen; it is written before the socket goes.
    func report(of life: StatusView) -> ShutdownReport? {
        let stops = PastStops(stateDirectory: directory)
        for name in stops.names.prefix(5) {
            if let report = stops.report(name), report.pid == life.pid,
                report.epoch == life.core?.epoch ?? report.epoch
            {
                return report
            }
        }
        return nil
    }
}
