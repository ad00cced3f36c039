"""The generator: which cases there are, and what each must end with.

A case has faults that hold from the beginning (`early`) or from just before the signal (`late`), other calls of the
control plane just before the signal (`calls`), and a moment for the signal: when all orders rest, or while
placements are under way. `ends` says how it may end:

    clean     exit 0, and the book holds none of ours
    remain    exit 3, and the report names exactly ours that are alive
    unproved  exit 3 with a book that holds none of ours: right only where the fault keeps the proof away
"""

import dataclasses
import random

CREATE = "POST /orders"
CANCEL = "POST /orders/batch_cancel"
LIST = "GET /orders/historical/batch"
FILLS = "GET /orders/historical/fills"
BY_ID, WORKING = "order_ids=", "order_status="

# Faults of a call by whether the venue does what it was asked, and whether it says for sure that it did not.
REFUSED = {
    "401": {"action": "unauthorized401"},
    "429": {"action": "tooMany429"},
    "429html": {"action": "tooMany429", "format": "html", "retry_after": 1},
}
LOST = {
    "503before": {"action": "status5xxBefore"},
    "500html": {"action": "status5xxBefore", "status": 500, "html": True},
    "hangBefore": {"action": "hangBefore"},
    "dropBefore": {"action": "dropBefore"},
    "307": {"action": "redirect307", "location": "/api/v3/brokerage/elsewhere"},
    "html200not": {"action": "html200", "processed": False},
}
DONE = {
    "503after": {"action": "status5xxAfter"},
    "502html": {"action": "status5xxAfter", "status": 502, "html": True},
    "hangAfter": {"action": "hangAfter"},
    "dropAfter": {"action": "dropAfter"},
    "stallBody": {"action": "stallBody"},
    "truncate": {"action": "truncate"},
    "html200": {"action": "html200", "processed": True},
}
ALL = {**REFUSED, **LOST, **DONE}
REASONS = [
    "UNKNOWN_CANCEL_FAILURE_REASON", "INVALID_CANCEL_REQUEST", "UNKNOWN_CANCEL_ORDER", "COMMANDER_REJECTED_CANCEL_ORDER",
    "DUPLICATE_CANCEL_REQUEST", "INVALID_CANCEL_PRODUCT_ID", "INVALID_CANCEL_FCM_TRADING_SESSION", "NOT_ALLOWED_TO_CANCEL",
    "ORDER_IS_FULLY_FILLED", "ORDER_IS_BEING_REPLACED",
]  # fmt: skip
# What they claim the sandbox makes true, so they heal by themselves.
TRUE_REASONS = {"DUPLICATE_CANCEL_REQUEST", "ORDER_IS_FULLY_FILLED"}

NO_SOCKETS = ({"endpoint": "GET /ws", "action": "dropBefore"},)
CUT = (("POST", "/sockets", {"action": "close_abnormal"}),)


@dataclasses.dataclass
class Case:
    name: str
    ends: tuple
    early: tuple = ()
    late: tuple = ()
    calls: tuple = ()
    placing: bool = False
    deadline_ms: int = 4000
    # (method and path, status, how many, calls): once so many were answered so since the signal, the calls are made.
    heal: tuple = None
    # The signal comes when the last fault has befallen something, not before.
    fired_first: bool = False
    # The signal comes when the youngest order has rested so long.
    rested_ms: int = 0
    # Faults that may come too late to befall anything.
    may_miss: bool = False
    # Fills that are never told leave their orders named, and don't hinder a clean end.
    fills_missing: bool = False


def generate(seed):
    cases = []
    for phase in (placing, cancels, evidence, working_list, fills, sockets, everything, slow, account, chance):
        for case in phase(seed):
            case.name = f"{phase.__name__}/{case.name}"
            cases.append(case)
    names = [case.name for case in cases]
    assert len(set(names)) == len(names), "two cases of one name"
    return cases


def dice(seed, *words):
    return random.Random("/".join([str(seed), *words]))


def rules(endpoint, fault, **how):
    return ({"endpoint": endpoint, **fault, **how},)


