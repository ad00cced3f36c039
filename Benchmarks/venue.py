"""The sandbox and a live daemon against it, as processes of the release binary."""

import http.client
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from daemon import BINARY, nanoseconds


class Sandbox:
    """A sandbox with a key of its own; `control` speaks to its control plane on one kept connection."""

    def __init__(self, directory, *options, binary=BINARY, nice=0):
        self.directory = Path(directory)
        self.key = self.directory / "key.json"
        subprocess.run(
            [binary, "sandbox", "keys", "--out", self.key], check=True, stdout=subprocess.DEVNULL)
        with open(self.directory / "sandbox-errors", "wb") as errors:
            self.process = subprocess.Popen(
                [binary, "sandbox", "--port", "0", "--keys", self.key, *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                preexec_fn=lambda: os.nice(nice))
        line = self.process.stdout.readline().strip()
        if not line.startswith("listening http://"):
            raise SystemExit(f"the sandbox did not start: {line!r} {self.directory}")
        self.url = line.removeprefix("listening ")
        self.host = self.url.removeprefix("http://")
        self.connection = http.client.HTTPConnection(self.host, timeout=120)
        self.portfolio = self.control("GET", "")["portfolio_id"]

    def control(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        for attempt in (1, 2):
            try:
                self.connection.request(method, "/_control" + path, text)
                answer = self.connection.getresponse()
                data = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self.connection.close()
                if attempt == 2:
                    raise
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {data[:300]}")
        return json.loads(data)

    def book(self, query=""):
        return self.control("GET", "/book" + query)

    def working(self):
        return self.control("GET", "")["working"]

    def stop(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


def live_configuration(directory, sandbox, settings, name="live.yaml"):
    """A live configuration for this sandbox. JSON is YAML."""
    whole = {
        "mode": "live",
        "bot": "bench",
        "exchange": {
            "rest_url": sandbox.url,
            "market_ws_url": "ws://" + sandbox.host + "/ws",
            "user_ws_url": "ws://" + sandbox.host + "/ws",
            "key_file": str(sandbox.key),
            "portfolio": sandbox.portfolio,
            # What the sandbox is like; a crash is waited out for their sum.
            "token_life": "1s", "token_leeway": "0s", "list_lag": "500ms",
        },
    }
    for section, values in settings.items():
        whole[section] = whole.get(section, {}) | values if isinstance(values, dict) else values
    path = Path(directory) / name
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def grid(orders, spacing=2, size=5, recentre=1000, symbols=("BTC-USD",)):
    return [{
        "type": "grid", "symbols": list(symbols), "levels": max(1, orders // 2), "spacing_bps": spacing,
        "size_quote": size, "recentre": recentre,
    }]


LIMITLESS_RISK = {
    "max_working_orders": 10000, "max_working_orders_per_symbol": 10000, "max_orders_per_minute": 1000000,
    "max_position_notional": 100000000, "price_collar_bps": 9999, "max_daily_loss": 0,
}


class LiveDaemon:
    """One life in live mode. Its log is read from where it was left the last time."""

    def __init__(self, directory, config, sandbox, binary=BINARY, nice=0, guarded=False, environment=None):
        self.directory = Path(directory)
        self.state = self.directory / "state"
        self.config = config
        self.binary = binary
        self.log = self.directory / f"log-{time.monotonic_ns()}.jsonl"
        self.seen = []
        self.offset = 0
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TRADER247_")}
        confirmed = {"SWIFT_BACKTRACE": "enable=no", "TRADER247_CONFIRM_LIVE": sandbox.portfolio}
        with open(self.log, "wb") as output, open(self.directory / "errors", "ab") as errors:
            self.process = subprocess.Popen(
                [binary, "run", *([] if guarded else ["--no-guardian"]), "--config", config, "--state-dir", self.state],
                stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                env=inherited | confirmed | (environment or {}), preexec_fn=lambda: os.nice(nice))

    def events(self):
        with open(self.log, "rb") as file:
            file.seek(self.offset)
            data = file.read()
        whole = data[:data.rfind(b"\n") + 1]
        self.offset += len(whole)
        self.seen += [json.loads(line) for line in whole.splitlines()]
        return self.seen

    def wait_for(self, event, limit=60):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if any(line["event"] == event for line in self.events()):
                return
            self.check()
            time.sleep(0.05)
        raise SystemExit(f"no {event} within {limit} s: {self.log}")

    def check(self):
        if self.process.poll() is not None:
            raise SystemExit(f"the daemon ended with {self.process.returncode}: {self.log}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, limit=90):
        """SIGTERM. Returns when it was sent, UTC nanoseconds, and the exit code."""
        sent = time.time_ns()
        self.process.send_signal(signal.SIGTERM)
        return sent, self.process.wait(limit)

    def ask(self, *arguments):
        """What the state says: `orders --all`, `fills`, `positions`."""
        text = subprocess.run(
            [self.binary, *arguments, "--json", "--config", self.config, "--state-dir", self.state],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(text)


def smaps(pid):
    """Kilobytes by name from smaps_rollup."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    return {line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines() if line.endswith(" kB")}


def last_end(orders):
    """When the last of these orders was canceled, by the exchange's clock."""
    return max(nanoseconds(order["last_update_time"]) for order in orders)
