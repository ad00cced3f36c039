"""Memory with 500 working orders, and the time from exec to 100 orders that rest."""

import json
import tempfile
import time
from pathlib import Path

from daemon import UNLIMITED, Daemon, configuration, median, nanoseconds, read_book, write_recording


def memory(pid):
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    kilobytes = {
        line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines() if line.endswith(" kB")}
    private = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return kilobytes["Private_Dirty"] / 1024, private / 1024, kilobytes["Rss"] / 1024


def run(repeats):
    dirty, privates, residents, starts = [], [], [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(prefix="trader247-bench-") as directory:
            recording = write_recording(directory)
            daemon = Daemon(directory, configuration(directory, 500, UNLIMITED), recording)
            daemon.wait_for_orders(500)
            time.sleep(3)
            own, private, resident = memory(daemon.process.pid)
            daemon.stop()
            dirty.append(own)
            privates.append(private)
            residents.append(resident)
        with tempfile.TemporaryDirectory(prefix="trader247-bench-") as directory:
            recording = write_recording(directory)
            daemon = Daemon(directory, configuration(directory, 100, UNLIMITED), recording)
            time.sleep(1.5)
            daemon.wait_for_orders(100)
            daemon.stop()
            orders = read_book(daemon.book)["orders"]
            rested = sorted(nanoseconds(order["created_at"]) for order in orders)[99]
            starts.append((rested - daemon.started_ns) / 1e6)
    line = {
        "private_dirty_mb": round(median(dirty), 1), "private_mb": round(median(privates), 1),
        "rss_mb": round(median(residents), 1),
        "rss_met": median(residents) < 40, "start_to_100_orders_ms": round(median(starts), 1),
        "start_met": median(starts) < 300, "all_start_ms": [round(value, 1) for value in starts],
    }
    print(json.dumps({"memory": line}), flush=True)
    return line
