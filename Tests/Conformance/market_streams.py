"""Market data over WebSocket, as the SDK's client hears it."""

from decimal import Decimal

from checks import check, contains, decimal, equal, text, true
from streams import gaps
from world import OTHER, PRODUCT


def envelope(message):
    """What every message of a channel carries."""
    text(message, "channel", "client_id", "timestamp")
    true(message["timestamp"].endswith("Z"), f"the timestamp {message['timestamp']!r} is not UTC")
    true(isinstance(message["sequence_num"], int), f"sequence_num is {message['sequence_num']!r}")
    true(isinstance(message["events"], list) and message["events"], "no events")


@check("a subscription is acknowledged with all that is subscribed")
def _(world):
    stream = world.stream()
    stream.client.ticker([PRODUCT])
    first = stream.message("subscriptions")
    envelope(first)
    equal(first["events"][0]["subscriptions"], {"ticker": [PRODUCT]}, "subscriptions")
    stream.client.level2([PRODUCT, OTHER])

    def both(message):
        found = message.get("channel") == "subscriptions" and message["events"][0]["subscriptions"]
        return found and "level2" in found and found

    found = stream.wait(both, "the second acknowledgement")
    equal((found["ticker"], sorted(found["level2"])), ([PRODUCT], sorted([PRODUCT, OTHER])), "subscriptions")


@check("what is no longer subscribed is acknowledged and silent")
def _(world):
    stream = world.stream()
    stream.client.ticker([PRODUCT])
    stream.message("ticker")
    stream.client.heartbeats()
    stream.message("heartbeats")
    start = len(stream.messages)
    stream.client.ticker_unsubscribe([PRODUCT])

    def gone(message):
        return message.get("channel") == "subscriptions" and not message["events"][0]["subscriptions"].get("ticker")

    stream.wait(gone, "an acknowledgement without the ticker", start=start)
    start = len(stream.messages)
    world.control.quote(PRODUCT, "50009.00", "50011.00")
    world.control.quote(PRODUCT, "49999.00", "50001.00")
    # The next heartbeat comes after whatever the moves would have told.
    stream.message("heartbeats", start=start)
    channels = {m["channel"] for m in stream.messages[start:]}
    true("ticker" not in channels, f"channels heard: {channels}")


@check("heartbeats come each second and count by one")
def _(world):
    stream = world.stream()
    stream.client.heartbeats()
    first = stream.message("heartbeats")
    envelope(first)
    event = first["events"][0]
    text(event, "current_time")
    start = stream.messages.index(first) + 1
    second = stream.message("heartbeats", start=start)
    difference = int(second["events"][0]["heartbeat_counter"]) - int(event["heartbeat_counter"])
    equal(difference, 1, "the counter's step")


@check("the ticker begins with a snapshot and then tells moved prices")
def _(world):
    stream = world.stream()
    stream.client.ticker([PRODUCT])
    first = stream.message("ticker", kind="snapshot")
    envelope(first)
    ticker = first["events"][0]["tickers"][0]
    equal((ticker["type"], ticker["product_id"]), ("ticker", PRODUCT), "type and product")
    decimal(ticker, "price", "volume_24_h", "low_24_h", "high_24_h", "price_percent_chg_24_h")
    decimal(ticker, "best_bid", "best_ask", "best_bid_quantity", "best_ask_quantity")
    equal((Decimal(ticker["best_bid"]), Decimal(ticker["best_ask"])), (Decimal("49999"), Decimal("50001")), "best")
    start = len(stream.messages)
    world.control.quote(PRODUCT, "50009.00", "50011.00")

    def moved(message):
        found = [t for e in message["events"] for t in e.get("tickers", [])] if message["channel"] == "ticker" else []
        return any(Decimal(t["best_bid"]) == Decimal("50009") for t in found)

    stream.wait(moved, "the moved price", start=start)
    world.control.quote(PRODUCT, "49999.00", "50001.00")


@check("level2 answers as l2_data: a snapshot, then absolute sizes, zero for what is gone")
def _(world):
    stream = world.stream()
    stream.client.level2([PRODUCT])
    first = stream.message("l2_data", kind="snapshot")
    envelope(first)
    event = first["events"][0]
    equal(event["product_id"], PRODUCT, "product")
    equal({u["side"] for u in event["updates"]}, {"bid", "offer"}, "sides")
    for update in event["updates"]:
        text(update, "event_time")
        decimal(update, "price_level", "new_quantity")

    def level(price, size):
        def look(message):
            if message.get("channel") != "l2_data":
                return False
            updates = [u for e in message["events"] if e["type"] == "update" for u in e["updates"]]
            return any(
                (u["side"], Decimal(u["price_level"]), Decimal(u["new_quantity"])) == ("bid", price, size)
                for u in updates
            )

        return look

    start = len(stream.messages)
    order_id = world.rest_order("49000.50", "0.0123")
    stream.wait(level(Decimal("49000.5"), Decimal("0.0123")), "the new level", start=start)
    world.rest.cancel_orders([order_id])
    stream.wait(level(Decimal("49000.5"), Decimal(0)), "the level that is gone", start=start)


