// A page of memory that a file keeps, so that it outlives the process: the number of the strategy that is deciding, and
// the names of all of them. Two stores per decision, no system call; a power cut may lose it, and no strategy causes
// those.
//
// The file: one byte, '0' while nobody decides, else the strategy's place in the list as a character from '1' on; then a
// line for each name.

import Glibc
import Synchronization

package final class CrashNote: Sendable {
    private static let size = 8_192
    private static let first = UInt8(ascii: "1")
    private static let nobody = UInt8(ascii: "0")

    private let names: [String]
    private let page: Mutex<UnsafeMutableRawPointer>

    package static func path(in directory: String) -> String { directory + "/deciding" }

    /// Which strategy was deciding when the process that wrote the note ended; nil when none was, or nothing is there.
    package static func read(in directory: String) -> String? {
        guard let file = fopen(path(in: directory), "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: size)
        let count = fread(&bytes, 1, size, file)
        guard count > 1, bytes[0] >= first else { return nil }
        let lines = bytes[1..<count].split(separator: UInt8(ascii: "\n"))
        let place = Int(bytes[0] - first)
        return place < lines.count ? String(decoding: lines[place], as: UTF8.self) : nil
    }

    /// A note that says nobody decides.
    package init(in directory: String, names: [String]) throws(FileFailure) {
        let path = Self.path(in: directory)
        // Without a place of their own the last ones leave no trace: the page and the byte have room for so many.
        var fitting: [String] = []
        var text = [Self.nobody]
        for name in names.prefix(Int(UInt8.max - Self.first)) {
            guard text.count + name.utf8.count + 1 < Self.size else { break }
            text += Array(name.utf8) + [UInt8(ascii: "\n")]
            fitting.append(name)
        }
        self.names = fitting
        let fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw FileFailure("make the note of who decides", path, errno) }
        defer { close(fd) }
        guard ftruncate(fd, Self.size) == 0 else {
            throw FileFailure("size the note of who decides", path, errno)
        }
        let page = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
        guard let page, page != MAP_FAILED else {
            throw FileFailure("map the note of who decides", path, errno)
        }
        UnsafeMutableRawBufferPointer(start: page, count: Self.size).copyBytes(from: text)
        self.page = Mutex(page)
    }

    func begin(_ name: String) {
        guard let place = names.firstIndex(of: name) else { return }
        page.withLock { $0.storeBytes(of: Self.first + UInt8(place), as: UInt8.self) }
    }

    func end() { page.withLock { $0.storeBytes(of: Self.nobody, as: UInt8.self) } }
}
