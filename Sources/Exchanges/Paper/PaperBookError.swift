/// The embedded exchange's book cannot be used.
package enum PaperBookError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process works on it.
    case locked(directory: String, holder: String)
    /// The content of a file is not what a book writes. Lines count from 1.
    case corrupt(file: String, line: Int, String)
    /// A later version of trader247 wrote it.
    case newer(file: String, version: Int)
    case missing(directory: String)
    /// The system refused.
    case system(operation: String, path: String, reason: String)
    /// The recording cannot be replayed.
    case replayData(file: String, String)
    /// No book can be made of these products and balances.
    case settings(String)

    package var description: String {
        switch self {
        case .locked(let directory, let holder):
            "the paper book \(directory) is in use by \(holder); stop that one first or name another book "
                + "with --paper-book"
        case .corrupt(let file, let line, let problem):
            "the paper book is damaged: \(file), line \(line): \(problem); keep a copy if you want to look "
                + "into it, then `trader247 paper reset` begins a new one"
        case .newer(let file, let version):
            "\(file) was written by a later version of trader247 (format \(version)); use that version, or "
                + "`trader247 paper reset`"
        case .missing(let directory): "there is no paper book in \(directory)"
        case .system(let operation, let path, let reason): "cannot \(operation) \(path): \(reason)"
        case .replayData(let file, let problem): "cannot replay \(file): \(problem)"
        case .settings(let problem): "no paper exchange can be made of this: \(problem)"
        }
    }
}