def placing(seed):
    """Placements are in flight when the signal comes; their answers, or what becomes of them, are yet to come."""
    for word, fault in ALL.items():
        count = dice(seed, "placing", word).randint(1, 3)
        yield Case(f"{word}/few", ("clean",), early=rules(CREATE, fault, count=count), placing=True)
        yield Case(f"{word}/all", ("clean",), early=rules(CREATE, fault), placing=True)
        # Nothing but the lists tells what became of them, and by-id look-ups of their cancels.
        yield Case(
            f"{word}/all, no socket", ("clean",), early=rules(CREATE, fault), late=NO_SOCKETS, calls=CUT, placing=True
        )
        # The stop ends before a request's life does: what may still appear has to be named.
        if word in LOST:
            ends = ("unproved",)
        else:
            # What is there needs no wait, but hangs are longer than this stop can wait twice for.
            ends = ("clean", "remain", "unproved") if word in ("hangAfter", "stallBody") else ("clean",)
        yield Case(f"{word}/all, short", ends, early=rules(CREATE, fault), placing=True, deadline_ms=2000)
    for word, how in {
        "pending": {"action": "pendingCreate", "ms": 700},
        "pending long": {"action": "pendingCreate", "ms": 60000},
        "failed": {"action": "failAfterAccept"},
    }.items():
        for many, count in (("few", {"count": 2}), ("all", {})):
            yield Case(f"{word}/{many}", ("clean",), early=rules(CREATE, how, **count), placing=True)
    yield Case("well", ("clean",), placing=True)
    yield Case("well, no socket", ("clean",), late=NO_SOCKETS, calls=CUT, placing=True)
    for word, fault in {"503before": LOST["503before"], "dropAfter": DONE["dropAfter"]}.items():
        # Twice wrong: the placements' answers are lost, and the lists in which they are looked for fail twice.
        late = rules(LIST, fault, count=2)
        yield Case(f"{word}/twice", ("clean",), early=rules(CREATE, fault), late=late, placing=True)
        late = rules("*", fault)
        # The user channel tells the ids of those that arrived, and cancels are carried out though unanswered.
        yield Case(f"{word}/all, then all down", ("unproved",), early=rules(CREATE, fault), late=late, placing=True)
    for word in ("dropBefore", "hangBefore"):
        early, late = rules(CREATE, DONE["dropAfter"]), rules("*", LOST[word])
        yield Case(f"dropAfter/all, then all down/{word}", ("remain",), early=early, late=late, placing=True)
        late += NO_SOCKETS
        yield Case(
            f"dropAfter/all, then all down/{word}, no socket", ("remain",), early=early, late=late, calls=CUT, placing=True
        )
    for word in ("hangBefore", "dropBefore", "503before", "401"):
        late = rules("*", ALL[word])
        yield Case(f"well, then all down/{word}", ("remain",), late=late, placing=True)


def cancels(seed):
    for word, fault in ALL.items():
        count = dice(seed, "cancels", word).randint(1, 2)
        yield Case(f"{word}/heals", ("clean",), late=rules(CANCEL, fault, count=count))
        ends = ("clean",) if word in DONE else ("remain",)
        yield Case(f"{word}/stays", ends, late=rules(CANCEL, fault))
        yield Case(f"{word}/stays, no socket", ends, late=rules(CANCEL, fault) + NO_SOCKETS, calls=CUT)
    for reason in REASONS:
        fault = {"action": "partialCancelFailure", "failure_reason": reason}
        stays = ("clean",) if reason in TRUE_REASONS else ("remain",)
        every = dice(seed, "cancels", reason).randint(2, 5)
        yield Case(f"{reason}/some", ("clean",), late=rules(CANCEL, fault, every=every))
        yield Case(f"{reason}/heals", ("clean",), late=rules(CANCEL, fault, every=1, count=1))
        yield Case(f"{reason}/stays", stays, late=rules(CANCEL, fault, every=1))
    for applied in (True, False):
        fault = {"action": "missingCancelResults", "applied": applied}
        word = f"missing{'' if applied else ' not done'}"
        yield Case(f"{word}/some", ("clean",), late=rules(CANCEL, fault, every=3, count=1))
        yield Case(f"{word}/heals", ("clean",), late=rules(CANCEL, fault, every=1, count=2))
        yield Case(f"{word}/stays", ("clean",) if applied else ("remain",), late=rules(CANCEL, fault, every=1))
    fault = {"action": "tooMany429", "retry_after": 30}
    yield Case("retry after the deadline", ("clean", "remain", "unproved"), late=rules(CANCEL, fault, count=1))


def list_faults():
    yield from ALL.items()
    yield "proof token", {"action": "proofTokenRequired"}


