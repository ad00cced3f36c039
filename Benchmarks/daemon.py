"""The release binary under a benchmark: its configuration, its processes, and the exchange's book."""

import datetime
import json
import os
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / ".build/release/trader247"
BENCH = ROOT / ".build/release/trader247-bench"


def median(values):
    return sorted(values)[len(values) // 2]


def nanoseconds(text):
    """2026-11-24T00:25:00.123456789Z since 1970, exactly."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    parsed = datetime.datetime.fromisoformat(seconds).replace(tzinfo=datetime.timezone.utc)
    return int(parsed.timestamp()) * 10**9 + int((fraction or "0").ljust(9, "0")[:9])


def write_recording(directory):
    """A market that stands still, so that nothing is filled: six hours of bars, alternating by a cent."""
    path = Path(directory) / "btc-usd-flat.csv"
    start = datetime.datetime(2026, 1, 1)
    with open(path, "w", encoding="utf-8") as file:
        file.write("time,open,high,low,close,volume\n")
        for number in range(2160):
            at = start + datetime.timedelta(seconds=10 * number)
            file.write(f"{at.isoformat()}Z,60000.00,60000.01,60000.00,60000.01,1\n")
    return path


def configuration(directory, orders, more, spacing=2, size=5):
    """A grid of so many resting orders. JSON is YAML."""
    settings = {
        "bot": "bench",
        "interval": "200ms",
        "strategies": [{
            "type": "grid", "symbols": ["BTC-USD"], "levels": max(1, orders // 2), "spacing_bps": spacing,
            "size_quote": size, "recentre": 1000,
        }],
        "risk": {
            "max_working_orders": 10000, "max_working_orders_per_symbol": 10000,
            "max_orders_per_minute": 1000000, "max_position_notional": 100000000,
            "price_collar_bps": 9999,
        },
        # One order is a single buy of an account without coins.
        "paper": {"balances": {"USD": 1000000, "BTC": 0 if orders == 1 else 100}},
    }
    for section, values in more.items():
        if isinstance(values, dict):
            settings[section] = settings.get(section, {}) | values
        else:
            settings[section] = values
    path = Path(directory) / "config.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return path


UNLIMITED = {
    "rate": {"burst": 100000, "per_second": 100000, "max_in_flight": 1000},
    "paper": {"latency": "0ms", "rate_limit": "none"},
}


class Daemon:
    def __init__(self, directory, config, recording, state="state", book="book"):
        self.directory = Path(directory)
        self.state = self.directory / state
        self.book = self.directory / book
        self.log = self.directory / f"log-{time.monotonic_ns()}.jsonl"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TRADER247_")}
        environment["SWIFT_BACKTRACE"] = "enable=no"
        with open(self.log, "wb") as output:
            self.started_ns = time.time_ns()
            self.process = subprocess.Popen(
                [BINARY, "run", "--no-guardian", "--config", config, "--state-dir", self.state, "--paper-book", self.book,
                 "--feed", f"replay:{recording}", "--speed", "1"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, env=environment)

    def events(self):
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def wait_for(self, event, limit=30):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if any(line["event"] == event for line in self.events()):
                return
            self.check()
            time.sleep(0.05)
        raise SystemExit(f"no {event} within {limit} s: {self.log}")

    def wait_for_orders(self, orders, limit=120):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            # Quietly: a question to the book costs a processor that the daemon may want.
            time.sleep(0.5)
            self.check()
            if read_book(self.book)["working"] >= orders:
                return
        raise SystemExit(f"not {orders} orders within {limit} s: {self.log}")

    def check(self):
        if self.process.poll() is not None:
            raise SystemExit(f"the daemon ended with {self.process.returncode}: {self.log}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM. Returns when it was sent, UTC nanoseconds, and the exit code."""
        sent = time.time_ns()
        self.process.send_signal(signal.SIGTERM)
        return sent, self.process.wait(60)


def command(*arguments):
    text = subprocess.run(
        [BINARY, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(text)


def read_book(path):
    if not (Path(path) / "snapshot.json").exists():
        return {"working": 0, "orders": []}
    return command("paper", "book", "--json", "--paper-book", path)
