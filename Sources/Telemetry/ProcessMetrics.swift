// What every Prometheus client tells of its process, under the names that dashboards know.

import CoreMetrics
import FoundationEssentials
import Glibc
import Synchronization

final class ProcessMetrics: Sendable {
    private let memory: Gauge
    private let descriptors: Gauge
    private let processor: FloatingPointCounter
    private let counted = Mutex<Double>(0)

    init(_ factory: any MetricsFactory, startedAt: Double) {
        memory = Gauge(label: "process_resident_memory_bytes", factory: factory)
        descriptors = Gauge(label: "process_open_fds", factory: factory)
        processor = FloatingPointCounter(label: "process_cpu_seconds_total", factory: factory)
        Gauge(label: "process_start_time_seconds", factory: factory).record(startedAt)
    }

    func look() {
        if let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        {
            memory.record(pages * sysconf(Int32(_SC_PAGESIZE)))
        }
        if let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            // One of them is ours, for looking.
            descriptors.record(max(0, names.count - 1))
        }
        var used = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 else { return }
        let seconds = Double(used.tv_sec) + Double(used.tv_nsec) / 1e9
        counted.withLock { counted in
            processor.increment(by: seconds - counted)
            counted = max(counted, seconds)
        }
    }
}
