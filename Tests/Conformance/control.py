"""The sandbox's control plane, as far as the checks use it: the market by hand, faults, seeded orders, the truth."""

import contextlib

import requests


class Control:
    def __init__(self, url):
        self.url = url + "/_control"
        self.session = requests.Session()

    def call(self, method, path, body=None):
        answer = self.session.request(method, self.url + path, json=body, timeout=30)
        if answer.status_code != 200:
            raise RuntimeError(f"{method} {path} {body}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    # The market

    def freeze(self):
        self.call("POST", "/market", {"action": "freeze"})

    def quote(self, product, bid, ask, size=None, levels=None):
        """States the best prices; further levels are a spread apart. It holds until it is stated anew."""
        body = {"action": "set", "product": product, "bid": bid, "ask": ask, "size": size, "levels": levels}
        self.call("POST", "/market", {name: value for name, value in body.items() if value is not None})

    def status(self, product, status):
        self.call("POST", "/market", {"action": "status", "product": product, "status": status})

    # Orders

    def seed(self, product, count, price, size):
        """Places resting buys and returns their ids."""
        body = {"count": count, "product": product, "side": "BUY", "price": price, "size": size, "prefix": "seeded-"}
        answer = self.call("POST", "/orders", body)
        if answer["refused"]:
            raise RuntimeError(f"{len(answer['refused'])} seeded orders were refused: {answer['refused'][0]}")
        return [order["order_id"] for order in answer["orders"]]

    def fill(self, order_id, permille):
        """A stranger takes so much of what is left of an order."""
        self.call("POST", "/fill", {"order_id": order_id, "permille": int(permille)})

    def cancel(self, order_id):
        """Ends an order at once, also one whose cancel is queued."""
        self.call("POST", "/cancel", {"order_id": order_id})

    def cancel_all(self):
        self.call("POST", "/cancel", {"all": True})

    def book(self):
        return self.call("GET", "/book?audit=true")

    # What goes wrong

    @contextlib.contextmanager
    def fault(self, endpoint, action, **details):
        """A rule that holds inside of the `with`, and must have applied to something there."""
        (number,) = self.call("POST", "/faults", {"endpoint": endpoint, "action": action, **details})["ids"]
        try:
            yield number
            fired = self.fired(number)
        finally:
            self.call("DELETE", f"/faults?id={number}")
        if not fired:
            raise RuntimeError(f"{action} on {endpoint} befell nothing")

    def fired(self, number):
        """How often a rule applied."""
        plan = self.call("GET", "/faults")["faults"]
        return next(rule for rule in plan if rule["id"] == number)["fired"]

    def slow_cancels(self):
        """Cancels that are accepted and then take a minute: time to look at what is between."""
        return self.fault("POST /orders/batch_cancel", "slowCancel", ms=60_000)

    def latency(self, endpoint, milliseconds):
        self.call("POST", "/latency", {"endpoint": endpoint, "ms": milliseconds})

    def no_latency(self):
        self.call("DELETE", "/latency")

    def lag(self, milliseconds):
        self.call("POST", "/lag", {"ms": milliseconds})

    def lists(self, **rules):
        self.call("POST", "/lists", rules)

    def portfolio(self, name, *keys):
        """Gives these keys, by name, to a portfolio, which is made where there is none; returns its id."""
        return self.call("POST", "/portfolios", {"name": name, "keys": list(keys)})["portfolio_id"]

    @contextlib.contextmanager
    def withheld_reports(self):
        """Inside of the `with` the user channel tells nothing."""
        self.call("POST", "/user_channel", {"withhold": True})
        try:
            yield
        finally:
            self.call("POST", "/user_channel", {})

    def skew(self, milliseconds):
        self.call("POST", "/clock", {"skew_ms": milliseconds})

    def permissions(self, **which):
        self.call("POST", "/permissions", which)

    # What was seen

    def journal(self):
        return self.call("GET", "/requests")["requests"]

    def sockets(self):
        return [set(socket["channels"]) for socket in self.call("GET", "/sockets")["sockets"]]

    def close_sockets(self, clean):
        self.call("POST", "/sockets", {"action": "close_clean" if clean else "close_abnormal"})
