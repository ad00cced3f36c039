// What the benchmarks need beside the daemon itself; see Benchmarks/README.md. One JSON line each.

import Glibc
import WebTokens

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    switch arguments.first {
    case "stop" where arguments.count == 3:
        print(try BareStop.run(book: arguments[1], recording: arguments[2]))
    case "turn": print(try QuoteTurn.run())
    case "lease" where arguments.count == 3:
        guard let seconds = Int64(arguments[1]), let seed = UInt64(arguments[2]) else {
            throw Surprise("a lease in seconds, 0 for none, and a seed")
        }
        print(try LeaseDay.run(lease: seconds > 0 ? .seconds(seconds) : nil, seed: seed))
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
    case "load" where arguments.count == 5:
        guard let rate = Int64(arguments[3]), let seconds = Int64(arguments[4]) else {
            throw Surprise("a rate and seconds")
        }
        print(try Load.run(url: arguments[1], keyFile: arguments[2], rate: rate, seconds: seconds))
    default:
        print(
            "usage: trader247-bench stop BOOK RECORDING | turn | lease SECONDS SEED | wire-stop URL KEYFILE CONNECTIONS"
                + " | wire-latency ROUNDS ALGORITHM | load URL KEYFILE RATE SECONDS")
        exit(64)
    }
} catch {
    print("\(error)")
    exit(70)
}
