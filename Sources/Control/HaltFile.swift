// The kill switch for those who have only a shell: `touch STATE/halt`. Seen at start, through inotify, and by a look
// each second, because inotify sees nothing on some filesystems. Removing it never resumes anything.

import CLinux
import Daemon
import Glibc
import Trading

package enum HaltFile {
    package static func path(in directory: String) -> String { directory + "/halt" }

    package static func exists(in directory: String) -> Bool { access(path(in: directory), F_OK) == 0 }

    /// Makes it; false when that can't be.
    package static func make(in directory: String) -> Bool {
        mkdir(directory, 0o700)
        let descriptor = open(path(in: directory), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }

    /// Looks now and from then on; what it sees is a halt for the loop.
    package static func watch(_ directory: String, _ inbox: Inbox) throws {
        let isTold = tell(exists(in: directory), false, inbox)
        let watcher = cl_watch_directory(directory)
        try PlainThread.start("halt-file", stack: 128 * 1024) {
            var isTold = isTold
            while true {
                if cl_wait_readable(watcher, -1, 1_000_000_000) != 0 { cl_drain(watcher) }
                isTold = tell(exists(in: directory), isTold, inbox)
            }
        }
    }

    /// Each time that it appears it counts once. An inbox that is full is tried again.
    private static func tell(_ exists: Bool, _ wasTold: Bool, _ inbox: Inbox) -> Bool {
        guard exists, !wasTold else { return exists }
        return inbox.request(
            .said(
                OperatorOrder(
                    number: 0, by: "halt file", word: .halt("the file `halt` is in the state directory"))))
    }
}
