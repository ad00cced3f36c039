"""What the venue refuses: HTTP 200 with `success: false`, a reason, and nothing placed."""

import datetime

from checks import check, equal, text, true
from world import PRODUCT


def refused(world, answer, *reasons):
    """One of the three places where the venue puts a reason names one of these; no order is left behind."""
    answer = answer.to_dict() if hasattr(answer, "to_dict") else answer
    equal(answer["success"], False, f"success of {answer}")
    true("success_response" not in answer, "success_response in a refusal")
    error = answer["error_response"]
    text(error, "error", "message", "error_details", "preview_failure_reason", "new_order_failure_reason")
    true(error["message"], "no message")
    said = {error["error"], error["preview_failure_reason"], error["new_order_failure_reason"]}
    true(any(r in s for s in said for r in reasons), f"none of {reasons} in {said}")
    true(len(answer["order_configuration"]) == 1, "the order's configuration is not told back")
    return error


def nothing_placed(world, client_id):
    equal([o for o in world.listed() if o["client_order_id"] == client_id], [], "orders of a refused request")


def later():
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@check("stop-limit orders are unsupported")
def _(world):
    client_id = world.id()
    answer = world.rest.stop_limit_order_gtc_sell(
        client_id, PRODUCT, "0.001", "40000.00", "41000.00", "STOP_DIRECTION_STOP_DOWN"
    )
    refused(world, answer, "UNSUPPORTED_ORDER_CONFIGURATION")
    answer = world.rest.stop_limit_order_gtd_buy(
        world.id(), PRODUCT, "0.001", "60000.00", "59000.00", later(), "STOP_DIRECTION_STOP_UP"
    )
    refused(world, answer, "UNSUPPORTED_ORDER_CONFIGURATION")
    nothing_placed(world, client_id)


@check("bracket orders are unsupported")
def _(world):
    answer = world.rest.trigger_bracket_order_gtc_sell(world.id(), PRODUCT, "0.001", "60000.00", "40000.00")
    refused(world, answer, "UNSUPPORTED_ORDER_CONFIGURATION")


@check("TWAP orders are unsupported")
def _(world):
    twap = {
        "base_size": "1", "start_time": later(), "end_time": later(), "limit_price": "40000.00",
        "number_buckets": "10", "bucket_size": "0.1", "bucket_duration": "300s",
    }  # fmt: skip
    answer = world.rest.create_order(world.id(), PRODUCT, "BUY", {"twap_limit_gtd": twap})
    refused(world, answer, "UNSUPPORTED_ORDER_CONFIGURATION")


@check("a market FOK is unsupported on spot")
def _(world):
    answer = world.rest.create_order(world.id(), PRODUCT, "BUY", {"market_market_fok": {"quote_size": "10"}})
    refused(world, answer, "UNSUPPORTED_ORDER_CONFIGURATION")


@check("a price off the increment is refused")
def _(world):
    client_id = world.id()
    answer = world.rest.limit_order_gtc_buy(client_id, PRODUCT, "0.001", "40000.001")
    refused(world, answer, "INVALID_PRICE_PRECISION")
    nothing_placed(world, client_id)


@check("a size off the increment is refused")
def _(world):
    answer = world.rest.limit_order_gtc_buy(world.id(), PRODUCT, "0.00100000001", "40000.00")
    refused(world, answer, "INVALID_SIZE_PRECISION")


@check("a size below the minimum is refused")
def _(world):
    answer = world.rest.limit_order_gtc_buy(world.id(), PRODUCT, "0", "40000.00")
    refused(world, answer, "TOO_SMALL", "INVALID_SIZE")
    # Far below the smallest value in quote units, though a size that exists.
    answer = world.rest.limit_order_gtc_buy(world.id(), PRODUCT, "0.00000001", "40000.00")
    refused(world, answer, "TOO_SMALL", "INVALID_SIZE")


