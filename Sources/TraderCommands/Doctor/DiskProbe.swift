// How long a small write takes until it is durable, measured on a file that has no name and so leaves nothing behind.

import CLinux
import Daemon
import Glibc
import TradingDomain

enum DiskProbe {
    private static let rounds = 9
    /// A disk that hangs is known to be one after this; the rest of the rounds would tell nothing new.
    private static let patience: Duration = .seconds(6)

    /// - Returns: nil when it can't be written, with errno saying why.
    static func run(in directory: String) -> (median: Duration, worst: Duration)? {
        let path = "\(directory)/.doctor-\(getpid())"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        unlink(path)
        let block = [UInt8](repeating: 0x24, count: 4_096)
        var times: [Duration] = []
        let began = realNow()
        while times.count < rounds, realNow() - began < patience {
            let start = realNow()
            guard write(descriptor, block, block.count) == block.count, fdatasync(descriptor) == 0 else {
                return nil
            }
            times.append(realNow() - start)
        }
        times.sort()
        guard let worst = times.last else { return nil }
        return (times[times.count / 2], worst)
    }

    static var openDescriptors: Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Itself, its parent, and the descriptor that reads it.
        return max(0, count - 3)
    }
}
