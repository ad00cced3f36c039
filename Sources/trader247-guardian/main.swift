// The guardian's own small program: `trader247 run` becomes it before anything trades.

import Glibc
import Supervision

umask(0o077)
let (order, problem) = GuardianOrder.read(Array(CommandLine.arguments.dropFirst()))
guard let order else {
    Guardian.complain("started with \(problem), which it does not know; start `trader247 run` instead")
    exit(64)
}
if order.attachedTo != nil, let guardian = AttachedGuardian(order) { _exit(guardian.run()) }
guard let guardian = Guardian(order) else {
    Guardian.complain("cannot take over the signals: errno \(errno)")
    exit(70)
}
_exit(guardian.run())
