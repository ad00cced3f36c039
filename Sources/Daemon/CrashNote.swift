// A page of memory that outlives the process: the number of the strategy that is deciding, whose programs' answers are
// being handled, and the names of all of them. Two stores per decision or answer, no system call. It is a file in the
// machine's memory, not in the state directory: a store to a page of a disk's file waits for that disk. A reboot loses it,
// and no strategy causes those.
//
// The file: one byte, '0' while nobody decides, else the strategy's place in the list as a character from '1' on; then a
// line for each name. At its end a byte for each place: on how many threads an answer of its program is being handled.

import CLinux
import Glibc
import Synchronization

package final class CrashNote: Sendable {
    private static let size = 8_192
    /// Where the bytes of answers begin; the names end before it.
    private static let answers = size - 256
    private static let first = UInt8(ascii: "1")
    private static let nobody = UInt8(ascii: "0")
    private static let memory = "/dev/shm"
    /// `f_type` of tmpfs and ramfs, of statfs(2).
    private static let memoryTypes: [Int64] = [0x0102_1994, 0x8584_58F6]

    /// Everybody may put something where our note belongs; a pipe there must not hold up the start.
    private static let openFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    private static func isOurs(_ fd: Int32) -> Bool {
        var info = stat()
        return fstat(fd, &info) == 0 && info.st_mode & S_IFMT == S_IFREG && info.st_uid == geteuid()
    }

    private let names: [String]
    private let page: Mutex<UnsafeMutableRawPointer>

    /// Where the note of a state directory is, by the directory's identity; nil when there is no such directory.
    package static func path(for directory: String) -> String? {
        var info = stat()
        guard stat(directory, &info) == 0 else { return nil }
        let identity = "\(String(UInt64(info.st_dev), radix: 16))-\(String(UInt64(info.st_ino), radix: 16))"
        return "\(memory)/trader247-deciding-\(identity)"
    }

    /// Which strategy was deciding when the process that wrote the note ended, or else of which an answer was being
    /// handled; nil when none was, or nothing of this user is there. The decision goes first: a program that says lines
    /// without end is being handled at any moment, and must not stand for another one that traps.
    package static func read(for directory: String) -> String? {
        guard let path = path(for: directory) else { return nil }
        let fd = open(path, O_RDONLY | openFlags)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        guard isOurs(fd) else { return nil }
        var bytes = [UInt8](repeating: 0, count: size)
        let count = pread(fd, &bytes, size, 0)
        guard count > 1, let place = place(in: bytes[..<count]) else { return nil }
        let lines = bytes[1..<min(count, answers)].split(separator: UInt8(ascii: "\n"))
        return place < lines.count ? String(decoding: lines[place], as: UTF8.self) : nil
    }

    private static func place(in bytes: ArraySlice<UInt8>) -> Int? {
        if bytes[0] >= first { return Int(bytes[0] - first) }
        guard bytes.count == size else { return nil }
        return bytes[answers...].firstIndex { $0 != 0 }.map { $0 - answers }
    }

    /// Nothing is left behind by a life that ended well.
    package static func remove(for directory: String) {
        if let path = path(for: directory) { unlink(path) }
    }

    /// A note that says nobody decides.
    package init(for directory: String, names: [String]) throws(FileFailure) {
        guard let path = Self.path(for: directory) else {
            throw FileFailure("look at", directory, errno)
        }
        guard Self.memoryTypes.contains(cl_filesystem_type(Self.memory)) else {
            throw FileFailure("find memory for the note of who decides in", Self.memory, ENOTSUP)
        }
        // Without a place of their own the last ones leave no trace: the page and the byte have room for so many.
        var fitting: [String] = []
        var text = [Self.nobody]
        for name in names.prefix(Int(UInt8.max - Self.first)) {
            guard text.count + name.utf8.count + 1 < Self.answers else { break }
            text += Array(name.utf8) + [UInt8(ascii: "\n")]
            fitting.append(name)
        }
        self.names = fitting
        text += [UInt8](repeating: 0, count: Self.size - text.count)
        let fd = open(path, O_RDWR | O_CREAT | Self.openFlags, 0o600)
        guard fd >= 0 else { throw FileFailure("make the note of who decides", path, errno) }
        defer { close(fd) }
        guard Self.isOurs(fd) else { throw FileFailure("make the note of who decides", path, EPERM) }
        // Written whole, so that its memory is there: a store to a page that cannot be had would kill the process.
        let written = pwrite(fd, text, Self.size, 0)
        guard written == Self.size else {
            throw FileFailure("fill the note of who decides", path, written < 0 ? errno : ENOSPC)
        }
        let page = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
        guard let page, page != MAP_FAILED else {
            throw FileFailure("map the note of who decides", path, errno)
        }
        self.page = Mutex(page)
    }

    func begin(_ name: String) {
        guard let place = names.firstIndex(of: name) else { return }
        page.withLock { $0.storeBytes(of: Self.first + UInt8(place), as: UInt8.self) }
    }

    func end() { page.withLock { $0.storeBytes(of: Self.nobody, as: UInt8.self) } }

    /// Two threads at most handle answers of one strategy: its program's and the loop.
    func addHandler(_ name: String, by change: Int) {
        guard let place = names.firstIndex(of: name) else { return }
        page.withLock { page in
            let count = page.load(fromByteOffset: Self.answers + place, as: UInt8.self)
            page.storeBytes(
                of: UInt8(clamping: Int(count) + change), toByteOffset: Self.answers + place, as: UInt8.self)
        }
    }
}
