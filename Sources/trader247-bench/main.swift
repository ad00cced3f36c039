// What the benchmarks need beside the daemon itself; see Benchmarks/README.md. One JSON line each.

import Glibc
import WebTokens

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    switch arguments.first {
    case "stop" where arguments.count == 3:
        print(try BareStop.run(book: arguments[1], recording: arguments[2]))
    case "turn": print(try QuoteTurn.run())
    case "wire-stop" where arguments.count == 4:
        guard let connections = Int(arguments[3]) else { throw Surprise("connections is a number") }
        print(
            try BareWire.run(
                BareWireSettings(url: arguments[1], keyFile: arguments[2], connections: connections)))
    case "wire-latency" where arguments.count == 3:
        guard let rounds = Int(arguments[1]), let algorithm = TokenAlgorithm(rawValue: arguments[2]) else {
            throw Surprise("a number of rounds, and ES256 or EdDSA")
        }
        print(try WireLatency.run(rounds: rounds, algorithm: algorithm))
    default:
        print(
            "usage: trader247-bench stop BOOK RECORDING | turn | wire-stop URL KEYFILE CONNECTIONS"
                + " | wire-latency ROUNDS ALGORITHM")
        exit(64)
    }
} catch {
    print("\(error)")
    exit(70)
}
