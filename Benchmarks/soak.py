"""Half an hour of high churn in live mode while the exchange misbehaves at random: memory and ledger.

A simulated market walks, the grid follows it and renews its orders, and every few seconds the control plane
makes something go wrong. Once a minute the store is compared with the exchange's own book, which no fault bends:

- whatever had ended at the exchange a while ago has ended the same way in the store, and its fills are booked;
- whatever has ended in the store has ended the same way at the exchange, with the same fills;
- positions are the sums of the fills.

At the end, after a clean stop, everything is equal: orders, fills, positions, balances.
"""

import json
import random
import shutil
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from daemon import BINARY
from venue import LIMITLESS_RISK, LiveDaemon, Sandbox, grid, live_configuration, smaps

SETTLED_WITHIN = 20
STATES = {"FILLED": "filled", "CANCELLED": "canceled", "EXPIRED": "expired", "FAILED": "failed"}
MARKETS = ("BTC-USD", "ETH-USD", "SOL-USD")

CREATE, CANCEL = "POST /orders", "POST /orders/batch_cancel"
LIST, FILLS = "GET /orders/historical/batch", "GET /orders/historical/fills"
CALLS = (CREATE, CREATE, CANCEL, LIST, FILLS, "GET /accounts", "*")
FAULTS = (
    [{"endpoint": call, "action": action, "count": 2} for call in CALLS for action in (
        "status5xxBefore", "status5xxAfter", "unauthorized401", "hangBefore", "hangAfter", "dropBefore",
        "dropAfter", "stallBody", "truncate", "html200", "redirect307")]
    + [{"endpoint": call, "action": "tooMany429", "count": 3, **more} for call in (CREATE, CANCEL, "*")
       for more in ({"format": "json"}, {"format": "html", "retry_after": 1})]
    + [{"endpoint": CANCEL, "action": "partialCancelFailure", "failure_reason": reason, "count": 2, "every": 2}
       for reason in ("COMMANDER_REJECTED_CANCEL_ORDER", "UNKNOWN_CANCEL_ORDER", "ORDER_IS_FULLY_FILLED",
                      "DUPLICATE_CANCEL_REQUEST", "INVALID_CANCEL_REQUEST")]
    + [{"endpoint": CANCEL, "action": "missingCancelResults", "count": 2},
       {"endpoint": CANCEL, "action": "missingCancelResults", "applied": False, "count": 2},
       {"endpoint": CANCEL, "action": "slowCancel", "ms": 1500, "count": 3},
       {"endpoint": CANCEL, "action": "fillDuringCancel", "permille": 500, "count": 3},
       {"endpoint": CANCEL, "action": "fillDuringCancel", "permille": 1000, "count": 3},
       {"endpoint": CREATE, "action": "pendingCreate", "ms": 800, "count": 3},
       {"endpoint": CREATE, "action": "failAfterAccept", "count": 2},
       {"endpoint": LIST, "action": "proofTokenRequired", "count": 2}]
    + [{"endpoint": channel, "action": action, "count": 1, **more}
       for channel in ("WS user", "WS *")
       for action, more in (("wsGap", {}), ("wsSilence", {"ms": 4000}), ("wsCloseClean", {}),
                            ("wsCloseAbnormal", {}))])


def misbehave(sandbox, chance):
    """One thing goes wrong now."""
    draw = chance.random()
    if draw < 0.75:
        sandbox.control("POST", "/faults", [chance.choice(FAULTS) | {"duration_ms": 4000}])
    elif draw < 0.85:
        sandbox.control("POST", "/latency", {"endpoint": "*", "ms": chance.choice((0, 5, 20, 60)), "jitter_ms": 5})
    elif draw < 0.90:
        sandbox.control("POST", "/lag", {"ms": chance.choice((0, 0, 200, 400))})
    else:
        working = [o for o in sandbox.book("?working=true&prefix=bench-")["orders"] if o["status"] == "OPEN"]
        for order in chance.sample(working, min(5, len(working))):
            sandbox.control("POST", "/fill", {
                "order_id": order["order_id"], "permille": chance.choice((1000, 1000, 300))})


def settle(sandbox):
    sandbox.control("DELETE", "/faults")
    sandbox.control("DELETE", "/latency")
    sandbox.control("POST", "/lag", {"ms": 0})


# The comparison


def exchange_view(sandbox, query="?prefix=bench-"):
    book = sandbox.book(query)
    orders = {o["order_id"]: o for o in book["orders"]}
    fills = {f["entry_id"]: f for f in book["fills"]}
    return orders, fills, {b["currency"]: b for b in book["balances"]}


