"""Kills at random moments, some worlds at a time, and says which failed and how to run them again.

A world has a sandbox, a state directory and ten kills; after each fifth one it stops clean and is counted up. The
seed decides targets, moments, faults and fills; what a moment meets is the machine's.
"""

import argparse
import concurrent.futures
import decimal
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from control import Sandbox, Unexpected, eventually, make_key
from service import LEVELS, LOCKED, PREFIX, Service

KILLS = 10
QUIET = 5
TARGETS = ["trader", "guardian", "both", "group"]
# From a kill to the last order of a dead epoch ended: a restart, a recovery's waits, faults that last for seconds.
BOUND_S = 40
ENDPOINTS = ["POST /orders", "POST /orders/batch_cancel", "GET /orders/historical/batch", "GET /orders/historical/fills", "*"]
ACTIONS = [
    {"action": "status5xxBefore"}, {"action": "status5xxAfter"}, {"action": "tooMany429"}, {"action": "hangBefore"},
    {"action": "hangAfter"}, {"action": "dropBefore"}, {"action": "dropAfter"}, {"action": "truncate"},
    {"action": "stallBody"}, {"action": "html200", "processed": True},
]  # fmt: skip


def epoch(name):
    return int(name.split("-")[1], 36)


class World:
    def __init__(self, number, seed, kills, directory, key):
        self.number, self.kills = number, kills
        self.dice = random.Random(f"{seed}/{number}")
        self.directory, self.key = directory, key
        self.done, self.last = 0, "nothing was killed"
        self.sandbox = self.service = None

    def run(self):
        self.sandbox = Sandbox(self.directory, self.key)
        # With the exit, the world's bot leaves the restart to the service manager: the other way to come back.
        on_crash = self.dice.choice(["sweep-and-restart", "sweep-and-restart", "sweep-and-exit"])
        try:
            self.service = Service(self.directory, self.sandbox, self.key, self.dice, on_crash)
            self.service.want(True)
            self.trading()
            for number in range(1, self.kills + 1):
                self.kill()
                self.done = number
                if number % QUIET == 0 or number == self.kills:
                    self.quiet(again=number < self.kills)
        finally:
            if self.service:
                self.service.end()
            self.sandbox.stop()

    def ours(self, book):
        return [order for order in book["orders"] if order["client_order_id"].startswith(PREFIX)]

    def working(self):
        return self.ours(self.sandbox.book(f"?working=true&prefix={PREFIX}"))

    def trading(self):
        eventually(lambda: len(self.working()) >= LEVELS, "the bot trades", 60)

    def befall(self):
        for _ in range(self.dice.choice([0, 0, 1, 2])):
            self.sandbox.call("POST", "/faults", {
                "endpoint": self.dice.choice(ENDPOINTS), **self.dice.choice(ACTIONS),
                "probability": self.dice.choice([0.2, 0.5, 1.0]), "seed": self.dice.randrange(1000),
                "duration_ms": self.dice.randint(200, 2000),
            })  # fmt: skip

    def fill(self):
        """A stranger fills one of ours, alive or dead as the bot may be."""
        if self.dice.random() < 0.5:
            mine = self.working()
            permille = self.dice.choice([300, 500, 1000])
            if mine:
                name = self.dice.choice(mine)["client_order_id"]
                try:
                    self.sandbox.call("POST", "/fill", {"client_order_id": name, "permille": permille})
                except Unexpected:
                    pass  # It was canceled between the look and the fill.

    def kill(self):
        self.befall()
        target = self.dice.choice(TARGETS)
        # Sometimes nobody starts it again until the book is empty; only a sweeper that lives can see to that.
        alone = target == "guardian" and self.dice.random() < 0.3
        self.fill()
        time.sleep(self.dice.random() * self.dice.choice([0.05, 0.5, 2.0]))
        self.last = self.service.kill(target)
        alone = alone and self.last.startswith("guardian")
        if alone:
            self.service.want(False)
        time.sleep(0.05)  # What was on the wire has arrived.
        names = [order["client_order_id"] for order in self.ours(self.sandbox.book())]
        dead = max(map(epoch, names), default=0)
        self.fill()

        if alone:
            eventually(lambda: not self.working(), "the book is empty with nobody to start it again", BOUND_S)
            self.service.want(True)
        if target != "guardian" or alone:
            eventually(
                lambda: not [o for o in self.working() if epoch(o["client_order_id"]) <= dead],
                "no order of a dead epoch works", BOUND_S,
            )  # fmt: skip
        else:
            # The trader lives on until it read of its guardian's end, so its epoch's orders end with its stop.
            eventually(
                lambda: not [o for o in self.working() if o["client_order_id"] in names],
                "no order of before the guardian's death works", BOUND_S,
            )  # fmt: skip
        self.service.json("orders")
        if self.dice.random() < 0.2:
            self.service.command("journal", "verify")

    def quiet(self, again):
        """All faults heal; then it trades, stops clean, and everything adds up."""
        self.sandbox.call("DELETE", "/faults")
        self.last += ", then healed and stopped"
        self.trading()
        while True:
            code = self.service.stop(20)
            # A guardian that found the lock taken ends with 75 just now, while its predecessor's trader stops.
            if code != LOCKED:
                break
            self.service.want(True)
            self.trading()
        if code != 0:
            report = self.service.report()
            raise Unexpected(f"the stop ended with {code}, {report.get('verdict')}, {report.get('errors')}")
        if self.working():
            raise Unexpected(f"exit 0, and {len(self.working())} of ours work")
        self.service.command("journal", "verify")
        book = self.sandbox.book()
        expected = {}
        for fill in book["fills"]:
            if fill["client_order_id"].startswith(PREFIX):
                sign = 1 if fill["side"] == "BUY" else -1
                size = sign * decimal.Decimal(fill["size"])
                expected[fill["product_id"]] = expected.get(fill["product_id"], decimal.Decimal(0)) + size
        stored = {line["symbol"]: decimal.Decimal(str(line["quantity"])) for line in self.service.json("positions")}
        for symbol in {*expected, *stored}:
            if expected.get(symbol, 0) != stored.get(symbol, 0):
                raise Unexpected(f"{symbol}: fills add up to {expected.get(symbol, 0)}, stored {stored.get(symbol, 0)}")
        sent = [json.loads(r["body"])["client_order_id"] for r in self.creates()]
        if len(sent) != len(set(sent)):
            raise Unexpected(f"sent twice: {sorted({n for n in sent if sent.count(n) > 1})[:3]}")
        if again:
            self.service.want(True)
            self.trading()

    def creates(self):
        return self.sandbox.creates()


