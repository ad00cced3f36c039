// Which exit code a typed error means. Whatever is not named here is an internal error.

import Coinbase
import Daemon
import Exchanges
import Storage
import Trading
import WebTokens

enum Failure {
    /// Runs `body`; what it throws leaves the process with its code and its words.
    static func naming<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let leave as Leave {
            throw leave
        } catch {
            throw Leave(code(of: error), "\(error)")
        }
    }

    private static func code(of error: any Error) -> Int32 {
        switch error {
        case let error as PaperBookError:
            switch error {
            case .locked: ExitCode.alreadyRunning
            case .system: ExitCode.internalError
            case .corrupt, .newer, .missing, .replayData, .settings: ExitCode.configuration
            }
        case let error as LockError:
            if case .held = error { ExitCode.alreadyRunning } else { ExitCode.configuration }
        case let error as StoreError:
            switch error {
            case .notFound, .networkFilesystem, .otherBot, .otherMode, .foreign: ExitCode.configuration
            default: ExitCode.stateNotFlushed
            }
        // What an exchange or a key cannot be opened with, and rules that no market fits, were configured.
        case is ExchangeError, is KeyError, is UniverseError: ExitCode.configuration
        case let error as VenueMarketError:
            if case .notListed = error { ExitCode.configuration } else { ExitCode.internalError }
        default: ExitCode.internalError
        }
    }
}
