"""The user channel: who may hear it, snapshots in batches of fifty, an order's whole life."""

import base64
from decimal import Decimal

from checks import check, equal, text, true
from cryptography.hazmat.primitives.asymmetric import ed25519
from streams import gaps, orders
from world import OTHER, PRODUCT


def listening(world, key=None, products=()):
    stream = world.stream(key=key or world.sandbox.ecdsa, user=True)
    stream.client.user(product_ids=list(products))
    return stream


def snapshot(stream):
    """The batches of the snapshot; the first one with fewer than fifty orders ends it."""
    batches = []

    def complete():
        batches[:] = [
            e["orders"] for m in stream.messages if m.get("channel") == "user"
            for e in m["events"] if e["type"] == "snapshot"
        ]  # fmt: skip
        return batches and len(batches[-1]) < 50

    stream.wait(lambda _: complete(), "the end of the snapshot")
    return batches


@check("an account without orders has an empty snapshot")
def _(world):
    equal([len(b) for b in snapshot(listening(world))], [0], "batches")


@check("the acknowledgement names the user channel")
def _(world):
    stream = listening(world)
    found = stream.message("subscriptions")["events"][0]["subscriptions"]
    equal(list(found), ["user"], "subscriptions")


@check("a channel that withholds reports keeps its place in the numbering")
def _(world):
    stream = listening(world)
    snapshot(stream)
    with world.control.withheld_reports():
        hidden = world.rest_order("2990.00", "1", product_id=OTHER)
    shown = world.rest_order("2991.00", "1", product_id=OTHER)
    stream.order(shown, "OPEN")
    told = {o["order_id"] for m in stream.messages for o in orders(m, "update")}
    true(hidden not in told, "the withheld order is told")
    equal(gaps(stream.messages), [], "gaps")
    world.rest.cancel_orders([hidden, shown])
    world.until(hidden, "CANCELLED")


@check("an order's life is told: open, partly filled, cancel queued, canceled")
def _(world):
    stream = listening(world)
    snapshot(stream)
    client_id = world.id()
    order_id = world.rest_order("2990.00", "1", product_id=OTHER, client_id=client_id)
    opened = stream.order(order_id, "OPEN")
    text(
        opened,
        "order_id", "client_order_id", "product_id", "product_type", "order_side", "order_type", "status",
        "time_in_force", "limit_price", "stop_price", "cumulative_quantity", "leaves_quantity", "avg_price",
        "filled_value", "number_of_fills", "completion_percentage", "total_fees", "total_value_after_fees",
        "outstanding_hold_amount", "post_only", "cancel_reason", "reject_reason", "trigger_status",
        "creation_time", "start_time", "end_time", "retail_portfolio_id", "contract_expiry_type", "risk_managed_by",
    )  # fmt: skip
    equal((opened["client_order_id"], opened["product_id"]), (client_id, OTHER), "ids")
    equal((opened["order_side"], opened["order_type"], opened["post_only"]), ("BUY", "Limit", "false"), "terms")
    equal((Decimal(opened["leaves_quantity"]), Decimal(opened["cumulative_quantity"])), (1, 0), "quantities")

    world.control.quote(OTHER, "2980.00", "2990.00", size="0.25")
    filled = stream.wait(
        lambda m: next((o for o in orders(m, "update") if Decimal(o["cumulative_quantity"]) > 0), None), "a fill"
    )
    equal((filled["status"], filled["number_of_fills"]), ("OPEN", "1"), "status and fills")
    sizes = Decimal(filled["cumulative_quantity"]), Decimal(filled["leaves_quantity"]), Decimal(filled["avg_price"])
    equal(sizes, (Decimal("0.25"), Decimal("0.75"), Decimal("2990")), "quantities and price")
    true(Decimal(filled["total_fees"]) > 0, "no fees")
    world.control.quote(OTHER, "2999.00", "3001.00")

    world.rest.cancel_orders([order_id])
    stream.order(order_id, "CANCEL_QUEUED")
    canceled = stream.order(order_id, "CANCELLED")
    sizes = Decimal(canceled["cumulative_quantity"]), Decimal(canceled["leaves_quantity"])
    equal(sizes, (Decimal("0.25"), 0), "quantities of the canceled order")
    told = [o["status"] for m in stream.messages for o in orders(m, "update") if o["order_id"] == order_id]
    rank = {"PENDING": 0, "OPEN": 1, "CANCEL_QUEUED": 2, "CANCELLED": 3}
    equal(told, sorted(told, key=rank.get), "the order of what was told")
    equal(gaps(stream.messages), [], "gaps")


