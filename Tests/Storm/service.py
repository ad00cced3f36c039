"""A service manager's part: starts the bot, and starts it again within a second when it ended unasked."""

import json
import os
import signal
import subprocess
import threading
import time

from control import BINARY, Unexpected

BOT = "storm"
PREFIX = BOT + "-"
LEVELS = 6

# A request lives for 1 s + 0 s + 200 ms + what the adapter adds, so that recovery need not wait for long.
CONFIGURATION = """\
mode: live
bot: {bot}
interval: 200ms
on_crash: {on_crash}
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
strategies: [{{type: grid, symbols: [BTC-USD], levels: {levels}, spacing_bps: 10, size_quote: 50, recentre: 1000}}]
"""
LOCKED = 75


def children(pid):
    """The children of every thread of a process."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += [int(word) for word in file.read().split()]
    except OSError:
        pass
    return found


class Service:
    def __init__(self, directory, sandbox, key, dice, on_crash):
        self.directory, self.dice = directory, dice
        self.state = os.path.join(directory, "state")
        self.log = open(os.path.join(directory, "trader247.log"), "a")
        self.config = os.path.join(directory, "live.yaml")
        with open(self.config, "w") as file:
            file.write(
                CONFIGURATION.format(
                    bot=BOT, port=sandbox.port, key=key, portfolio=sandbox.portfolio, levels=LEVELS,
                    on_crash=on_crash,
                )
            )  # fmt: skip
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRADER247")}
        self.environment = {**kept, "TRADER247_CONFIRM_LIVE": sandbox.portfolio, "SWIFT_BACKTRACE": "enable=no"}
        self.guardian = None
        self.codes, self.ever = [], set()
        self.lock, self.wanted, self.over = threading.Lock(), False, False
        self.manager = threading.Thread(target=self.manage, daemon=True)
        self.manager.start()

    def say(self, text):
        self.log.write(f"--- {time.strftime('%H:%M:%S')} storm: {text}\n")
        self.log.flush()

    def manage(self):
        while not self.over:
            with self.lock:
                if self.wanted and (self.guardian is None or self.guardian.poll() is not None):
                    if self.guardian is not None:
                        self.codes.append(self.guardian.returncode)
                        self.say(f"the guardian ended with {self.guardian.returncode}, it is started again")
                    self.guardian = subprocess.Popen(
                        [BINARY, "run", "--config", self.config, "--state-dir", self.state],
                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=self.directory,
                        env=self.environment, start_new_session=True,
                    )  # fmt: skip
                    self.ever.add(self.guardian.pid)
            # The kernel's generator: this thread is no part of what a seed repeats.
            time.sleep(0.1 + int.from_bytes(os.urandom(1)) / 255 * 0.8)

    def want(self, wanted):
        with self.lock:
            self.wanted = wanted

    def kill(self, target):
        """Kills what the target names, as it stands at this moment. Returns what was killed, in words."""
        while True:
            # One that ended by itself is started again within a second.
            self.lock.acquire()
            if self.guardian is not None and self.guardian.poll() is None:
                break
            self.lock.release()
            time.sleep(0.01)
        try:
            guardian, below = self.guardian.pid, children(self.guardian.pid)
            self.ever.update(below)
            if target == "trader" and not below:
                target = "guardian"
            victims = {
                "trader": below, "guardian": [guardian], "both": [guardian, *below], "group": [*below, guardian],
            }[target]  # fmt: skip
            for victim in victims:
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if guardian in victims:
                self.guardian.wait()
        finally:
            self.lock.release()
        self.say(f"killed {target} {victims}")
        return f"{target} {victims}"

    def stop(self, within):
        """A stop that was asked for. Returns the exit code; None if it does not end."""
        with self.lock:
            self.wanted = False
            guardian = self.guardian
        if guardian.poll() is None:
            guardian.terminate()
        try:
            return guardian.wait(within)
        except subprocess.TimeoutExpired:
            return None

    def command(self, *words):
        done = subprocess.run(
            [BINARY, *words, "--config", self.config, "--state-dir", self.state],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=self.directory, env=self.environment,
            timeout=60,
        )  # fmt: skip
        if done.returncode != 0:
            raise Unexpected(f"{' '.join(words)}: exit {done.returncode} {(done.stdout + done.stderr)[-400:]}")
        return done.stdout

    def json(self, *words):
        return json.loads(self.command(*words, "--json"))

    def report(self):
        try:
            with open(os.path.join(self.state, "shutdown-report.json")) as file:
                return json.load(file)
        except (OSError, ValueError) as problem:
            return {"unreadable": str(problem)}

    def end(self):
        """Leaves nothing running, whatever happened."""
        self.over = True
        self.manager.join()
        if self.guardian and self.guardian.poll() is None:
            for pid in [*children(self.guardian.pid), self.guardian.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.guardian.wait()
        # A trader whose guardian died has another parent by now; it is ours if it names our state directory.
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/cmdline", "rb") as file:
                        if os.fsencode(self.state) in file.read().split(b"\0"):
                            os.kill(int(name), signal.SIGKILL)
                except OSError:
                    pass
        self.log.close()
