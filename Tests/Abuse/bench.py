"""What the cases share: a bot or a sandbox of a case's own, raw connections, and facts that are waited for."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

BINARY = os.environ["TRADER247"]
TOKEN = "a-token-that-is-long-enough"


class Failed(Exception):
    """What should hold does not."""


def expect(fact, words):
    if not fact:
        raise Failed(words)


def eventually(look, what, within=40.0):
    end = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        expect(time.monotonic() < end, f"not within {within:g} s: {what}")
        time.sleep(0.01)


def environment():
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRADER247")}
    return {**kept, "SWIFT_BACKTRACE": "enable=no"}


def call(*words, within=60):
    """A command to its end: exit code and all that it said, as bytes."""
    done = subprocess.run(
        [BINARY, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=within, env=environment()
    )
    return done.returncode, done.stdout + done.stderr


@contextlib.contextmanager
def process(directory, *words):
    log = os.path.join(directory, "output")
    with open(log, "wb") as file:
        child = subprocess.Popen(
            [BINARY, *words], stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, cwd=directory,
            env=environment(),
        )  # fmt: skip
    try:
        yield child, log
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


CONFIGURATION = """\
bot: abuse
mode: paper
interval: 200ms
strategies: [{strategies}]
control: {{listen: "127.0.0.1:0", token_file: {token}}}
paper: {{latency: 4ms, rate_limit: none}}
{more}
"""
GRID = "{type: grid, symbols: [BTC-USD], levels: 3, spacing_bps: 30, size_quote: 20, recentre: 1000}"


class Bot:
    """A bot on paper that listens on TCP, too."""

    def __init__(self, directory, strategies=GRID, more=""):
        self.directory = directory
        self.state = os.path.join(directory, "state")
        self.config = os.path.join(directory, "config.yaml")
        self.token = os.path.join(directory, "token")
        with open(self.token, "w") as file:
            file.write(TOKEN + "\n")
        os.chmod(self.token, 0o600)
        with open(self.config, "w") as file:
            file.write(CONFIGURATION.format(strategies=strategies, token=self.token, more=more))

    @property
    def options(self):
        return ["--config", self.config, "--state-dir", self.state]

    def say(self, *words):
        return call(*words, *self.options)

    def lifecycle(self):
        code, text = self.say("status", "--json")
        return json.loads(text)["lifecycle"] if code == 0 else None

    @contextlib.contextmanager
    def running(self):
        with process(self.directory, "run", "--no-guardian", *self.options) as (child, log):
            def port():
                expect(child.poll() is None, f"the bot ended: {open(log).read()[-2000:]}")
                found = re.search(r"control\.sock and 127\.0\.0\.1:(\d+)", open(log, errors="replace").read())
                return found and int(found.group(1))

            self.port = eventually(port, "the bot listens")
            eventually(lambda: self.lifecycle() == "trading", "the bot trades")
            self.child = child
            yield self


@contextlib.contextmanager
def sandbox(directory):
    with process(directory, "sandbox", "--port", "0", "--market", "still", "--no-auth") as (child, log):
        def port():
            expect(child.poll() is None, f"the sandbox ended: {open(log).read()[-2000:]}")
            found = re.search(r"listening \S+:(\d+)", open(log, errors="replace").read())
            return found and int(found.group(1))

        child.port = eventually(port, "the sandbox listens")
        yield child


def connect(port, source=None):
    return socket.create_connection(("127.0.0.1", port), timeout=20, source_address=source and (source, 0))


def to_end(connection):
    text = b""
    try:
        while part := connection.recv(65536):
            text += part
    except ConnectionResetError:
        pass
    return text


def ask(port, method, path, body="", headers=(), host=None, source=None):
    """One request on a connection of its own: the status, and the whole answer."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{port}'}", "Connection: close"]
    lines += [*headers, f"Content-Length: {len(body)}", "", body]
    with connect(port, source) as connection:
        connection.sendall("\r\n".join(lines).encode())
        text = to_end(connection)
    found = re.match(rb"HTTP/1\.1 (\d+)", text)
    return (int(found.group(1)) if found else 0), text


def peak(pid):
    """Megabytes that a process has held at most."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM"))


def directory():
    return tempfile.TemporaryDirectory(prefix="trader247-abuse-")
