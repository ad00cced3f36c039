#!/usr/bin/env python3
"""The kill switch at the venue's worst: from `trader247 halt` to a book without our orders, as the venue itself sees
it, to the proof, and to the alert at a webhook. See Benchmarks/README.md. A process of its own: it drives the matrix's
sandbox and trader."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / ".build/release/trader247"
os.environ["TRADER247"] = str(BINARY)
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "Tests/Matrix"))

from control import Sandbox, eventually, make_key  # noqa: E402
from daemon import LEVELS, PREFIX, Daemon  # noqa: E402

# The venue answers, but badly: each lets a cancel through now and then, or lets it work unseen.
FAULTS = {
    "none": {},
    "two of three calls fail after their effect": {"faults": [
        {"endpoint": "*", "action": "status5xxAfter", "probability": 0.67, "seed": 7}]},
    "two of three calls are not carried out": {"faults": [
        {"endpoint": "*", "action": "status5xxBefore", "probability": 0.67, "seed": 7}]},
    "half of all calls are rate limited": {"faults": [
        {"endpoint": "*", "action": "tooMany429", "retry_after": 1, "probability": 0.5, "seed": 7}]},
    "half of all connections drop": {"faults": [
        {"endpoint": "*", "action": "dropAfter", "probability": 0.5, "seed": 7}]},
    "every second order of a batch is refused": {"faults": [
        {"endpoint": "POST /orders/batch_cancel", "action": "partialCancelFailure",
         "failure_reason": "COMMANDER_REJECTED_CANCEL_ORDER", "every": 2}]},
    "the first two cancels hang": {"faults": [
        {"endpoint": "POST /orders/batch_cancel", "action": "hangBefore", "count": 2}]},
    "half of all calls hang": {"faults": [
        {"endpoint": "*", "action": "hangBefore", "probability": 0.5, "seed": 7}]},
    "everything takes a second": {"latency": {"endpoint": "*", "ms": 1000}},
    "lists lag by two seconds": {"lag": {"ms": 2000}},
}


class Pager:
    """A webhook that answers at once and remembers when it was first told of each kind of alert."""

    def __init__(self):
        heard = self.heard = {}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                heard.setdefault(body["event"], time.monotonic())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def configuration(self):
        port = self.server.server_address[1]
        return f"alerts: [{{type: webhook, url: 'http://127.0.0.1:{port}/', secret_file: SECRET}}]\n"


def measure(name, directory):
    key = make_key(directory)
    sandbox = Sandbox(directory, key)
    pager = Pager()
    secret = Path(directory) / "pager-secret"
    secret.write_text("for a benchmark only", encoding="utf-8")
    secret.chmod(0o600)
    bot = Daemon(directory, sandbox, key, 8000, pager.configuration().replace("SECRET", str(secret)))

    def working():
        bot.check_alive()
        return sandbox.book(f"?working=true&prefix={PREFIX}")["orders"]

    eventually(lambda: len(working()) >= 2 * LEVELS, "the orders rest")
    for kind, bodies in FAULTS[name].items():
        for body in bodies if isinstance(bodies, list) else [bodies]:
            sandbox.call("POST", f"/{kind}", body)
    said = time.monotonic()
    subprocess.run(
        [BINARY, "halt", "--no-wait", "--state-dir", bot.state, "drill"], check=True, stdout=subprocess.DEVNULL)
    eventually(lambda: not working(), f"the book is empty ({name})", 60)
    emptied = time.monotonic() - said
    proof = None
    while proof is None and time.monotonic() - said < 60:
        text = subprocess.run(
            [BINARY, "status", "--json", "--state-dir", bot.state], stdout=subprocess.PIPE, check=True)
        if json.loads(text.stdout)["core"]["is_proved_empty"]:
            proof = time.monotonic() - said
        time.sleep(0.02)
    eventually(lambda: "halt" in pager.heard, "the pager was told", 60)
    told = pager.heard["halt"] - said
    pager.server.shutdown()
    for thing in ("faults", "latency"):
        sandbox.call("DELETE", f"/{thing}")
    sandbox.call("POST", "/lag", {"ms": 0})
    bot.process.terminate()
    code = bot.process.wait(30)
    sandbox.stop()
    print(json.dumps({"control-halt": {
        "fault": name, "empty_s": round(emptied, 2), "proved_s": proof and round(proof, 2),
        "alert_s": round(told, 3), "exit_code": code, "met": emptied <= 10 and told <= 5,
    }}), flush=True)
    return emptied, told


def main():
    worst = latest = 0
    for name in sys.argv[1:] or FAULTS:
        with tempfile.TemporaryDirectory() as directory:
            emptied, told = measure(name, directory)
            worst, latest = max(worst, emptied), max(latest, told)
    print(json.dumps({"control-halt-worst": {
        "empty_s": round(worst, 2), "alert_s": round(latest, 3), "met": worst <= 10 and latest <= 5}}), flush=True)


if __name__ == "__main__":
    main()
