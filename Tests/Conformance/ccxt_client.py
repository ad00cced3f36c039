"""ccxt as its users call it: markets, balance, orders, trades, and its names for what goes wrong."""

import base64
import time
from decimal import Decimal

import ccxt
from checks import check, contains, equal, eventually, raises, true
from cryptography.hazmat.primitives.asymmetric import ed25519
from world import OTHER, PRODUCT

SYMBOL = "BTC/USD"


def client(world):
    if not hasattr(world, "ccxt_client"):
        world.ccxt_client = world.ccxt()
        world.ccxt_client.load_markets()
    return world.ccxt_client


def open_order(world, price=40000, **params):
    return client(world).create_order(SYMBOL, "limit", "buy", 0.001, price, params)["id"]


@check("load_markets knows the products, their precision, limits and fees")
def _(world):
    markets = client(world).markets
    true({SYMBOL, "ETH/USD"} <= set(markets), f"markets {list(markets)}")
    market = markets[SYMBOL]
    equal((market["id"], market["spot"], market["active"]), (PRODUCT, True, True), "the market")
    equal((market["precision"]["price"], market["precision"]["amount"]), (0.01, 1e-8), "precision")
    true(market["taker"] >= market["maker"] > 0, "no fees")
    true(market["limits"]["amount"]["min"] > 0, "no minimum")


@check("fetch_time is the sandbox's time")
def _(world):
    true(abs(client(world).fetch_time() / 1000 - time.time()) < 5, "the time is more than 5 s off")


@check("fetch_balance adds up")
def _(world):
    balance = client(world).fetch_balance()
    for currency in ("USD", "BTC"):
        free, used, total = (Decimal(str(balance[currency][n])) for n in ("free", "used", "total"))
        true(total > 0, f"no {currency}")
        equal(free + used, total, f"free and used {currency}")


@check("fetch_ticker and fetch_tickers")
def _(world):
    ticker = client(world).fetch_ticker(SYMBOL)
    equal((ticker["symbol"], ticker["bid"], ticker["ask"]), (SYMBOL, 49999.0, 50001.0), "the ticker")
    contains(client(world).fetch_tickers([SYMBOL, "ETH/USD"]), "ETH/USD", "tickers")


@check("fetch_order_book")
def _(world):
    book = client(world).fetch_order_book(SYMBOL, 5)
    equal((book["bids"][0][0], book["asks"][0][0]), (49999.0, 50001.0), "best prices")
    true(0 < len(book["bids"]) <= 5 and book["timestamp"], "depth and time")


@check("fetch_trades and fetch_ohlcv after a trade")
def _(world):
    client(world).create_order(SYMBOL, "market", "sell", 0.002)
    trades = client(world).fetch_trades(SYMBOL, limit=10)
    contains([t["amount"] for t in trades], 0.002, "amounts traded")
    bars = client(world).fetch_ohlcv(SYMBOL, "1m", limit=10)
    true(bars and bars[-1][4] > 0, "no bars")
    equal([b[0] for b in bars], sorted(b[0] for b in bars), "the order of bars")


@check("a limit order is created, fetched, listed as open and canceled")
def _(world):
    order_id = open_order(world)
    order = client(world).fetch_order(order_id, SYMBOL)
    equal(
        (order["status"], order["side"], order["type"], order["price"], order["amount"], order["remaining"]),
        ("open", "buy", "limit", 40000.0, 0.001, 0.001),
        "the order",
    )
    contains([o["id"] for o in client(world).fetch_open_orders(SYMBOL)], order_id, "open orders")
    equal(client(world).cancel_order(order_id)["id"], order_id, "the canceled order")
    eventually(lambda: client(world).fetch_order(order_id)["status"] == "canceled", "the cancel")
    true(order_id not in [o["id"] for o in client(world).fetch_open_orders(SYMBOL)], "the order is still listed")
    contains([o["id"] for o in client(world).fetch_canceled_orders(SYMBOL)], order_id, "canceled orders")


@check("many orders are canceled in one call")
def _(world):
    ids = [open_order(world, 40000 + n) for n in range(5)]
    equal({o["id"] for o in client(world).cancel_orders(ids)}, set(ids), "canceled orders")
    for order_id in ids:
        eventually(lambda: client(world).fetch_order(order_id)["status"] == "canceled", "the cancel")


@check("an unknown id among many is ccxt's BadRequest, though the others are canceled")
def _(world):
    order_id = open_order(world)
    unknown = "0b1c2d3e-1111-4222-8333-444455556666"
    raises(ccxt.BadRequest, lambda: client(world).cancel_orders([order_id, unknown]), "an unknown id")
    eventually(lambda: client(world).fetch_order(order_id)["status"] == "canceled", "the cancel")


