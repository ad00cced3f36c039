"""Fills: their shape, their sums, their filters, and pages that end with an empty cursor."""

from decimal import Decimal

from checks import boolean, check, contains, decimal, equal, eventually, text, true
from world import OTHER, PRODUCT


def traded(world, product_id=PRODUCT, size="0.001"):
    order_id = world.rest.market_order_sell(world.id(), product_id, size)["success_response"]["order_id"]
    world.until(order_id, "FILLED")
    return order_id


def fills(world, **filters):
    """All pages: there is no has_next here, an empty cursor ends it."""
    found, cursor = [], None
    for _ in range(500):
        page = world.rest.get_fills(cursor=cursor, **filters).to_dict()
        true("has_next" not in page, "fills have a has_next, which the venue's do not")
        found += page["fills"]
        cursor = page["cursor"]
        if not cursor:
            return found
    raise AssertionError("the fills do not end")


@check("a fill has every field of the venue")
def _(world):
    order_id = traded(world)
    found = fills(world, order_ids=[order_id])
    equal(len(found), 1, "fills")
    fill = found[0]
    text(fill, "entry_id", "trade_id", "order_id", "trade_time", "sequence_timestamp", "user_id", "product_id")
    decimal(fill, "price", "size", "commission")
    boolean(fill, "size_in_quote")
    equal((fill["trade_type"], fill["liquidity_indicator"]), ("FILL", "TAKER"), "type and liquidity")
    equal((fill["side"], fill["product_id"], fill["order_id"]), ("SELL", PRODUCT, order_id), "what was traded")
    equal((Decimal(fill["price"]), Decimal(fill["size"])), (Decimal("49999"), Decimal("0.001")), "price and size")


@check("an order's fills add up to the order")
def _(world):
    order_id = world.rest_order("2990.00", "1", product_id=OTHER)
    for size in ("0.25", "0.35", "0.40"):
        before = Decimal(world.order(order_id)["filled_size"])
        world.control.quote(OTHER, "2980.00", "2990.00", size=size)
        eventually(lambda: Decimal(world.order(order_id)["filled_size"]) > before, "another fill")
    world.control.quote(OTHER, "2999.00", "3001.00")
    order = world.until(order_id, "FILLED")
    found = fills(world, order_ids=[order_id])
    equal((order["number_of_fills"], len(found)), ("3", 3), "number of fills")
    equal(len({f["entry_id"] for f in found}), 3, "different entry ids")
    equal(sum(Decimal(f["size"]) for f in found), Decimal(order["filled_size"]), "the sum of sizes")
    equal(sum(Decimal(f["commission"]) for f in found), Decimal(order["total_fees"]), "the sum of commissions")
    value = sum(Decimal(f["size"]) * Decimal(f["price"]) for f in found)
    equal(value, Decimal(order["filled_value"]), "the sum of values")


@check("fills of several orders, of a product, of a trade")
def _(world):
    one, two = traded(world), traded(world, OTHER, "0.1")
    equal({f["order_id"] for f in fills(world, order_ids=[one, two])}, {one, two}, "fills of two orders")
    equal({f["product_id"] for f in fills(world, product_ids=[OTHER])}, {OTHER}, "fills of a product")
    trade = fills(world, order_ids=[one])[0]["trade_id"]
    equal({f["trade_id"] for f in fills(world, trade_ids=[trade])}, {trade}, "fills of a trade")


@check("fills since and until a time")
def _(world):
    traded(world)
    last = traded(world)
    moment = fills(world, order_ids=[last])[0]["sequence_timestamp"]
    since = {f["order_id"] for f in fills(world, start_sequence_timestamp=moment)}
    equal(since, {last}, "fills since the last one")
    before = fills(world, end_sequence_timestamp=moment)
    true(before and all(f["sequence_timestamp"] <= moment for f in before), "fills after the end")


@check("fills come in pages, newest first, without loss or repetition")
def _(world):
    made = [traded(world, size="0.0001") for _ in range(7)]
    everything = [f["entry_id"] for f in fills(world)]
    for limit in (1, 3, 250):
        paged = fills(world, limit=limit)
        equal([f["entry_id"] for f in paged], everything, f"fills on pages of {limit}")
    equal([f["order_id"] for f in fills(world)[:7]], made[::-1], "the newest fills")


@check("fills of orders that filled in turns come in pages, newest first")
def _(world):
    orders = [world.rest_order("2990.00", "1", product_id=OTHER) for _ in range(2)]
    for size in ("0.2", "0.3", "0.1"):
        for order_id in orders:
            world.control.fill(order_id, Decimal(size) * 1000)
    made = [f["entry_id"] for f in fills(world, product_ids=[OTHER]) if f["order_id"] in orders]
    equal(len(made), 6, "fills of both")
    for limit in (1, 2, 100):
        equal([f["entry_id"] for f in fills(world, order_ids=orders, limit=limit)], made, f"pages of {limit}")
    world.rest.cancel_orders(orders)


@check("fills filtered by asset and by side")
def _(world):
    traded(world, OTHER, "0.1")
    equal({f["product_id"] for f in fills(world, asset_filters=["ETH"])}, {OTHER}, "fills of an asset")
    equal({f["side"] for f in fills(world, order_side="SELL")}, {"SELL"}, "fills of a side")


@check("a singular filter of fills is ignored without a word")
def _(world):
    order_id = traded(world)
    everything = {f["entry_id"] for f in fills(world)}
    page = world.rest.get_fills(order_id=order_id, product_id=OTHER, limit=250).to_dict()
    equal({f["entry_id"] for f in page["fills"]}, everything, "fills")


@check("fills of an order without any are none, with an empty cursor")
def _(world):
    order_id = world.rest_order()
    page = world.rest.get_fills(order_ids=[order_id]).to_dict()
    equal((page["fills"], page["cursor"]), ([], ""), "fills and cursor")


@check("the transaction summary adds up what was traded")
def _(world):
    before = world.rest.get_transaction_summary().to_dict()
    order = world.order(traded(world, size="0.01"))
    after = world.rest.get_transaction_summary().to_dict()
    volume = Decimal(str(after["total_volume"])) - Decimal(str(before["total_volume"]))
    fees = Decimal(str(after["total_fees"])) - Decimal(str(before["total_fees"]))
    true(abs(volume - Decimal(order["filled_value"])) < Decimal("0.01"), f"a volume of {volume} was added")
    true(abs(fees - Decimal(order["total_fees"])) < Decimal("0.01"), f"fees of {fees} were added")


@check("the fee of a taker is the summary's rate")
def _(world):
    rate = Decimal(world.rest.get_transaction_summary().to_dict()["fee_tier"]["taker_fee_rate"])
    fill = fills(world, order_ids=[traded(world, size="0.01")])[0]
    wanted = Decimal(fill["price"]) * Decimal(fill["size"]) * rate
    true(abs(Decimal(fill["commission"]) - wanted) < Decimal("0.01"), f"{fill['commission']} instead of {wanted}")
    contains(["TAKER"], fill["liquidity_indicator"], "liquidity")
