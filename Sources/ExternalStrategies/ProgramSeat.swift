// The thread of one strategy's program: starts it, hands it its lines, takes what it says, ends it, and buries it.
// Nobody waits for this thread. It lives as long as the process, because the kernel kills a program with the thread that
// has started it: so none outlives us, however we end.

import CLinux
import Daemon
import Glibc
import Synchronization
import Trading
import TradingDomain

final class ProgramSeat: Sendable {
    private struct Shared: Sendable {
        var orders: [ExternalOrder] = []
        /// Shown a view whose answer is not reported yet.
        var isAsked = false
        /// The process group that is to be killed when we leave.
        var group: Int32?
        var isClosed = false
    }

    private let program: ProgramSettings
    private let environment: [String: String]
    private let isInStandingTime: Bool
    private let watch: StrategyWatch?
    private let now: @Sendable () -> Stamp
    private let write: @Sendable (LogLine) -> Void
    private let tell: @Sendable (ExternalReport) -> Void
    private let shared = Mutex(Shared())
    private let bell = Doorbell()

    init(
        _ program: ProgramSettings, environment: [String: String], isInStandingTime: Bool,
        watch: StrategyWatch?, now: @escaping @Sendable () -> Stamp,
        write: @escaping @Sendable (LogLine) -> Void, report: @escaping @Sendable (ExternalReport) -> Void
    ) {
        self.program = program
        self.environment = environment
        self.isInStandingTime = isInStandingTime
        self.watch = watch
        self.now = now
        self.write = write
        tell = report
    }

    // MARK: From other threads

    func take(_ order: ExternalOrder) {
        shared.withLock { shared in
            shared.orders.append(order)
            if case .tell = order.word { shared.isAsked = true }
        }
        bell.ring()
    }

    var isAsked: Bool { shared.withLock { $0.isAsked } }

    func close() {
        shared.withLock { shared in
            shared.isClosed = true
            if let group = shared.group { kill(-group, SIGKILL) }
        }
        bell.ring()
    }

    // MARK: The thread

    func run() {
        var talk = ProgramTalk(program.name, write)
        var process: ProgramProcess?
        while true {
            let orders = shared.withLock { shared in
                defer { shared.orders = [] }
                return shared.orders
            }
            for order in orders { obey(order, &process) }
            guard process != nil else {
                bell.wait(nil)
                continue
            }
            watch(&process, &talk)
        }
    }

    private func obey(_ order: ExternalOrder, _ process: inout ProgramProcess?) {
        switch order.word {
        case .start(let hello): start(order.run, hello, &process)
        case .tell(let view):
            // One that has ended in the meantime has been reported.
            guard process?.run == order.run, process?.isEnding == false else { return isAnswered() }
            process?.show(ProgramLines.view(view), n: view.n)
            if isInStandingTime { process?.answerBy = realNow() + view.patience }
        case .end:
            isAnswered()
            if process?.run == order.run { process?.end(at: realNow()) }
        }
    }

    private func start(_ run: Int64, _ hello: ExternalHello, _ process: inout ProgramProcess?) {
        guard process == nil, !shared.withLock({ $0.isClosed }) else {
            return report(run, .ended("it was not started: the one before still runs"))
        }
        do throws(ProgramMistake) {
            let started = try ProgramProcess(
                program, environment, run: run, isBounded: !isInStandingTime)
            // Whoever closes meanwhile has seen no group to kill.
            let isClosed = shared.withLock { shared in
                shared.group = started.pid
                return shared.isClosed
            }
            if isClosed { kill(-started.pid, SIGKILL) }
            process = started
            process?.show(introduction(hello), n: nil)
            report(run, .started(pid: started.pid))
        } catch {
            report(run, .ended("it could not be started: \(error)"))
        }
    }

    /// What it asked to be remembered may be what killed the life before.
    private func introduction(_ hello: ExternalHello) -> [UInt8] {
        watch?.beginsHandling(program.name)
        defer { watch?.endsHandling(program.name) }
        if let memory = hello.memory, ProgramLines.told(memory: memory) == nil {
            write(
                LogLine(
                    .alert, "memory-set-aside",
                    "\(program.name): what its program asked to be remembered is no JSON any more, and it is started without; "
                        + "what it asks to be remembered next replaces it", at: now().utc))
        }
        return ProgramLines.hello(hello, settings: program.settings)
    }

