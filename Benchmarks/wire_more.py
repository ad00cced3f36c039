"""Over the wire: a placement's way to a socket, memory of the live mode, and what the sandbox itself holds."""

import json
import os
import subprocess
import tempfile
import time

from daemon import BENCH, median
from venue import LIMITLESS_RISK, LiveDaemon, Sandbox, grid, live_configuration, smaps


def latency(repeats, rounds=1000):
    for algorithm in ("ES256", "EdDSA"):
        runs = [
            json.loads(subprocess.run(
                [BENCH, "wire-latency", str(rounds), algorithm], check=True, stdout=subprocess.PIPE, text=True).stdout)
            for _ in range(repeats)]
        line = {"algorithm": algorithm, "runs": repeats}
        for name in ("median_us", "bare_median_us", "ratio", "turns_us", "submit_us", "token_alone_us"):
            line[name] = round(median([run[name] for run in runs]), 2)
        line["met"] = line["median_us"] < 150
        line["all_us"] = [run["median_us"] for run in runs]
        line["all_bare_us"] = [run["bare_median_us"] for run in runs]
        print(json.dumps({"wire_latency": line}), flush=True)


def memory(repeats, orders=500):
    samples = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(prefix="trader247-bench-") as directory:
            sandbox = Sandbox(directory, "--market", "still", "--balance", "USD=10000000", "--balance", "BTC=100")
            config = live_configuration(directory, sandbox, {
                "interval": "200ms", "risk": LIMITLESS_RISK, "strategies": grid(orders),
                "rate": {"burst": 1000, "per_second": 1000},
            })
            daemon = LiveDaemon(directory, config, sandbox)
            end = time.monotonic() + 60
            while sandbox.working() < orders and time.monotonic() < end:
                daemon.check()
                time.sleep(0.2)
            time.sleep(5)
            if sandbox.working() != orders:
                raise SystemExit(f"{sandbox.working()} of {orders} orders work: {daemon.log}")
            samples.append(smaps(daemon.process.pid))
            _, code = daemon.stop()
            sandbox.stop()
            if code != 0:
                raise SystemExit(f"exit code {code}")
    line = {name: round(median([sample[name] for sample in samples]) / 1024, 1)
            for name in ("Rss", "Anonymous", "Private_Dirty")}
    line["all_rss"] = [round(sample["Rss"] / 1024, 1) for sample in samples]
    line["met"] = line["Rss"] < 60 and line["Anonymous"] < 15
    print(json.dumps({"wire_memory_mb": line}), flush=True)


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sandbox_load(orders=10_000, rate=2_000, seconds=20):
    with tempfile.TemporaryDirectory(prefix="trader247-bench-") as directory:
        sandbox = Sandbox(directory, "--market", "simulated", "--balance", "USD=100000000")
        sandbox.control("POST", "/orders", {
            "count": orders, "product": "BTC-USD", "side": "BUY", "price": "10000", "step": "1", "size": "0.0002",
            "prefix": "resting-"})
        before = processor_seconds(sandbox.process.pid)
        began = time.monotonic()
        load = subprocess.Popen(
            [BENCH, "load", sandbox.url, sandbox.key, str(rate), str(seconds)], stdout=subprocess.PIPE, text=True)
        most = 0
        while load.poll() is None:
            most = max(most, smaps(sandbox.process.pid)["Rss"])
            time.sleep(0.5)
        took = time.monotonic() - began
        line = json.loads(load.stdout.read())
        line["working"] = sandbox.working()
        line["rss_mb"] = round(most / 1024, 1)
        line["processor"] = round((processor_seconds(sandbox.process.pid) - before) / took, 2)
        line["met"] = (most / 1024 < 200 and line["working"] >= orders and line["answered"] == line["requests"]
                       and line["refused"] == 0)
        sandbox.stop()
        print(json.dumps({"sandbox": line}), flush=True)
