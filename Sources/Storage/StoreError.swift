// What can be wrong with a store: each case says what was tried, on which file, and what to do next.
//
// None of these is ever answered by a default or by a new file over an old one: a store that cannot be read
// is an operator's decision, because it holds what is known about orders that may be alive.

package enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No store has been made here yet.
    case notFound(file: String)
    /// The directory lies on a filesystem whose locks do not hold across hosts.
    case networkFilesystem(directory: String, type: String)
    /// The content cannot be what we wrote.
    case corrupt(file: String, tried: String, cause: String)
    /// A database, but of another program.
    case foreign(file: String)
    /// A later version of trader247 wrote it.
    case newerSchema(file: String, found: Int64, known: Int64)
    /// It belongs to another bot.
    case otherBot(file: String, found: String, expected: String)
    /// It holds the orders of another mode.
    case otherMode(file: String, found: String, expected: String)
    /// The file or its directory cannot be written.
    case readOnly(file: String, tried: String, cause: String)
    /// No space left, or a quota is used up.
    case diskFull(file: String, tried: String, cause: String)
    /// Another process holds the database beyond the busy timeout.
    case busy(file: String, tried: String)
    /// It was written to while it was read without a lock.
    case changedWhileReading(file: String)
    /// Anything else, in the words of SQLite or of the system.
    case failed(file: String, tried: String, cause: String)

    package var description: String {
        switch self {
        case .notFound(let file):
            "no store at \(file): start trader247 once with this state directory, or name another one"
        case .networkFilesystem(let directory, let type):
            "state directory \(directory) is on a network filesystem (\(type)), where locks cannot be "
                + "trusted: use a directory on a local disk"
        case .corrupt(let file, let tried, let cause):
            "store \(file) is damaged (\(tried): \(cause)): keep the file and the ones beside it for "
                + "inspection, restore a backup or start with an empty state directory; orders of this bot "
                + "may be alive at the exchange until they are swept"
        case .foreign(let file):
            "\(file) is a database of another program: name another state directory"
        case .newerSchema(let file, let found, let known):
            "store \(file) has schema version \(found), this trader247 knows versions up to \(known): run "
                + "the version that wrote it, or a later one"
        case .otherBot(let file, let found, let expected):
            "store \(file) belongs to bot '\(found)', not to '\(expected)': name another state directory "
                + "or bot"
        case .otherMode(let file, let found, let expected):
            "store \(file) holds orders of mode \(found), this run is \(expected): name another state "
                + "directory, or run in mode \(found)"
        case .readOnly(let file, let tried, let cause):
            "cannot write \(file) (\(tried): \(cause)): make the state directory writable for this user"
        case .diskFull(let file, let tried, let cause):
            "no space for \(file) (\(tried): \(cause)): free space on that disk, then start again"
        case .busy(let file, let tried):
            "\(file) is held by another process (\(tried)): end that process, then try again"
        case .changedWhileReading(let file):
            "\(file) was written to while it was read: try again"
        case .failed(let file, let tried, let cause):
            "\(tried) failed on \(file): \(cause)"
        }
    }
}
