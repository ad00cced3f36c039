"""Runs the cases, some at a time, and says which failed and how to run them alone."""

import argparse
import concurrent.futures
import datetime
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import types

from control import Sandbox, Unexpected, eventually, make_key
from daemon import LEVELS, PREFIX, Daemon
from judge import judge, may_have_expired, moment
from plan import CREATE, generate

PLACEMENT_LATENCY_MS = 200
IN_FLIGHT = 4


def run(case, directory, key):
    """Returns the facts of one case."""
    facts = types.SimpleNamespace(touched=0)
    sandbox = Sandbox(directory, key)
    daemon = None
    try:
        foreign = {"count": 2, "product": "BTC-USD", "side": "BUY", "price": "100", "step": "1", "size": "0.1"}
        sandbox.call("POST", "/orders", {**foreign, "prefix": "foreign-"})
        if case.early:
            sandbox.call("POST", "/faults", list(case.early))
        if case.placing:
            sandbox.call("POST", "/latency", {"endpoint": CREATE, "ms": PLACEMENT_LATENCY_MS})
        daemon = Daemon(directory, sandbox, key, case.deadline_ms)
        facts.pid = daemon.process.pid
        until_ready(case, sandbox, daemon)
        facts.at_signal = sandbox.book()
        if case.late:
            sandbox.call("POST", "/faults", list(case.late))
        for method, path, body in case.calls:
            facts.touched += path in ("/fill", "/cancel", "/fail") or LEVELS * (path == "/market")
            sandbox.call(method, path, named(body, facts.at_signal))
        if case.fired_first:
            eventually(lambda: sandbox.faults()[-1]["fired"], "the last fault befell something")
        facts.signaled_at = daemon.terminate()
        if case.heal:
            heal(case, sandbox, daemon, facts)
        facts.waited_s = case.deadline_ms / 1000 + 8
        end = daemon.ended(facts.waited_s)
        facts.at_exit = sandbox.book()
        facts.ended_at, facts.code = end or (None, None)
        facts.report = daemon.report()
        if end:
            eventually(lambda: not sandbox.call("GET", "/sockets")["sockets"], "the dead trader's sockets end")
        facts.faults = sandbox.faults()
        facts.after, facts.creates = sandbox.book(), sandbox.creates()
        for request in facts.creates:
            request["late"] = may_have_expired(request, PLACEMENT_LATENCY_MS if case.placing else 0)
        with open(os.path.join(directory, "requests.json"), "w") as file:
            json.dump(sandbox.requests(), file, indent=1)
        with open(os.path.join(directory, "book.json"), "w") as file:
            json.dump({"at_signal": facts.at_signal, "at_exit": facts.at_exit}, file, indent=1)
    finally:
        if daemon:
            daemon.kill()
        facts.sandbox_code = sandbox.stop()
    return facts


def until_ready(case, sandbox, daemon):
    def resting():
        daemon.check_alive()
        book = sandbox.book(f"?working=true&prefix={PREFIX}")
        if len(book["orders"]) != 2 * LEVELS:
            return False
        youngest = max(moment(order["created_time"]) for order in book["orders"])
        return moment(book["utc"]) - youngest >= datetime.timedelta(milliseconds=case.rested_ms)

    def in_flight():
        daemon.check_alive()
        return len(sandbox.creates()) >= IN_FLIGHT

    if case.placing:
        eventually(in_flight, "placements are in flight")
    else:
        eventually(resting, "all orders rest")


def named(body, book):
    """`OURS n` stands for the client order id of the n-th of ours."""
    mine = [o["client_order_id"] for o in book["orders"] if o["working"] and o["client_order_id"].startswith(PREFIX)]
    return {k: mine[int(v[5:])] if isinstance(v, str) and v.startswith("OURS ") else v for k, v in body.items()}


def heal(case, sandbox, daemon, facts):
    where, status, count, calls = case.heal
    method, path = where.split(" ")

    def seen():
        if daemon.process.poll() is not None:
            return True
        met = [
            r for r in sandbox.requests()
            if r["method"] == method and r["path"].endswith(path) and r["status"] == status
            and r["monotonic_ns"] >= facts.signaled_at
        ]  # fmt: skip
        return len(met) >= count

    eventually(seen, f"{count} answers {status} of {where}")
    for call in calls:
        sandbox.call(*call)


def main():
    parser = argparse.ArgumentParser(prog="Tests/Matrix/run")
    parser.add_argument("--fifth", type=int, choices=range(5), help="only every fifth case")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--only", default="", help="only cases whose name has these words")
    parser.add_argument("--seed", type=int, default=None, help="of counts and chances; a fresh one without it")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    seed = int(time.time()) % 1_000_000 if options.seed is None else options.seed
    cases = generate(seed)
    if options.fifth is not None:
        cases = cases[options.fifth :: 5]
    cases = [case for case in cases if options.only in case.name]
    if options.list:
        for case in cases:
            print(f"{case.name}: {' or '.join(case.ends)}")
        return 0
    if not cases:
        print(f"no case has '{options.only}' in its name", file=sys.stderr)
        return 64
    root = tempfile.mkdtemp(prefix="trader247-matrix-")
    key = make_key(root)
    print(f"{len(cases)} cases, {options.jobs} at a time, seed {seed}", flush=True)
    printing = threading.Lock()
    failed = []

    def attend(number, case):
        for attempt in range(3):
            directory = os.path.join(root, f"{number:03}-{attempt}")
            os.mkdir(directory)
            try:
                wrong = judge(case, run(case, directory, key))
            except (Unexpected, OSError, ValueError, KeyError) as problem:
                wrong = [f"{type(problem).__name__}: {problem}"]
            # Nothing else was wrong, but the fault came too late to befall anything: the case is tried again.
            if not wrong or not all(words.endswith("the case shows nothing") for words in wrong):
                break
        if not wrong:
            shutil.rmtree(directory)
            return
        with printing:
            failed.append(case.name)
            print(f"FAILED {case.name}: {'; '.join(wrong)}")
            print(f"    again: Tests/Matrix/run --seed {seed} --only '{case.name}'   artefacts: {directory}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for _ in pool.map(attend, range(len(cases)), cases):
            pass
    if failed:
        os.remove(key)
        print(f"artefacts of failed cases: {root}")
    else:
        shutil.rmtree(root)
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed", flush=True)
    return 1 if failed else 0


sys.exit(main())
