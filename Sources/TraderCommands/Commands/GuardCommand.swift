import ArgumentParser
import Supervision
import Trading

struct GuardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard", abstract: "Guard a trader that another process started, like a sidecar.",
        discussion: """
            For a second container that shares the state directory (same host, same user, same configuration and \
            key): when the trader and its own guardian are gone without a clean stop, it takes the bot's lock, \
            sweeps, and waits for the next life. Give the trader `guardian.lock_wait: 60s`, so that it waits for \
            such a sweep instead of refusing with 75.

            With a shared PID namespace a trader that hangs is killed; without one a hang is only alarmed, which it \
            says when it hears the first beat.
            """)

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Watch over the trader of this state directory.")
    var attach = false
    @Option(help: "paper or live, if the configuration does not say it.")
    var mode: String?

    func validate() throws {
        guard attach else {
            throw ValidationError("`run` has its own guardian; say --attach to guard another's")
        }
    }

    func run() throws {
        let source = try options.source([("mode", mode)])
        let (configuration, memory) = try configured(source)
        let program = try GuardianLaunch.program()
        var order = GuardianOrder()
        order.limits = GuardianLaunch.limits(configuration)
        order.accepted = try Failure.naming { try memory.sealed() }
        order.attachedTo = configuration.stateDirectory
        order.trader = [program]
        order.sweep = [program, "sweep"] + options.words + (mode.map { ["--mode", $0] } ?? [])
        try GuardianLaunch.become(order, program)
    }

    /// As the files say now, or, where they can't be used, as the state directory keeps the last life: somebody must be
    /// there to sweep it.
    private func configured(_ source: ConfigurationSource) throws -> (Configuration, AcceptedMemory) {
        do {
            let configuration = try source.load()
            return (configuration, AcceptedMemory(configuration.files.contents))
        } catch let refusal as Leave {
            let directory = source.stateDirectory
            guard case .life(let life) = KeptLife.read(in: directory) else { throw refusal }
            Output.complain(refusal.message ?? "the configuration is refused")
            Output.complain("guarding the last life (\(life.words)) as it was configured")
            let memory = try Failure.naming { try life.memory(stateDirectory: directory) }
            var kept = source
            kept.accepted = memory
            kept.isForSweep = true
            return (try kept.load(), memory)
        }
    }
}
