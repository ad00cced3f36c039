// Terminals, wrappers and readers, as operators have them.

import Foundation
import Glibc
import Testing

@Suite(.serialized) struct TerminalTests {
    @Test func ctrlCAtATerminal() throws {
        let arena = try Arena()
        let process = try arena.startWorking(20, terminal: .own)
        var text = ""
        process.type("\u{3}")
        let ending = try eventually("it ends") {
            text += process.read()
            return process.pollEnding()
        }
        text += process.read()
        try arena.expectClean(ending, found: 20)
        for line in [
            "SHUTDOWN SIGNAL RECEIVED - Initiating graceful shutdown", "Step 1: Canceling active orders...",
            "Found 20 active orders to cancel", "order_id=", "Step 2: Flushing StateStore to disk...",
            "GRACEFUL SHUTDOWN COMPLETE", "Orders canceled: 20", "Cancel errors: 0", "State flushed: True",
        ] { #expect(text.contains(line), "the terminal lacks: \(line)") }
    }

    /// Under the reference's wrapper one Ctrl-C arrives twice: from the terminal and from the trap.
    @Test func ctrlCUnderTheReferencesWrapper() throws {
        let arena = try Arena()
        let script = arena.directory + "/run_live.sh"
        let command = ([Arena.binary] + arena.arguments).joined(separator: " ")
        try """
        #!/bin/bash
        trap 'echo "Shutdown requested"; kill -TERM $PID; wait $PID' SIGINT SIGTERM
        \(command) &
        PID=$!
        wait $PID
        """.write(toFile: script, atomically: true, encoding: .utf8)
        let process = try RunningProcess("/bin/bash", [script], in: arena.directory, terminal: .own)
        try eventually("20 orders rest", within: .seconds(40)) {
            _ = process.read()
            return arena.working >= 20
        }
        process.type("\u{3}")
        _ = try process.end()
        try eventually("the report is written") { (try? arena.report()) != nil }
        try arena.expectClean(.exit(try arena.report().exitCode), found: 20)
    }

    @Test func theTerminalIsClosed() throws {
        let arena = try Arena()
        let process = try arena.startWorking(20, terminal: .own)
        process.closeOutput()
        try arena.expectClean(try process.end(), found: 20)
        #expect(try arena.report().reason.contains("SIGHUP"))
    }

    /// `trader247 run | head -1`: the reader goes, the trader stays, and stops clean when it is asked.
    @Test func theReaderLeavesAfterOneLine() throws {
        let arena = try Arena()
        let process = try arena.start()
        try eventually("a first line") { !process.read().isEmpty }
        process.closeOutput()
        try eventually("20 orders rest", within: .seconds(40)) { arena.working >= 20 }
        #expect(process.pollEnding() == nil)
        process.send(SIGTERM)
        try arena.expectClean(try process.end(reading: false), found: 20)
    }

    @Test func theReaderIsStuck() throws {
        let arena = try Arena(orders: 500)
        let process = try arena.start()
        // Nobody reads: the pipe is full long before all is placed and canceled.
        try eventually("500 orders rest", within: .seconds(40)) { arena.working >= 500 }
        process.send(SIGTERM)
        try arena.expectClean(try process.end(reading: false), found: 500)
    }
}
