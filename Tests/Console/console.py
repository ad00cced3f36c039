"""What an operator sees and does in the console, in a real browser: page equals API, wrong token, words with
confirmation, a connection that is lost and comes back, a stop seen to its clean end, and one that leaves orders."""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

BINARY = os.environ["TRADER247"]
TOKEN = "a-token-for-this-test-0123456789abcdef"
LEVELS = 4
expect.set_options(timeout=20_000)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Daemon:
    def __init__(self, directory, port, more="", spacing=40):
        self.directory, self.port = Path(directory), port
        (self.directory / "token").write_text(TOKEN)
        (self.directory / "token").chmod(0o600)
        (self.directory / "bot.yaml").write_text(
            f"bot: look\ninterval: 200ms\ncontrol: {{listen: '127.0.0.1:{port}', token_file: token}}\n"
            f"strategies: [{{type: grid, symbols: [BTC-USD], levels: {LEVELS}, spacing_bps: {spacing}, recentre: 1000}}]\n{more}")
        self.process = None

    def spawn(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TRADER247")}
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "run", "--no-guardian", "--config", "bot.yaml", "--state-dir", "state"], cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def start(self):
        self.spawn()
        end = time.monotonic() + 40
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                if self.get("status")["core"]["working_orders"] >= 2 * LEVELS:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise SystemExit(f"the daemon does not trade: {(self.directory / 'log').read_text()[-1500:]}")

    def get(self, path):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1/{path}", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def end(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(40)
        return self.process.returncode


def enter(page, daemon):
    page.goto(f"http://127.0.0.1:{daemon.port}/")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("#connection")).to_have_text("connected")


def say(page, word):
    page.get_by_role("button", name=word, exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name=word, exact=True).click()


def wrong_token(page, daemon):
    page.goto(f"http://127.0.0.1:{daemon.port}/")
    page.get_by_label("Token").fill("not the token")
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("#entrance-error")).to_contain_text("token is missing or wrong")
    assert page.locator("#orders tbody tr").count() == 0, "a wrong token was shown orders"


def page_equals_api(page, daemon):
    enter(page, daemon)
    core = daemon.get("status")["core"]
    expect(page.locator("#bot")).to_have_text("look")
    expect(page.locator("#mode")).to_have_text("paper")
    expect(page.locator("#lifecycle")).to_have_text("trading")
    expect(page.locator("#working")).to_have_text(str(core["working_orders"]))
    orders = daemon.get("orders")["orders"]
    expect(page.locator("#orders tbody tr")).to_have_count(len(orders))
    shown = page.locator("#orders tbody tr").all_inner_texts()
    for order in orders:
        row = next((text for text in shown if text.startswith(order["client_order_id"] + "\t")), None)
        assert row, f"{order['client_order_id']} is not shown"
        for name in ("symbol", "side", "price", "quantity", "state"):
            assert order[name] in row.split("\t"), f"{name} of {row!r} is not {order[name]}"
    market = core["markets"][0]
    expect(page.locator("#markets tbody tr").first).to_contain_text(market["symbol"])
    names = [limit["name"].replace("_", " ") for limit in core["limits"]]
    for name in names:
        assert name in page.locator("#limits").inner_text(), name
    expect(page.locator("#decisions li").first).to_be_visible()


def words(page, daemon):
    enter(page, daemon)
    # A word that is not confirmed is not said.
    page.get_by_role("button", name="Halt", exact=True).click()
    page.keyboard.press("Escape")
    assert daemon.get("status")["core"]["lifecycle"] == "trading"
    say(page, "Pause")
    expect(page.locator("#lifecycle")).to_have_text("paused")
    assert daemon.get("status")["core"]["lifecycle"] == "paused"
    say(page, "Resume")
    expect(page.locator("#lifecycle")).to_have_text("trading")
    say(page, "Halt")
    expect(page.locator("#lifecycle")).to_have_text("halted")
    expect(page.locator("#working")).to_have_text("0")
    expect(page.locator("#closed")).to_contain_text("halted")
    say(page, "Resume")
    expect(page.locator("#lifecycle")).to_have_text("trading")
    expect(page.locator("#working")).to_have_text(str(2 * LEVELS))


def keyboard_alone(page, daemon):
    enter(page, daemon)
    page.get_by_role("button", name="Pause", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.activeElement.value") == "no", "the focus is not on the way out"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "confirm-yes", "Tab does not lead to the confirmation"
    page.keyboard.press("Enter")
    expect(page.locator("#lifecycle")).to_have_text("paused")
    say(page, "Resume")
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button,input,meter,svg,section,table')].filter(e => e.checkVisibility() &&"
        " !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.innerText || e.labels?.length ||"
        " e.closest('[aria-labelledby],[aria-label]'))).map(e => e.outerHTML.slice(0, 80))")
    assert not unnamed, f"without a name for a screen reader: {unnamed}"


