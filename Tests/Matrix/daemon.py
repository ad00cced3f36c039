"""The trader of a case: its configuration, its life, and when exactly it ended."""

import json
import os
import select
import signal
import subprocess

from control import BINARY, Unexpected, now

BOT = "mtrx"
PREFIX = BOT + "-"
LEVELS = 8
FLUSH_RESERVE_MS = 1000
REPORT_RESERVE_MS = 300

# A request lives for 1 s + 0 s + 200 ms + what the adapter adds, so that a case need not wait for it.
CONFIGURATION = """\
mode: live
bot: {bot}
interval: 200ms
log: {{level: debug}}
exchange:
  rest_url: http://127.0.0.1:{port}
  market_ws_url: ws://127.0.0.1:{port}/ws
  user_ws_url: ws://127.0.0.1:{port}/ws
  key_file: {key}
  portfolio: {portfolio}
  token_life: 1s
  token_leeway: 0s
  list_lag: 200ms
rate: {{burst: 1000, per_second: 1000}}
stop: {{deadline: {deadline}ms, flush_reserve: {flush}ms, report_reserve: {report}ms}}
strategies: [{{type: grid, symbols: [BTC-USD], levels: {levels}, spacing_bps: 10, size_quote: 50, recentre: 1000}}]
"""


class Daemon:
    def __init__(self, directory, sandbox, key, deadline_ms, more=""):
        self.state = os.path.join(directory, "state")
        self.output = os.path.join(directory, "trader247.log")
        path = os.path.join(directory, "live.yaml")
        with open(path, "w") as file:
            file.write(
                CONFIGURATION.format(
                    bot=BOT, port=sandbox.port, key=key, portfolio=sandbox.portfolio, deadline=deadline_ms,
                    flush=FLUSH_RESERVE_MS, report=REPORT_RESERVE_MS, levels=LEVELS,
                )
                + more
            )  # fmt: skip
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRADER247")}
        with open(self.output, "w") as file:
            self.process = subprocess.Popen(
                [BINARY, "run", "--no-guardian", "--config", path, "--state-dir", self.state],
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, cwd=directory,
                env={**kept, "TRADER247_CONFIRM_LIVE": sandbox.portfolio, "SWIFT_BACKTRACE": "enable=no"},
            )  # fmt: skip
        self.descriptor = os.pidfd_open(self.process.pid)

    def check_alive(self):
        if self.process.poll() is not None:
            with open(self.output) as file:
                words = file.read()[-600:]
            raise Unexpected(f"the trader ended early with {self.process.returncode}: {words}")

    def terminate(self):
        """Sends the signal. Returns the instant before it."""
        self.check_alive()
        instant = now()
        os.kill(self.process.pid, signal.SIGTERM)
        return instant

    def ended(self, within):
        """Waits for the end. Returns the instant and the exit code; None if it does not end."""
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        if not poll.poll(within * 1000):
            return None
        instant = now()
        return instant, self.process.wait()

    def report(self):
        try:
            with open(os.path.join(self.state, "shutdown-report.json")) as file:
                return json.load(file)
        except (OSError, ValueError) as problem:
            return {"unreadable": str(problem)}

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.descriptor)