def evidence(seed):
    """The user channel is gone: that cancels took effect has to be asked by id."""
    for word, fault in list_faults():
        count = dice(seed, "evidence", word).randint(1, 2)
        late = NO_SOCKETS + rules(LIST, fault, query=BY_ID, count=count)
        yield Case(f"{word}/heals", ("clean",), late=late, calls=CUT)
        late = NO_SOCKETS + rules(LIST, fault, query=BY_ID)
        # Half of an answer is evidence of that half; in time the halves may be the whole.
        ends = ("clean", "unproved") if word == "proof token" else ("unproved",)
        yield Case(f"{word}/stays", ends, late=late, calls=CUT)


def working_list(seed):
    """The list that proves."""
    for word, fault in list_faults():
        count = dice(seed, "list", word).randint(1, 2)
        yield Case(f"{word}/heals", ("clean",), late=rules(LIST, fault, query=WORKING, count=count))
        yield Case(f"{word}/stays", ("unproved",), late=rules(LIST, fault, query=WORKING))
    # Orders that are no longer open and not yet canceled: listing OPEN alone would miss them.
    yield Case("cancel queued", ("remain",), late=rules(CANCEL, {"action": "slowCancel", "ms": 60000}))


def fills(seed):
    """An order was filled in part, or whole, just before the signal, and its fills can't be read."""
    for word, fault in list_faults():
        permille = dice(seed, "fills", word).choice([400, 1000])
        calls = (("POST", "/fill", {"client_order_id": "OURS 0", "permille": permille}),)
        yield Case(f"{word}/heals", ("clean",), late=rules(FILLS, fault, count=1), calls=calls)
        yield Case(f"{word}/stays", ("clean",), late=rules(FILLS, fault), calls=calls, fills_missing=True)


def sockets(seed):
    faults = {
        "gap": {"action": "wsGap"},
        "silence": {"action": "wsSilence"},
        "short silence": {"action": "wsSilence", "ms": 400},
        "clean close": {"action": "wsCloseClean"},
        "abnormal close": {"action": "wsCloseAbnormal"},
    }
    for word, fault in faults.items():
        for channel in ("WS user", "WS *", "WS heartbeats"):
            # Of the user channel nothing comes before the cancels do.
            first = channel != "WS user"
            yield Case(f"{word}/{channel}/once", ("clean",), late=rules(channel, fault, count=1), fired_first=first)
            yield Case(f"{word}/{channel}/stays", ("clean",), late=rules(channel, fault), fired_first=first)
        yield Case(f"{word}/while placing", ("clean",), early=rules("WS user", fault, nth=3), placing=True)
        late = rules("WS user", fault) + rules(CANCEL, DONE["dropAfter"], count=1)
        yield Case(f"{word}/and a lost answer", ("clean",), late=late)
    for word in ("503before", "hangBefore", "dropBefore", "307", "html200not", "429", "401"):
        refused = rules("GET /ws", ALL[word])
        for action in ("close_clean", "close_abnormal"):
            calls = (("POST", "/sockets", {"action": action}),)
            yield Case(f"{action}, then {word}", ("clean",), late=refused, calls=calls)


def everything(seed):
    """Every call fails, for the whole stop or for its beginning."""
    for word, fault in ALL.items():
        count = dice(seed, "everything", word).randint(2, 4)
        milliseconds = dice(seed, "everything", word, "ms").randint(300, 700)
        stays = ("unproved",) if word in DONE else ("remain",)
        yield Case(f"{word}/count", ("clean",), late=rules("*", fault, count=count))
        yield Case(f"{word}/a while", ("clean",), late=rules("*", fault, duration_ms=milliseconds), calls=CUT)
        yield Case(f"{word}/stays", stays, late=rules("*", fault))
        yield Case(f"{word}/stays, sockets cut", stays, late=rules("*", fault), calls=CUT)


