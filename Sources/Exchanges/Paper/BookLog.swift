// The entries after the snapshot, appended line by line with one write each. The page cache is enough: what
// was written survives our death, not the host's; a power failure may lose the last moments.

import FoundationEssentials
import Glibc

struct BookLog {
    static let fileName = "entries.log"

    /// What a log holds, and where its last whole line ends. What follows that (a write that was cut off by
    /// a kill) was never acted upon.
    struct Content {
        var entries: [BookEntry] = []
        var length = 0
    }

    private let path: String
    private let file: OwnedDescriptor
    /// Bytes of whole entries.
    private(set) var length: Int
    /// Entries that must not be lost and could not be written so far.
    private(set) var unwritten: [UInt8] = []
    private let encoder = JSONEncoder()

    /// Opens the log for appending behind its last whole line; a torn rest is cut off.
    init(_ directory: String, length: Int) throws(PaperBookError) {
        path = directory + "/" + Self.fileName
        file = try BookFiles.open(path, O_RDWR | O_CREAT, "open")
        self.length = length
        try cut()
    }

    private func cut() throws(PaperBookError) {
        guard ftruncate(file.number, off_t(length)) == 0, lseek(file.number, off_t(length), SEEK_SET) >= 0
        else { throw BookFiles.error("truncate", path) }
    }

    /// Writes an entry, behind those that are still unwritten. On failure nothing of it is in the file.
    mutating func append(_ entry: BookEntry) throws(PaperBookError) {
        let line = try entry.line(encoder)
        let bytes = unwritten + line
        do throws(PaperBookError) {
            try BookFiles.write(bytes, to: file, path: path)
        } catch {
            try? cut()
            throw error
        }
        length += bytes.count
        unwritten = []
    }

    /// Takes an entry that counts even when it cannot be written now: it goes before the next one that can.
    /// - Returns: whether it is in the file.
    mutating func keep(_ entry: BookEntry) -> Bool {
        if (try? append(entry)) != nil { return true }
        if let line = try? entry.line(encoder) { unwritten += line }
        return false
    }

    /// Begins anew behind a snapshot that holds everything so far.
    mutating func clear() throws(PaperBookError) {
        length = 0
        unwritten = []
        try cut()
    }

    /// Reads every whole line. A last line without its end is left out; everything else that is not as it
    /// was written is damage.
    static func read(_ directory: String) throws(PaperBookError) -> Content {
        let path = directory + "/" + fileName
        var content = Content()
        guard let bytes = try BookFiles.read(path) else { return content }
        let decoder = JSONDecoder()
        var number = 0
        while let end = bytes[content.length...].firstIndex(of: UInt8(ascii: "\n")) {
            number += 1
            switch BookEntry.parse(bytes[content.length..<end], decoder) {
            case .success(let entry):
                if let last = content.entries.last, entry.number != last.number + 1 {
                    throw .corrupt(
                        file: path, line: number, "entry \(entry.number) follows entry \(last.number)")
                }
                content.entries.append(entry)
            case .failure(let damage): throw .corrupt(file: path, line: number, damage.problem)
            }
            content.length = end + 1
        }
        return content
    }
}