@check("level2, kept as the venue says, ends as the book over REST")
def _(world):
    stream = world.stream()
    stream.client.level2([OTHER])
    stream.client.heartbeats()
    stream.message("l2_data", kind="snapshot")

    def told(step):
        """What happens between two messages may be told as one, so each step is waited for."""
        start = len(stream.messages)
        result = step()
        stream.message("l2_data", start=start, kind="update")
        return result

    ids = told(lambda: [world.rest_order(f"{2900 + n}.50", "0.1", product_id=OTHER) for n in range(5)])
    told(lambda: world.control.quote(OTHER, "2950.00", "2952.00"))
    told(lambda: world.rest.cancel_orders(ids[1:3]))
    for order_id in ids[1:3]:
        world.until(order_id, "CANCELLED")
    told(lambda: world.control.quote(OTHER, "2999.00", "3001.00"))
    # Two heartbeats later everything before the first of them has been told.
    for _ in range(2):
        stream.message("heartbeats", start=len(stream.messages))
    kept = {}
    for message in stream.messages:
        for event in message["events"] if message["channel"] == "l2_data" else []:
            for u in event["updates"]:
                kept[u["side"], Decimal(u["price_level"])] = Decimal(u["new_quantity"])
    kept = {place: size for place, size in kept.items() if size}
    book = world.rest.get_product_book(OTHER, limit=1000).to_dict()["pricebook"]
    shown = {("bid", Decimal(b["price"])): Decimal(b["size"]) for b in book["bids"]}
    shown |= {("offer", Decimal(a["price"])): Decimal(a["size"]) for a in book["asks"]}
    equal(kept, shown, "the book")
    world.rest.cancel_orders(ids)


@check("market trades tell what is traded")
def _(world):
    stream = world.stream()
    stream.client.market_trades([PRODUCT])
    stream.message("subscriptions")
    world.rest.market_order_sell(world.id(), PRODUCT, "0.00123")

    def sold(message):
        trades = [t for e in message["events"] for t in e.get("trades", [])]
        return next((t for t in trades if Decimal(t["size"]) == Decimal("0.00123")), None)

    trade = stream.wait(lambda m: m.get("channel") == "market_trades" and sold(m), "the trade")
    text(trade, "trade_id", "product_id", "side", "time")
    decimal(trade, "price", "size")
    # The maker's side: a market sell takes from a buyer.
    equal((trade["product_id"], trade["side"]), (PRODUCT, "BUY"), "product and side")


@check("one running number counts all channels of a connection, from zero, without a gap")
def _(world):
    stream = world.stream()
    stream.client.ticker([PRODUCT, OTHER])
    stream.client.level2([PRODUCT])
    stream.client.market_trades([PRODUCT])
    stream.client.heartbeats()
    for n in range(20):
        world.control.quote(PRODUCT, f"{49900 + n}.00", f"{49910 + n}.00")
    world.rest.market_order_sell(world.id(), PRODUCT, "0.001")
    world.control.quote(PRODUCT, "49999.00", "50001.00")
    for channel in ("ticker", "l2_data", "market_trades", "heartbeats"):
        stream.message(channel)
    for _ in range(2):
        stream.message("heartbeats", start=len(stream.messages))
    equal(stream.messages[0]["sequence_num"], 0, "the first number")
    equal(gaps(stream.messages), [], "gaps")
    true(len(stream.messages) >= 20, "hardly anything was told")


@check("an unknown product or channel is answered with an error without an envelope")
def _(world):
    stream = world.stream()
    stream.client.subscribe([PRODUCT], ["nonsense"])
    found = stream.wait(lambda m: m.get("type") == "error" and m, "an error")
    text(found, "message")
    true("sequence_num" not in found, "the error has a sequence number")


@check("several connections are served at once, each with numbers of its own")
def _(world):
    streams = [world.stream(path=path) for path in ("/ws", "/", "/ws")]
    for stream in streams:
        stream.client.ticker([OTHER])
    world.control.quote(OTHER, "3000.00", "3002.00")
    for stream in streams:
        stream.message("ticker", kind="update")
        equal(stream.messages[0]["sequence_num"], 0, "the first number")
        equal(gaps(stream.messages), [], "gaps")
    contains(streams[1].message("subscriptions")["events"][0]["subscriptions"], "ticker", "subscriptions")
    world.control.quote(OTHER, "2999.00", "3001.00")
