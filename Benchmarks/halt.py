#!/usr/bin/env python3
"""The kill switch at the venue's worst: from `trader247 halt` to a book without our orders, as the venue itself sees
it, and to the proof. See Benchmarks/README.md. A process of its own: it drives the matrix's sandbox and trader."""

import json
import os
import subprocess
import sys
import tempfile
import time
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


def measure(name, directory):
    key = make_key(directory)
    sandbox = Sandbox(directory, key)
    bot = Daemon(directory, sandbox, key, 8000)

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
    for thing in ("faults", "latency"):
        sandbox.call("DELETE", f"/{thing}")
    sandbox.call("POST", "/lag", {"ms": 0})
    bot.process.terminate()
    code = bot.process.wait(30)
    sandbox.stop()
    print(json.dumps({"control-halt": {
        "fault": name, "empty_s": round(emptied, 2), "proved_s": proof and round(proof, 2), "exit_code": code,
        "met": emptied <= 10,
    }}), flush=True)
    return emptied


def main():
    worst = 0
    for name in sys.argv[1:] or FAULTS:
        with tempfile.TemporaryDirectory() as directory:
            worst = max(worst, measure(name, directory))
    print(json.dumps({"control-halt-worst": {"empty_s": round(worst, 2), "met": worst <= 10}}), flush=True)


if __name__ == "__main__":
    main()
