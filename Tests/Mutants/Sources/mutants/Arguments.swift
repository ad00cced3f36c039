import Foundation

struct Arguments {
    static let usage = """
        usage: mutants [--count N | --fresh [N] | --survivors | --planted | --only IDENTITY,… | --list]
                       [--seed S] [--seeds N] [--jobs K] [--modules M,…] [--build-only] [--report]
                       [--root DIR] [--scratch DIR]

          --count N     draw N mutants (default 300), in equal parts per file
          --fresh N     draw N (150 if no number follows) that nothing has judged before
          --survivors   run again what survived when it was judged last, and is not called equivalent
          --planted     run the planted bugs that are entries of the build instead
          --only A,B    run these, by identity
          --list        print every mutant that could be drawn, and build nothing
          --seed S      of the draw (default: the hash of the commit)
          --seeds N     schedules of the simulation for each mutant (default 2000)
          --jobs K      mutants at a time (default 2)
          --modules …   what is mutated (default Trading); Supervision/GuardianPlan takes the files that begin so
          --build-only  build, and run nothing
          --report      print the report of what was judged so far, and run nothing
          --root DIR    the checkout (default: here)
          --scratch DIR holds the build and the results (default .mutants in the checkout)
        """

    enum Mode: Equatable {
        case drawn(Int)
        case fresh(Int)
        case survivors
        case planted
        case only([String])
        case list
    }
    var mode = Mode.drawn(300)
    var seed: UInt64?
    var seeds = 2_000
    var jobs = 2
    var modules = ["Trading"]
    var buildsOnly = false
    var reportsOnly = false
    var root = FileManager.default.currentDirectoryPath
    var scratch: String?

    init(_ words: [String]) throws {
        var rest = words[...]
        func value(_ name: String) throws -> String {
            guard let text = rest.popFirst() else { throw ToolError("\(name) needs a value\n\(Self.usage)") }
            return text
        }
        func number<T: FixedWidthInteger>(_ name: String) throws -> T {
            let text = try value(name)
            guard let number = T(text), number >= 0 else {
                throw ToolError("\(name) needs a number, not '\(text)'\n\(Self.usage)")
            }
            return number
        }
        while let word = rest.popFirst() {
            switch word {
            case "--count": mode = .drawn(try number(word))
            case "--fresh":
                let count = rest.first.flatMap { Int($0) }
                if count != nil { rest.removeFirst() }
                mode = .fresh(count ?? 150)
            case "--survivors": mode = .survivors
            case "--planted": mode = .planted
            case "--only": mode = .only(try value(word).split(separator: ",").map(String.init))
            case "--list": mode = .list
            case "--seed": seed = try number(word)
            case "--seeds": seeds = max(1, try number(word))
            case "--jobs": jobs = max(1, try number(word))
            case "--modules": modules = try value(word).split(separator: ",").map(String.init)
            case "--build-only": buildsOnly = true
            case "--report": reportsOnly = true
            case "--root": root = try value(word)
            case "--scratch": scratch = try value(word)
            default: throw ToolError("unknown argument '\(word)'\n\(Self.usage)")
            }
        }
        root = URL(fileURLWithPath: root).standardizedFileURL.path
    }
}
