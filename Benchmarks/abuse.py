"""The control API under abuse: what it costs trading. See Benchmarks/README.md."""

import json
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import alerts
import memory
from daemon import BINARY, UNLIMITED, configuration, write_recording

TOKEN = "a-token-for-a-benchmark-only"


class Running:
    """A paper bot that decides 50 times a second, with a listener on TCP."""

    def __init__(self, directory, orders, settings=None):
        self.state = Path(directory) / "state"
        recording = write_recording(directory)
        token = Path(directory) / "token"
        token.write_text(TOKEN, encoding="utf-8")
        token.chmod(0o600)
        more = dict(UNLIMITED) | (settings or {})
        more |= {
            "interval": "20ms", "jitter": 0, "feed": f"replay:BTC-USD={recording}", "speed": 1,
            "control": {"listen": "127.0.0.1:0", "token_file": str(token)},
        }
        config = configuration(directory, orders, more)
        self.process = subprocess.Popen(
            [BINARY, "run", "--no-guardian", "--config", config, "--state-dir", self.state],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.port = self.await_port()
        while self.status()["core"]["working_orders"] < orders:
            time.sleep(0.1)

    def await_port(self):
        log = self.state / "logs/trader247.log"
        for _ in range(400):
            if log.exists():
                found = re.search(r"control.sock and 127\.0\.0\.1:(\d+)", log.read_text(encoding="utf-8"))
                if found:
                    return int(found.group(1))
            time.sleep(0.05)
        sys.exit("the daemon does not listen")

    def status(self):
        """Over the socket, which the crowd on TCP does not share."""
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as link:
                    link.settimeout(20)
                    link.connect(str(self.state / "control.sock"))
                    link.sendall(b"GET /v1/status HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                    text = b""
                    while part := link.recv(1 << 16):
                        text += part
                body = json.loads(text.partition(b"\r\n\r\n")[2])
                if body.get("core"):
                    return body
            except (OSError, ValueError):
                pass
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


class Abuse:
    """Everything at once, until it is told to end: a crowd and wrong tokens on TCP, the rest on the socket, which has
    places of its own, so that each is really served."""

    def __init__(self, port, path):
        self.port = port
        self.path = str(path)
        self.over = threading.Event()
        self.counts = {"crowd": 0, "wrong token": 0, "malformed": 0, "10 MB": 0, "slow": 0}
        self.threads = [
            threading.Thread(target=body, daemon=True)
            for body in (self.crowd, self.wrong, self.malformed, self.large, self.slow)
        ]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(30)
        return self.counts

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 5)

    def connect_socket(self):
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(5)
        link.connect(self.path)
        return link

    def ask(self, name, text, connect, pause=0.01):
        while not self.over.wait(pause):
            try:
                with connect() as link:
                    link.sendall(text)
                    link.recv(4096)
                self.counts[name] += 1
            except OSError:
                pass

    def wrong(self):
        head = f"POST /v1/stop HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nauthorization: Bearer x\r\n"
        self.ask("wrong token", head.encode() + b"content-length: 0\r\nconnection: close\r\n\r\n", self.connect)

    def malformed(self):
        self.ask("malformed", b"POST /v1/stop HTTP/1.1\r\ncontent-length: many\r\n\r\n{{{", self.connect_socket)

    def large(self):
        body = b"x" * (10 << 20)
        head = "POST /v1/stop HTTP/1.1\r\nhost: x\r\n"
        while not self.over.wait(0.5):
            try:
                with self.connect_socket() as link:
                    link.sendall(head.encode() + f"content-length: {len(body)}\r\n\r\n".encode() + body)
                    link.recv(4096)
                self.counts["10 MB"] += 1
            except OSError:
                pass

    def slow(self):
        links = []
        while not self.over.wait(0.2):
            try:
                if len(links) < 20:
                    link = self.connect_socket()
                    link.sendall(b"GET /v1/status HTTP/1.1\r\nhost: ")
                    links.append(link)
                for link in list(links):
                    try:
                        link.sendall(b"x")
                        self.counts["slow"] += 1
                    except OSError:
                        links.remove(link)
            except OSError:
                pass

    def crowd(self):
        while not self.over.is_set():
            links = []
            try:
                for _ in range(1000):
                    if self.over.is_set():
                        break
                    links.append(self.connect())
                    self.counts["crowd"] += 1
                self.over.wait(1)
            except OSError:
                pass
            for link in links:
                link.close()
            self.over.wait(0.5)


def lateness(bot, seconds):
    """Medians of the last 256 timed turns, looked at now and then; the first look clears what was before."""
    time.sleep(6)
    looks = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        looks.append(bot.status()["lateness"])
        time.sleep(2)
    return statistics.median(look["median_us"] for look in looks), max(look["p99_us"] for look in looks)


def load(repeats):
    with tempfile.TemporaryDirectory() as directory:
        bot = Running(directory, 100)
        idle, busy, counts = [], [], {}
        for _ in range(repeats):
            idle.append(lateness(bot, 6))
            abuse = Abuse(bot.port, bot.state / "control.sock")
            busy.append(lateness(bot, 6))
            for name, count in abuse.end().items():
                counts[name] = counts.get(name, 0) + count
        status = bot.status()
        code = bot.stop()
    calm = statistics.median(median for median, _ in idle)
    loaded = statistics.median(median for median, _ in busy)
    print(json.dumps({"control-load": {
        "idle_median_us": calm, "loaded_median_us": loaded, "idle_p99_us": max(p for _, p in idle),
        "loaded_p99_us": max(p for _, p in busy), "requests": counts, "lifecycle": status["lifecycle"],
        "exit_code": code, "met": (loaded <= calm * 1.1 or loaded - calm <= 1000) and code == 0,
    }}), flush=True)


def stop(repeats):
    """A stop with 50 listeners that read nothing and every alert sink hanging, beside one with neither: the report's
    own time, alternating."""
    _, fill = listener = alerts.deaf()
    sinks = alerts.sinks([alerts.hanging(), listener[0].getsockname()[1]])
    times = {"alone": [], "beset": []}
    clean = True
    for _ in range(repeats):
        for side, all_times in times.items():
            beset = side == "beset"
            with tempfile.TemporaryDirectory() as directory:
                bot = Running(directory, 500, {"alerts": sinks if beset else []})
                links = []
                for _ in range(50 if beset else 0):
                    link = socket.socket(socket.AF_UNIX)
                    link.connect(str(bot.state / "control.sock"))
                    link.sendall(b"GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n")
                    links.append(link)
                time.sleep(2)
                clean = bot.stop() == 0 and clean
                report = json.loads((bot.state / "shutdown-report.json").read_text(encoding="utf-8"))
                all_times.append(report["elapsed_ms"])
                for link in links:
                    link.close()
    for client in fill:
        client.close()
    alone, beset = (statistics.median(each) for each in times.values())
    print(json.dumps({"control-stop": {
        "orders": 500, "alone_ms": alone, "listeners_50_and_hanging_sinks_ms": beset, "ratio": round(beset / alone, 3),
        "all_ms": times, "met": clean and beset <= max(alone * 1.1, alone + 20)}}), flush=True)


def console(seconds=60):
    """Memory while the console is open: what its page asks for, as often as it asks, its event stream, and Prometheus
    once a second, with 500 working orders."""
    with tempfile.TemporaryDirectory() as directory:
        bot = Running(directory, 500)
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(str(bot.state / "control.sock"))
        stream.sendall(b"GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n")
        heard = [0]

        def listen():
            while part := stream.recv(1 << 16):
                heard[0] += len(part)

        threading.Thread(target=listen, daemon=True).start()
        paths = ("/v1/orders?limit=500", "/v1/fills?limit=50", "/v1/decisions?limit=200", "/v1/stops", "/v1/curve",
                 "/metrics")
        most = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for path in paths:
                with socket.socket(socket.AF_UNIX) as link:
                    link.connect(str(bot.state / "control.sock"))
                    link.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
                    while link.recv(1 << 16):
                        pass
            _, _, resident = memory.memory(bot.process.pid)
            most = max(most, resident)
            time.sleep(1)
        code = bot.stop()
        stream.close()
    print(json.dumps({"console-memory": {
        "orders": 500, "rss_mb": round(most, 1), "streamed_kb": heard[0] // 1024, "exit_code": code,
        "met": most < 60 and code == 0 and heard[0] > 0}}), flush=True)