def main():
    parser = argparse.ArgumentParser(prog="Tests/Storm/run")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None, help="a fresh one without it")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--world", type=int, default=None, help="only this one")
    parser.add_argument("--keep", action="store_true", help="keep the artefacts of worlds that passed")
    options = parser.parse_args()
    seed = int(time.time()) % 1_000_000 if options.seed is None else options.seed
    worlds = [
        (number, min(KILLS, options.kills - first)) for number, first in enumerate(range(0, options.kills, KILLS))
    ]
    if options.world is not None:
        worlds = [world for world in worlds if world[0] == options.world] or [(options.world, KILLS)]
    root = tempfile.mkdtemp(prefix="trader247-storm-")
    key = make_key(root)
    print(f"{sum(kills for _, kills in worlds)} kills, {options.jobs} worlds at a time, seed {seed}", flush=True)
    printing = threading.Lock()
    counts = {"kills": 0, "failed": 0}

    def attend(number, kills):
        directory = os.path.join(root, f"{number:03}")
        os.mkdir(directory)
        world, wrong = World(number, seed, kills, directory, key), None
        try:
            world.run()
        except (Unexpected, OSError, ValueError, KeyError, subprocess.SubprocessError) as problem:
            wrong = f"{type(problem).__name__}: {problem}"
        with printing:
            counts["kills"] += world.done + bool(wrong)
            if wrong:
                counts["failed"] += 1
                print(f"FAILED world {number}, kill {world.done} (killed {world.last}): {wrong}")
                print(f"    again: Tests/Storm/run --seed {seed} --world {number}   artefacts: {directory}", flush=True)
            elif sys.stdout.isatty():
                print(f"world {number}: {kills} kills", flush=True)
        if not wrong and not options.keep:
            shutil.rmtree(directory)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for _ in pool.map(lambda world: attend(*world), worlds):
            pass
    if counts["failed"] or options.keep:
        os.remove(key)
        print(f"artefacts: {root}")
    else:
        shutil.rmtree(root)
    print(f"{counts['kills']} kills, {counts['failed']} failed", flush=True)
    return 1 if counts["failed"] else 0


sys.exit(main())
