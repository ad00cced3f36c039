"""`Benchmarks/run backtest`: events per second of a backtest, against NautilusTrader's own engine on the same trades, and
the time that a month of one-minute bars takes."""

import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from daemon import BINARY

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parent / ".build" / "nautilus"
PACKAGE = "nautilus_trader==1.221.0"
LEVELS, SPACING, SIZE, LATENCY = 5, 10, 50, 20


def environment():
    """A Python of its own with the engine from PyPI; made once."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    if subprocess.run([python, "-c", "import nautilus_trader"], stderr=subprocess.DEVNULL).returncode != 0:
        subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE], check=True)
    return python


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def write_trades(path, count, seed=1):
    """A bitcoin that wanders: two trades a second, a quarter of a basis point of deviation from one to the next."""
    chance = random.Random(seed)
    at = datetime(2026, 3, 1, tzinfo=timezone.utc)
    price = 60_000.0
    with open(path, "w") as file:
        file.write("time,trade_id,side,price,size\n")
        for number in range(1, count + 1):
            at += timedelta(milliseconds=min(30_000, int(chance.expovariate(1 / 500)) + 1))
            price = max(1_000.0, price * (1 + chance.gauss(0, 0.25e-4)))
            side = chance.choice(("buy", "sell"))
            file.write(f"{stamp(at)},{number},{side},{price:.2f},{chance.randint(1, 20_000) / 10_000}\n")


def write_bars(path, seed=1):
    """A month of one-minute bars."""
    chance = random.Random(seed)
    at = datetime(2026, 3, 1, tzinfo=timezone.utc)
    price = 60_000.0
    with open(path, "w") as file:
        file.write("time,open,high,low,close,volume\n")
        for _ in range(31 * 24 * 60):
            opened = price
            steps = [opened]
            for _ in range(4):
                steps.append(steps[-1] * (1 + chance.gauss(0, 3e-4)))
            price = steps[-1]
            file.write(
                f"{stamp(at)},{opened:.2f},{max(steps):.2f},{min(steps):.2f},{price:.2f},{chance.randint(1, 10**6)}\n")
            at += timedelta(minutes=1)


def ours(path, report, *more):
    """One run of the real command, as it says itself what it took."""
    done = subprocess.run(
        [BINARY, "backtest", "--data", path, "--jobs", "1", "--latency", f"{LATENCY}ms", "--output", report, *more],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"([\d,]+) events in ([\d.]+) s, .*reading the data: ([\d.]+) s", done.stderr)
    run = json.loads(Path(report).read_text())["runs"][0]
    return {
        "events": int(found[1].replace(",", "")), "seconds": float(found[2]), "read_seconds": float(found[3]),
        "orders": run["figures"]["orders_sent"], "filled": run["figures"]["orders_filled"],
        "verdict": run["result"]["end"]["verdict"]}


def rate(side, key=lambda run: run["seconds"]):
    return statistics.median(run["events"] / key(run) for run in side)


def run(count, repeats, bars):
    python = environment()
    with tempfile.TemporaryDirectory() as folder:
        trades = f"{folder}/btc-usd-trades.csv"
        write_trades(trades, count)
        sides = {"ours": [], "nautilus": []}
        # In turns, so that a busy machine slows both.
        for _ in range(repeats):
            sides["ours"].append(
                ours(
                    trades, f"{folder}/report.json", "--set",
                    f"strategies[0].spacing_bps={SPACING}", "--set", f"strategies[0].levels={LEVELS}", "--set",
                    f"strategies[0].size_quote={SIZE}"))
            text = subprocess.run(
                [python, HERE / "nautilus_grid.py", trades, str(LEVELS), str(SPACING), str(SIZE), str(LATENCY)],
                check=True, stdout=subprocess.PIPE, text=True).stdout
            sides["nautilus"].append(json.loads(text.strip().splitlines()[-1]))
        a, b = rate(sides["ours"]), rate(sides["nautilus"])
        whole = lambda run: run["seconds"] + run["read_seconds"]  # noqa: E731
        print(
            json.dumps({
                "backtest": {
                    "events": count, "events_per_second": round(a), "nautilus_events_per_second": round(b),
                    "ratio": round(a / b, 2),
                    "ratios": [
                        round((x["events"] / x["seconds"]) / (y["events"] / y["seconds"]), 2)
                        for x, y in zip(sides["ours"], sides["nautilus"])],
                    "ratio_with_reading": round(rate(sides["ours"], whole) / rate(sides["nautilus"], whole), 2),
                    "orders": sides["ours"][0]["orders"], "nautilus_orders": sides["nautilus"][0]["orders"],
                    "filled": sides["ours"][0]["filled"], "nautilus_filled": sides["nautilus"][0]["filled"],
                    "nautilus": sides["nautilus"][0]["version"], "met": a >= 3 * b}}), flush=True)
        month(folder, repeats, bars)


def month(folder, repeats, bars):
    """With a decision at each price of a bar and once a minute; the default of 5 s beside it."""
    path = bars or f"{folder}/btc-usd-bars.csv"
    if not bars:
        write_bars(path)
    result = {}
    for name, more in [("seconds", ["--set", "interval=1m"]), ("seconds_at_5s", [])]:
        runs = [ours(path, f"{folder}/month.json", "--symbol", "BTC-USD", *more) for _ in range(repeats)]
        result[name] = round(statistics.median(one["seconds"] + one["read_seconds"] for one in runs), 3)
        result["bars"] = runs[0]["events"]
    result["met"] = result["seconds"] < 2
    print(json.dumps({"backtest_month_of_bars": result}), flush=True)