@check("a price or a size that is not positive is refused")
def _(world):
    refused(world, world.rest.limit_order_gtc_buy(world.id(), PRODUCT, "0.001", "0"), "INVALID_LIMIT_PRICE")
    answer = world.rest.limit_order_gtc_buy(world.id(), PRODUCT, "0.001", "-40000.00")
    refused(world, answer, "INVALID_LIMIT_PRICE", "INVALID_PRICE", "INVALID_REQUEST")


@check("more than the account has is refused, for buys and for sells")
def _(world):
    dollars, bitcoins = world.balance("USD"), world.balance("BTC")
    client_id = world.id()
    # A price that stands far above the whole account for one size, and a size just above the account.
    size = f"{bitcoins[0] + 1:f}"
    refused(world, world.rest.limit_order_gtc_sell(client_id, PRODUCT, size, "60000.00"), "INSUFFICIENT_FUND")
    size = f"{int(dollars[0] / 40000) + 1}"
    refused(world, world.rest.limit_order_gtc_buy(world.id(), PRODUCT, size, "40000.00"), "INSUFFICIENT_FUND")
    nothing_placed(world, client_id)
    equal((world.balance("USD"), world.balance("BTC")), (dollars, bitcoins), "balances after the refusals")


@check("a market buy of more than the account has is refused")
def _(world):
    amount = f"{world.balance('USD')[0] + 100:.2f}"
    refused(world, world.rest.market_order_buy(world.id(), PRODUCT, quote_size=amount), "INSUFFICIENT_FUND")


@check("a post-only order that would cross is refused")
def _(world):
    client_id = world.id()
    answer = world.rest.limit_order_gtc_buy(client_id, PRODUCT, "0.001", "50001.00", post_only=True)
    refused(world, answer, "INVALID_LIMIT_PRICE_POST_ONLY")
    nothing_placed(world, client_id)


@check("an unknown product is refused")
def _(world):
    answer = world.rest.limit_order_gtc_buy(world.id(), "NOPE-USD", "0.001", "40000.00")
    refused(world, answer, "INVALID_PRODUCT_ID")


@check("an end time in the past is refused")
def _(world):
    answer = world.rest.limit_order_gtd_buy(world.id(), PRODUCT, "0.001", "40000.00", "2020-01-01T00:00:00Z")
    refused(world, answer, "INVALID_REQUEST", "END_TIME")


@check("a refused client id stays free")
def _(world):
    client_id = world.id()
    refused(world, world.rest.limit_order_gtc_buy(client_id, PRODUCT, "0.001", "40000.001"), "INVALID_PRICE")
    order_id = world.rest_order("40000.00", "0.001", client_id=client_id)
    equal(world.order(order_id)["client_order_id"], client_id, "the order placed under it")


@check("what a product does not take now is refused, and cancels go through")
def _(world):
    order_id = world.rest_order()
    for status in ("cancel_only", "disabled"):
        world.control.status(PRODUCT, status)
        product = world.product()
        equal(product["cancel_only"] or product["trading_disabled"], True, f"the product's flags as {status}")
        refused(world, world.rest.limit_order_gtc_buy(world.id(), PRODUCT, "0.001", "40000.00"), "ORDER_ENTRY_DISABLED")
    world.control.status(PRODUCT, "cancel_only")
    equal(world.rest.cancel_orders([order_id])["results"][0]["success"], True, "the cancel")
    world.until(order_id, "CANCELLED")
    world.control.status(PRODUCT, "post_only")
    answer = world.rest.limit_order_gtc_buy(world.id(), PRODUCT, "0.001", "40000.00", post_only=False)
    refused(world, answer, "ORDER_ENTRY_DISABLED")
    answer = world.rest.limit_order_gtc_buy(world.id(), PRODUCT, "0.001", "40000.00", post_only=True)
    equal(answer["success"], True, "a post-only order")
    world.control.status(PRODUCT, "limit_only")
    refused(world, world.rest.market_order_sell(world.id(), PRODUCT, "0.001"), "ORDER_ENTRY_DISABLED")
    world.control.status(PRODUCT, "online")
