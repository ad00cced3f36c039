"""The stop over the wire: a live daemon and a bare client, each against the sandbox as a process of its own.

As in stop.py: a first life without limits places the orders and is killed; a second one adopts them, rests until
both buckets are full, and gets SIGTERM. The bare client (`trader247-bench wire-stop`) cancels as many orders that
were seeded into a fresh book. Both have 50 ms of round trip, batches of 100, 30 requests a second with a bucket of
30, and as many connections as the other.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path

from daemon import BENCH, median, nanoseconds
from venue import LIMITLESS_RISK, LiveDaemon, Sandbox, grid, last_end, live_configuration

FIRST = {
    "interval": "200ms", "risk": LIMITLESS_RISK,
    "rate": {"burst": 100000, "per_second": 100000, "max_in_flight": 1000},
    "exchange": {"order_connections": 32},
}
LATENCY = {"endpoint": "*", "ms": 50}
CANCEL_DELAY_NS = 5_000_000
PATH = "/api/v3/brokerage/orders/batch_cancel"


def limit(sandbox):
    sandbox.control("POST", "/latency", LATENCY)
    sandbox.control("POST", "/rate", {"burst": 30, "per_second": 30})


def unlimit(sandbox):
    sandbox.control("POST", "/reset")
    sandbox.control("POST", "/rate", {})


def canceled(sandbox, orders, prefix):
    book = sandbox.book("?prefix=" + prefix)
    ended = [order for order in book["orders"] if order["status"] == "CANCELLED"]
    if book["working"] or len(ended) != orders:
        raise SystemExit(f"{book['working']} of {orders} orders still work, {len(ended)} are canceled")
    return last_end(ended)


def effect_share(sandbox, cleared):
    """Which share of the round trip had passed when the last batch took effect."""
    calls = [r for r in sandbox.control("GET", "/requests")["requests"] if r["path"] == PATH]
    last = max(calls, key=lambda call: call["monotonic_ns"])
    round_trip = last["answered_ns"] - last["monotonic_ns"]
    return (cleared - CANCEL_DELAY_NS - nanoseconds(last["utc"])) / round_trip


def ours(sandbox, directory, orders, connections):
    unlimit(sandbox)
    config = live_configuration(
        directory, sandbox, FIRST | {"strategies": grid(orders)}, name="first.yaml")
    first = LiveDaemon(directory, config, sandbox)
    end = time.monotonic() + 180
    while sandbox.working() < orders:
        first.check()
        if time.monotonic() > end:
            raise SystemExit(f"{sandbox.working()} of {orders} orders within 180 s: {first.log}")
        time.sleep(0.3)
    first.kill()
    config = live_configuration(directory, sandbox, {
        "interval": "200ms", "risk": LIMITLESS_RISK, "strategies": grid(orders),
        "rate": {"burst": 30, "per_second": 30}, "recovery": {"leftovers": "adopt"},
        "exchange": {"query_connections": connections},
    }, name="second.yaml")
    second = LiveDaemon(directory, config, sandbox)
    second.wait_for("trading")
    limit(sandbox)
    time.sleep(4)
    sandbox.control("DELETE", "/requests")
    sent, code = second.stop()
    exited = time.time_ns()
    report = json.loads((second.state / "shutdown-report.json").read_text())
    if code != 0 or report["orders_found"] != orders:
        raise SystemExit(f"exit code {code}, {report['orders_found']} orders found: {directory}")
    flush = next(line for line in second.events() if "Flushing StateStore" in line["message"])
    cleared = canceled(sandbox, orders, "bench-")
    refused = [r for r in sandbox.control("GET", "/requests")["requests"] if r["status"] == 429]
    return {
        "cleared": cleared - sent, "proved": nanoseconds(flush["time"]) - sent, "exit": exited - sent,
        "effect": effect_share(sandbox, cleared), "refused": len(refused),
    }


def bare(sandbox, orders, connections):
    unlimit(sandbox)
    sandbox.control("POST", "/orders", {
        "count": orders, "product": "BTC-USD", "side": "BUY", "price": "30000", "step": "1", "size": "0.0002",
        "prefix": "bare-"})
    limit(sandbox)
    text = subprocess.run(
        [BENCH, "wire-stop", sandbox.url, sandbox.key, str(connections)],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    said = json.loads(text)
    if said["orders"] != orders:
        raise SystemExit(f"the bare client found {said['orders']} of {orders} orders")
    return {
        "cleared": canceled(sandbox, orders, "bare-") - said["began_ns"],
        "proved": said["proved_ns"] - said["began_ns"], "refused": said["refused"],
    }


def pair(orders, connections):
    with tempfile.TemporaryDirectory(prefix="trader247-bench-") as directory:
        # One order is a single buy of an account without coins.
        coins = 0 if orders == 1 else 100
        sandbox = Sandbox(
            directory, "--market", "still", "--balance", "USD=10000000", "--balance", f"BTC={coins}")
        try:
            return ours(sandbox, Path(directory), orders, connections), bare(sandbox, orders, connections)
        finally:
            sandbox.stop()


def run(counts, repeats, connections):
    for orders in counts:
        pairs = [pair(orders, connections) for _ in range(repeats)]
        line = {"orders": orders, "connections": connections}
        for what in ("cleared", "proved"):
            a, b = (median([each[side][what] for each in pairs]) / 1e6 for side in (0, 1))
            line[what] = {
                "ms": round(a, 1), "bare_ms": round(b, 1), "ratio": round(a / b, 3),
                "met": a <= 1.10 * b or a <= b + 5,
                "all_ms": [round(each[0][what] / 1e6, 1) for each in pairs],
                "all_bare_ms": [round(each[1][what] / 1e6, 1) for each in pairs],
            }
        line["exit_ms"] = round(median([each[0]["exit"] for each in pairs]) / 1e6, 1)
        line["effect_share"] = round(median([each[0]["effect"] for each in pairs]), 3)
        line["refused"] = [sum(each[side]["refused"] for each in pairs) for side in (0, 1)]
        print(json.dumps({"wire_stop": line}), flush=True)