def store_view(daemon):
    orders = {o["exchange_order_id"]: o for o in daemon.ask("orders", "--all") if o.get("exchange_order_id")}
    return orders, {f["fill_id"]: f for f in daemon.ask("fills")}


def same_order(theirs, ours):
    return (STATES.get(theirs["status"]) == ours["state"]
            and Decimal(theirs["filled_size"]) == Decimal(ours["filled_quantity"])
            and Decimal(theirs["size"]) == Decimal(ours["quantity"])
            and theirs["client_order_id"] == ours["client_order_id"])


def same_fill(theirs, ours):
    return (all(Decimal(theirs[a]) == Decimal(ours[b]) for a, b in (
        ("price", "price"), ("size", "quantity"), ("commission", "fee")))
        and theirs["order_id"] == ours["exchange_order_id"]
        and theirs["side"] == ours["side"].upper() and theirs["time"] == ours["at"])


def missing_in_store(earlier, store):
    """What the exchange knew at the earlier moment and the store does not know, or knows otherwise."""
    problems = []
    for number, order in earlier[0].items():
        if not order["working"] and not (number in store[0] and same_order(order, store[0][number])):
            problems.append(("order", order, store[0].get(number)))
    for number, fill in earlier[1].items():
        if not (number in store[1] and same_fill(fill, store[1][number])):
            problems.append(("fill", fill, store[1].get(number)))
    return problems


def unknown_to_exchange(store, later):
    """What ended or was booked in the store and is otherwise at the exchange at a later moment."""
    problems = []
    for number, order in store[0].items():
        if order["working"]:
            continue
        theirs = later[0].get(number)
        # The exchange forgets what ended long ago; the store does not.
        if theirs is not None and not same_order(theirs, order):
            problems.append(("order", theirs, order))
    for number, fill in store[1].items():
        theirs = later[1].get(number)
        if theirs is not None and not same_fill(theirs, fill):
            problems.append(("fill", theirs, fill))
        elif theirs is None and fill["exchange_order_id"] in later[0]:
            problems.append(("fill", None, fill))
    return problems


def sums_of(fills):
    """Quantity, cash and fees by market."""
    sums = {}
    for fill in fills:
        quantity, cash, fees = sums.setdefault(fill["symbol"], (Decimal(0), Decimal(0), Decimal(0)))
        sign = 1 if fill["side"].upper() == "BUY" else -1
        size, fee = Decimal(fill["quantity"]), Decimal(fill["fee"])
        sums[fill["symbol"]] = (
            quantity + sign * size, cash - sign * size * Decimal(fill["price"]) - fee, fees + fee)
    return sums


def wrong_positions(daemon):
    """Positions must be the sums of the fills; of those before or those after, when some came meanwhile."""
    for _ in range(5):
        before = daemon.ask("fills")
        told = {p["symbol"]: tuple(Decimal(p[name]) for name in ("quantity", "cash", "fees"))
                for p in daemon.ask("positions")}
        after = daemon.ask("fills")
        for newest in range(len(after) - len(before) + 1):
            expected = sums_of(after[newest:])
            if all(told.get(symbol, (0, 0, 0)) == expected.get(symbol, (0, 0, 0)) for symbol in MARKETS):
                return []
    return [("positions", told, expected)]


def check(sandbox, daemon):
    """- Returns: problems, and how long the exchange's state of the beginning took to be in the store."""
    earlier = exchange_view(sandbox)
    began = time.monotonic()
    while True:
        time.sleep(3)
        store = store_view(daemon)
        missing = missing_in_store(earlier, store)
        took = time.monotonic() - began
        if not missing or took > SETTLED_WITHIN:
            break
    later = exchange_view(sandbox)
    problems = missing + unknown_to_exchange(store, later) + wrong_positions(daemon)
    return problems, round(took, 1), {"orders": len(store[0]), "fills": len(store[1])}


