import Foundation
import Storage
import Testing
import TradingDomain

@Suite struct LockTests {
    private let me = LockHolder.current(startedAt: UTCInstant(seconds: 1_800_000_000))

    @Test func theSecondIsRefusedAndNamesTheFirst() throws {
        let directory = try TemporaryDirectory()
        let first = try Locks.instance(in: directory.path, holder: me)
        #expect {
            try Locks.instance(in: directory.path, holder: me)
        } throws: {
            $0 as? LockError == .held(path: directory.path + "/locks/instance.lock", holder: me)
                && "\($0)".contains("pid \(getpid())")
        }
        // The trader's lock is another one.
        let trader = try Locks.trader(in: directory.path, holder: me)
        trader.release()
        first.release()
        first.release()
        #expect(FileManager.default.fileExists(atPath: first.path))
        let again = try Locks.instance(in: directory.path, holder: me)
        again.release()
    }

    @Test func aLockOutlivesItsLastReference() throws {
        let directory = try TemporaryDirectory()
        _ = try Locks.instance(in: directory.path, holder: me)
        #expect(throws: LockError.self) { try Locks.instance(in: directory.path, holder: me) }
    }

    @Test func aContentThatSaysNothingStillRefuses() throws {
        let directory = try TemporaryDirectory()
        let lock = try Locks.instance(in: directory.path, holder: me)
        defer { lock.release() }
        for content in ["", "{", #"{"pid":"many"}"#, String(repeating: "x", count: 10_000)] {
            let handle = try #require(FileHandle(forWritingAtPath: lock.path))
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: Data(content.utf8))
            #expect {
                try Locks.instance(in: directory.path, holder: me)
            } throws: {
                $0 as? LockError == .held(path: lock.path, holder: nil)
            }
        }
    }

    @Test func theDescriptorIsClosedOnExec() throws {
        let directory = try TemporaryDirectory()
        let lock = try Locks.instance(in: directory.path, holder: me)
        defer { lock.release() }
        #expect(fcntl(lock.descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test func aDescriptorHandedDownIsTakenOver() throws {
        let directory = try TemporaryDirectory()
        let parent = try Locks.instance(in: directory.path, holder: me)
        // What a child inherits: another descriptor of the same open file.
        let inherited = dup(parent.descriptor)
        let child = try InstanceLock(inheriting: inherited, path: parent.path)
        #expect(fcntl(inherited, F_GETFD) & FD_CLOEXEC != 0)
        // The parent goes; the child still holds it.
        parent.release()
        #expect(throws: LockError.self) { try Locks.instance(in: directory.path, holder: me) }
        child.release()
        try Locks.instance(in: directory.path, holder: me).release()
    }

    @Test func aDescriptorOfSomethingElseIsRefused() throws {
        let directory = try TemporaryDirectory()
        let lock = try Locks.instance(in: directory.path, holder: me)
        defer { lock.release() }
        #expect(throws: LockError.notTheLock(descriptor: 0, path: lock.path)) {
            try InstanceLock(inheriting: 0, path: lock.path)
        }
        #expect(throws: LockError.notTheLock(descriptor: 987, path: lock.path)) {
            try InstanceLock(inheriting: 987, path: lock.path)
        }
        // The lock's own file, opened by somebody who does not hold it.
        let stranger = open(lock.path, O_RDWR | O_CLOEXEC)
        defer { close(stranger) }
        #expect(throws: LockError.held(path: lock.path, holder: me)) {
            try InstanceLock(inheriting: stranger, path: lock.path)
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/flock"), "needs util-linux"))
    func theKernelReleasesTheLockOfAKilledProcess() throws {
        let directory = try TemporaryDirectory()
        try Locks.instance(in: directory.path, holder: me).release()
        let path = Locks.instancePath(in: directory.path)
        let holder = Process()
        let input = Pipe()
        let output = Pipe()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = ["--no-fork", "-x", path, "/bin/sh", "-c", "echo held; exec cat"]
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "held\n")
        #expect(throws: LockError.self) { try Locks.instance(in: directory.path, holder: me) }
        kill(holder.processIdentifier, SIGKILL)
        holder.waitUntilExit()
        try Locks.instance(in: directory.path, holder: me).release()
    }

    @Test func aDirectoryThatCannotBeMadeIsNamed() throws {
        let directory = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: directory.path + "/locks"))
        #expect {
            try Locks.instance(in: directory.path, holder: me)
        } throws: {
            guard case .unusable(let error)? = $0 as? LockError else { return false }
            return error.path == directory.path + "/locks" && error.code == ENOTDIR
        }
    }
}
