"""Durable placements: what a commit adds to an order's way, against one fdatasync of as many bytes.

An order is created when the core decides it and sent when its intent is on the disk; the store keeps both
instants. How many bytes each commit wrote is read from the write-ahead log itself.
"""

import json
import os
import struct
import tempfile
import time
from pathlib import Path

from daemon import UNLIMITED, Daemon, command, configuration, median, nanoseconds, write_recording


def commits(wal):
    """Bytes that each commit appended, in the order of the log's frames."""
    data = Path(wal).read_bytes()
    page, = struct.unpack(">I", data[8:12])
    sizes, size = [], 0
    for at in range(32, len(data) - page - 23, page + 24):
        if data[at + 8:at + 16] != data[16:24]:
            break  # a frame of an older round
        size += page + 24
        if struct.unpack(">I", data[at + 4:at + 8])[0]:
            sizes.append(size)
            size = 0
    return sizes


def syncs(directory, size, count, pause):
    """Milliseconds of an append of so many bytes with its fdatasync."""
    path = Path(directory) / "bare"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    block = b"\x07" * size
    times = []
    for _ in range(count):
        time.sleep(pause)
        began = time.perf_counter_ns()
        os.write(file, block)
        os.fdatasync(file)
        times.append((time.perf_counter_ns() - began) / 1e6)
    os.close(file)
    return times


def life(orders, more):
    """Places so many orders. Answers when each was created and sent, and the commits' sizes."""
    with tempfile.TemporaryDirectory(prefix="trader247-bench-") as directory:
        recording = write_recording(directory)
        settings = {section: UNLIMITED[section] | more.get(section, {}) for section in UNLIMITED}
        daemon = Daemon(directory, configuration(directory, orders, settings), recording)
        daemon.wait_for_orders(orders)
        sizes = commits(daemon.state / "state.db-wal")
        daemon.kill()
        placed = command("orders", "--all", "--json", "--state-dir", daemon.state)
        if len(placed) != orders:
            raise SystemExit(f"{len(placed)} orders instead of {orders}")
        pairs = [(nanoseconds(order["created_at"]), nanoseconds(order["sent_at"])) for order in placed]
        return sorted(pairs), sizes


def run(repeats):
    # One at a time: a request every 20 ms, the bucket never holds a second one.
    singly = {"rate": {"burst": 11, "per_second": 50, "cancel_reserve": 10}}
    added, bare, sizes = [], [], []
    for _ in range(repeats):
        pairs, written = life(150, singly)
        # The first ones come in a crowd: the bucket was full.
        added += [(sent - created) / 1e6 for created, sent in pairs[20:]]
        sizes = written[20:]
        with tempfile.TemporaryDirectory(prefix="trader247-bench-") as directory:
            bare += syncs(directory, median(sizes), 130, 0.02)
    line = {
        "bytes_per_commit": median(sizes), "added_ms": round(median(added), 3),
        "fdatasync_ms": round(median(bare), 3), "ratio": round(median(added) / median(bare), 2),
        "met": median(added) <= 1.5 * median(bare),
    }
    pairs, _ = life(2000, {"rate": {"max_in_flight": 64}})
    seconds = (max(sent for _, sent in pairs) - pairs[0][0]) / 1e9
    line["placements_per_second"] = round(len(pairs) / seconds)
    print(json.dumps({"placements": line}), flush=True)
    return line
