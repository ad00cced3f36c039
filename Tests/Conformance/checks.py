"""What a check is, how it fails, and how all of them are run. Knows nothing of the sandbox."""

import threading
import time
import traceback


class Failure(Exception):
    """What was seen differs from what the venue would have shown."""


class Check:
    def __init__(self, group, title, body):
        self.group, self.title, self.body = group, title, body


CHECKS = []


def check(title):
    """Marks a function as a check: it gets the world of its group and returns when all is as it should be."""

    def mark(body):
        CHECKS.append(Check(body.__module__, title, body))
        return body

    return mark


def equal(seen, wanted, what):
    if seen != wanted:
        raise Failure(f"{what}: {seen!r} instead of {wanted!r}")


def true(fact, what):
    if not fact:
        raise Failure(what)


def contains(whole, part, what):
    if part not in whole:
        raise Failure(f"{what}: no {part!r} in {whole!r}")


def text(record, *names):
    """The fields are there and are strings, as nearly everything on this wire is."""
    for name in names:
        if not isinstance(record.get(name), str):
            raise Failure(f"{name} is {record.get(name, 'missing')!r}, not a string")


def decimal(record, *names):
    """The fields are strings that hold a plain decimal."""
    text(record, *names)
    for name in names:
        whole, _, part = record[name].removeprefix("-").partition(".")
        if not whole.isdigit() or (part and not part.isdigit()):
            raise Failure(f"{name} is {record[name]!r}, not a decimal")


def boolean(record, *names):
    for name in names:
        if not isinstance(record.get(name), bool):
            raise Failure(f"{name} is {record.get(name, 'missing')!r}, not a bool")


def raises(kind, call, what):
    """The call must fail with exactly this kind of error (or one below it), which is returned."""
    try:
        answer = call()
    except kind as error:
        return error
    except Exception as error:
        raise Failure(f"{what}: {type(error).__name__} ({error}) instead of {kind.__name__}") from error
    raise Failure(f"{what}: no {kind.__name__}, but {answer!r}")


def eventually(fact, what, within=5.0):
    """Waits for a fact, never for a time: asks until the answer is true, and fails after the bound."""
    end = time.monotonic() + within
    pause = threading.Event()
    while True:
        answer = fact()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Failure(f"not within {within:g} s: {what}")
        pause.wait(0.01)


def run(new_world, words):
    """Each group gets a world of its own. Returns how many checks passed and failed."""
    passed = failed = 0
    chosen = [c for c in CHECKS if all(w in f"{c.group} {c.title}" for w in words)]
    for group in dict.fromkeys(c.group for c in chosen):
        try:
            world = new_world()
        except Exception as error:
            count = sum(c.group == group for c in chosen)
            failed += count
            print(f"FAILED {group}: all {count}: {type(error).__name__}: {error}", flush=True)
            continue
        with world:
            for c in (c for c in chosen if c.group == group):
                try:
                    c.body(world)
                    passed += 1
                except Exception as error:
                    failed += 1
                    place = traceback.extract_tb(error.__traceback__)
                    line = next((f.lineno for f in reversed(place) if f.name == c.body.__name__), "?")
                    kind = "" if isinstance(error, Failure) else f"{type(error).__name__}: "
                    print(f"FAILED {group}:{line}: {c.title}: {kind}{error}", flush=True)
                finally:
                    world.tidy()
    return passed, failed
