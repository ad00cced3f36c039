"""From the death of a live trader to an empty book, under the guardian.

A guarded trader rests its orders at the sandbox with 50 ms of round trip, every placement answered. Then it gets
SIGKILL, or executes the instruction of a Swift trap in the midst of a write (Tests/DiskShim, preloaded), and the book
says when the last order was canceled. The bare client of wire_stop.py, which is running already when it is asked,
cancels as many in the same run.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from daemon import median
from venue import LiveDaemon, Sandbox, grid, last_end, live_configuration
from wire_stop import FIRST, LATENCY, bare


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


SHIM = Path(__file__).resolve().parent.parent / "Tests/DiskShim/disk_shim.c"


def shim(directory):
    """The preloaded library; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if not compiler:
        return None
    library = Path(directory) / "disk_shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SHIM], check=True)
    return library


def pss(pid):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])


def kill(directory, orders, library):
    """With a library the trader traps at its next write, which a partial fill causes; else it gets SIGKILL."""
    sandbox = Sandbox(directory, "--market", "still", "--balance", "USD=10000000", "--balance", "BTC=100")
    try:
        settings = FIRST | {"strategies": grid(orders), "on_crash": "sweep-and-exit"}
        config = live_configuration(directory, sandbox, settings)
        control = directory / "disk"
        preload = {
            "LD_PRELOAD": str(library), "DISK_SHIM_DIR": str(directory.resolve() / "state"),
            "DISK_SHIM_CONTROL": str(control),
        } if library else {}
        daemon = LiveDaemon(directory, config, sandbox, guarded=True, environment=preload)
        end = time.monotonic() + 120
        while sandbox.working() < orders:
            daemon.check()
            if time.monotonic() > end:
                raise SystemExit(f"{sandbox.working()} of {orders} orders within 120 s: {daemon.log}")
            time.sleep(0.1)
        sandbox.control("POST", "/latency", LATENCY)
        # Until every placement is answered and on the disk.
        time.sleep(1)
        trader, = children(daemon.process.pid)
        memory = pss(daemon.process.pid)
        if library:
            name = next(o["client_order_id"] for o in sandbox.book("?prefix=bench-")["orders"] if o["status"] == "OPEN")
            control.write_text("write trap\nonce\n")
            sandbox.control("POST", "/fill", {"client_order_id": name, "permille": 100})
        else:
            died = time.time_ns()
            os.kill(trader, signal.SIGKILL)
        code = daemon.process.wait(60)
        exited = time.time_ns()
        if library:
            # Written by the library just before the trap.
            died = control.with_name("disk.seen").stat().st_mtime_ns
        book = sandbox.book("?prefix=bench-")
        ended = [order for order in book["orders"] if order["status"] == "CANCELLED"]
        if code != 70 or book["working"] or len(ended) < orders:
            raise SystemExit(f"exit {code}, {book['working']} working, {len(ended)} canceled: {directory}")
        return last_end(ended) - died, exited - died, memory
    finally:
        sandbox.stop()


def run(orders, repeats, connections):
    for cause in ("SIGKILL", "trap"):
        with tempfile.TemporaryDirectory(prefix="trader247-bench-") as top:
            library = shim(top) if cause == "trap" else None
            if cause == "trap" and not library:
                print(json.dumps({"crash": {"cause": cause, "skipped": "there is no C compiler"}}), flush=True)
                continue
            times = []
            for repeat in range(repeats):
                directory = Path(top) / str(repeat)
                directory.mkdir()
                times.append(kill(directory, orders, library))
            sandbox = Sandbox(top, "--market", "still", "--balance", "USD=10000000")
            try:
                peer = bare(sandbox, orders, connections)["cleared"]
            finally:
                sandbox.stop()
        cleared = median([each[0] for each in times]) / 1e6
        print(json.dumps({"crash": {
            "cause": cause, "orders": orders, "cleared_ms": round(cleared, 1), "met": cleared < 400,
            "all_ms": [round(each[0] / 1e6, 1) for each in times], "bare_ms": round(peer / 1e6, 1),
            "ratio": round(cleared * 1e6 / peer, 2),
            "proved_and_exit_ms": round(median([each[1] for each in times]) / 1e6, 1),
            "guardian_pss_kb": max(each[2] for each in times),
        }}), flush=True)
