// The configuration as operators and editors meet it: where values come from, the file that is written for them, the
// schema, and documentation that says the same as the binary.

import Foundation
import Testing

@Suite struct ConfigurationTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private func config(
        _ command: [String], _ yaml: String? = nil, _ environment: [String: String] = [:],
        in arena: Arena? = nil
    ) throws -> (ending: Ending, output: String, errors: String) {
        let arena = try arena ?? Arena()
        var arguments = ["config"] + command
        if let yaml {
            let path = arena.directory + "/desk.yaml"
            try yaml.write(toFile: path, atomically: true, encoding: .utf8)
            arguments += ["--config", path]
        }
        let result = try arena.trader247(arguments, environment: environment)
        return (
            result.ending, result.output.replacingOccurrences(of: arena.directory + "/", with: ""),
            result.errors.replacingOccurrences(of: arena.directory + "/", with: "")
        )
    }

    private static let desk = """
        bot: desk1
        interval: 2s
        risk:
          max_order_notional: 500
          max_daily_loss: 70
        profiles:
          paper:
            interval: 1s
            risk: {max_order_notional: 600}
          rehearsal:
            mode: dry-run
            strategies: []
          live:
            mode: live
        """

    // MARK: Where values come from

    @Test func showSaysWhereEachValueComesFrom() throws {
        let result = try config(
            ["show", "--set", "seed=7", "--state-dir", "/tmp/nowhere"], Self.desk,
            ["TRADER247_RISK_MAX_WORKING_ORDERS": "90"])
        #expect(result.ending == .exit(0))
        let rows = result.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        func row(_ key: String) -> String {
            rows.first { $0.first == key }?.dropFirst().joined(separator: " ") ?? ""
        }
        #expect(rows.first == ["profile", "paper,", "by", "mode", "paper"])
        #expect(row("bot") == "desk1 desk.yaml:1")
        #expect(row("interval") == "1s profile paper at desk.yaml:8")
        #expect(row("risk.max_order_notional") == "600 profile paper at desk.yaml:9")
        #expect(row("risk.max_daily_loss") == "70 desk.yaml:5")
        #expect(row("risk.max_working_orders") == "90 environment TRADER247_RISK_MAX_WORKING_ORDERS")
        #expect(row("seed") == "7 flag --set seed")
        #expect(row("paper.seed") == "7 as seed")
        #expect(row("state_dir") == "/tmp/nowhere flag --state-dir")
        #expect(row("log.file") == "/tmp/nowhere/logs/trader247.log default")
        #expect(row("jitter") == "0.1 default")

        let changed = try config(["show", "--changed"], Self.desk).output
        #expect(changed.contains("interval") && !changed.contains("jitter"))
    }

    @Test func showSaysTheSameToMachines() throws {
        let result = try config(["show", "--json", "--profile", "rehearsal"], Self.desk)
        let shown = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(shown?["profile"] as? String == "rehearsal")
        #expect(shown?["profile_by"] as? String == "command line")
        let settings = shown?["settings"] as? [[String: Any]] ?? []
        func setting(_ key: String) -> [String: Any] { settings.first { $0["key"] as? String == key } ?? [:] }
        let mode = setting("mode")["origin"] as? [String: String]
        #expect(setting("mode")["value"] as? String == "dry-run")
        #expect(mode == ["kind": "file", "place": "desk.yaml:11", "profile": "rehearsal"])
        #expect(setting("strategies")["value"] as? String == "none")
        #expect((setting("jitter")["origin"] as? [String: String]) == ["kind": "default"])
    }

    @Test func showNeverShowsASecret() throws {
        let secret = "T0PSECRETWORD"
        let yaml = """
            alerts:
              - {type: slack, url: "https://hooks.example.org/services/\(secret)"}
            """
        let environment = [
            "TRADER247_API_KEY_NAME": "organizations/\(secret)", "TRADER247_API_PRIVATE_KEY": secret,
        ]
        for more in [[], ["--json"]] {
            let result = try config(["show"] + more, yaml, environment)
            #expect(result.ending == .exit(0))
            #expect(result.output.contains("hooks.example.org"))
            #expect(result.output.contains("TRADER247_API_PRIVATE_KEY"))
            #expect(!(result.output + result.errors).contains(secret))
        }
    }

    // MARK: Mistakes

    /// None hides behind another one.
    @Test func everyMistakeOfAFileIsTold() throws {
        let result = try config(
            ["check"],
            """
            bot: desk
            interval: 5s
            intervall: 6s
            interval: soon
            "jitter": 9
            'jitter': 0.1
            risk: {max_daily_loss: 1, max_daily_loss: x, max_working_orders: none}
            risk:
              max_order_notional: -1
            strategies:
              - {type: grid, symbols: [BTCUSD, ETH-USD], levels: 0, levels: none, spacing: 3, budget: much}
              - {type: rebalance, symbols: [BTC-USD, ETHUSD], weights: [70, 60], band_percent: x}
              - {type: dca, amount: x, enabled: maybe}
            paper:
              products:
                - {symbol: BTCUSD, base_increment: 0}
                - {price_increment: x}
            alerts:
              - {level: loud, timeout: 1h}
              - {type: sendmail, to: nobody, from: somebody}
            profiles:
              paper:
                seed: 1
                seed: many
            """)
        #expect(result.ending == .exit(78))
        for part in [
            ":3: intervall: unknown key; did you mean interval?",
            ":4: interval: the key is there twice, first in line 2", ":4: interval: 'soon'",
            ":6: jitter: the key is there twice, first in line 5", ":5: jitter: '9' is not allowed",
            ":7: risk.max_daily_loss: the key is there twice, first in line 7",
            ":7: risk.max_daily_loss: 'x'", ":7: risk.max_working_orders: 'none'",
            ":8: risk: the key is there twice, first in line 7", ":9: risk.max_order_notional: '-1'",
            ":11: strategies[0].levels: the key is there twice", ":11: strategies[0].levels: 'none'",
            ":11: strategies[0].symbols: 'BTCUSD' is not a market",
            ":11: strategies[0].spacing: unknown key; did you mean spacing_bps?",
            ":11: strategies[0].budget: 'much'", ":12: strategies[1].symbols: 'ETHUSD'",
            ":12: strategies[1].weights: are more than 100 percent", ":12: strategies[1].band_percent: 'x'",
            ":13: strategies[2].symbols: is missing", ":13: strategies[2].amount: 'x'",
            ":13: strategies[2].enabled: 'maybe'", ":16: paper.products[0].symbol: must be a market",
            ":16: paper.products[0].base_increment: '0'", ":17: paper.products[1].symbol: is missing",
            ":17: paper.products[1].price_increment: 'x'", ":19: alerts[0].type: is missing",
            ":19: alerts[0].level: 'loud'", ":19: alerts[0].timeout: '1h'", ":20: alerts[1].to: must be",
            ":20: alerts[1].from: must be", ":24: profiles.paper.seed: the key is there twice",
            ":24: profiles.paper.seed: 'many'",
        ] { #expect(result.errors.contains(part), "\(part)\n\(result.errors)") }
        // Nothing is said of what stands in for a market that can't be read.
        for part in ["one currency", "weights: must", "X0-", "X1-", "X-X"] {
            #expect(!result.errors.contains(part), "\(part)\n\(result.errors)")
        }
    }

    // MARK: What is allowed and not meant

    @Test func whatCannotEarnOrIsNeverPlacedIsSaidWithNumbers() throws {
        let result = try config(
            ["check"],
            """
            strategies:
              - {type: grid, name: near, symbols: [BTC-USD], levels: 60, spacing_bps: 10, size_quote: 0.5}
              - {type: grid, name: large, symbols: [ETH-USD], spacing_bps: 81, size_quote: 30000, budget: 100}
              - {type: dca, symbols: [SOL-USD], max_daily_loss: 5000}
            risk: {max_order_notional: 20000, max_position_notional: 1000, max_working_orders_per_symbol: 80, price_collar_bps: 500}
            """)
        #expect(result.ending == .exit(0), "\(result.errors)")
        let warnings = result.output.split(separator: "\n").filter { $0.hasPrefix("warning: ") }
        for part in [
            "max_order_notional 20000 is above risk.max_position_notional 1000",
            "near: a round trip earns 10 bps (spacing_bps) and pays 80 bps in fees",
            "it loses 70 bps each time", "near: of 60 levels only 50 lie within risk.price_collar_bps 500",
            "near: it wants 100 orders in each market, risk.max_working_orders_per_symbol allows 80",
            "near: size_quote 0.5 is below the least order of BTC-USD",
            "large: budget 100 is below one order of 30000",
            "large: an order of 30000 is above risk.max_order_notional 20000",
            "large: its buys need 150000 USD, paper.balances has 100000",
            "dca: max_daily_loss 5000 is never reached",
        ] { #expect(warnings.contains { $0.contains(part) }, "\(part)\n\(result.output)") }
        #expect(!warnings.contains { $0.contains("large: a round trip") }, "\(result.output)")
    }

    /// What trades where nobody said anything can earn; a file that leaves a key out keeps its value.
    @Test func theDefaultsPayForTheirRoundTrip() throws {
        func warnings(_ yaml: String?) throws -> [String] {
            let result = try config(["check", "--json"], yaml)
            let shown = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            return try #require(shown?["warnings"] as? [String], "\(result.errors)")
        }
        #expect(try warnings(nil).isEmpty)
        let arena = try Arena()
        let made = try config(["init", arena.directory + "/new.yaml"], in: arena)
        #expect(made.ending == .exit(0), "\(made.errors)")
        let text = try String(contentsOfFile: arena.directory + "/new.yaml", encoding: .utf8)
        #expect(text.contains("#  spacing_bps: 100 "), "\(text)")
        #expect(!text.contains("]("), "links are for the documentation: \(text)")
        let old = try warnings("strategies: [{type: grid, symbols: [BTC-USD]}]")
        #expect(old.count == 1 && old[0].contains("earns 10 bps"), "\(old)")
    }

    // MARK: Profiles

    @Test func aProfileIsChosenByFlagOrEnvironmentOrMode() throws {
        func shown(_ arguments: [String], _ environment: [String: String] = [:]) throws -> String {
            try config(["check"] + arguments, Self.desk, environment).output
        }
        #expect(try shown([]).contains("interval: 1s\n"))
        #expect(try shown([], ["TRADER247_PROFILE": "rehearsal"]).contains("mode: dry-run\n"))
        let flag = try shown(["--profile", "paper"], ["TRADER247_PROFILE": "rehearsal"])
        #expect(flag.contains("mode: paper\n") && flag.contains("interval: 1s\n"))
        #expect(try shown(["--set", "mode=dry-run"]).contains("interval: 2s\n"), "none has that name")
        // The environment and flags go over it.
        #expect(try shown(["--set", "interval=9s"]).contains("interval: 9s\n"))
        #expect(try shown([], ["TRADER247_INTERVAL": "8s"]).contains("interval: 8s\n"))
    }

    /// A rehearsal that is asked for by name never trades with money.
    @Test func paperByNameIsPaper() throws {
        let yaml = "mode: live\nprofiles: {paper: {interval: 1s}}"
        #expect(try config(["check", "--profile", "paper"], yaml).output.contains("mode: paper\n"))
        let mixed = try config(["check", "--profile", "paper", "--set", "mode=dry-run"], yaml)
        #expect(mixed.ending == .exit(78))
        #expect(
            mixed.errors.contains("dry-run goes over the profile paper that was chosen (command line)"),
            "\(mixed.errors)")
        // And live needs to be written out.
        let live = try config(["check", "--profile", "live"], "profiles: {live: {interval: 1s}}")
        #expect(live.ending == .exit(78))
        #expect(live.errors.contains("the profile live was chosen: write `mode: live` into it"))
    }

    @Test func everyMistakeOfAProfileHasItsPlace() throws {
        let yaml = """
            interval: 2s
            profiles:
              paper:
                risk:
                  max_dayly_loss: 3
                log: {level: wanring}
              live:
                mode: papr
                strategies:
                  - {type: grid, symbols: [BTC-USD], levles: 3}
                alerts:
                  - {type: slak, url_file: /nowhere/that/is}
              dry-run: {mode: paper}
              Upper: {interval: 1s}
              flat: 3
            """
        let result = try config(["check"], yaml)
        #expect(result.ending == .exit(78))
        for words in [
            "desk.yaml:5: profiles.paper.risk.max_dayly_loss: unknown key; did you mean risk.max_daily_loss?",
            "desk.yaml:6: profiles.paper.log.level: 'wanring' is not allowed; allowed: debug, info, warning or "
                + "error; did you mean warning?",
            "desk.yaml:8: profiles.live.mode: 'papr' is not allowed",
            "desk.yaml:10: profiles.live.strategies[0].levles: unknown key; did you mean levels?",
            "desk.yaml:12: profiles.live.alerts[0].type: 'slak' is unknown",
            "did you mean slack?",
            "desk.yaml:13: profiles.dry-run.mode: the profile dry-run is for mode dry-run, not paper",
            "desk.yaml:14: profiles: 'Upper' is no name of a profile",
            "desk.yaml:15: profiles.flat: must be a table",
        ] { #expect(result.errors.contains(words), "missing: \(words)\n\(result.errors)") }
        let absent = try config(["check", "--profile", "papr"], Self.desk)
        #expect(
            absent.errors.contains(
                "command line: profile: there is no profile 'papr' in desk.yaml; did you mean paper?"))
        #expect(try config(["check", "--profile", "paper"]).errors.contains("needs a file with `profiles:`"))
        #expect(try config(["check"], "profiless: {}").errors.contains("did you mean profiles?"))
    }

    @Test func listsAreReplacedAndTablesMerged() throws {
        let yaml = """
            strategies: [{type: grid, symbols: [BTC-USD], name: top}]
            paper: {latency: 7ms, balances: {USD: 5}, maker_fee: 0.001}
            risk:
            profiles:
              paper:
                strategies: [{type: grid, symbols: [ETH-USD], name: mine}]
                paper: {balances: {USD: 9}}
                risk: {max_daily_loss: 3}
            """
        let output = try config(["check"], yaml).output
        for line in [
            "paper.latency: 7ms\n", "paper.balances: 9 USD\n", "paper.maker_fee: 0.001\n",
            "risk.max_daily_loss: 3\n", "'mine' on ETH-USD",
        ] { #expect(output.contains(line), "missing: \(line)") }
        #expect(!output.contains("'top'"))
    }

    // MARK: The file that is written

    /// Every key at its default: commented out it changes nothing, and neither does it when all is taken in.
    @Test func theWrittenFileIsTheDefaultsEitherWay() throws {
        let arena = try Arena()
        let path = arena.directory + "/desk.yaml"
        #expect(try arena.trader247(["config", "init", path]).ending == .exit(0))
        let defaults = try arena.trader247(["config", "check"]).output
        let commented = try arena.trader247(["config", "check", "--config", path])
        #expect(commented.ending == .exit(0) && commented.output == defaults, "\(commented.errors)")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        // `# ` is for people, `#` before anything else is a setting.
        let lines = text.components(separatedBy: "\n").map { line -> String in
            let indent = String(line.prefix { $0 == " " })
            let body = String(line.dropFirst(indent.count))
            guard body.hasPrefix("#") else { return line }
            let isForPeople = body.hasPrefix("# ") && !body.hasPrefix("#  ")
            return isForPeople ? line : indent + String(body.dropFirst())
        }
        let taken = lines.joined(separator: "\n")
        #expect(taken.contains("\ninterval: 5s\n") && taken.contains("\n  max_daily_loss: 1000\n"))
        try taken.write(toFile: path, atomically: true, encoding: .utf8)
        let whole = try arena.trader247(["config", "check", "--config", path])
        #expect(whole.ending == .exit(0), "\(whole.errors)")
        #expect(whole.output == defaults)
    }

    @Test func nothingIsOverwrittenUnasked() throws {
        let arena = try Arena()
        let path = arena.directory + "/mine.yaml"
        try "bot: mine".write(toFile: path, atomically: true, encoding: .utf8)
        let refused = try arena.trader247(["config", "init", path])
        #expect(refused.ending == .exit(78) && refused.errors.contains("is there already"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "bot: mine")
        #expect(try arena.trader247(["config", "init", path, "--force"]).ending == .exit(0))
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("#bot: t247"))
        #expect(try arena.trader247(["config", "init", "/nowhere/at/all.yaml"]).ending == .exit(78))
        #expect(try arena.trader247(["config", "init", "-", "--profile", "Not Good"]).ending == .exit(64))
    }

    @Test func profilesAreWrittenReadyToBeFilled() throws {
        let arena = try Arena()
        let path = arena.directory + "/desk.yaml"
        let names = ["dry-run", "paper", "live", "night"]
        let asked = names.flatMap { ["--profile", $0] }
        #expect(try arena.trader247(["config", "init", path] + asked).ending == .exit(0))
        for (name, mode) in zip(names, ["dry-run", "paper", "live", "paper"]) where name != "live" {
            let result = try arena.trader247(["config", "check", "--config", path, "--profile", name])
            #expect(result.ending == .exit(0), "\(name): \(result.errors)")
            #expect(result.output.contains("mode: \(mode)\n"))
        }
        // What live needs is for the operator to say.
        let live = try arena.trader247(["config", "check", "--config", path, "--profile", "live"])
        #expect(live.ending == .exit(78))
        #expect(live.errors.contains("exchange.portfolio"))
    }

    // MARK: The schema and the documentation

    @Test func theDocumentationsTablesAreTheCatalogue() throws {
        let docs = try String(contentsOfFile: Self.repository + "/docs/configuration.md", encoding: .utf8)
        let reference = try Arena().trader247(["config", "reference"]).output
        let parts = reference.components(separatedBy: "## ").dropFirst()
        #expect(parts.count >= 9)
        for part in parts {
            let title = part.prefix { $0 != "\n" }
            let table = part.dropFirst(title.count).trimmingCharacters(in: .newlines)
            #expect(
                docs.contains(table),
                "docs/configuration.md: the table '\(title)' should be that of `trader247 config reference`")
        }
        let alerts = try String(contentsOfFile: Self.repository + "/docs/alerts.md", encoding: .utf8)
        for field in ["type", "name", "url", "url_file", "secret_file", "ca_file", "to", "from", "level"] {
            #expect(alerts.contains("`\(field)`"))
        }
    }

    /// Every example of the documentation is valid, as Python's jsonschema sees it where that is installed.
    @Test func theSchemaTakesEveryExample() throws {
        let arena = try Arena()
        let schema = try arena.trader247(["config", "schema"]).output
        let file = arena.directory + "/schema.json"
        try schema.write(toFile: file, atomically: true, encoding: .utf8)
        let parsed = try JSONSerialization.jsonObject(with: Data(schema.utf8)) as? [String: Any]
        #expect(parsed?["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        // Whatever `config check` shows has a place in it.
        let parts = parsed?["$defs"] as? [String: [String: Any]] ?? [:]
        for line in try arena.trader247(["config", "check"]).output.split(separator: "\n") {
            let key = line.prefix { $0 != ":" }.split(separator: ".").map(String.init)
            guard key.count == 2 else { continue }
            let section = parts[key[0]]?["properties"] as? [String: Any]
            #expect(section?[key[1]] != nil, "the schema lacks \(key)")
        }
        let documents = try FileManager.default.contentsOfDirectory(atPath: Self.repository + "/docs")
            .filter { $0.hasSuffix(".md") }.sorted().map { Self.repository + "/docs/" + $0 }
        let good = arena.directory + "/config.yaml"
        let valid = try Arena.command(
            "/usr/bin/env",
            ["python3", Self.repository + "/Tests/Configuration/examples.py", file, good] + documents)
        // 3: nothing there to check with.
        guard valid.ending != .exit(3), valid.ending != .exit(127) else { return }
        #expect(valid.ending == .exit(0), "\(valid.output)\(valid.errors)")
        for wrong in [
            "intervall: 5s", "interval: 5", "risk: {max_daily_loss: -1}", "mode: real", "log: {level: loud}",
            "strategies: [{type: grid, symbols: [BTC-USD], levels: 0}]", "strategies: [{type: grid}]",
            "profiles: {paper: {intervall: 1s}}", "alerts: [{type: pigeon}]",
        ] {
            let path = arena.directory + "/wrong.yaml"
            try wrong.write(toFile: path, atomically: true, encoding: .utf8)
            let result = try Arena.command(
                "/usr/bin/env",
                ["python3", Self.repository + "/Tests/Configuration/examples.py", file, path])
            let seen = !result.output.contains("0 examples") || wrong.hasPrefix("intervall")
            #expect(result.ending == .exit(1) && seen, "\(wrong): \(result.output)\(result.errors)")
        }
    }

    // MARK: Words on the command line

    @Test func whatWasMistypedIsAnsweredWithWhatWasMeant() throws {
        let arena = try Arena()
        #expect(try arena.trader247(["stauts"]).errors.contains("Did you mean 'status'?"))
        #expect(try arena.trader247(["config", "chek"]).errors.contains("Did you mean 'check'?"))
        #expect(
            try arena.trader247(["run", "--intervall", "5s"]).errors.contains("Did you mean '--interval'?"))
        let set = try arena.trader247(["config", "check", "--set", "risk.max_dayly_loss=3"])
        #expect(set.errors.contains("did you mean risk.max_daily_loss?"), "\(set.errors)")
        let list = try arena.trader247(["config", "check", "--set", "strategies=x"])
        #expect(list.errors.contains("it can be set in the file only"))
        let variable = try arena.trader247(["config", "check"], environment: ["TRADER247_PROFIL": "x"])
        #expect(variable.errors.contains("did you mean TRADER247_PROFILE?"))
    }

    @Test func theVersionIsSaidEitherWay() throws {
        let arena = try Arena()
        let flag = try arena.trader247(["--version"])
        #expect(flag.ending == .exit(0) && flag.output.hasPrefix("trader247 "))
        #expect(try arena.trader247(["version"]).output == flag.output)
    }
}
