// One process at a time works on a book. The kernel holds the lock and lets go of it when the process dies;
// what the file says about its holder is for people.

import Glibc

enum BookLock {
    static func take(_ directory: String) throws(PaperBookError) -> OwnedDescriptor {
        let path = directory + "/lock"
        let file = try BookFiles.open(path, O_RDWR | O_CREAT, "open the lock")
        while flock(file.number, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else { throw BookFiles.error("lock", path) }
            let text = (try BookFiles.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let holder = text.split(separator: "\n").first.map(String.init) ?? "another process"
            throw .locked(directory: directory, holder: holder)
        }
        // Not vital: a full disk must not keep anyone from the book.
        if ftruncate(file.number, 0) == 0 {
            try? BookFiles.write(Array("pid \(getpid())\n".utf8), to: file, path: path)
        }
        return file
    }
}
