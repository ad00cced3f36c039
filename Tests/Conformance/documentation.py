"""What docs/sandbox.md shows is run as it stands, but for the port and the place of the key."""

import os
import re
import subprocess
import sys

from checks import Failure, check, contains, equal, true

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "sandbox.md")


def blocks(language):
    with open(PAGE) as file:
        return re.findall(rf"^```{language}\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)


def run(world, *arguments, text=""):
    ready = text.replace("localhost:8247", world.sandbox.host).replace("127.0.0.1:8247", world.sandbox.host)
    ready = ready.replace("sandbox-key.json", world.sandbox.ecdsa_file)
    done = subprocess.run([*arguments, ready], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Failure(f"exit code {done.returncode} of:\n{text}\n{done.stdout}{done.stderr}")
    return done.stdout


@check("the snippet with the SDK places and cancels")
def _(world):
    shown = run(world, sys.executable, "-c", text=blocks("python")[0]).split()
    equal(shown[:2], ["OPEN", "True"], "what it printed")
    contains(("CANCEL_QUEUED", "CANCELLED"), shown[2], "the last status")


@check("the snippet with the SDK's WebSocket client hears the user channel")
def _(world):
    contains(run(world, sys.executable, "-c", text=blocks("python")[1]), "snapshot", "what it printed")


@check("the snippet with ccxt trades")
def _(world):
    shown = run(world, sys.executable, "-c", text=blocks("python")[2]).splitlines()
    equal(len(shown), 3, f"lines of {shown}")
    true(shown[2].startswith("[("), f"no trade in {shown[2]!r}")
    equal(len(blocks("python")), 3, "snippets of the page")


@check("every command of the control plane answers 200")
def _(world):
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("curl ")]
    true(len(commands) > 30, f"only {len(commands)} commands found")
    for command in commands:
        equal(run(world, "bash", "-c", text=f"{command} -o /dev/null -w '%{{http_code}}'"), "200", command)
