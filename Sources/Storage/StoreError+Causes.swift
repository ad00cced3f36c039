// From the errors of SQLite and the system to ours.

import GRDB
import Glibc
import Trading

extension StoreError {
    /// Runs `body`; whatever it throws becomes a `StoreError` that names the file and what was tried.
    static func naming<T>(_ file: String, _ tried: String, _ body: () throws -> T) throws(StoreError) -> T {
        do {
            return try body()
        } catch {
            throw StoreError(error, file: file, tried: tried)
        }
    }

    init(_ error: any Error, file: String, tried: String) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self = Self.from(error, file: file, tried: tried)
        case is RowError, is IntegrityError: self = .corrupt(file: file, tried: tried, cause: "\(error)")
        default: self = .failed(file: file, tried: tried, cause: "\(error)")
        }
    }

    private static func from(_ error: DatabaseError, file: String, tried: String) -> StoreError {
        let cause = "SQLite error \(error.extendedResultCode.rawValue), \(error.message ?? "no message")"
        switch error.extendedResultCode {
        // The index beside the log could not grow.
        case .SQLITE_IOERR_SHMSIZE: return .diskFull(file: file, tried: tried, cause: cause)
        default: break
        }
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .corrupt(file: file, tried: tried, cause: cause)
        case .SQLITE_FULL: return .diskFull(file: file, tried: tried, cause: cause)
        case .SQLITE_READONLY, .SQLITE_PERM: return .readOnly(file: file, tried: tried, cause: cause)
        case .SQLITE_BUSY, .SQLITE_LOCKED: return .busy(file: file, tried: tried)
        default: return .failed(file: file, tried: tried, cause: cause)
        }
    }

    init(_ error: FileError) {
        switch error.code {
        case ENOSPC, EDQUOT:
            self = .diskFull(file: error.path, tried: error.operation, cause: error.cause)
        case EACCES, EPERM, EROFS:
            self = .readOnly(file: error.path, tried: error.operation, cause: error.cause)
        default: self = .failed(file: error.path, tried: error.operation, cause: error.cause)
        }
    }
}
