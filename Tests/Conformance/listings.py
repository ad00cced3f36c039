"""List orders and get order: filters, what is ignored, pages over more than five hundred orders."""

import datetime
from decimal import Decimal

from checks import check, contains, equal, eventually, raises, text, true
from requests import HTTPError
from world import OTHER, PREFIX, PRODUCT


def ids(orders):
    return {o["order_id"] for o in orders}


class Mix:
    """One order of each sort, made once for the group: open, canceled, filled, of both sides and products."""

    def __init__(self, world):
        self.open_buy = world.rest_order("40000.00")
        self.open_sell = world.rest_order("60000.00", side="SELL")
        self.open_other = world.rest_order("2000.00", "0.1", product_id=OTHER)
        self.canceled = world.rest_order("40001.00")
        world.rest.cancel_orders([self.canceled])
        world.until(self.canceled, "CANCELLED")
        self.filled = world.rest.market_order_sell(world.id(), PRODUCT, "0.001")["success_response"]["order_id"]
        world.until(self.filled, "FILLED")
        answer = world.rest.limit_order_ioc_buy(world.id(), PRODUCT, "0.001", "50100.00")
        self.immediate = answer["success_response"]["order_id"]
        world.until(self.immediate, "FILLED")
        self.all = {
            self.open_buy, self.open_sell, self.open_other, self.canceled, self.filled, self.immediate,
        }  # fmt: skip


def mix(world):
    if not hasattr(world, "mix"):
        world.mix = Mix(world)
        eventually(lambda: ids(world.listed()) == world.mix.all, "the listing of all orders")
    return world.mix


@check("without a filter everything is listed, newest first, in the venue's envelope")
def _(world):
    m = mix(world)
    page = world.rest.list_orders().to_dict()
    equal(ids(page["orders"]), m.all, "orders")
    created = [o["created_time"] for o in page["orders"]]
    equal(created, sorted(created, reverse=True), "the order of the listing")
    equal((page["has_next"], page["proof_token_required"]), (False, False), "has_next and proof_token_required")
    text(page, "cursor", "sequence")


@check("filter by status, one and several")
def _(world):
    m = mix(world)
    equal(ids(world.listed(order_status=["OPEN"])), {m.open_buy, m.open_sell, m.open_other}, "OPEN")
    equal(ids(world.listed(order_status=["CANCELLED", "FILLED"])), {m.canceled, m.filled, m.immediate}, "two")


@check("filter by product, one and several")
def _(world):
    m = mix(world)
    equal(ids(world.listed(product_ids=[OTHER])), {m.open_other}, "one product")
    equal(ids(world.listed(product_ids=[PRODUCT, OTHER])), m.all, "two products")


@check("filter by order ids")
def _(world):
    m = mix(world)
    equal(ids(world.listed(order_ids=[m.filled, m.open_buy])), {m.filled, m.open_buy}, "orders")


@check("filter by side")
def _(world):
    m = mix(world)
    equal(ids(world.listed(order_side="SELL")), {m.open_sell, m.filled}, "sells")


@check("filter by type and by time in force")
def _(world):
    m = mix(world)
    equal(ids(world.listed(order_types=["MARKET"])), {m.filled}, "market orders")
    seen = ids(world.listed(time_in_forces=["IMMEDIATE_OR_CANCEL"]))
    equal(seen, {m.filled, m.immediate}, "immediate orders")
    seen = ids(world.listed(order_types=["LIMIT"], time_in_forces=["GOOD_UNTIL_CANCELLED"]))
    equal(seen, {m.open_buy, m.open_sell, m.open_other, m.canceled}, "resting limit orders")


@check("filter by asset")
def _(world):
    m = mix(world)
    equal(ids(world.listed(asset_filters=["ETH"])), {m.open_other}, "orders of an asset")


@check("filter by creation time")
def _(world):
    m = mix(world)
    still_open = {m.open_buy, m.open_sell, m.open_other}
    created = sorted((o["created_time"], o["order_id"]) for o in world.listed() if o["order_id"] not in still_open)
    moment = created[1][0]
    since = ids(world.listed(start_date=moment))
    until = ids(world.listed(end_date=moment))
    true({i for t, i in created if t > moment} <= since, "an order after the start is missing")
    true(not since & {i for t, i in created if t < moment}, "an order before the start is listed")
    true({i for t, i in created if t < moment} <= until, "an order before the end is missing")
    true(not until & {i for t, i in created if t > moment}, "an order after the end is listed")
    equal(since | until, m.all, "both together")
    true(still_open <= since & until, "dates do not apply to open orders")
    future = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    equal(ids(world.listed(start_date=future)), still_open, "orders of tomorrow, and open ones")


@check("filter by product type and by placement source")
def _(world):
    m = mix(world)
    equal(ids(world.listed(product_type="SPOT")), m.all, "spot orders")
    equal(world.listed(product_type="FUTURE"), [], "futures orders")
    equal(ids(world.listed(order_placement_source="RETAIL_ADVANCED")), m.all, "advanced orders")
    equal(world.listed(order_placement_source="RETAIL_SIMPLE"), [], "simple orders")


@check("singular and unknown filter names are ignored without a word")
def _(world):
    m = mix(world)
    for query in ({"product_id": OTHER}, {"order_id": m.filled}, {"client_order_id": "x"}, {"nonsense": "1"}):
        answer = world.rest.list_orders(**query).to_dict()
        equal(ids(answer["orders"]), m.all, f"orders listed with {query}")


@check("filters are combined")
def _(world):
    m = mix(world)
    seen = ids(world.listed(product_ids=[PRODUCT], order_status=["OPEN"], order_side="BUY"))
    equal(seen, {m.open_buy}, "open buys of a product")