def lost_and_back(page, daemon):
    enter(page, daemon)
    daemon.end(signal.SIGKILL)
    expect(page.locator("#connection")).to_contain_text("connection lost")
    daemon.start()
    expect(page.locator("#connection")).to_have_text("connected")
    expect(page.locator("#lifecycle")).to_have_text("trading")


def stop_to_its_end(page, daemon):
    enter(page, daemon)
    say(page, "Stop")
    expect(page.locator("#verdict h2")).to_have_text("Stopped clean")
    expect(page.locator("#phases li.done")).to_have_count(6)
    assert daemon.process.wait(20) == 0
    expect(page.locator("#connection")).to_contain_text("the daemon has left")
    expect(page.locator("#verdict h2")).to_have_text("Stopped clean")
    # A durable stop: the next life idles, and the stop can be read.
    daemon.spawn()
    expect(page.locator("#connection")).to_have_text("connected")
    expect(page.locator("#lifecycle")).to_have_text("stopped")
    expect(page.locator("#past summary").first).to_contain_text("clean")
    page.locator("#past summary").first.click()
    expect(page.locator("#past pre").first).to_contain_text('"verified_empty": true')
    assert daemon.end() == 0


def stop_that_leaves_orders(page, daemon):
    enter(page, daemon)
    daemon.process.send_signal(signal.SIGTERM)
    expect(page.locator("#stop")).to_be_visible()
    expect(page.locator("#stop-count")).to_contain_text(f"of {2 * LEVELS} left")
    expect(page.locator("#verdict h2")).to_have_text("Stopped, not clean")
    left = {order["client_order_id"] for order in json.loads((daemon.directory / "state/shutdown-report.json").read_text())["remaining"]}
    assert left, "the test's exchange canceled in time"
    for name in left:
        expect(page.locator("#verdict ul")).to_contain_text(name)
    assert daemon.process.wait(20) == 3
    expect(page.locator("#connection")).to_contain_text("the daemon has left")
    expect(page.locator("#verdict h2")).to_have_text("Stopped, not clean")


def screenshots(browser, daemon, directory):
    for name, options in {
        "console-light": {"viewport": {"width": 1200, "height": 900}},
        "console-phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True},
        "console-dark": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "dark"},
    }.items():
        context = browser.new_context(**options)
        page = context.new_page()
        enter(page, daemon)
        page.wait_for_timeout(15_000)  # Not a test: a curve to look at.
        if name == "console-dark":
            daemon.process.send_signal(signal.SIGTERM)
            expect(page.locator("#stop")).to_be_visible()
            page.wait_for_timeout(1_500)
        page.screenshot(path=directory / f"{name}.png")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= options["viewport"]["width"], f"{name} is {width} wide"
        context.close()


def main():
    parser = argparse.ArgumentParser(prog="Tests/Console/run")
    parser.add_argument("--screenshots", type=Path)
    options = parser.parse_args()
    failed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        cases = [wrong_token, page_equals_api, words, keyboard_alone, lost_and_back, stop_to_its_end, stop_that_leaves_orders]
        for case in cases:
            directory = tempfile.mkdtemp(prefix="trader247-console-")
            slow = "stop: {deadline: 4s}\npaper: {cancel_delay: 60s}\n" if case is stop_that_leaves_orders else ""
            daemon = Daemon(directory, free_port(), slow)
            context = browser.new_context(viewport={"width": 1200, "height": 900})
            page = context.new_page()
            complaints = []
            page.on("pageerror", lambda error: complaints.append(f"error in the page: {error}"))
            page.on("console", lambda said: "Content Security Policy" in said.text and complaints.append(said.text))
            try:
                daemon.start()
                case(page, daemon)
                assert not complaints, complaints
                print(f"ok      {case.__name__}", flush=True)
            except (AssertionError, OSError, subprocess.TimeoutExpired) as problem:
                failed += 1
                print(f"FAILED  {case.__name__}: {str(problem)[:1500]}", flush=True)
            finally:
                context.close()
                daemon.end(signal.SIGKILL)
                shutil.rmtree(directory, ignore_errors=True)
        if options.screenshots:
            options.screenshots.mkdir(parents=True, exist_ok=True)
            directory = tempfile.mkdtemp(prefix="trader247-console-")
            # Narrow, so that there are fills to see; slow to cancel, so that there is a stop to see.
            daemon = Daemon(directory, free_port(), "stop: {deadline: 5s}\npaper: {cancel_delay: 60s}\n", spacing=2).start()
            screenshots(browser, daemon, options.screenshots)
            daemon.end(signal.SIGKILL)
            shutil.rmtree(directory)
        browser.close()
    print(f"{len(cases)} cases, {failed} failed")
    return 1 if failed else 0


raise SystemExit(main())
