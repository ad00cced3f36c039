"""A `trader247 sandbox` of a case's own, its control plane, and the truth that it tells."""

import http.client
import json
import os
import subprocess
import time

BINARY = os.environ["TRADER247"]


class Unexpected(Exception):
    """The case could not be brought to where it should be judged."""


def now():
    """Nanoseconds on the clock of the sandbox's journal."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def eventually(look, what, within=40.0):
    """Asks for a fact until it is there, and returns it."""
    end = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise Unexpected(f"not within {within:g} s: {what}")
        time.sleep(0.01)


def make_key(directory):
    path = os.path.join(directory, "key.json")
    subprocess.run(
        [BINARY, "sandbox", "keys", "--out", path], check=True, stdout=subprocess.DEVNULL, timeout=60
    )
    return path


class Sandbox:
    def __init__(self, directory, key):
        self.output = os.path.join(directory, "sandbox.log")
        with open(self.output, "w") as file:
            self.process = subprocess.Popen(
                [BINARY, "sandbox", "--port", "0", "--market", "still", "--keys", key],
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.connection = None
        try:
            self.port = eventually(self.listening, "the sandbox listens")
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.portfolio = self.call("GET", "")["portfolio_id"]
        except BaseException:
            self.stop()
            raise

    def listening(self):
        if self.process.poll() is not None:
            raise Unexpected(f"the sandbox ended with {self.process.returncode}")
        with open(self.output) as file:
            for line in file:
                if line.startswith("listening ") and line.endswith("\n"):
                    return int(line.strip().rstrip("/").rpartition(":")[2])
        return None

    def call(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        self.connection.request(method, "/_control" + path, text)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise Unexpected(f"{method} {path} {text}: {answer.status} {data[:300]!r}")
        return json.loads(data)

    def book(self, query=""):
        return self.call("GET", "/book" + query)

    def faults(self):
        return self.call("GET", "/faults")["faults"]

    def requests(self):
        return self.call("GET", "/requests?after=0&limit=100000")["requests"]

    def creates(self):
        return [r for r in self.requests() if r["method"] == "POST" and r["path"].endswith("/brokerage/orders")]

    def stop(self):
        """Ends it as an operator would. Returns its exit code."""
        if self.connection:
            self.connection.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