def compare_at_rest(sandbox, daemon, first):
    """After a clean stop: everything is equal."""
    theirs, store = exchange_view(sandbox, "?prefix=bench-&audit=true"), store_view(daemon)
    problems = missing_in_store(theirs, store) + unknown_to_exchange(store, theirs) + wrong_positions(daemon)
    problems += [("works at the exchange", o) for o in theirs[0].values() if o["working"]]
    problems += [("works in the store", o) for o in store[0].values() if o["working"]]
    if sandbox.book("?audit=true&working=true")["inconsistencies"]:
        problems.append(("the sandbox contradicts itself",))
    expected = {name: Decimal(balance["total"]) for name, balance in first.items()}
    for symbol, (quantity, cash, _) in sums_of(store[1].values()).items():
        base, quote = symbol.split("-")
        expected[base] += quantity
        expected[quote] += cash
    for name, balance in theirs[2].items():
        if Decimal(balance["total"]) != expected[name] or Decimal(balance["hold"]) != 0:
            problems.append(("balance", balance, str(expected[name])))
    return problems


# The run


def run(minutes, seed=None, keep=None):
    seed = seed if seed is not None else time.time_ns() % 1_000_000
    chance = random.Random(seed)
    directory = Path(tempfile.mkdtemp(prefix="trader247-soak-", dir=keep))
    # A copy, so that a build meanwhile changes nothing.
    binary = directory / "trader247"
    shutil.copy2(BINARY, binary)
    print(json.dumps({"soak_begins": {"seed": seed, "minutes": minutes, "directory": str(directory)}}), flush=True)
    sandbox = Sandbox(directory, "--market", "simulated", "--seed", str(seed), binary=binary, nice=2)
    first = exchange_view(sandbox)[2]
    config = live_configuration(directory, sandbox, {
        "interval": "100ms", "strategies": grid(40, spacing=1, size=5, recentre=1, symbols=MARKETS),
        "risk": LIMITLESS_RISK | {"max_position_notional": 2000},
        "orders": {"max_age": "3s"},
        # So much that enough is left of it while the exchange says every few seconds that we are too fast.
        "rate": {"burst": 400, "per_second": 400},
    })
    daemon = LiveDaemon(directory, config, sandbox, binary=binary, nice=2)
    daemon.wait_for("trading")
    result = soak(minutes, chance, sandbox, daemon)
    settle(sandbox)
    _, code = daemon.stop()
    problems = compare_at_rest(sandbox, daemon, first)
    if code != 0:
        problems.append(("exit code", code))
    if problems:
        result["problems"] += len(problems)
        print(json.dumps({"soak_problems": problems[:20]}, default=str), flush=True)
    result["exit_code"] = code
    result["equal_at_rest"] = not problems
    result["sandbox_rss_mb"] = round(smaps(sandbox.process.pid)["Rss"] / 1024, 1)
    sandbox.stop()
    result["met"] = result["problems"] == 0 and result.get("memory_met", True)
    print(json.dumps({"soak": result}), flush=True)
    if result["problems"] == 0 and keep is None:
        shutil.rmtree(directory)
    return result


def soak(minutes, chance, sandbox, daemon):
    began = time.monotonic()
    samples, problems, checks, minute, fired = {}, 0, 0, 0, 0
    next_fault, dirty = began + 5, []
    while (now := time.monotonic()) < began + 60 * minutes + 5:
        daemon.check()
        if now >= next_fault:
            misbehave(sandbox, chance)
            next_fault = now + chance.uniform(0.5, 4)
        dirty.append(smaps(daemon.process.pid))
        dirty = dirty[-15:]
        if now >= began + 60 * (minute + 1):
            minute += 1
            found, took, counts = check(sandbox, daemon)
            checks += 1
            problems += len(found)
            half = sorted(dirty, key=lambda sample: sample["Private_Dirty"])[len(dirty) // 2]
            samples[minute] = {name: round(half[name] / 1024, 2) for name in ("Private_Dirty", "Anonymous", "Rss")}
            fired += fired_so_far(sandbox)
            sandbox.control("DELETE", "/faults")
            line = {"minute": minute, **samples[minute], "settled_s": took, "problems": len(found),
                    "working": sandbox.working(), "faults_fired": fired, **counts}
            print(json.dumps({"soak_minute": line}), flush=True)
            if found:
                print(json.dumps({"soak_problems": found[:10]}, default=str), flush=True)
        time.sleep(1)
    result = {"minutes": minutes, "checks": checks, "problems": problems, "faults_fired": fired}
    if minutes > 5:
        early, late = samples[5]["Private_Dirty"], samples[minute]["Private_Dirty"]
        result |= {"private_dirty_mb_minute_5": early, "private_dirty_mb_last": late,
                   "ratio": round(late / early, 3), "memory_met": late <= 1.05 * early}
    return result


def fired_so_far(sandbox):
    return sum(rule["fired"] for rule in sandbox.control("GET", "/faults")["faults"])
