// Gathers what the gates judge by: the journal of paper trading, the outbox, notes of drills, this machine and, where it
// is asked for, the venue.

import Analysis
import Daemon
import FoundationEssentials
import Storage
import Trading
import TradingDomain

struct GateKeeper {
    let configuration: Configuration
    /// The state directory of paper trading; nil where nobody named one.
    let paperDirectory: String?
    let now: UTCInstant

    init(_ configuration: Configuration, paperDirectory: String?, now: UTCInstant) {
        self.configuration = configuration
        let own = configuration.mode == .live ? nil : configuration.stateDirectory
        self.paperDirectory = paperDirectory ?? configuration.gates.paperStateDirectory ?? own
        self.now = now
    }

    /// From what lies on this machine's disks.
    func journalGates() throws -> [Gate] { try evidence().gates }

    private var directories: [String] {
        Set([configuration.stateDirectory] + (paperDirectory.map { [$0] } ?? [])).sorted()
    }

    private func evidence() throws -> GateEvidence {
        var evidence = GateEvidence(now: now, wantedDays: configuration.gates.days)
        if let paperDirectory {
            do throws(StoreError) {
                let reader = try StateReader(at: paperDirectory)
                let mode = try reader.mode()
                if mode == .paper {
                    try read(reader, into: &evidence)
                } else {
                    evidence.noJournal = "\(paperDirectory) is the state of \(mode.rawValue) trading"
                }
            } catch {
                guard case .notFound = error else { throw error }
                evidence.noJournal = error.description
            }
            evidence.isGuardedNow = Self.isGuarded(paperDirectory)
        } else {
            evidence.noJournal = "nobody said where it is"
        }
        evidence.sinks = configuration.alerts.map(\.name)
        for directory in directories { try readDrills(directory, into: &evidence) }
        return evidence
    }

    private func read(_ reader: StateReader, into evidence: inout GateEvidence) throws(StoreError) {
        // Lives and stops count that are older than the window: ten clean ones may take longer.
        let turns = try reader.lifeTurns(since: UTCInstant(seconds: 0))
        evidence.lives = LifeTold.all(turns, lastRows: try reader.lastRows())
        for turn in turns {
            for record in turn.records {
                switch record {
                case .halted(let halt):
                    evidence.halts.append(.init(halt, seq: turn.seq))
                case .resumed(let at):
                    for index in evidence.halts.indices where evidence.halts[index].resumedAt == nil {
                        evidence.halts[index].resumedAt = at
                    }
                default: break
                }
            }
        }
    }

    private func readDrills(_ directory: String, into evidence: inout GateEvidence) throws {
        let notes = DrillNotes(stateDirectory: directory)
        if let test = notes.alertTest {
            evidence.deliveries += test.sinks.map {
                .init(name: $0.sink, isTaken: $0.taken, at: test.at, words: $0.answer)
            }
        }
        if let reader = try? StateReader(at: directory), let outbox = try? reader.outbox() {
            for entry in outbox.entries {
                evidence.deliveries += entry.deliveries.filter { $0.state != .unwanted }.map {
                    .init(name: $0.sink, isTaken: $0.state == .delivered, at: $0.at, words: $0.words)
                }
            }
        }
        if let backup = notes.backup, FileManager.default.fileExists(atPath: backup.path),
            backup.at > evidence.lastBackup?.at ?? UTCInstant(nanoseconds: .min)
        {
            evidence.lastBackup = (backup.path, backup.at)
        }
    }

    /// Nil where no bot runs.
    private static func isGuarded(_ directory: String) -> Bool? {
        guard let trader = HostChecks.holder(Locks.traderPath(in: directory)),
            let instance = HostChecks.holder(Locks.instancePath(in: directory))
        else { return nil }
        return trader.pid != instance.pid
    }

    // MARK: Gates that the doctor's checks answer

    /// Whether the configuration, or what it would be with `mode: live`, may trade live.
    func configurationGate(_ source: ConfigurationSource) -> Gate {
        var mistakes: [String] = []
        do {
            var live = source
            live.onlyLooks = true
            if configuration.mode != .live {
                live.flags.append(ConfigurationFlag(key: "mode", text: Mode.live.rawValue, name: "--mode"))
            }
            mistakes = try live.load().unmetDemands.map { "\($0)" }
        } catch let leave as Leave {
            mistakes = [leave.message ?? "it can't be read"]
        } catch {
            mistakes = ["\(error)"]
        }
        guard mistakes.isEmpty else {
            return Gate(
                "configuration", .open, mistakes.joined(separator: "; "),
                todo: "correct it: docs/coinbase.md, then `trader247 doctor`")
        }
        return Gate("configuration", .passed, "it is complete for live trading")
    }

    /// What the doctor says of one check.
    static func gate(_ name: String, _ check: String, of findings: [Finding], otherwise: String) -> Gate {
        let about = findings.filter { $0.check == check }
        guard
            let worst = about.first(where: { $0.verdict == .fail }) ?? about.first(where: {
                $0.verdict == .warn
            })
                ?? about.first
        else {
            return Gate(
                name, .unknown, otherwise, todo: "`trader247 doctor` with the live configuration says more")
        }
        return Gate(
            name, worst.verdict == .ok ? .passed : .open, worst.detail,
            todo: worst.verdict == .ok ? nil : worst.advice)
    }
}
