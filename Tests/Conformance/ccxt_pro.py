"""ccxt.pro as its users call it: one client for requests and streams, whose connections serve both."""

import asyncio

import ccxt.pro
from checks import check, equal, true
from world import PRODUCT

SYMBOL = "BTC/USD"


def watch(world, steps):
    """Runs the steps with a client that has made requests before it opens a stream."""

    async def run():
        name, secret = world.sandbox.ecdsa
        client = ccxt.pro.coinbase(
            {
                "apiKey": name,
                "secret": secret,
                "timeout": 10000,
                "enableRateLimit": False,
                "urls": {"api": {"rest": world.sandbox.url, "ws": world.sandbox.url.replace("http", "ws", 1)}},
                "options": {"fetchTime": "v3PublicGetBrokerageTime"},
            }
        )
        try:
            await client.load_markets()
            return await asyncio.wait_for(steps(client), 30)
        finally:
            await client.close()

    return asyncio.run(run())


@check("ccxt.pro watch_ticker on a connection that has served requests")
def _(world):
    ticker = watch(world, lambda client: client.watch_ticker(SYMBOL))
    equal((ticker["symbol"], ticker["bid"], ticker["ask"]), (SYMBOL, 49999.0, 50001.0), "the ticker")


@check("ccxt.pro watch_order_book on a connection that has served requests")
def _(world):
    book = watch(world, lambda client: client.watch_order_book(SYMBOL))
    equal((book["bids"][0][0], book["asks"][0][0]), (49999.0, 50001.0), "best prices")


@check("ccxt.pro watch_orders tells of an order that is placed and canceled beside it")
def _(world):
    async def steps(client):
        # The client changes orders that it has told of.
        seen = []
        waiting = asyncio.ensure_future(client.watch_orders(SYMBOL))
        order = await client.create_order(SYMBOL, "limit", "buy", 0.001, 40000)
        for status in ("open", "canceled"):
            while (order["id"], status) not in seen:
                seen += [(o["id"], o["status"]) for o in await waiting]
                waiting = asyncio.ensure_future(client.watch_orders(SYMBOL))
            if status == "open":
                await client.cancel_order(order["id"])
        waiting.cancel()
        return [status for known, status in seen if known == order["id"]]

    statuses = watch(world, steps)
    true("open" in statuses and statuses[-1] == "canceled", f"statuses {statuses}")
    equal(world.control.call("GET", "/book?working=true")["working"], 0, f"what works of {PRODUCT}")
