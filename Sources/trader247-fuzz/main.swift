// Feeds the adapter's decoders, the readers of programs' answers, the sandbox and the control API with millions of damaged
// bodies, requests and frames. Every input follows from the seed and its number, so
// that one that breaks something can be made again.
//
//     trader247-fuzz [--inputs N] [--seed S] [--from N] [--threads N] [folder of recorded bodies]

import FoundationEssentials
import Glibc

struct Options: Sendable {
    var inputs: UInt64 = 1_000_000
    var seed: UInt64 = 1
    var from: UInt64 = 0
    var threads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    var folder: String?

    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if !argument.hasPrefix("--") {
                guard folder == nil else { return nil }
                folder = argument
                continue
            }
            guard let text = rest.popFirst(), let value = UInt64(text) else { return nil }
            switch argument {
            case "--inputs": inputs = value
            case "--seed": seed = value
            case "--from": from = value
            case "--threads" where (1...256).contains(value): threads = Int(value)
            default: return nil
            }
        }
    }
}

func say(_ text: String, to file: Int32 = 1) {
    let line = Array((text + "\n").utf8)
    _ = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
}

func recordedBodies(_ folder: String) -> [[UInt8]]? {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
        (try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))).map { Array($0) }
    }
}

func fuzz(_ options: Options, end: UInt64, _ mutator: Mutator, _ control: ControlSurface) async -> [String] {
    CrashWords.install(threads: options.threads)
    let threads = UInt64(options.threads)
    return await withTaskGroup(of: [String].self) { group in
        for thread in 0..<threads {
            group.addTask {
                var fuzzing = Fuzzing(seed: options.seed, slot: Int(thread), control)
                var number = options.from + thread
                while number < end {
                    fuzzing.run(number, mutator)
                    number += threads
                }
                return fuzzing.wrong
            }
        }
        var wrong: [String] = []
        for await lines in group { wrong += lines }
        return wrong
    }
}

guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
    say(
        "usage: trader247-fuzz [--inputs N] [--seed S] [--from N] [--threads N] [folder of recorded bodies]",
        to: 2)
    exit(64)
}
var bodies = seedBodies.map { Array($0.utf8) }
if let folder = options.folder {
    guard let recorded = recordedBodies(folder) else {
        say("cannot read the folder \(folder)", to: 2)
        exit(66)
    }
    bodies += recorded
}
let mutator = Mutator(bodies)
let (end, overflow) = options.from.addingReportingOverflow(options.inputs)
guard !overflow else {
    say("--from and --inputs together are too large", to: 2)
    exit(64)
}
let wrong = await fuzz(options, end: end, mutator, try ControlSurface())
for line in wrong.prefix(20) { say(line, to: 2) }
guard wrong.isEmpty else {
    say("\(options.inputs) inputs, \(wrong.count) wrong answers")
    exit(1)
}
say("\(options.inputs) inputs, no crash")