    /// Waits until something happens with the program, and sees to it.
    private func watch(_ process: inout ProgramProcess?, _ talk: inout ProgramTalk) {
        guard process != nil else { return }
        let hearing = process?.hearing(at: realNow())
        let again = hearing?.pause.map { realNow() + $0 }
        let moments = [process?.killAt, process?.answerBy, again].compactMap { $0 }
        let limit = moments.min().map { max(.zero, $0 - realNow()).wholeNanoseconds } ?? -1
        let descriptors = [
            bell.descriptor, hearing?.output ?? -1, hearing?.errors ?? -1, process?.ended ?? -1,
        ]
        let ready = cl_wait_program(descriptors, 4, process?.writable ?? -1, limit)
        if ready & 1 != 0 { cl_eventfd_clear(bell.descriptor) }
        if ready & 16 != 0 { process?.write() }
        if ready & 4 != 0 { process?.hear(&talk, at: now(), isLast: false) }
        if ready & 2 != 0 { listen(&process, &talk, isLast: false) }
        if ready & 8 != 0 { return bury(&process, &talk) }
        process?.killIfDue(at: realNow())
        if let by = process?.answerBy, realNow() >= by, let run = process?.run {
            process?.answerBy = nil
            fail(run, "it did not answer in time", &process)
        }
    }

    private func listen(_ process: inout ProgramProcess?, _ talk: inout ProgramTalk, isLast: Bool) {
        watch?.beginsHandling(program.name)
        defer { watch?.endsHandling(program.name) }
        guard let run = process?.run, let pieces = process?.read(at: realNow(), isLast: isLast) else {
            return
        }
        for piece in pieces {
            // What follows a mistake is not heard.
            guard process?.isEnding == false, process?.hasFailed == false else { return }
            switch piece {
            case .overlong:
                return fail(run, "it said a line of more than \(ProgramProcess.lineLimit) bytes", &process)
            case .line([]): continue
            case .line(let line):
                process?.chargeLine()
                do throws(ProgramMistake) {
                    switch try AnswerReader.read(line) {
                    case .log(let level, let text): talk.say(level, text, at: now())
                    case .answer(let answer):
                        guard process?.takeAnswer() == true else {
                            return fail(run, "it answered view \(answer.n), and none was asked", &process)
                        }
                        report(run, .answered(answer))
                    }
                } catch {
                    return fail(run, "it said \(error)", &process)
                }
            }
        }
        if process?.hasOverflowed == true {
            fail(run, "it said a line of more than \(ProgramProcess.lineLimit) bytes", &process)
        }
    }

    private func fail(_ run: Int64, _ what: String, _ process: inout ProgramProcess?) {
        process?.hasFailed = true
        report(run, .failed(what))
    }

    /// It has ended. What it still said is heard, what it has started is killed.
    private func bury(_ process: inout ProgramProcess?, _ talk: inout ProgramTalk) {
        listen(&process, &talk, isLast: true)
        process?.hear(&talk, at: now(), isLast: true)
        guard let ended = process else { return }
        process = nil
        kill(-ended.pid, SIGKILL)
        // Before its number can be another's.
        shared.withLock { $0.group = nil }
        let how = ended.bury()
        talk.tellDropped(at: now().utc)
        report(ended.run, .ended(how))
    }

    private func report(_ run: Int64, _ what: ExternalReport.What) {
        tell(ExternalReport(strategy: program.name, run: run, what: Self.plain(what)))
        // In this order: standing time goes on when nobody is asked and nothing waits.
        if case .started = what { return }
        isAnswered()
    }

    /// What a program had to say of itself goes into records, alerts and reports; it steers nothing there.
    private static func plain(_ what: ExternalReport.What) -> ExternalReport.What {
        switch what {
        case .failed(let words): .failed(VisibleText.line(words))
        case .ended(let words): .ended(VisibleText.line(words))
        case .started, .answered: what
        }
    }

    private func isAnswered() { shared.withLock { $0.isAsked = false } }
}