@check("market orders, by cost and by amount, and their trades")
def _(world):
    bought = client(world).create_market_buy_order_with_cost(SYMBOL, 50)["id"]
    sold = client(world).create_order(SYMBOL, "market", "sell", 0.001)["id"]
    for order_id in (bought, sold):
        eventually(lambda: client(world).fetch_order(order_id)["status"] == "closed", "the fill")
    order = client(world).fetch_order(sold)
    equal((order["filled"], order["average"]), (0.001, 49999.0), "filled and average")
    trades = [t for t in client(world).fetch_my_trades(SYMBOL) if t["order"] == sold]
    equal([(t["amount"], t["side"], t["takerOrMaker"]) for t in trades], [(0.001, "sell", "taker")], "trades")
    true(trades[0]["fee"]["cost"] > 0, "no fee")
    contains([o["id"] for o in client(world).fetch_closed_orders(SYMBOL)], sold, "closed orders")
    contains([t["order"] for t in client(world).fetch_order_trades(sold, SYMBOL)]
             if client(world).has["fetchOrderTrades"] else [sold], sold, "the order's trades")  # fmt: skip


@check("IOC, FOK and GTD orders")
def _(world):
    import placement

    for params, status in (
        ({"timeInForce": "IOC"}, "canceled"),
        ({"timeInForce": "FOK"}, "canceled"),
        ({"timeInForce": "GTD", "end_time": placement.in_seconds(3600)}, "open"),
    ):
        order_id = open_order(world, 40000, **params)
        eventually(lambda: client(world).fetch_order(order_id)["status"] == status, f"{params} {status}")


@check("a client order id goes through by the venue's name")
def _(world):
    client_id = world.id()
    order_id = open_order(world, client_order_id=client_id)
    equal(client(world).fetch_order(order_id)["clientOrderId"], client_id, "clientOrderId")
    equal(open_order(world, client_order_id=client_id), order_id, "the same request again")


@check("a post-only order rests, and one that crosses is refused")
def _(world):
    order_id = open_order(world, 40000, postOnly=True)
    equal(client(world).fetch_order(order_id)["postOnly"], True, "postOnly")
    raises(ccxt.ExchangeError, lambda: open_order(world, 50001, postOnly=True), "a post-only order that crosses")


@check("too little money is ccxt's InsufficientFunds")
def _(world):
    raises(
        ccxt.InsufficientFunds,
        lambda: client(world).create_order(SYMBOL, "limit", "buy", 1000, 40000),
        "an order beyond the account",
    )


@check("a stop order is ccxt's ExchangeError with the venue's reason")
def _(world):
    error = raises(ccxt.ExchangeError, lambda: open_order(world, 40000, triggerPrice=39000), "a stop order")
    contains(str(error), "UNSUPPORTED_ORDER_CONFIGURATION", "the error")


@check("an unknown order is ccxt's OrderNotFound or ExchangeError")
def _(world):
    unknown = "0b1c2d3e-1111-4222-8333-444455556666"
    raises(ccxt.ExchangeError, lambda: client(world).fetch_order(unknown), "an unknown order")


@check("a stranger's key is ccxt's AuthenticationError")
def _(world):
    raw = ed25519.Ed25519PrivateKey.generate().private_bytes_raw()
    stranger = world.ccxt((world.sandbox.ed25519[0], base64.b64encode(raw + raw).decode()))
    raises(ccxt.AuthenticationError, stranger.fetch_balance, "a stranger's key")


@check("an Ed25519 key works in ccxt's own dialect")
def _(world):
    exchange = world.ccxt(world.sandbox.ed25519)
    true(exchange.fetch_balance()["USD"]["total"] > 0, "no dollars")


@check("an injected 429 page is ccxt's RateLimitExceeded")
def _(world):
    with world.control.fault("GET /orders/historical/batch", "tooMany429", format="html"):
        raises(ccxt.RateLimitExceeded, lambda: client(world).fetch_open_orders(SYMBOL), "an injected 429")


@check("an injected 401 is ccxt's AuthenticationError, a 502 its ExchangeNotAvailable")
def _(world):
    with world.control.fault("GET /accounts", "unauthorized401"):
        raises(ccxt.AuthenticationError, client(world).fetch_balance, "an injected 401")
    with world.control.fault("GET /accounts", "status5xxBefore", status=502, html=True):
        raises(ccxt.ExchangeNotAvailable, client(world).fetch_balance, "an injected 502")


@check("open orders over several pages, with ccxt's own paging, are all there")
def _(world):
    seeded = world.control.seed(OTHER, 130, "1000.00", "0.01")
    page = client(world).fetch_open_orders("ETH/USD", limit=100)
    true(len(page) <= 100, f"{len(page)} orders on a page of 100")
    cursor, found = None, set()
    while True:
        answer = client(world).v3PrivateGetBrokerageOrdersHistoricalBatch(
            {"order_status": "OPEN", "product_ids": [OTHER], "limit": 50, **({"cursor": cursor} if cursor else {})}
        )
        found |= {o["order_id"] for o in answer["orders"]}
        cursor = answer["cursor"]
        if not answer["has_next"]:
            break
    true(set(seeded) <= found, f"{len(set(seeded) - found)} of 130 orders are missing")


@check("ccxt's dry run of an order places nothing")
def _(world):
    before = len(client(world).fetch_open_orders(SYMBOL))
    try:
        open_order(world, 41000, preview=True)
    except ccxt.ExchangeError:
        # The sandbox may not serve previews; what matters is that it does not take one for an order.
        pass
    equal(len(client(world).fetch_open_orders(SYMBOL)), before, "open orders")
