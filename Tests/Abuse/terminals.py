"""No byte of others reaches a terminal as a command: hostile text in store, configuration and mouths, every command."""

import json
import os
import sqlite3
import stat

from bench import Bot, call, directory, eventually, expect, process

MARK = "MARKED"
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\u202egnirts\u2066\u200f\u2028\r"


def steers(text):
    """The first character that would steer a terminal or turn a line round; None where there is none."""
    for letter in text:
        code = ord(letter)
        if letter in "\n\t":
            continue
        if code < 0x20 or 0x7F <= code < 0xA0 or code in (0x61C, 0x200E, 0x200F):
            return letter
        if 0x2028 <= code <= 0x202E or 0x2066 <= code <= 0x2069:
            return letter
    return None


def harmless(what, output):
    text = output.decode("utf-8")
    letter = steers(text)
    if letter is not None:
        at = text.index(letter)
        expect(False, f"{what}: U+{ord(letter):04X} reaches the terminal in {text[max(0, at - 80):at + 20]!r}")


def in_json(text):
    """As it may stand in a JSON string of a store: what must be escaped is, and nothing else."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def plant(path):
    """Hostile text in the place of every mark, in every table; the number of cells."""
    count = 0
    with sqlite3.connect(path) as base:
        tables = [row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for trigger in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{trigger[0]}"')
        for table in tables:
            if table.startswith("sqlite_"):
                continue
            for column in [row[1] for row in base.execute(f'PRAGMA table_info("{table}")')]:
                # In JSON only what must be escaped is; the type stays what it was.
                done = base.execute(
                    f'UPDATE "{table}" SET "{column}" = CASE '
                    f'WHEN substr(CAST("{column}" AS TEXT), 1, 1) IN (\'{{\', \'[\', \'"\') '
                    f'THEN replace(CAST("{column}" AS TEXT), :mark, :json) '
                    f'ELSE replace(CAST("{column}" AS TEXT), :mark, :plain) END '
                    f'WHERE typeof("{column}") = \'text\' AND instr("{column}", :mark)',
                    {"mark": MARK, "json": in_json(HOSTILE), "plain": HOSTILE},
                )
                count += done.rowcount
    return count


def plant_files(state):
    count = 0
    for folder, _, names in os.walk(state):
        for name in names:
            if not name.endswith((".json", ".log")):
                continue
            path = os.path.join(folder, name)
            with open(path) as file:
                text = file.read()
            if MARK in text:
                with open(path, "w") as file:
                    file.write(text.replace(MARK, in_json(HOSTILE)))
                count += 1
    return count


def stored():
    """What an older life has written."""
    with directory() as place:
        program = os.path.join(place, "dies")
        with open(program, "w") as file:
            file.write(f"#!/bin/sh\necho '{MARK} last words' >&2\nexit 3\n")
        os.chmod(program, os.stat(program).st_mode | stat.S_IXUSR)
        strategies = (
            "{type: grid, name: MARKEDNAME, symbols: [BTC-USD], levels: 2, spacing_bps: 30, size_quote: 20, recentre: 1000}, "
            f"{{type: external, name: MARKEDDIES, symbols: [ETH-USD], command: [{program}]}}"
        )
        bot = Bot(place, strategies)
        with bot.running():
            eventually(lambda: f"{MARK} last words".encode() in bot.say("logs", "-n", "200")[1], "it has said them")
            code, text = bot.say("halt", f"{MARK} reason")
            expect(code == 0, f"halt: {text!r}")
            eventually(lambda: bot.lifecycle() == "halted", "the bot is halted")
            orders = json.loads(bot.say("orders", "--all", "--json")[1])
        expect(plant(os.path.join(bot.state, "state.db")) > 5, "there is hostile text in the store")
        expect(plant_files(bot.state) > 0, "there is hostile text in files")
        order = orders[0]["client_order_id"]
        commands = [
            ["doctor"], ["doctor", "--json"], ["logs", "-n", "500"], ["logs", "-n", "500", "--json"],
            ["last-stop"], ["last-stop", "--json"], ["orders", "--all"], ["orders", "--all", "--json"],
            ["fills"], ["positions", "--by-strategy"], ["positions", "--by-strategy", "--json"],
            ["alerts", "list"], ["alerts", "list", "--json"], ["explain", order], ["explain", order, "--json"],
            ["journal", "export"], ["journal", "verify"], ["gates"], ["gates", "--json"],
            *[["report", "--by", "strategy", "--format", form] for form in ("table", "json", "csv", "html")],
        ]  # fmt: skip
        seen = 0
        for command in commands:
            _, output = bot.say(*command)
            harmless(" ".join(command), output)
            seen += b"\\u{1b}" in output or b"\\u001b" in output
        expect(seen > 5, f"hostile text is shown, only harmless: in {seen} of {len(commands)}")
        # A life that goes on with it.
        with process(bot.directory, "run", "--no-guardian", *bot.options) as (child, log):
            def is_up():
                expect(child.poll() is None, f"the bot ended: {open(log, errors='replace').read()[-2000:]}")
                return bot.lifecycle() == "halted"

            eventually(is_up, "the bot is up, and halted still")
            for command in (["status"], ["status", "--json"], ["strategy", "list"], ["strategy", "list", "--json"]):
                _, output = bot.say(*command)
                harmless(" ".join(command), output)
                if command[0] == "status":
                    expect(b"gnirts" in output, f"{command} tells the reason: {output[-600:]!r}")
        with open(log, "rb") as file:
            harmless("what the bot said", file.read())


def configured():
    """What a configuration holds."""
    with directory() as place:
        path = os.path.join(place, "hostile.yaml")
        hostile = json.dumps(HOSTILE)
        bodies = {
            "a name": f"strategies: [{{type: grid, name: {hostile}, symbols: [BTC-USD], levels: 2, spacing_bps: 30, size_quote: 20}}]\n",
            "a key": f"{hostile}: 1\n",
            "a value": f"mode: {hostile}\n",
            "a type": f"strategies: [{{type: {hostile}}}]\n",
            "a market": f"strategies: [{{type: grid, symbols: [{hostile}]}}]\n",
            "a sink": f"alerts: [{{type: command, name: {hostile}, command: [/bin/true]}}]\n",
            "a bot": f"bot: {hostile}\n",
        }  # fmt: skip
        for what, body in bodies.items():
            with open(path, "w") as file:
                file.write(body)
            for command in (["config", "check"], ["config", "show"], ["doctor"], ["status"], ["logs"], ["report"]):
                code, output = call(*command, "--config", path, "--state-dir", os.path.join(place, "none"))
                harmless(f"{' '.join(command)} with {what}", output)
                if command == ["config", "check"]:
                    expect(code == 78, f"{what} is refused: {code} {output!r}")
        # Nothing refuses a state directory of any name; it steers nothing either.
        odd = os.path.join(place, "a\x1b[2J\u202eb")
        for command in (["doctor"], ["status"], ["logs"], ["orders"], ["config", "check"]):
            harmless(" ".join(command), call(*command, "--state-dir", odd)[1])


def said():
    """What a program and an operator say."""
    with directory() as place:
        program = os.path.join(place, "shouts")
        with open(program, "w") as file:
            file.write(
                "#!/usr/bin/env python3\nimport json, sys\n"
                f"hostile = {HOSTILE!r}.replace('\\r', '')\n"
                "sys.stderr.write(hostile + '\\n')\nsys.stderr.flush()\n"
                "print(json.dumps({'type': 'log', 'message': hostile}), flush=True)\n"
                "sys.stdin.readline()\nprint('no json ' + hostile, flush=True)\nsys.stdin.read()\n"
            )
        os.chmod(program, 0o755)
        strategies = f"{{type: external, name: shouts, symbols: [ETH-USD], command: [{program}]}}"
        bot = Bot(place, strategies)
        with bot.running():
            eventually(lambda: b"gnirts" in bot.say("logs", "-n", "200")[1], "it has said it")
            code, output = bot.say("halt", HOSTILE)
            harmless("halt", output)
            expect(code == 0, f"halt: {output!r}")
            eventually(lambda: bot.lifecycle() == "halted", "the bot is halted")
            for command in (["status"], ["strategy", "list"], ["alerts", "list"], ["logs", "-n", "500"]):
                harmless(" ".join(command), bot.say(*command)[1])
            expect(b"\\u{1b}]0;owned" in bot.say("status")[1], "the reason is seen")
        for name in ("output", os.path.join("state", "logs", "trader247.log"), os.path.join("state", "shutdown-report.json")):
            with open(os.path.join(place, name), "rb") as file:
                harmless(name, file.read())
        # What enters is clean already: nothing of it lies in the store.
        with open(os.path.join(bot.state, "state.db"), "rb") as file:
            stored = file.read()
        expect("\x9b31m".encode() not in stored and "\u202e".encode() not in stored, "the store holds none of it")
