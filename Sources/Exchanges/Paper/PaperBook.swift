// The embedded exchange's own file: a directory with a snapshot, the entries after it, and a lock. Never part of
// the trader's store or of its transactions. One process after another may work on it; what one that was
// killed left behind is really still there, and requests that were under way still arrive.
//
// It is made to be left at any moment: there is no orderly end that a kill could prevent.

import ExchangeModel
import Trading
import TradingDomain

/// A book that is open for trading. Holds its lock until it is released.
package struct PaperBook: Sendable {
    /// A book and what it holds.
    package struct Opened: Sendable {
        var book: PaperBook
        var state: PaperState
        /// What people should know: settings that do not count for a book that exists.
        package let notes: [String]
        /// The instant at which trading begins: the machine's, or the recording's.
        package var startsAt: UTCInstant { state.engine.now }
    }

    let directory: String
    private let lock: OwnedDescriptor
    var log: BookLog

    /// Entries and market steps after which reading them again would be felt.
    var upkeepWork = 20_000
    /// Bytes of entries that are left for the next life to read.
    private static let logLimit = 1 << 18

    /// Opens the book, or makes a new one, and brings it through the time in which nobody ran.
    /// - Parameter now: the machine's UTC time; nil when time is the recording's and stands until it is moved.
    package static func open(
        _ directory: String, account: PaperAccount, feed: PaperFeed, network: PaperNetwork,
        now: UTCInstant?
    ) throws(PaperBookError) -> Opened {
        try BookFiles.makeDirectories(directory)
        let lock = try BookLock.take(directory)
        guard let found = try find(directory, feed) else {
            let state = try PaperState(account, feed, cancelDelay: network.cancelDelay, now: now)
            var book = PaperBook(
                directory: directory, lock: lock, log: try BookLog(directory, length: 0))
            try book.snapshot(state)
            return Opened(book: book, state: state, notes: [])
        }
        var book = PaperBook(
            directory: directory, lock: lock, log: try BookLog(directory, length: found.logLength))
        var state = found.state
        try book.reopen(&state, account, feed, network, now)
        return Opened(book: book, state: state, notes: state.differences(from: account))
    }

    private mutating func reopen(
        _ state: inout PaperState, _ account: PaperAccount, _ feed: PaperFeed, _ network: PaperNetwork,
        _ now: UTCInstant?
    ) throws(PaperBookError) {
        var changed = state.feed != feed.identity || state.engine.cancelDelay != network.cancelDelay
        state.engine.cancelDelay = network.cancelDelay
        switch feed {
        case .simulated:
            let now = max(now ?? state.engine.now, state.engine.now)
            if state.feed != .simulated { state.market = .simulated(account.market(start: now)) }
            state.feed = .simulated
            state.leap(to: now, network)
        case .live:
            // What was offered when we last looked stands until the venue tells anew.
            state.market = .still
            state.feed = feed.identity
            state.leap(to: max(now ?? state.engine.now, state.engine.now), network)
        case .replay(let file):
            if state.feed != feed.identity {
                state.begin(file, at: now)
            } else if let now {
                changed = state.resume(file, at: now) || changed
            }
            state.feed = feed.identity
        }
        if changed || state.steps > upkeepWork / 10 || log.length > Self.logLimit {
            try snapshot(state)
            state.steps = 0
        } else if !feed.isRecording {
            let entry = BookEntry(number: state.entryNumber + 1, what: .opened(at: state.livedTo))
            try log.append(entry)
            state.entryNumber = entry.number
        }
    }

    /// Replaces the snapshot and begins a new log.
    mutating func snapshot(_ state: PaperState) throws(PaperBookError) {
        let bytes = try BookSnapshot(state).bytes()
        try BookFiles.replace(directory + "/" + BookSnapshot.fileName, with: bytes)
        try log.clear()
    }

    // MARK: Reading

    /// Whether there is a book; false also where nobody may look.
    package static func exists(_ directory: String) -> Bool {
        ((try? BookFiles.read(directory + "/" + BookSnapshot.fileName)) ?? nil) != nil
    }

    private struct Found {
        var state: PaperState
        var logLength: Int
    }

    /// What the directory holds; nil when there is no book. Changes nothing.
    private static func find(_ directory: String, _ feed: PaperFeed?) throws(PaperBookError) -> Found? {
        let path = directory + "/" + BookSnapshot.fileName
        // Whoever works on the book may replace the snapshot and begin a new log between our two looks.
        for attempt in 1... {
            guard let bytes = try BookFiles.read(path) else { return nil }
            let snapshot = try BookSnapshot(bytes, file: path)
            let content = try BookLog.read(directory)
            if let first = content.entries.first, first.number > snapshot.entryNumber + 1 {
                if attempt < 10 { continue }
                throw .corrupt(
                    file: directory + "/" + BookLog.fileName, line: 1,
                    "entry \(first.number) does not follow the snapshot's \(snapshot.entryNumber)")
            }
            guard var state = snapshot.state(try recording(snapshot, feed)) else { return nil }
            var network = PaperNetwork()
            network.cancelDelay = .nanoseconds(snapshot.cancelDelayNanoseconds)
            for entry in content.entries where entry.number > snapshot.entryNumber {
                state.replay(entry, network)
            }
            return Found(state: state, logLength: content.length)
        }
        return nil
    }

    /// The recording that the snapshot's market needs.
    private static func recording(_ snapshot: BookSnapshot, _ feed: PaperFeed?)
        throws(PaperBookError) -> ReplayData?
    {
        guard case .replay(let identity) = snapshot.feed else { return nil }
        if case .replay(let file)? = feed, file.identity == identity { return file.data }
        let file = try ReplayFile.load(
            identity.path, symbol: identity.symbol, spread: identity.spread, depth: identity.depth)
        guard file.identity.checksum == identity.checksum else {
            throw .replayData(
                file: identity.path, "it is not the recording that the paper book played any more")
        }
        return file.data
    }

    /// The book as it stands, with or without a process that works on it. Modifies nothing.
    /// - Parameter now: the machine's UTC time, up to which a simulated market is thought on.
    package static func read(at directory: String, now: UTCInstant) throws(PaperBookError) -> PaperBookView {
        guard let found = try find(directory, nil) else { throw .missing(directory: directory) }
        var state = found.state
        var network = PaperNetwork()
        network.cancelDelay = state.engine.cancelDelay ?? .zero
        // What is under way arrives, and what it cancels is canceled, whoever is there by then.
        let last = max(state.arrivals.sorted.last?.at ?? state.livedTo, state.livedTo)
        state.live(to: last + network.cancelDelay, network) { _, _ in }
        if state.feed == .simulated, now > state.engine.now { state.leap(to: now, network) }
        return PaperBookView(state)
    }

    /// Clears the book. Refused while a process works on it.
    package static func reset(_ directory: String) throws(PaperBookError) {
        guard try BookFiles.read(directory + "/lock") != nil else {
            throw .missing(directory: directory)
        }
        let lock = try BookLock.take(directory)
        defer { withExtendedLifetime(lock) {} }
        // The snapshot first: a log without one is no book.
        for name in [BookSnapshot.fileName, BookSnapshot.fileName + ".new", BookLog.fileName] {
            try BookFiles.remove(directory + "/" + name)
        }
    }
}
