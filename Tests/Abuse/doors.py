"""The control API and the files that open it, as a local user meets them."""

import os
from socket import MSG_WAITALL

from bench import TOKEN, Bot, ask, call, connect, directory, eventually, expect

BEARER = f"Authorization: Bearer {TOKEN}"


def door():
    """Idle connections and guesses by the hundred; a halt over TCP works at once all the same."""
    with directory() as place, Bot(place).running() as bot:
        crowd = [connect(bot.port, f"127.0.{n // 200}.{n % 200 + 1}") for n in range(200)]
        guesses = []
        for number in range(60):
            guess = connect(bot.port, f"127.1.0.{number + 1}")
            guess.sendall(
                f"POST /v1/stop HTTP/1.1\r\nHost: 127.0.0.1:{bot.port}\r\n"
                f"Authorization: Bearer guess-{number}-guess-guess\r\n\r\n".encode()
            )
            guesses.append(guess)
        status, text = ask(bot.port, "POST", "/v1/halt", '{"reason": "abuse"}', [BEARER])
        expect(status == 200, f"halt: {text!r}")
        answers = [head(guess)[9:12] for guess in guesses]
        expect(answers.count(b"401") <= 10, f"guesses that were not slowed down: {answers}")
        expect(b"200" not in answers, "a guess was obeyed")
        eventually(lambda: bot.lifecycle() == "halted", "the bot is halted")
        for connection in crowd + guesses:
            connection.close()


def head(connection):
    """How the answer begins; nothing where the connection gave its place to another."""
    try:
        return connection.recv(12, MSG_WAITALL)
    except OSError:
        return b""


def words():
    """Pipelined, doubled and foreign requests."""
    with directory() as place, Bot(place).running() as bot:
        own = f"127.0.0.1:{bot.port}"
        line = "".join(
            f"POST /v1/{word} HTTP/1.1\r\nHost: {own}\r\n{BEARER}\r\nContent-Length: 0\r\n\r\n"
            for word in ["pause", "resume", "pause", "resume"]
        )
        with connect(bot.port) as connection:
            connection.sendall(line.encode())
            answer = b""
            while answer.count(b"HTTP/1.1 200") < 4:
                part = connection.recv(65536)
                expect(part, f"four words were said, and answered: {answer!r}")
                answer += part
        for twice in (f"Host: {own}", f"Origin: http://{own}"):
            status, text = ask(bot.port, "GET", "/v1/status", "", [BEARER, f"Origin: http://{own}", twice])
            expect(status == 400, f"{twice} twice: {text!r}")
        expect(ask(bot.port, "GET", "/readyz", host="evil.example")[0] == 403, "/readyz by another name")
        bot.say("halt", "a secret reason")
        eventually(lambda: bot.lifecycle() == "halted", "the bot is halted")
        status, text = ask(bot.port, "GET", "/readyz")
        expect(status == 503 and b"secret reason" not in text, f"/readyz told a stranger: {text!r}")


def files():
    """What lies in the place of a token or a key is refused at once, and never waited for."""
    with directory() as place:
        bot = Bot(place)
        os.remove(bot.token)
        key = os.path.join(place, "key.json")
        hook = os.path.join(place, "hook")
        with open(bot.config, "a") as file:
            file.write(f"alerts: [{{type: slack, url_file: {hook}}}]\n")
        good = {bot.token: TOKEN, hook: "http://127.0.0.1:9/"}

        def pipe(path):
            os.mkfifo(path, 0o600)

        def folder(path):
            os.mkdir(path, 0o700)

        def spaces(path):
            write(path, " " * 16)

        def large(path):
            write(path, "x" * 1_000_000)

        for path, text in good.items():
            write(path, text)
        code, text = call("config", "check", *bot.options)
        expect(code == 0, f"with good files nothing is refused: {text!r}")
        for path in good:
            os.remove(path)
        for bad in (bot.token, hook):
            for make in (pipe, folder, spaces, large):
                for path, text in good.items():
                    make(path) if path == bad else write(path, text)
                for command in (["run", "--no-guardian"], ["config", "check"], ["doctor"]):
                    code, text = call(*command, *bot.options, within=20)
                    expect(code == 78 and bad.encode() in text, f"{command} with {make.__name__} for {bad}: {code} {text!r}")
                for path in good:
                    os.rmdir(path) if os.path.isdir(path) else os.remove(path)
        for make in (pipe, folder):
            make(key)
            code, text = call(
                "doctor", "--mode", "live", "--state-dir", bot.state, "--set", f"exchange.key_file={key}", "--set",
                "exchange.rest_url=http://127.0.0.1:9", "--set", "exchange.market_ws_url=ws://127.0.0.1:9", "--set",
                "exchange.user_ws_url=ws://127.0.0.1:9", within=30,
            )  # fmt: skip
            said = text.decode()
            expect(code == 78 and "cannot read the key file" in said, f"doctor, {make.__name__} for a key: {said}")
            certificate = ["--tls-cert", key, "--tls-key", key]
            code, text = call("sandbox", "--port", "0", "--no-auth", *certificate, within=20)
            expect(code == 64 and b"is not a file" in text, f"sandbox, {make.__name__} for a key: {text!r}")
            os.rmdir(key) if os.path.isdir(key) else os.remove(key)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o600)
