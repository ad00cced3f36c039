"""Holds one position in each market while its fast average is above its slow one. An external strategy of
trader247: reads views as JSON lines on stdin and answers each on stdout; stderr goes to the bot's log."""
import json
import sys
from decimal import ROUND_DOWN, ROUND_UP, Decimal


def step(value, increment, rounding):
    """The multiple of the increment next to value."""
    return (value / increment).to_integral_value(rounding) * increment


def order(symbol, side, price, quantity, key):
    """Trades at once up to its price; at most one is ever placed for a key."""
    return {"symbol": symbol, "side": side, "type": "limit", "time_in_force": "ioc", "price": price,
            "quantity": quantity, "once": key}


class EMA:
    def __init__(self, length, value=None):
        self.weight = Decimal(2) / (Decimal(length) + 1)
        self.value = value

    def add(self, price):
        self.value = price if self.value is None else self.value + (price - self.value) * self.weight


class Market:
    def __init__(self, product, settings, memory):
        self.product = product
        self.budget = Decimal(str(settings.get("quote_per_market", 100)))
        self.cross = Decimal(str(settings.get("cross_bps", 10))) / 10_000
        known = [Decimal(text) for text in memory] if memory else [None, None]
        self.fast = EMA(settings.get("fast", 12), known[0])
        self.slow = EMA(settings.get("slow", 48), known[1])

    def wanted(self, seen, view):
        """At most one order: what brings the position to where the averages want it."""
        for once in view["once_orders"]:
            if once["working"] and once["symbol"] == seen["symbol"]:  # to leave it out would be to cancel it
                return [order(seen["symbol"], once["side"], once["price"], once["quantity"], once["key"])]
        tick, lot = Decimal(self.product["price_increment"]), Decimal(self.product["base_increment"])
        held = Decimal(seen["strategy_position"])
        if self.fast.value > self.slow.value:
            price = step(Decimal(seen["ask"]) * (1 + self.cross), tick, ROUND_UP)
            side, quantity = "buy", step(self.budget / price, lot, ROUND_DOWN) if held <= 0 else Decimal(0)
        else:
            price = step(Decimal(seen["bid"]) * (1 - self.cross), tick, ROUND_DOWN)
            side, quantity = "sell", held
        if quantity < Decimal(self.product["min_quantity"]):
            return []
        return [order(seen["symbol"], side, f"{price:f}", f"{quantity:f}", f"{seen['symbol']} {view['now']}")]


def main():
    hello = json.loads(sys.stdin.readline())
    assert hello["protocol"] == 1, "this strategy speaks protocol 1"
    memory = hello.get("memory") or {}
    markets = {product["symbol"]: Market(product, hello["settings"], memory.get(product["symbol"]))
               for product in hello["products"]}
    for line in sys.stdin:
        view = json.loads(line)
        if view["trigger"] == "quote":  # prices are sampled once a cycle
            print(json.dumps({"type": "keep", "n": view["n"]}), flush=True)
            continue
        orders = []
        for seen in (seen for seen in view["markets"] if "bid" in seen):
            market = markets[seen["symbol"]]
            if view["trigger"] == "cycle":
                for average in (market.fast, market.slow):
                    average.add((Decimal(seen["bid"]) + Decimal(seen["ask"])) / 2)
            if market.slow.value is not None:
                orders += market.wanted(seen, view)
        memory = {name: [str(market.fast.value), str(market.slow.value)]
                  for name, market in markets.items() if market.slow.value is not None}
        print(json.dumps({"type": "want", "n": view["n"], "orders": orders, "memory": memory}), flush=True)


main()
