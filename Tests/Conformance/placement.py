"""Every kind of spot order that is accepted, and what asking twice does."""

import datetime
from decimal import Decimal

from checks import check, contains, decimal, equal, eventually, text, true
from world import OTHER, PRODUCT


def accepted(answer, client_id, side, configuration):
    """The shape of an accepted order; returns the exchange's id."""
    answer = answer.to_dict()
    equal(answer["success"], True, f"success of {answer}")
    true("error_response" not in answer, "error_response in a success, which breaks ccxt")
    response = answer["success_response"]
    equal(
        (response["product_id"], response["side"], response["client_order_id"]),
        (PRODUCT, side, client_id),
        "success_response",
    )
    text(response, "order_id", "attached_order_id")
    equal(list(answer["order_configuration"]), [configuration], "order_configuration")
    return response["order_id"]


def in_seconds(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@check("a market buy spends a quote size, its fees within it")
def _(world):
    client_id = world.id()
    dollars, _ = world.balance("USD")
    bitcoins, _ = world.balance("BTC")
    answer = world.rest.market_order_buy(client_id, PRODUCT, quote_size="100.00")
    order = world.until(accepted(answer, client_id, "BUY", "market_market_ioc"), "FILLED")
    equal(order["order_configuration"]["market_market_ioc"]["quote_size"], "100.00", "quote_size")
    equal((order["order_type"], order["time_in_force"]), ("MARKET", "IMMEDIATE_OR_CANCEL"), "type")
    equal(order["size_in_quote"], True, "size_in_quote")
    spent = dollars - world.balance("USD")[0]
    true(Decimal("99.9") < spent <= Decimal("100"), f"{spent} were spent of 100")
    equal(world.balance("BTC")[0] - bitcoins, Decimal(order["filled_size"]), "bitcoins received")
    equal(Decimal(order["total_value_after_fees"]), spent, "total_value_after_fees")
    equal(Decimal(order["filled_value"]) + Decimal(order["total_fees"]), spent, "value and fees")


@check("a market buy takes a base size too")
def _(world):
    client_id = world.id()
    answer = world.rest.market_order_buy(client_id, PRODUCT, base_size="0.001")
    order = world.until(accepted(answer, client_id, "BUY", "market_market_ioc"), "FILLED")
    equal(Decimal(order["filled_size"]), Decimal("0.001"), "filled_size")
    equal(order["size_in_quote"], False, "size_in_quote")


@check("a market sell gives a base size")
def _(world):
    client_id = world.id()
    dollars, _ = world.balance("USD")
    answer = world.rest.market_order_sell(client_id, PRODUCT, "0.002")
    order = world.until(accepted(answer, client_id, "SELL", "market_market_ioc"), "FILLED")
    equal(Decimal(order["average_filled_price"]), Decimal("49999"), "average_filled_price")
    equal(Decimal(order["filled_value"]), Decimal("99.998"), "filled_value")
    received = world.balance("USD")[0] - dollars
    equal(received, Decimal(order["filled_value"]) - Decimal(order["total_fees"]), "dollars received")
    equal(received, Decimal(order["total_value_after_fees"]), "total_value_after_fees")


@check("a limit IOC that crosses fills at the book's price")
def _(world):
    client_id = world.id()
    answer = world.rest.limit_order_ioc_buy(client_id, PRODUCT, "0.001", "50100.00")
    order = world.until(accepted(answer, client_id, "BUY", "sor_limit_ioc"), "FILLED")
    equal(Decimal(order["average_filled_price"]), Decimal("50001"), "average_filled_price")
    equal((order["order_type"], order["time_in_force"]), ("LIMIT", "IMMEDIATE_OR_CANCEL"), "type")
    equal((order["completion_percentage"], order["settled"]), ("100", True), "completion and settled")


@check("a limit IOC that does not cross is accepted and ends canceled, unfilled")
def _(world):
    client_id = world.id()
    answer = world.rest.limit_order_ioc_sell(client_id, PRODUCT, "0.001", "60000.00")
    order = world.until(accepted(answer, client_id, "SELL", "sor_limit_ioc"), "CANCELLED")
    equal(Decimal(order["filled_size"]), 0, "filled_size")


@check("a limit GTC rests, with every field of the venue")
def _(world):
    client_id = world.id()
    answer = world.rest.limit_order_gtc_buy(client_id, PRODUCT, "0.0015", "40000.00")
    order_id = accepted(answer, client_id, "BUY", "limit_limit_gtc")
    order = world.until(order_id, "OPEN")
    sent = {"base_size": "0.0015", "limit_price": "40000.00", "post_only": False}
    seen = order["order_configuration"]["limit_limit_gtc"]
    equal({name: seen[name] for name in sent}, sent, "order_configuration")
    text(order, "order_id", "product_id", "user_id", "client_order_id", "status", "created_time", "fee")
    text(order, "trigger_status", "reject_reason", "reject_message", "cancel_message", "product_type")
    text(order, "order_placement_source", "number_of_fills", "completion_percentage")
    decimal(order, "filled_size", "average_filled_price", "filled_value", "total_fees", "outstanding_hold_amount")
    for name in ("size_in_quote", "size_inclusive_of_fees", "pending_cancel", "settled", "is_liquidation"):
        equal(order[name], False, name)
    equal((order["side"], order["product_id"]), ("BUY", PRODUCT), "side and product")
    equal((order["order_type"], order["time_in_force"]), ("LIMIT", "GOOD_UNTIL_CANCELLED"), "type")
    equal((order["client_order_id"], order["order_id"]), (client_id, order_id), "ids")
    equal((order["product_type"], order["order_placement_source"]), ("SPOT", "RETAIL_ADVANCED"), "origin")
    equal(order["last_fill_time"], None, "last_fill_time")
    true(Decimal(order["outstanding_hold_amount"]) >= 60, "less than its value is held")
    equal(order["edit_history"], [], "edit_history")


@check("a post-only order rests as a maker and fills as one")
def _(world):
    client_id = world.id()
    answer = world.rest.limit_order_gtc_sell(client_id, PRODUCT, "0.001", "50500.00", post_only=True)
    order_id = accepted(answer, client_id, "SELL", "limit_limit_gtc")
    equal(world.until(order_id, "OPEN")["order_configuration"]["limit_limit_gtc"]["post_only"], True, "post_only")
    world.control.quote(PRODUCT, "50600.00", "50602.00")
    order = world.until(order_id, "FILLED")
    equal(Decimal(order["average_filled_price"]), Decimal("50500"), "average_filled_price")
    fills = world.rest.get_fills(order_ids=[order_id]).to_dict()["fills"]
    equal({f["liquidity_indicator"] for f in fills}, {"MAKER"}, "liquidity_indicator")
    world.control.quote(PRODUCT, "49999.00", "50001.00")


@check("a limit GTD carries its end time and expires by it")
def _(world):
    client_id, end = world.id(), in_seconds(1.5)
    answer = world.rest.limit_order_gtd_buy(client_id, PRODUCT, "0.001", "40000.00", end, post_only=False)
    order_id = accepted(answer, client_id, "BUY", "limit_limit_gtd")
    order = world.until(order_id, "OPEN", "EXPIRED")
    equal(order["time_in_force"], "GOOD_UNTIL_DATE_TIME", "time_in_force")
    contains(order["order_configuration"]["limit_limit_gtd"]["end_time"], end[:19], "end_time")
    order = world.until(order_id, "EXPIRED")
    equal(Decimal(order["outstanding_hold_amount"]), 0, "held after its end")


@check("a post-only GTD is accepted")
def _(world):
    client_id = world.id()
    answer = world.rest.limit_order_gtd_sell(client_id, PRODUCT, "0.001", "70000.00", in_seconds(3600), post_only=True)
    order_id = accepted(answer, client_id, "SELL", "limit_limit_gtd")
    equal(world.order(order_id)["order_configuration"]["limit_limit_gtd"]["post_only"], True, "post_only")


@check("a limit FOK fills whole or not at all")
def _(world):
    client_id = world.id()
    answer = world.rest.limit_order_fok_buy(client_id, PRODUCT, "0.001", "50001.00")
    order = world.until(accepted(answer, client_id, "BUY", "limit_limit_fok"), "FILLED")
    equal((order["order_type"], order["time_in_force"]), ("LIMIT", "FILL_OR_KILL"), "type")
    client_id = world.id()
    answer = world.rest.limit_order_fok_buy(client_id, PRODUCT, "0.001", "45000.00")
    order = world.until(accepted(answer, client_id, "BUY", "limit_limit_fok"), "CANCELLED")
    equal(Decimal(order["filled_size"]), 0, "filled_size")


@check("a market order that finds too little fills in part and ends canceled")
def _(world):
    world.control.quote(OTHER, "2999.00", "3001.00", size="0.5", levels=1)
    answer = world.rest.market_order_sell(world.id(), OTHER, "0.8").to_dict()
    equal(answer["success"], True, f"success of {answer}")
    order = world.until(answer["success_response"]["order_id"], "CANCELLED")
    equal(Decimal(order["filled_size"]), Decimal("0.5"), "filled_size")
    world.control.quote(OTHER, "2999.00", "3001.00")


@check("a resting order fills in part: it stays OPEN and says how far it is")
def _(world):
    order_id = world.rest_order("2990.00", "1", product_id=OTHER)
    world.control.quote(OTHER, "2980.00", "2990.00", size="0.25")
    order = eventually(
        lambda: (o := world.order(order_id)) and Decimal(o["filled_size"]) > 0 and o, "a partial fill"
    )
    equal((order["status"], Decimal(order["filled_size"])), ("OPEN", Decimal("0.25")), "status and size")
    equal((Decimal(order["completion_percentage"]), order["number_of_fills"]), (25, "1"), "completion and fills")
    true(isinstance(order["last_fill_time"], str), "no last_fill_time")
    world.rest.cancel_orders([order_id])
    order = world.until(order_id, "CANCELLED")
    equal(Decimal(order["filled_size"]), Decimal("0.25"), "filled_size of the canceled order")
    world.control.quote(OTHER, "2999.00", "3001.00")


@check("the same request again returns the same order and places nothing")
def _(world):
    client_id = world.id()
    first = world.rest.limit_order_gtc_buy(client_id, PRODUCT, "0.001", "40000.00")
    again = world.rest.limit_order_gtc_buy(client_id, PRODUCT, "0.001", "40000.00")
    order_id = accepted(first, client_id, "BUY", "limit_limit_gtc")
    equal(accepted(again, client_id, "BUY", "limit_limit_gtc"), order_id, "the order's id")
    equal(len([o for o in world.listed() if o["client_order_id"] == client_id]), 1, "orders of that client id")


@check("a used client id with other terms returns the first order, unchanged")
def _(world):
    client_id = world.id()
    order_id = world.rest_order("40000.00", "0.001", client_id=client_id)
    again = world.rest.limit_order_gtc_sell(client_id, OTHER, "2", "9000.00").to_dict()
    equal((again["success"], again["success_response"]["order_id"]), (True, order_id), "the answer")
    order = world.order(order_id)
    equal((order["side"], order["product_id"]), ("BUY", PRODUCT), "the stored order")
    equal(order["order_configuration"]["limit_limit_gtc"]["limit_price"], "40000.00", "its price")


@check("a client id stays used when its order has ended")
def _(world):
    client_id = world.id()
    order_id = world.rest_order(client_id=client_id)
    world.rest.cancel_orders([order_id])
    world.until(order_id, "CANCELLED")
    again = world.rest.limit_order_gtc_buy(client_id, PRODUCT, "0.001", "40000.00").to_dict()
    equal((again["success"], again["success_response"]["order_id"]), (True, order_id), "the answer")
    equal(world.order(order_id)["status"], "CANCELLED", "its status")


@check("an empty client id is replaced by the SDK, and the order is found under the new one")
def _(world):
    answer = world.rest.limit_order_gtc_buy("", PRODUCT, "0.001", "40000.00").to_dict()
    response = answer["success_response"]
    true(len(response["client_order_id"]) == 32, "no random client id")
    equal(world.order(response["order_id"])["client_order_id"], response["client_order_id"], "client_order_id")
