"""SECURITY.md: each of its lines names a test, and each test that it names is there."""

import os
import re

from bench import expect

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def sources():
    text = ""
    for folder, _, names in os.walk(os.path.join(ROOT, "Tests")):
        for name in names:
            if name.endswith(".swift") or (name.endswith(".py") and folder.endswith("Abuse")):
                with open(os.path.join(folder, name)) as file:
                    text += file.read()
    return text


def promises():
    """Every promise of SECURITY.md has its test."""
    with open(os.path.join(ROOT, "SECURITY.md")) as file:
        lines = [line for line in file if line.startswith("|") and not re.match(r"\|\s*(\||---)", line)]
    expect(len(lines) > 20, "SECURITY.md promises something")
    tests = sources()
    for line in lines:
        shown = line.rstrip().rstrip("|").rsplit("|", 1)[1]
        names = re.findall(r"`([^`]+)`", shown)
        expect(names or "the same" in shown, f"no test is named: {line}")
        for name in names:
            last = name.split(".")[-1]
            if "/" in name:
                there = os.path.exists(os.path.join(ROOT, name))
            elif name.startswith("trader247-"):
                there = os.path.exists(os.path.join(ROOT, "Sources", name))
            elif last[0].isupper():
                there = re.search(rf"\b(struct|class) {last}\b", tests) or os.path.isdir(os.path.join(ROOT, "Tests", last))
            else:
                there = re.search(rf"\b(func|def) {last}\b", tests)
            expect(there, f"there is no {name}: {line}")