@check("OPEN leaves out what is CANCEL_QUEUED; without a filter it is listed")
def _(world):
    m = mix(world)
    order_id = world.rest_order("41000.00")
    eventually(lambda: order_id in ids(world.listed(order_status=["OPEN"])), "the new order in the list")
    with world.control.slow_cancels():
        world.rest.cancel_orders([order_id])
    world.until(order_id, "CANCEL_QUEUED")
    true(order_id not in ids(world.listed(order_status=["OPEN"])), "a CANCEL_QUEUED order is listed as OPEN")
    contains(ids(world.listed()), order_id, "orders without a filter")
    equal(ids(world.listed(order_status=["CANCEL_QUEUED"])), {order_id}, "orders that are CANCEL_QUEUED")
    world.control.cancel(order_id)
    world.until(order_id, "CANCELLED")
    m.all.add(order_id)


@check("the order by id is the order in the list")
def _(world):
    m = mix(world)
    for listed in world.listed():
        equal(world.order(listed["order_id"]), listed, "the order by id")
    contains(m.all, world.order(m.open_sell)["order_id"], "orders")


@check("an unknown order id is 404 with the venue's words")
def _(world):
    unknown = "0b1c2d3e-1111-4222-8333-444455556666"
    error = raises(HTTPError, lambda: world.rest.get_order(unknown), "an unknown order")
    equal(error.response.status_code, 404, "status")
    body = error.response.json()
    text(body, "error", "error_details", "message")
    contains(body["error_details"], "order with this orderID was not found", "error_details")


@check("pages over more than five hundred orders lose none and repeat none")
def _(world):
    m = mix(world)
    seeded = world.control.seed(PRODUCT, 520, "20000.00", "0.0001")
    equal(len(set(seeded)), 520, "seeded orders")
    for limit in (250, 100, 37):
        orders, cursor = [], None
        while True:
            page = world.rest.list_orders(limit=limit, cursor=cursor, order_status=["OPEN"]).to_dict()
            true(len(page["orders"]) <= limit, f"{len(page['orders'])} orders on a page of {limit}")
            orders += [o["order_id"] for o in page["orders"]]
            if not page["has_next"]:
                break
            true(page["cursor"] and page["cursor"] != cursor, "a next page without a cursor of its own")
            cursor = page["cursor"]
        equal(len(orders), len(set(orders)), f"different orders on pages of {limit}")
        equal(set(orders), {*seeded, m.open_buy, m.open_sell, m.open_other}, f"orders on pages of {limit}")


@check("orders placed or canceled between two pages neither hide nor repeat others")
def _(world):
    before = ids(world.listed(order_status=["OPEN"], limit=250))
    first = world.rest.list_orders(limit=100, order_status=["OPEN"]).to_dict()
    new = world.rest_order("39000.00")
    world.rest.cancel_orders([first["orders"][0]["order_id"]])
    world.until(first["orders"][0]["order_id"], "CANCELLED")
    rest, cursor = [], first["cursor"]
    while True:
        page = world.rest.list_orders(limit=100, order_status=["OPEN"], cursor=cursor).to_dict()
        rest += [o["order_id"] for o in page["orders"]]
        if not page["has_next"]:
            break
        cursor = page["cursor"]
    seen = [o["order_id"] for o in first["orders"]] + rest
    equal(len(seen), len(set(seen)), "different orders over all pages")
    equal(set(seen) - {new}, before, "orders that stood all the time")


@check("a list of open orders is cut at the newest, and says nothing of the rest")
def _(world):
    before = len(ids(world.listed(order_status=["OPEN"], limit=250)))
    world.control.lists(open_limit=100)
    seen = [o["order_id"] for o in world.listed(order_status=["OPEN"], limit=37)]
    world.control.lists(open_limit=1000)
    equal(len(seen), 100, f"listed of {before} open orders")


@check("OPEN with other statuses is refused where the venue is strict")
def _(world):
    world.control.lists(open_alone=True)
    query = [("order_status", "OPEN"), ("order_status", "PENDING")]
    answer = world.signed("GET", f"{PREFIX}/orders/historical/batch", query=query)
    world.control.lists(open_alone=False)
    equal(answer.status_code, 400, "status")
    equal(world.signed("GET", f"{PREFIX}/orders/historical/batch", query=query).status_code, 200, "afterwards")


@check("a page of the venue's greatest size, and a limit that is no number")
def _(world):
    page = world.rest.list_orders(limit=1000).to_dict()
    true(len(page["orders"]) > 500, f"only {len(page['orders'])} orders on a page of 1000")
    answer = world.signed("GET", f"{PREFIX}/orders/historical/batch", query={"limit": "many"})
    equal(answer.status_code, 400, "status")


@check("a listing lags behind by what is asked for, and then shows the order")
def _(world):
    world.control.lag(1000)
    order_id = world.rest_order("38000.00")
    true(order_id not in ids(world.rest.list_orders(limit=10).to_dict()["orders"]), "the order is listed at once")
    eventually(lambda: order_id in ids(world.rest.list_orders(limit=10).to_dict()["orders"]), "the order in the list")
    world.control.lag(0)
    equal(Decimal(world.order(order_id)["filled_size"]), 0, "filled_size")


@check("a list that needs a proof token says that it is incomplete")
def _(world):
    with world.control.fault("GET /orders/historical/batch", "proofTokenRequired"):
        equal(world.rest.list_orders(limit=5).to_dict()["proof_token_required"], True, "proof_token_required")
    equal(world.rest.list_orders(limit=5).to_dict()["proof_token_required"], False, "afterwards")
