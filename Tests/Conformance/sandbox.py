"""A `trader247 sandbox` of its own, with fresh keys, on a port that the system chose."""

import json
import os
import subprocess
import tempfile
import threading

BINARY = os.environ["TRADER247"]


class Sandbox:
    def __init__(self, *options, asks=True):
        """`asks`: whether it asks for tokens."""
        self.directory = tempfile.TemporaryDirectory(prefix="conformance-")
        self.ecdsa_file, self.ecdsa = self.make_key("es256")
        self.ed25519_file, self.ed25519 = self.make_key("ed25519")
        self.complaints = open(os.path.join(self.directory.name, "stderr"), "w+")
        arguments = [BINARY, "sandbox", "--port", "0", "--market", "still"]
        arguments += ["--keys", self.ecdsa_file, self.ed25519_file] if asks else ["--no-auth"]
        arguments += options
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.complaints, text=True
        )
        self.url = self.first_line().removeprefix("listening ").rstrip("/")
        self.host = self.url.partition("://")[2]
        self.stream_url = "ws" + self.url.removeprefix("http")
        self.key_files = [self.ecdsa_file, self.ed25519_file]

    def make_key(self, algorithm):
        """Returns the file, and (name, secret) as clients want them."""
        path = os.path.join(self.directory.name, f"{algorithm}.json")
        subprocess.run(
            [BINARY, "sandbox", "keys", "--algorithm", algorithm, "--out", path],
            check=True, stdout=subprocess.DEVNULL, timeout=20,
        )  # fmt: skip
        with open(path) as file:
            key = json.load(file)
        return path, (key["name"], key["privateKey"])

    def first_line(self):
        """The line that says where it listens; a sandbox that says nothing in time is ended."""
        watchdog = threading.Timer(20, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        if not line.startswith("listening http"):
            self.stop()
            raise RuntimeError(f"the sandbox did not start: {line.strip()!r} {self.last_words}")
        return line.strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends it as an operator would; the exit code must be 0."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        self.complaints.seek(0)
        self.last_words = self.complaints.read().strip()
        self.complaints.close()
        self.directory.cleanup()
        if code != 0 or self.last_words:
            print(f"the sandbox ended with {code}: {self.last_words[:2000]}", flush=True)