def slow(seed):
    def cancel(fault, **how):
        return rules(CANCEL, fault, **how)

    for milliseconds in (200, 800):
        fault = {"action": "slowCancel", "ms": milliseconds}
        yield Case(f"cancel takes {milliseconds} ms", ("clean",), late=cancel(fault))
        yield Case(f"cancel takes {milliseconds} ms, no socket", ("clean",), late=cancel(fault) + NO_SOCKETS, calls=CUT)
    fault = {"action": "slowCancel", "ms": 60000}
    yield Case("cancel takes a minute, no socket", ("remain",), late=cancel(fault) + NO_SOCKETS, calls=CUT)
    for permille in (1, 500, 1000):
        fill = {"action": "fillDuringCancel", "permille": permille}
        yield Case(f"filled {permille} during cancel", ("clean",), late=cancel(fill))
        late = cancel(fill) + NO_SOCKETS
        yield Case(f"filled {permille} during cancel, no socket", ("clean",), late=late, calls=CUT)
        late = cancel(fill) + cancel({"action": "slowCancel", "ms": 500})
        yield Case(f"filled {permille} during a slow cancel", ("clean",), late=late)
        ends = ("clean",) if permille == 1000 else ("remain",)
        late = cancel(fill) + cancel({"action": "slowCancel", "ms": 60000})
        yield Case(f"filled {permille} during an endless cancel", ends, late=late)
        late = cancel(fill) + rules(CANCEL, DONE["hangAfter"], count=1)
        yield Case(f"filled {permille} during cancel, answer lost", ("clean",), late=late)
    # The longest shows all orders at rest for the whole stop.
    for milliseconds, ends in ((150, ("clean",)), (900, ("clean",)), (4000, ("unproved",))):
        calls = (("POST", "/lag", {"ms": milliseconds}),)
        rested = milliseconds + 100
        yield Case(f"lists lag {milliseconds} ms", ends, calls=calls, rested_ms=rested)
        word = f"lists lag {milliseconds} ms, no socket"
        yield Case(word, ends, late=NO_SOCKETS, calls=calls + CUT, rested_ms=rested)
    for word in ("hangAfter", "dropBefore", "503after"):
        early = rules(CREATE, ALL[word])
        yield Case(f"lists lag while placing/{word}", ("clean",), early=early, calls=(("POST", "/lag", {"ms": 150}),), placing=True)
    for endpoint, word in ((CANCEL, "cancels"), (LIST, "lists"), (FILLS, "fills"), ("*", "all")):
        calls = (("POST", "/latency", {"endpoint": endpoint, "ms": 250, "jitter_ms": 100}),)
        yield Case(f"{word} take 250 ms", ("clean",), calls=calls)
    calls = (("POST", "/latency", {"endpoint": CANCEL, "ms": 60000}),)
    yield Case("cancels take a minute", ("remain",), calls=calls)
    calls = (("POST", "/latency", {"endpoint": LIST, "ms": 60000}),)
    yield Case("lists take a minute", ("unproved",), calls=calls)


def account(seed):
    """The market and the key change under the stop."""
    for status in ("cancel_only", "post_only", "limit_only"):
        calls = (("POST", "/market", {"action": "status", "product": "BTC-USD", "status": status}),)
        yield Case(f"market {status}", ("clean",), calls=calls)
    move = {"action": "set", "product": "BTC-USD", "bid": "50000", "ask": "50001", "size": "5"}
    yield Case("all buys are filled", ("clean",), calls=(("POST", "/market", move),))
    yield Case(
        "all buys are filled, no socket", ("clean",), late=NO_SOCKETS, calls=CUT + (("POST", "/market", move),)
    )
    yield Case("one is canceled by hand", ("clean",), calls=(("POST", "/cancel", {"client_order_id": "OURS 1"}),))
    yield Case("one fails", ("clean",), calls=(("POST", "/fail", {"client_order_id": "OURS 2", "reason": "given up"}),))
    no = ("POST", "/permissions", {"can_trade": False})
    yes = ("POST", "/permissions", {"can_trade": True})
    yield Case("key may not trade", ("remain",), calls=(no,))
    yield Case("key may not trade for a while", ("clean",), calls=(no,), heal=(CANCEL, 403, 2, (yes,)))
    no, yes = ("POST", "/permissions", {"can_view": False}), ("POST", "/permissions", {"can_view": True})
    yield Case("key may not view", ("unproved",), calls=(no,))
    yield Case("key may not view for a while", ("clean",), calls=(no,), heal=(LIST, 403, 2, (yes,)))


def chance(seed):
    """Anything, with a probability. Whether it heals in time is chance as well; what is claimed is not."""
    for number in range(12):
        draw = dice(seed, "chance", str(number))
        chosen = draw.sample(list(ALL), 2)
        late = ()
        for word in chosen:
            how = {"probability": draw.choice([0.2, 0.4, 0.6]), "seed": draw.randrange(1 << 30)}
            late += rules(draw.choice(["*", CANCEL, LIST]), ALL[word], **how)
        late += rules("WS *", {"action": draw.choice(["wsGap", "wsCloseAbnormal"])}, probability=0.3, seed=number)
        placing = number % 2 == 0
        # Where all orders are to rest first, the disturbance of placements ends: by chance they might never rest.
        often = {} if placing else {"count": 4}
        early = rules(CREATE, ALL[draw.choice(list(ALL))], probability=0.5, seed=number, **often)
        yield Case(f"{number}", ("clean", "remain", "unproved"), early=early, late=late, placing=placing, may_miss=True)
