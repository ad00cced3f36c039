// Health for those who can only run a program: a container's probes, a monitoring script. Asks over the socket of the
// state directory, so that nothing has to listen on a network.

import ArgumentParser
import Control
import FoundationEssentials

struct ProbeCommand: ParsableCommand {
    enum What: String, ExpressibleByArgument, CaseIterable {
        case livez, readyz, startupz
    }

    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract:
            "Ask whether the running bot is alive, ready or started; exit 0 for yes, 1 for no, 69 when none runs."
    )

    @Argument(help: "livez, readyz or startupz.")
    var what: What
    @OptionGroup var options: ConfigurationOptions

    private struct Health: Decodable {
        let ok: Bool
        let reasons: [String]
    }

    func run() throws {
        let daemon = try RunningDaemon(options)
        let reply: ControlClient.Reply
        do throws(ControlClientError) {
            reply = try daemon.client.get("/" + what.rawValue)
        } catch {
            throw Leave(RunningDaemon.unavailable, error.description)
        }
        let health = try? JSONDecoder().decode(Health.self, from: Data(reply.body))
        guard reply.status == 200 else {
            throw Leave(
                RunningDaemon.refused,
                "\(what.rawValue): " + (health?.reasons.joined(separator: "; ") ?? RunningDaemon.words(reply))
            )
        }
        Output.line("\(what.rawValue): ok")
    }
}
