// What the doctor looks at on this machine: the state directory and what it lies on, the locks, room and
// descriptors. It changes nothing; only a file without a name tells how fast the disk is.

import CLinux
import Daemon
import Exchanges
import Glibc
import Storage
import Trading
import TradingDomain

struct HostChecks {
    /// Below this a store would soon be full.
    private static let leastSpace: UInt64 = 64 << 20
    private static let goodSpace: UInt64 = 1 << 30
    private static let goodDescriptors = 256

    private let configuration: Configuration
    private var directory: String { configuration.stateDirectory }

    init(_ configuration: Configuration) { self.configuration = configuration }

    func run(_ findings: inout Findings) {
        let place = existingPlace
        if checkDirectory(place, &findings) { checkDurability(place, &findings) }
        checkSpace(place, &findings)
        checkLocks(&findings)
        checkStore(&findings)
        checkDescriptors(&findings)
        if configuration.mode == .paper { checkPaperBook(&findings) }
    }

    /// The state directory, or the nearest one above it that exists.
    private var existingPlace: String {
        var path = directory
        while access(path, F_OK) != 0 {
            while path.count > 1, path.last == "/" { path.removeLast() }
            guard let slash = path.lastIndex(of: "/") else { return "." }
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        return path
    }

    // MARK: Each of them

    private func checkDirectory(_ place: String, _ findings: inout Findings) -> Bool {
        var info = stat()
        guard stat(place, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
            findings.note(
                .fail(
                    "state directory", "\(place) is not a directory", "name another state_dir",
                    isConfiguration: true))
            return false
        }
        guard access(place, W_OK | X_OK) == 0 else {
            findings.note(
                .fail(
                    "state directory", "\(place) can't be written by this user",
                    "make it writable for the user that trades, or name another state_dir",
                    isConfiguration: true))
            return false
        }
        if let type = Filesystem.networkType(cl_filesystem_type(place)) {
            findings.note(
                .fail(
                    "state directory",
                    "\(place) lies on a network filesystem (\(type)), where locks don't hold",
                    "name a state_dir on a local disk", isConfiguration: true))
            return false
        }
        let words = place == directory ? "" : " does not exist yet; \(place)"
        findings.note(.ok("state directory", "\(directory)\(words) is writable and on a local filesystem"))
        return true
    }

    /// An order is sent when its record is on the disk, so this is part of every order's way.
    private func checkDurability(_ place: String, _ findings: inout Findings) {
        guard let times = DiskProbe.run(in: place) else {
            return findings.note(
                .fail(
                    "durability",
                    "a file in \(place) can't be written and synced: \(String(cString: strerror(errno)))",
                    "see to the disk; nothing is traded on one that does not keep what it is given"))
        }
        let words =
            "a record is durable in \(VenueChecks.text(times.median)), at worst "
            + VenueChecks.text(times.worst)
        if times.worst >= CommitPipeline.overdueLimit {
            findings.note(
                .fail(
                    "durability", words,
                    "a commit beyond \(Values.text(CommitPipeline.overdueLimit)) stops trading: use a faster disk"
                ))
        } else if times.median > .milliseconds(50) {
            findings.note(.warn("durability", words, "every order waits for it; a faster disk trades faster"))
        } else {
            findings.note(.ok("durability", words))
        }
    }

    private func checkSpace(_ place: String, _ findings: inout Findings) {
        var info = statvfs()
        guard statvfs(place, &info) == 0 else { return }
        let free = UInt64(info.f_bavail) * UInt64(info.f_frsize)
        let words = "\(free >> 20) MB free at \(place)"
        if free < Self.leastSpace {
            findings.note(.fail("disk space", words, "free space: a full disk stops trading"))
        } else if free < Self.goodSpace {
            findings.note(
                .warn("disk space", words, "the journal grows with every decision: free some space"))
        } else {
            findings.note(.ok("disk space", words))
        }
    }

    private func checkLocks(_ findings: inout Findings) {
        let paths = [Locks.instancePath(in: directory), Locks.traderPath(in: directory)]
        guard let held = paths.first(where: Self.isHeld) else {
            return findings.note(.ok("locks", "free: nobody trades on this state"))
        }
        let holder = Self.holder(held)
        let words = holder.map { "pid \($0.pid) on \($0.host) since \($0.startedAt)" } ?? "somebody unnamed"
        findings.note(
            .warn("locks", "held by \(words)", "that bot runs; stop it before you start another or sweep"))
    }

    /// Asked with a shared lock for a moment: two doctors don't disturb each other, and nothing is made.
    private static func isHeld(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// Who holds this lock now; nil where it is free, or its holder left no name.
    static func holder(_ path: String) -> LockHolder? { isHeld(path) ? InstanceLock.holder(at: path) : nil }

    private func checkStore(_ findings: inout Findings) {
        do throws(StoreError) {
            let reader = try StateReader(at: directory)
            guard reader.bot == configuration.bot else {
                throw .otherBot(
                    file: reader.file, found: reader.bot.description, expected: configuration.bot.description)
            }
            let state = try reader.load()
            if let halt = state.halts.first {
                findings.note(
                    .warn(
                        "state", "halted since \(halt.at) (\(halt.cause.rawValue)): \(halt.detail)",
                        "when you have seen why, `trader247 resume --confirm` leaves the halt"))
            }
            if let standing = state.standing {
                findings.note(
                    .warn(
                        "state", "\(standing.kind.rawValue) since \(standing.at) by \(standing.by)",
                        "`trader247 resume` when it runs, or `run --resume`"))
            }
            let working = state.ledger.workingCount
            findings.note(
                .ok("state", "epoch \(state.epoch), \(working) orders working or not known to be gone"))
        } catch {
            switch error {
            case .notFound: findings.note(.ok("state", "none yet; the first run makes it"))
            case .otherBot, .otherMode, .foreign, .networkFilesystem:
                findings.note(
                    .fail("state", error.description, "name another state_dir or bot", isConfiguration: true))
            case .busy, .changedWhileReading:
                findings.note(.warn("state", error.description, "try again"))
            default:
                findings.note(
                    .fail(
                        "state", error.description,
                        "docs/state.md, 'When the disk is not well', tells what to do"))
            }
        }
    }

    private func checkDescriptors(_ findings: inout Findings) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let free = Int(clamping: limit.rlim_cur) - DiskProbe.openDescriptors
        let words = "\(free) file descriptors are free"
        if free < ProcessLimits.leastOfRun {
            findings.note(.fail("descriptors", words, "raise the limit (ulimit -n, LimitNOFILE=)"))
        } else if free < Self.goodDescriptors {
            findings.note(.warn("descriptors", words, "raise the limit (ulimit -n, LimitNOFILE=)"))
        } else {
            findings.note(.ok("descriptors", words))
        }
    }

    private func checkPaperBook(_ findings: inout Findings) {
        do throws(PaperBookError) {
            let book = try PaperBook.read(
                at: configuration.bookDirectory, now: UTCInstant(nanoseconds: cl_utc_nanoseconds()))
            findings.note(
                .ok("paper book", "\(book.working) working orders in \(configuration.bookDirectory)"))
        } catch {
            if case .missing = error {
                return findings.note(.ok("paper book", "none yet; the first run makes it"))
            }
            findings.note(
                .fail(
                    "paper book", error.description, "`trader247 paper reset` begins a new one",
                    isConfiguration: true))
        }
    }
}
