// Writes one file of the scratch build: the original text with every chosen mutant and planted bug around it.

/// What stands in a line of the scratch build, so that the compiler's complaints lead to it.
struct LineOwner {
    /// The line of the original.
    var line: Int
    /// The planted bug whose text this line is.
    var planted: Int?
}

struct Insertion {
    let offset: Int
    let text: String
    /// Whose text it is, where it has lines of its own.
    var planted: Int?
}

struct Composer {
    private var before: [Int: [Insertion]] = [:]
    private var after: [Int: [Insertion]] = [:]
    private var commas: [Int: Int] = [:]
    private var bodies: Set<Int> = []

    /// Outer ones first.
    mutating func add(_ mutant: Mutant, number: Int) {
        let prefix = mutant.form.prefix.replacing("#", with: "\(number)")
        before[mutant.form.start, default: []].append(Insertion(offset: mutant.form.start, text: prefix))
        if !mutant.form.suffix.isEmpty {
            // What begins later ends earlier.
            after[mutant.form.end, default: []].insert(
                Insertion(offset: mutant.form.end, text: mutant.form.suffix), at: 0)
        }
        if let comma = mutant.form.comma { commas[comma.lowerBound] = comma.count }
    }

    /// `if` this bug is chosen its own text, otherwise what was there; several of one body stand in a chain.
    mutating func add(_ choice: PlantedChoice) {
        if bodies.insert(choice.start).inserted {
            before[choice.start, default: []].insert(
                Insertion(offset: choice.start, text: choice.opening), at: 0)
        }
        before[choice.start, default: []].insert(
            Insertion(offset: choice.start, text: choice.prefix, planted: choice.number), at: 0)
        after[choice.end, default: []].append(Insertion(offset: choice.end, text: " }"))
    }

    func compose(_ original: String) -> (text: String, owners: [LineOwner]) {
        let bytes = Array(original.utf8)
        var result: [UInt8] = []
        var owners = [LineOwner(line: 1)]
        var line = 1
        func insert(_ insertions: [Insertion]) {
            for insertion in insertions {
                for byte in insertion.text.utf8 {
                    result.append(byte)
                    if byte == 10 { owners.append(LineOwner(line: line, planted: insertion.planted)) }
                }
            }
        }
        var index = 0
        while index <= bytes.count {
            insert(after[index] ?? [])
            insert(before[index] ?? [])
            if index == bytes.count { break }
            if let count = commas[index] {
                result.append(44)
                index += count
                continue
            }
            result.append(bytes[index])
            if bytes[index] == 10 {
                line += 1
                owners.append(LineOwner(line: line))
            }
            index += 1
        }
        return (String(decoding: result, as: UTF8.self), owners)
    }

    /// Read by the mutated code; one comparison of a plain number each, in C so that nothing is initialised lazily.
    static let switchHeader = """
        #pragma once
        #include <stdint.h>
        extern int32_t mutant_chosen_number;
        extern int32_t mutant_was_reached;
        static inline int32_t mutant_chosen(void) { return mutant_chosen_number; }
        static inline void mutant_reached(void) { mutant_was_reached = 1; }

        """

    static let switchCode = """
        #include "MutantSwitch.h"
        #include <stdlib.h>
        #include <unistd.h>
        int32_t mutant_chosen_number = 0;
        int32_t mutant_was_reached = 0;
        __attribute__((constructor)) static void choose(void) {
            const char *text = getenv("MUTANT_NUMBER");
            if (text) mutant_chosen_number = atoi(text);
        }
        __attribute__((destructor)) static void tell(void) {
            static const char word[] = "\\nmutant reached\\n";
            if (mutant_was_reached && write(2, word, sizeof word - 1) < 0) return;
        }

        """

    static let helpers = """
        import MutantSwitch
        @inline(__always) func mutantIs(_ number: Int32) -> Bool {
            if mutant_chosen() != number { return false }
            mutant_reached()
            return true
        }
        @inline(__always) func mutantHurries(_ number: Int32) -> Bool { mutantIs(number) }
        @inline(__always) func mutantLeaves(_ number: Int32) -> Bool { !mutantIs(number) }
        @inline(__always) func mutantFlips(_ number: Int32, _ value: Bool) -> Bool { mutantIs(number) ? !value : value }
        @inline(__always) func mutantHolds(_ number: Int32, _ value: @autoclosure () -> Bool) -> Bool {
            mutantIs(number) || value()
        }
        @inline(__always) func mutantHoldsAfter(_ number: Int32, _ value: Bool) -> Bool { mutantIs(number) || value }
        @inline(__always) func mutantFails(_ number: Int32, _ value: @autoclosure () -> Bool) -> Bool {
            !mutantIs(number) && value()
        }
        @inline(__always) func mutantFailsAfter(_ number: Int32, _ value: Bool) -> Bool { !mutantIs(number) && value }
        @inline(__always) func mutantAnd(_ number: Int32, _ left: Bool, _ right: @autoclosure () -> Bool) -> Bool {
            mutantIs(number) ? left || right() : left && right()
        }
        @inline(__always) func mutantOr(_ number: Int32, _ left: Bool, _ right: @autoclosure () -> Bool) -> Bool {
            mutantIs(number) ? left && right() : left || right()
        }
        @inline(__always) func mutantLess<T: Comparable>(_ number: Int32, _ left: T, _ right: T) -> Bool {
            mutantIs(number) ? left <= right : left < right
        }
        @inline(__always) func mutantLessOrEqual<T: Comparable>(_ number: Int32, _ left: T, _ right: T) -> Bool {
            mutantIs(number) ? left < right : left <= right
        }
        @inline(__always) func mutantMore<T: Comparable>(_ number: Int32, _ left: T, _ right: T) -> Bool {
            mutantIs(number) ? left >= right : left > right
        }
        @inline(__always) func mutantMoreOrEqual<T: Comparable>(_ number: Int32, _ left: T, _ right: T) -> Bool {
            mutantIs(number) ? left > right : left >= right
        }
        @inline(__always) func mutantPicks<T>(_ number: Int32, _ other: T, _ value: @autoclosure () -> T) -> T {
            mutantIs(number) ? other : value()
        }
        @inline(__always) func mutantPicksAfter<T>(_ number: Int32, _ other: T, _ value: T) -> T {
            mutantIs(number) ? other : value
        }
        @inline(__always) func mutantStretches(_ number: Int32, _ value: Duration) -> Duration {
            mutantIs(number) ? value * 10 : value
        }
        @inline(__always) func mutantShrinks(_ number: Int32, _ value: Duration) -> Duration {
            mutantIs(number) ? value / 10 : value
        }

        """
}
