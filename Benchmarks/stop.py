"""From SIGTERM to a book without our orders (cleared) and to the end of verify (proved).

For each number of orders a first life without limits places them and is killed. Its book is copied. A
second life with the real limits adopts them, waits until both rate buckets are full, and is stopped; a bare
client cancels those of the copy. Both go through the same embedded exchange: 50 ms round trip, effect at
half of it, batches of 100, 30 requests a second with a bucket of 30, the default delay of a cancel.
"""

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from daemon import BENCH, UNLIMITED, Daemon, configuration, median, nanoseconds, read_book, write_recording

LIMITED = {
    "rate": {"burst": 30, "per_second": 30},
    "paper": {"latency": "50ms", "rate_limit": "30/30", "cancel_batch": 100},
    "recovery": {"leftovers": "adopt"},
}


def cleared(book, orders):
    view = read_book(book)
    ended = [order for order in view["orders"] if order["status"] == "canceled"]
    if view["working"] or len(ended) != orders:
        raise SystemExit(f"{view['working']} of {orders} orders still work, {len(ended)} canceled: {book}")
    return max(nanoseconds(order["updated_at"]) for order in ended)


def measure(orders, directory):
    directory = Path(directory)
    recording = write_recording(directory)
    first = Daemon(directory, configuration(directory, orders, UNLIMITED), recording)
    first.wait_for_orders(orders)
    first.kill()
    shutil.copytree(directory / "book", directory / "copy")

    second = Daemon(directory, configuration(directory, orders, LIMITED), recording)
    second.wait_for("trading")
    time.sleep(4)
    sent, code = second.stop()
    exited = time.time_ns()
    report = json.loads((second.state / "shutdown-report.json").read_text())
    if code != 0 or report["orders_found"] != orders:
        raise SystemExit(f"exit code {code}, {report['orders_found']} orders found: {directory}")
    flush = next(line for line in second.events() if "Flushing StateStore" in line["message"])
    ours = {
        "cleared": cleared(second.book, orders) - sent,
        "proved": nanoseconds(flush["time"]) - sent,
        "exit": exited - sent,
    }

    text = subprocess.run(
        [BENCH, "stop", directory / "copy", recording], check=True, stdout=subprocess.PIPE, text=True).stdout
    said = json.loads(text)
    bare = {
        "cleared": cleared(directory / "copy", orders) - said["began_ns"],
        "proved": said["proved_ns"] - said["began_ns"],
    }
    return ours, bare


def run(counts, repeats):
    results = []
    for orders in counts:
        pairs = []
        for _ in range(repeats):
            with tempfile.TemporaryDirectory(prefix="trader247-bench-") as directory:
                pairs.append(measure(orders, directory))
        line = {"orders": orders}
        for what in ("cleared", "proved"):
            ours = median([pair[0][what] for pair in pairs]) / 1e6
            bare = median([pair[1][what] for pair in pairs]) / 1e6
            line[what] = {
                "ms": round(ours, 1), "bare_ms": round(bare, 1), "ratio": round(ours / bare, 3),
                "met": ours <= 1.10 * bare or ours <= bare + 5,
                "all_ms": [round(pair[0][what] / 1e6, 1) for pair in pairs],
                "all_bare_ms": [round(pair[1][what] / 1e6, 1) for pair in pairs],
            }
        line["exit_ms"] = round(median([pair[0]["exit"] for pair in pairs]) / 1e6, 1)
        print(json.dumps({"stop": line}), flush=True)
        results.append(line)
    return results