@check("a market order is told to its end, with what REST says of it")
def _(world):
    stream = listening(world)
    snapshot(stream)
    order_id = world.rest.market_order_buy(world.id(), PRODUCT, quote_size="50")["success_response"]["order_id"]
    told = stream.order(order_id, "FILLED")
    order = world.until(order_id, "FILLED")
    equal(told["order_type"], "Market", "order_type")
    for ours, theirs in (
        ("cumulative_quantity", "filled_size"), ("avg_price", "average_filled_price"), ("total_fees", "total_fees"),
        ("filled_value", "filled_value"), ("total_value_after_fees", "total_value_after_fees"),
    ):  # fmt: skip
        equal(Decimal(told[ours]), Decimal(order[theirs]), ours)


@check("an order that expires is told")
def _(world):
    import placement

    stream = listening(world)
    snapshot(stream)
    answer = world.rest.limit_order_gtd_buy(world.id(), PRODUCT, "0.001", "40000.00", placement.in_seconds(1))
    told = stream.order(answer["success_response"]["order_id"], "EXPIRED")
    equal(Decimal(told["leaves_quantity"]), 0, "leaves_quantity")


@check("a snapshot of exactly fifty is followed by a shorter one")
def _(world):
    world.fifty = world.control.seed(PRODUCT, 50, "30000.00", "0.0001")
    batches = snapshot(listening(world))
    equal([len(b) for b in batches], [50, 0], "batches")
    equal({o["order_id"] for b in batches for o in b}, set(world.fifty), "orders")


@check("a snapshot of fifty-one comes in two, without loss or repetition")
def _(world):
    one = world.rest_order()
    stream = listening(world)
    batches = snapshot(stream)
    equal([len(b) for b in batches], [50, 1], "batches")
    told = [o["order_id"] for b in batches for o in b]
    equal((len(told), set(told)), (len(set(told)), {*world.fifty, one}), "orders")
    equal(gaps(stream.messages), [], "gaps")
    world.rest.cancel_orders([one])
    world.until(one, "CANCELLED")


@check("what has ended is not in the snapshot")
def _(world):
    batches = snapshot(listening(world))
    equal({o["order_id"] for b in batches for o in b}, set(world.fifty), "orders")


@check("a subscription to one product hears nothing of another")
def _(world):
    stream = listening(world, products=[OTHER])
    equal([len(b) for b in snapshot(stream)], [0], "batches")
    unheard = world.rest_order(product_id=PRODUCT)
    heard = world.rest_order("2000.00", "0.1", product_id=OTHER)
    stream.order(heard, "OPEN")
    told = {o["order_id"] for m in stream.messages for o in orders(m, "update")}
    true(unheard not in told, "the other product's order was told")
    world.rest.cancel_orders([unheard, heard])


@check("the user channel is served on the market's connection too, and beside other channels")
def _(world):
    stream = world.stream(key=world.sandbox.ecdsa)
    stream.client.subscribe([PRODUCT], ["user"])
    stream.client.ticker([PRODUCT])
    snapshot(stream)
    stream.message("ticker")
    order_id = world.rest_order()
    stream.order(order_id, "OPEN")
    world.rest.cancel_orders([order_id])
    stream.order(order_id, "CANCELLED")
    equal(gaps(stream.messages), [], "gaps")


@check("an Ed25519 key hears its orders too")
def _(world):
    snapshot(listening(world, key=world.sandbox.ed25519))


@check("a stranger hears an authentication failure and no order")
def _(world):
    raw = ed25519.Ed25519PrivateKey.generate().private_bytes_raw()
    stream = listening(world, key=(world.sandbox.ed25519[0], base64.b64encode(raw).decode()))
    found = stream.wait(lambda m: m.get("type") == "error" and m, "an error")
    equal(found["message"], "authentication failure", "message")
    true(not any(m.get("channel") == "user" for m in stream.messages), "a stranger was told orders")


@check("a public channel needs no key; the SDK itself refuses the user channel without one")
def _(world):
    stream = world.stream()
    stream.client.heartbeats()
    stream.message("heartbeats")
