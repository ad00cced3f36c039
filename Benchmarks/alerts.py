"""A stop with every alert sink hanging, beside one without sinks, in one run.

From SIGTERM to the exit, on the embedded exchange, 100 orders. The sinks that hang: a webhook that reads and never
answers, one that accepts nothing (its backlog is full), and a program that sleeps. The sides alternate.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from daemon import BINARY, median, read_book

ORDERS = 100


def hanging():
    """Reads what comes and answers nothing."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        held = []
        while True:
            connection, _ = listener.accept()
            held.append(connection)

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def deaf():
    """Accepts nothing."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    fill = []
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        fill.append(client)
    return listener, fill


def sinks(ports):
    """The configuration's `alerts` that hang: webhooks at these ports and a program; none without ports."""
    hooks = [
        {"type": "slack", "name": f"hook{number}", "url": f"http://127.0.0.1:{port}/"}
        for number, port in enumerate(ports)]
    return hooks + ([{"type": "command", "command": ["/bin/sleep", "30"], "timeout": "20s"}] if ports else [])


def configuration(directory, ports):
    settings = {
        "bot": "bench", "interval": "200ms",
        "strategies": [{
            "type": "grid", "symbols": ["BTC-USD"], "levels": ORDERS // 2, "spacing_bps": 7, "size_quote": 5,
            "recentre": 1000}],
        "risk": {"max_working_orders": 10000, "max_working_orders_per_symbol": 10000, "max_orders_per_minute": 1000000},
        "rate": {"burst": 100000, "per_second": 100000},
        "paper": {"latency": "4ms", "rate_limit": "none", "balances": {"USD": 1000000, "BTC": 100}},
        "alerts": sinks(ports),
    }
    path = Path(directory) / "config.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return path


def measure(ports):
    directory = Path(tempfile.mkdtemp(prefix="trader247-bench-"))
    try:
        config = configuration(directory, ports)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TRADER247_")}
        process = subprocess.Popen(
            [BINARY, "run", "--no-guardian", "--config", config, "--state-dir", directory / "state", "--paper-book",
             directory / "book"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=environment)
        end = time.monotonic() + 60
        while read_book(directory / "book")["working"] < ORDERS:
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"not {ORDERS} orders: {directory}")
            time.sleep(0.2)
        # The first alert hangs by now.
        time.sleep(1)
        sent = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
        elapsed = time.monotonic() - sent
        if code != 0:
            raise SystemExit(f"exit code {code}: {directory}")
        return elapsed * 1000
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run(repeats):
    _, fill = listener = deaf()
    ports = [hanging(), listener[0].getsockname()[1]]
    without, hung = [], []
    for _ in range(repeats):
        without.append(measure([]))
        hung.append(measure(ports))
    ratio = median(hung) / median(without)
    print(json.dumps({"alerts": {
        "orders": ORDERS, "without_ms": round(median(without), 1), "hanging_ms": round(median(hung), 1),
        "ratio": round(ratio, 3), "met": ratio <= 1.1 or median(hung) <= median(without) + 5,
        "all_without_ms": [round(each, 1) for each in without], "all_hanging_ms": [round(each, 1) for each in hung],
    }}), flush=True)
    for client in fill:
        client.close()
