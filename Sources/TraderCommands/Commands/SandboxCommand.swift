import ArgumentParser
import CLinux
import Daemon
import Glibc
import Sandbox
import Trading
import TradingDomain
import WebTokens

struct SandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "An exchange on this machine that speaks Coinbase Advanced Trade.",
        discussion: """
            `trader247 sandbox keys` makes a key for a client; `trader247 sandbox --keys sandbox-key.json` serves \
            it. REST is under /api/v3/brokerage, WebSocket at /ws and /, the control plane under /_control. \
            Nothing is kept: a sandbox that ends has forgotten everything.
            """,
        subcommands: [Serve.self, Keys.self], defaultSubcommand: Serve.self)

    struct Serve: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve the sandbox until SIGTERM or Ctrl-C (the default).")

        @Option(help: "The port for REST and WebSocket; 0 for any that is free.")
        var port = 8247

        @Option(help: "The address to listen on.")
        var host = "127.0.0.1"

        @Option(
            parsing: .upToNextOption,
            help: ArgumentHelp("Key files of clients that may come.", valueName: "file"))
        var keys: [String] = []

        @Flag(help: "Ask nobody for a token.")
        var noAuth = false

        @Option(help: "Seeds the market and the ids.")
        var seed: UInt64 = 1

        @Option(help: "still or simulated.")
        var market = "simulated"

        @Option(
            parsing: .upToNextOption,
            help: ArgumentHelp(
                "What the account owns, e.g. USD=100000; repeat it.", valueName: "currency=amount"))
        var balance: [String] = []

        @Option(help: "From a request to its answer.")
        var latency = "0ms"

        @Option(help: "From an accepted cancel to its effect.")
        var cancelDelay = "5ms"

        @Option(help: "Requests at once / more per second, or none.")
        var rate = "none"

        @Option(help: "A list of orders shows no more open ones than these, the newest.")
        var openListLimit = 1_000

        @Option(help: ArgumentHelp("Serve TLS with this certificate chain (PEM).", valueName: "file"))
        var tlsCert: String?

        @Option(help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"))
        var tlsKey: String?

        func run() throws {
            cl_share_heap()
            let signals = cl_take_signals()
            let settings = try settings()
            let server: SandboxServer
            do {
                server = try SandboxServer.start(settings)
            } catch {
                throw Leave(Trading.ExitCode.configuration, "\(error)")
            }
            Output.line("listening \(server.url)")
            while signals >= 0 {
                _ = cl_wait_readable(signals, -1, -1)
                switch cl_next_signal(signals) {
                case SIGTERM, SIGINT, SIGQUIT, SIGHUP: return
                default: continue
                }
            }
            throw Leave(Trading.ExitCode.internalError, "the sandbox cannot wait for signals")
        }

        private func settings() throws -> SandboxSettings {
            var settings = SandboxSettings()
            guard let market = SandboxSettings.MarketKind(rawValue: market) else {
                throw ValidationError("--market is still or simulated, not '\(market)'")
            }
            guard (0...65_535).contains(port) else { throw ValidationError("--port is 0 to 65535") }
            settings.host = host
            settings.port = port
            settings.market = market
            settings.seed = seed
            settings.latency = try duration("--latency", latency)
            settings.cancelDelay = try duration("--cancel-delay", cancelDelay)
            settings.rateLimit = try rateLimit()
            guard (1...1_000_000).contains(openListLimit) else {
                throw ValidationError("--open-list-limit is 1 to 1000000")
            }
            settings.openListLimit = openListLimit
            for file in [tlsCert, tlsKey].compactMap({ $0 }) where !RegularFile.isPossible(file) {
                throw ValidationError("\(file) is not a file")
            }
            settings.certificateFile = tlsCert
            settings.privateKeyFile = tlsKey
            for text in balance {
                let parts = text.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, let amount = Quantity(String(parts[1])), !amount.isNegative else {
                    throw ValidationError("--balance wants CURRENCY=AMOUNT, not '\(text)'")
                }
                settings.balances[String(parts[0])] = amount
            }
            settings.clients = try clients()
            return settings
        }

        private func clients() throws -> [SandboxSettings.Client]? {
            if noAuth {
                guard keys.isEmpty else { throw ValidationError("--no-auth asks for no --keys") }
                return nil
            }
            guard !keys.isEmpty else {
                throw ValidationError(
                    "say who may come: --keys FILE (`trader247 sandbox keys` makes one), or --no-auth")
            }
            return try keys.map { path in
                do {
                    let file = try KeyFile(path: path)
                    return SandboxSettings.Client(name: file.name, key: file.key.verifyingKey)
                } catch {
                    throw Leave(Trading.ExitCode.configuration, "\(error)")
                }
            }
        }

        private func duration(_ name: String, _ text: String) throws -> Duration {
            guard let duration = Values.duration(text) else {
                throw ValidationError("\(name) wants a time like 5ms, not '\(text)'")
            }
            return duration
        }

        private func rateLimit() throws -> SandboxSettings.RateLimit? {
            if rate == "none" { return nil }
            let parts = rate.split(separator: "/").compactMap { Int($0) }
            guard parts.count == 2, (1...1_000_000).contains(parts[0]), (1...1_000_000).contains(parts[1])
            else {
                throw ValidationError("--rate wants BURST/PER_SECOND like 30/30, or none, not '\(rate)'")
            }
            return SandboxSettings.RateLimit(burst: parts[0], perSecond: parts[1])
        }
    }

    struct Keys: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a client's key, in the venue's own file format. The sandbox verifies with it.")

        @Option(help: ArgumentHelp("Where to write it; it must not exist.", valueName: "file"))
        var out = "sandbox-key.json"

        @Option(help: "es256 or ed25519.")
        var algorithm = "es256"

        func run() throws {
            let kind: TokenAlgorithm
            switch algorithm {
            case "es256": kind = .es256
            case "ed25519": kind = .edDSA
            default: throw ValidationError("--algorithm is es256 or ed25519, not '\(algorithm)'")
            }
            let name = "organizations/\(Self.uuid())/apiKeys/\(Self.uuid())"
            let secret = try Failure.naming {
                try SigningKey.generate(kind).privateKeyText
                    .split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
            }
            try write("{\"name\":\"\(name)\",\"privateKey\":\"\(secret)\"}\n")
            Output.line("wrote \(out): \(name)")
        }

        private func write(_ text: String) throws {
            let file = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard file >= 0 else {
                throw Leave(
                    Trading.ExitCode.configuration, "cannot write \(out): \(String(cString: strerror(errno)))"
                )
            }
            defer { close(file) }
            let bytes = Array(text.utf8)
            let problem = bytes.withUnsafeBytes { cl_write_all(file, $0.baseAddress, $0.count) }
            guard problem == 0 else {
                throw Leave(
                    Trading.ExitCode.configuration,
                    "cannot write \(out): \(String(cString: strerror(problem)))")
            }
        }

        private static func uuid() -> String {
            var random = SystemRandomNumberGenerator()
            let high = (random.next() & ~0xF000) | 0x4000
            let low = (random.next() >> 2) | (1 << 63)
            let digits = [high, low].map { value in
                let text = String(value, radix: 16)
                return String(repeating: "0", count: 16 - text.count) + text
            }.joined()
            var result = ""
            for (place, digit) in digits.enumerated() {
                if [8, 12, 16, 20].contains(place) { result.append("-") }
                result.append(digit)
            }
            return result
        }
    }
}
