"""What a case must show, whatever happened: the sandbox's book against what the trader said of itself."""

import collections
import datetime
import json

from daemon import PREFIX

GRACE_MS = 750
BEFORE = {"status5xxBefore", "unauthorized401", "tooMany429", "hangBefore", "dropBefore", "redirect307"}
AFTER = {"status5xxAfter", "hangAfter", "dropAfter", "stallBody", "truncate"}


def moment(text):
    return datetime.datetime.fromisoformat(text)


def may_have_expired(request, latency_ms):
    """A token of one second ends with the second in which it was made, or the next; a slow venue refuses it then."""
    arrived = moment(request["utc"])
    takes_effect = arrived + datetime.timedelta(milliseconds=latency_ms / 2 + 20)
    made = arrived - datetime.timedelta(milliseconds=100)
    return made.replace(microsecond=0) != takes_effect.replace(microsecond=0)


def judge(case, facts):
    """Returns what is wrong, in words; an empty list if nothing is."""
    wrong = []
    if facts.code is None:
        return [f"it did not end within {facts.waited_s} s"]
    elapsed = (facts.ended_at - facts.signaled_at) / 1e6
    if elapsed > case.deadline_ms + GRACE_MS:
        wrong.append(f"the exit came after {elapsed:.0f} ms, the deadline is {case.deadline_ms} ms")
    wrong += judge_end(case, facts)
    wrong += judge_report(facts)
    wrong += judge_creates(facts)
    wrong += judge_foreign(facts)
    for fault in facts.faults:
        if not fault["fired"] and not case.may_miss:
            wrong.append(f"{fault['action']} on {fault['endpoint']} befell nothing: the case shows nothing")
    if facts.sandbox_code != 0:
        wrong.append(f"the sandbox ended with {facts.sandbox_code}")
    return wrong


def ours(book):
    return {order["client_order_id"]: order for order in book["orders"] if order["client_order_id"].startswith(PREFIX)}


def judge_end(case, facts):
    alive = {name: order for name, order in ours(facts.at_exit).items() if order["working"]}
    remaining = {order["client_order_id"]: order for order in facts.report.get("remaining", [])}
    wrong, ends = [], case.ends
    if case.placing and any(request["late"] for request in facts.creates):
        ends = (*ends, "unproved")
    if facts.code == 0:
        end = "clean"
        if alive:
            wrong.append(f"exit 0, and {len(alive)} of ours are alive: {sorted(alive)[:3]}")
        if remaining:
            wrong.append(f"exit 0, and the report names {sorted(remaining)[:3]}")
    elif facts.code == 3:
        end = "remain" if alive else "unproved"
        unnamed = sorted(set(alive) - set(remaining))
        if unnamed:
            wrong.append(f"{len(unnamed)} of ours are alive and not named: {unnamed[:3]}")
        if "unproved" not in ends:
            # Where the proof is not kept away, only a placement of unknown fate may be named beside them.
            more = [n for n, o in remaining.items() if n not in alive and o["status"] != "unknown placement"]
            if more:
                wrong.append(f"{len(more)} are named and not alive: {sorted(more)[:3]}")
        for name, order in remaining.items():
            known = ours(facts.at_exit).get(name)
            if known and order.get("exchange_order_id") not in (None, known["order_id"]):
                wrong.append(f"{name} is named with another order's id")
            if not name.startswith(PREFIX):
                wrong.append(f"{name} is named and not ours")
    else:
        return [f"exit {facts.code}"]
    if end not in ends:
        wrong.append(f"it ended {end} (exit {facts.code}, {len(alive)} of ours alive), expected {' or '.join(ends)}")
    if end == "clean" and not case.placing and not wrong:
        wrong += judge_counts(case, facts)
    return wrong


def judge_counts(case, facts):
    """With all orders resting at the signal, the report's counts are those of the book."""
    at_signal = {name for name, order in ours(facts.at_signal).items() if order["working"]}
    end = ours(facts.at_exit)
    canceled = sum(1 for name in at_signal if end[name]["status"] == "CANCELLED")
    report, wrong = facts.report, []
    expected = (len(at_signal), canceled, len(at_signal) - canceled)
    said = tuple(report.get(word) for word in ("orders_found", "orders_canceled", "orders_ended_otherwise"))
    # What ended between the look and the signal was not found any more.
    slack = len(at_signal) - (said[0] or 0)
    if not (0 <= slack <= facts.touched and said[1] is not None and 0 <= canceled - said[1] <= slack):
        wrong.append(f"found, canceled, ended otherwise: the report says {said}, the book {expected}")
    incomplete = report.get("fills_incomplete")
    if incomplete and not case.fills_missing:
        wrong.append(f"fills are incomplete: {incomplete[:3]}")
    if case.fills_missing and not incomplete:
        wrong.append("fills could not be read, and the report names none")
    return wrong


def judge_report(facts):
    report = facts.report
    if "unreadable" in report:
        return [f"the report can't be read: {report['unreadable']}"]
    wrong = []
    verdict = "clean" if facts.code == 0 else "orders-remain" if report["remaining"] else "unproved"
    if report["verdict"] != verdict or report["exit_code"] != facts.code or report["pid"] != facts.pid:
        wrong.append(f"exit {facts.code} of {facts.pid}, and the report says {report['verdict']}, {report['exit_code']}, {report['pid']}")
    if report["verified_empty"] != (facts.code == 0) or not report["state_flushed"]:
        wrong.append(f"verified_empty {report['verified_empty']}, state_flushed {report['state_flushed']}")
    if facts.code == 0 and report["foreign_orders"] != 2:
        wrong.append(f"the proof counted {report['foreign_orders']} foreign orders, there are 2")
    return wrong


def judge_creates(facts):
    wrong = []
    sent = collections.Counter()
    book = ours(facts.after)
    for request in facts.creates:
        name = json.loads(request["body"])["client_order_id"]
        sent[name] += 1
        if request["monotonic_ns"] > facts.ended_at:
            wrong.append(f"{name} was created after the exit")
        if request["fault"] in BEFORE and name in book:
            wrong.append(f"{name} met {request['fault']}, and the sandbox has it")
        if request["fault"] in AFTER and name not in book and not request["late"]:
            wrong.append(f"{name} met {request['fault']}, and the sandbox does not have it")
    twice = [name for name, count in sent.items() if count > 1]
    if twice:
        wrong.append(f"created more than once: {sorted(twice)[:3]}")
    new = set(book) - set(ours(facts.at_exit))
    if new:
        wrong.append(f"appeared after the exit: {sorted(new)[:3]}")
    unknown = set(book) - set(sent)
    if unknown:
        wrong.append(f"in the book and never sent: {sorted(unknown)[:3]}")
    return wrong


def judge_foreign(facts):
    foreign = [order for order in facts.after["orders"] if order["client_order_id"].startswith("foreign-")]
    if len(foreign) != 2 or any(order["status"] != "OPEN" or float(order["filled_size"]) for order in foreign):
        return [f"the foreign orders were touched: {[(o['status'], o['filled_size']) for o in foreign]}"]
    return []
