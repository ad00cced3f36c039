"""From the death of a live trader to an empty book, under the guardian.

A guarded trader rests its orders at the sandbox with 50 ms of round trip, every placement answered. Then it gets
SIGKILL (or SIGILL, how a Swift trap ends a process), and the book says when the last order was canceled. The bare
client of wire_stop.py, which is running already when it is asked, cancels as many in the same run.
"""

import json
import os
import signal
import tempfile
import time
from pathlib import Path

from daemon import median
from venue import LiveDaemon, Sandbox, grid, last_end, live_configuration
from wire_stop import FIRST, LATENCY, bare


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill(directory, orders, number):
    sandbox = Sandbox(directory, "--market", "still", "--balance", "USD=10000000", "--balance", "BTC=100")
    try:
        settings = FIRST | {"strategies": grid(orders), "on_crash": "sweep-and-exit"}
        config = live_configuration(directory, sandbox, settings)
        daemon = LiveDaemon(directory, config, sandbox, guarded=True)
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
        died = time.time_ns()
        os.kill(trader, number)
        code = daemon.process.wait(60)
        exited = time.time_ns()
        book = sandbox.book("?prefix=bench-")
        ended = [order for order in book["orders"] if order["status"] == "CANCELLED"]
        if code != 70 or book["working"] or len(ended) < orders:
            raise SystemExit(f"exit {code}, {book['working']} working, {len(ended)} canceled: {directory}")
        return last_end(ended) - died, exited - died
    finally:
        sandbox.stop()


def run(orders, repeats, connections):
    for number in (signal.SIGKILL, signal.SIGILL):
        with tempfile.TemporaryDirectory(prefix="trader247-bench-") as top:
            times = []
            for repeat in range(repeats):
                directory = Path(top) / str(repeat)
                directory.mkdir()
                times.append(kill(directory, orders, number))
            sandbox = Sandbox(top, "--market", "still", "--balance", "USD=10000000")
            try:
                peer = bare(sandbox, orders, connections)["cleared"]
            finally:
                sandbox.stop()
        cleared = median([each[0] for each in times]) / 1e6
        print(json.dumps({"crash": {
            "signal": number.name, "orders": orders, "cleared_ms": round(cleared, 1), "met": cleared < 400,
            "all_ms": [round(each[0] / 1e6, 1) for each in times], "bare_ms": round(peer / 1e6, 1),
            "ratio": round(cleared * 1e6 / peer, 2),
            "proved_and_exit_ms": round(median([each[1] for each in times]) / 1e6, 1),
        }}), flush=True)
