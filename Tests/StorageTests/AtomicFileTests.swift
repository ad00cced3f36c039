import Foundation
import Storage
import Testing

@Suite struct AtomicFileTests {
    @Test func theNewContentReplacesTheOldOne() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/report.json"
        try AtomicFile.write(String(repeating: "long ", count: 100_000), to: path)
        let old = try #require(FileHandle(forReadingAtPath: path))
        try AtomicFile.write("short\n", to: path, mode: 0o600)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "short\n")
        // Whoever had it open still reads the whole old content: it was replaced, not rewritten.
        #expect(try old.readToEnd()?.count == 500_000)
        #expect(try directory.files == ["report.json"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func aFailureLeavesTheOldContentAndNoTrace() throws {
        let directory = try TemporaryDirectory()
        // A directory cannot be replaced by a file.
        let path = directory.path + "/report.json"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect {
            try AtomicFile.write("new", to: path)
        } throws: {
            ($0 as? FileError)?.path == path && ($0 as? FileError)?.code == EISDIR
        }
        #expect(try directory.files == ["report.json"])
        #expect {
            try AtomicFile.write("new", to: directory.path + "/absent/report.json")
        } throws: {
            ($0 as? FileError)?.code == ENOENT
        }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root and the right to mount"))
    func aFullDiskLeavesTheOldContent() throws {
        let disk = try SmallDisk(kilobytes: 64)
        let path = disk.path + "/report.json"
        try AtomicFile.write("old", to: path)
        #expect {
            try AtomicFile.write(String(repeating: "x", count: 100_000), to: path)
        } throws: {
            ($0 as? FileError)?.code == ENOSPC
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["report.json"])
    }
}
