// What the benchmarks need beside the daemon itself; see Benchmarks/README.md. One JSON line each.

import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    switch arguments.first {
    case "stop" where arguments.count == 3:
        print(try BareStop.run(book: arguments[1], recording: arguments[2]))
    case "turn": print(try QuoteTurn.run())
    default:
        print("usage: trader247-bench stop BOOK RECORDING | turn")
        exit(64)
    }
} catch {
    print("\(error)")
    exit(70)
}
