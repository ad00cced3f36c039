import ArgumentParser
import Coinbase
import Control
import Daemon
import Exchanges
import FoundationEssentials
import Trading
import WebTokens

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check everything that trading needs, and say what to do about it.",
        discussion: """
            Reads the configuration as `run` would, looks at this machine and asks the venue. It places and \
            cancels nothing, and may run beside a bot that trades.

            Exit code 0 unless a check failed: 78 if the configuration is at fault, else 70.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "dry-run, paper or live, if the configuration does not say it.")
    var mode: String?
    @Option(help: ArgumentHelp("As for run.", valueName: "feed"))
    var feed: String?
    @Flag(help: "Print JSON.")
    var json = false

    private struct Report: Encodable {
        let verdict: Finding.Verdict
        let exitCode: Int32
        let checks: [Finding]
    }

    func run() throws {
        var findings = Findings()
        if !json { findings.show = { Self.tell($0) } }
        if let configuration = try load(&findings) {
            Self.checkToken(configuration, &findings)
            HostChecks(configuration).run(&findings)
            Self.checkVenue(configuration, &findings)
        }
        if json {
            try Output.json(
                Report(verdict: findings.verdict, exitCode: findings.exitCode, checks: findings.all))
        }
        throw Leave(findings.exitCode)
    }

    private static func tell(_ finding: Finding) {
        let mark =
            switch finding.verdict {
            case .ok: "ok  "
            case .warn: "WARN"
            case .fail: "FAIL"
            }
        Output.line("\(mark)  \(finding.check): \(finding.detail)")
        if let advice = finding.advice { Output.line("      -> \(advice)") }
    }

    private func load(_ findings: inout Findings) throws -> Configuration? {
        do {
            let configuration = try options.load([("mode", mode), ("feed", feed)], onlyLooks: true)
            findings.note(
                .ok("configuration", "mode \(configuration.mode.rawValue), bot \(configuration.bot)"))
            for warning in StrategyAdvice(configuration).words {
                findings.note(.warn("strategies", warning, "change it, or know why not"))
            }
            for demand in configuration.unmetDemands {
                findings.note(
                    .fail("live", "\(demand)", "live trading is refused until then", isConfiguration: true))
            }
            return configuration
        } catch let leave as Leave {
            findings.note(
                .fail(
                    "configuration", leave.message ?? "it can't be read", "correct it, then ask again",
                    isConfiguration: true))
            return nil
        }
    }

    private static func checkToken(_ configuration: Configuration, _ findings: inout Findings) {
        guard configuration.control.listen != nil, let file = configuration.control.tokenFile else { return }
        do throws(ControlTokenError) {
            _ = try ControlToken(file: file)
            findings.note(.ok("control", "the token file \(file) can be used"))
        } catch {
            findings.note(
                .fail(
                    "control", error.description, "docs/operations.md, 'From another machine'",
                    isConfiguration: true))
        }
    }

    /// - Returns: nil when there is none; what is public can be asked all the same.
    private static func readKey(_ configuration: Configuration, _ findings: inout Findings) -> KeyFile? {
        do throws(KeyError) {
            let key = try configuration.key()
            findings.note(
                .ok(
                    "key", key == nil ? "none: prices only" : "\(configuration.credentials.words) can be read"
                ))
            return key
        } catch {
            findings.note(
                .fail(
                    "key", "\(error)", "docs/coinbase.md tells where a key comes from", isConfiguration: true)
            )
            return nil
        }
    }

    /// What only the venue can say, where one is configured.
    static func checkVenue(_ configuration: Configuration, _ findings: inout Findings) {
        guard configuration.mode == .live || configuration.feed == .coinbase else { return }
        let key = readKey(configuration, &findings)
        do throws(ExchangeError) {
            let symbols = Set(configuration.strategies.flatMap(\.symbols)).sorted()
            let probe = VenueProbe(
                try CoinbaseExchange(
                    configuration.openVenue, key: key, symbols: symbols, clock: SystemClock()))
            defer { probe.close() }
            VenueChecks(configuration, probe, hasKey: key != nil).run(&findings)
        } catch {
            findings.note(
                .fail("endpoint", "\(error)", "see exchange.* in the configuration", isConfiguration: true))
        }
    }
}
