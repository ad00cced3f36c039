"""What a group of checks gets: a sandbox of its own, clients for it, and short words for the usual steps."""

import itertools
import uuid
from decimal import Decimal

import ccxt
import requests
from coinbase.rest import RESTClient

from checks import eventually
from control import Control
from sandbox import Sandbox
from streams import Stream

PREFIX = "/api/v3/brokerage"
PRODUCT = "BTC-USD"
OTHER = "ETH-USD"


class PlainHTTP(requests.adapters.HTTPAdapter):
    """The SDK always says https; the sandbox speaks plain http on loopback."""

    def send(self, request, **options):
        request.url = "http" + request.url.removeprefix("https")
        return super().send(request, **options)


class World:
    def __init__(self):
        self.sandbox = Sandbox()
        try:
            self.control = Control(self.sandbox.url)
            self.control.freeze()
            self.control.quote(PRODUCT, "49999.00", "50001.00")
            self.control.quote(OTHER, "2999.00", "3001.00")
            self.rest = self.client(self.sandbox.ecdsa)
        except BaseException:
            self.sandbox.stop()
            raise
        self.numbers = itertools.count(1)
        self.streams = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sandbox.stop()

    def tidy(self):
        """After each check: no stream of it hears, or is closed in place of, the next one's."""
        for stream in self.streams:
            stream.end()
        self.streams.clear()

    # Clients

    def client(self, key=None, host=None, **options):
        """The official SDK's client. `key` is (name, secret), or None for public calls."""
        name, secret = key or (None, None)
        host = host or self.sandbox.host
        client = RESTClient(api_key=name, api_secret=secret, base_url=host, timeout=10, **options)
        client.session.mount(f"https://{host}", PlainHTTP())
        return client

    def ccxt(self, key=None, **options):
        name, secret = key or self.sandbox.ecdsa
        return ccxt.coinbase(
            {
                "apiKey": name,
                "secret": secret,
                "timeout": 10000,
                "enableRateLimit": False,
                "urls": {"api": {"rest": self.sandbox.url}},
                "options": {
                    "fetchBalance": "v3PrivateGetBrokerageAccounts",
                    "fetchTime": "v3PublicGetBrokerageTime",
                },
                **options,
            }
        )

    def stream(self, key=None, path="/ws", retry=False, user=False):
        """The official SDK's WebSocket client, open, with everything that it receives."""
        stream = Stream(self.sandbox.stream_url + path, key, retry, user)
        self.streams.append(stream)
        return stream.open()

    def raw(self, method, path, body=None, query=None, token=None, headers=()):
        """A request as no client would send it; returns the answer whatever its status."""
        head = {"Content-Type": "application/json", **dict(headers)}
        if token is not None:
            head["Authorization"] = f"Bearer {token}"
        return requests.request(
            method, self.sandbox.url + path, params=query, data=body, headers=head, timeout=10, allow_redirects=False
        )

    def signed(self, method, path, body=None, query=None):
        """The same with a token as the SDK makes it."""
        token = self.rest.set_headers(method, path)["Authorization"].removeprefix("Bearer ")
        return self.raw(method, path, body, query, token)

    # Orders

    def id(self):
        """A client order id that was never used."""
        return f"conf-{next(self.numbers)}-{uuid.uuid4().hex[:6]}"

    def product(self, product_id=PRODUCT):
        return self.rest.get_public_product(product_id).to_dict()

    def best(self, product_id=PRODUCT):
        book = self.rest.get_product_book(product_id, limit=1)["pricebook"]
        return Decimal(book["bids"][0]["price"]), Decimal(book["asks"][0]["price"])

    def rest_order(self, price="40000.00", size="0.001", side="BUY", product_id=PRODUCT, client_id=None):
        """Places a limit order that is meant to rest, and returns its id."""
        answer = self.rest.limit_order_gtc(client_id or self.id(), product_id, side, size, price)
        if answer["success"] is not True:
            raise AssertionError(f"the order was refused: {answer.to_dict()}")
        return answer["success_response"]["order_id"]

    def order(self, order_id):
        return self.rest.get_order(order_id).to_dict()["order"]

    def until(self, order_id, *statuses):
        """Waits until the order has one of the statuses, and returns it."""

        def look():
            order = self.order(order_id)
            return order if order["status"] in statuses else None

        return eventually(look, f"order {order_id} {' or '.join(statuses)}")

    def listed(self, **filters):
        """All pages of a listing, as the SDK gives them one by one."""
        orders, cursor = [], None
        for _ in range(200):
            page = self.rest.list_orders(cursor=cursor, **filters).to_dict()
            orders += page["orders"]
            if not page["has_next"]:
                return orders
            cursor = page["cursor"]
        raise AssertionError("the listing does not end")

    def balance(self, currency):
        """Available and held, exact."""
        accounts = self.rest.get_accounts(limit=250).to_dict()["accounts"]
        found = next(a for a in accounts if a["currency"] == currency)
        return Decimal(found["available_balance"]["value"]), Decimal(found["hold"]["value"])
