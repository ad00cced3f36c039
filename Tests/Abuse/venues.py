"""The sandbox, as a page, a neighbour and a client who takes nothing meet it."""

from bench import ask, connect, directory, expect, peak, sandbox


def numbers():
    """Numbers from the ends of their range."""
    with directory() as place, sandbox(place) as box:
        for number in (-(2**63), -(2**63) + 1, 2**63 - 1, 2**63):
            bodies = {
                "clock": '{"skew_ms":N}', "lag": '{"ms":N,"sizes_ms":N,"fills_ms":N}',
                "latency": '{"endpoint":"*","ms":N,"jitter_us":N}', "rate": '{"burst":N,"per_second":N}',
                "lists": '{"open_limit":N}', "moves": '{"statuses":["OPEN"],"next":N}',
                "orders": '{"count":N,"price":"1"}', "fill": '{"client_order_id":"x","permille":N}',
                "market": '{"action":"set","product":"BTC-USD","bid":"1","ask":"2","levels":N}',
                "faults": '{"endpoint":"*","action":"slowCancel","ms":N,"nth":N,"every":N,"count":0}',
            }  # fmt: skip
            for path, body in bodies.items():
                ask(box.port, "POST", f"/_control/{path}", body.replace("N", str(number)))
            product = "/api/v3/brokerage/market/products/BTC-USD"
            for end in (number, 0, 2**63 - 1):
                ask(box.port, "GET", f"{product}/candles?granularity=ONE_MINUTE&start={number}&end={end}")
            ask(box.port, "GET", f"{product}/ticker?limit={number}&start={number}&end={number}")
            ask(box.port, "GET", f"/_control/requests?after={number}&limit={number}")
            expect(box.poll() is None, f"the sandbox did not survive {number}")
        expect(ask(box.port, "GET", "/_control")[0] == 200, "the sandbox still answers")


def page():
    """A page of another site."""
    with directory() as place, sandbox(place) as box:
        def says(*headers, host=None):
            return ask(box.port, "POST", "/_control/reset", "", headers, host)[0]

        expect(says() == 200, "curl is heard")
        expect(says("Content-Type: application/x-www-form-urlencoded") == 200, "curl -d is heard")
        expect(says("Origin: http://evil.example") == 403, "a page is not")
        expect(says("Sec-Fetch-Site: cross-site") == 403, "nor one that hides where it comes from")
        expect(says("Content-Type: text/plain") == 415, "nor what only pages send")
        expect(says(host="evil.example") == 403, "nor a name that was bound anew")


def pings():
    """Pings by the million from one who never reads."""
    with directory() as place, sandbox(place) as box, connect(box.port) as flood:
        flood.sendall(
            b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        # Who has not subscribed is closed soon.
        subscribe = b'{"type":"subscribe","channel":"heartbeats"}'
        flood.sendall(b"\x81" + bytes([0x80 | len(subscribe)]) + b"\0\0\0\0" + subscribe)
        before = peak(box.pid)
        frame = b"\x89\xfd\0\0\0\0" + b"p" * 125
        # A server that kept what it owes would hold all of it: 26 MB, and as much again around it.
        try:
            for _ in range(200):
                flood.sendall(frame * 1000)
        except ConnectionError:
            pass
        # What was sent has been heard when a second connection, behind it, is answered.
        expect(ask(box.port, "GET", "/_control/sockets")[0] == 200, "the sandbox still answers")
        after = peak(box.pid)
        expect(after - before < 20, f"pings took {after - before} MB")
        expect(ask(box.port, "GET", "/_control")[0] == 200, "the sandbox still answers")
