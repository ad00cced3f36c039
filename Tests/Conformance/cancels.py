"""batch_cancel: results by id, refusals, and what comes between the request and its effect."""

import json
from decimal import Decimal

from checks import check, contains, equal, raises, text, true
from requests import HTTPError
from world import PREFIX, PRODUCT

CANCEL = "POST /orders/batch_cancel"
UNKNOWN = "0b1c2d3e-1111-4222-8333-444455556666"
NO_FAILURE = "UNKNOWN_CANCEL_FAILURE_REASON"


def results(answer):
    """Per order id: whether it was accepted, and the reason given."""
    found = {}
    for result in answer.to_dict()["results"]:
        text(result, "failure_reason", "order_id")
        true(isinstance(result["success"], bool), "success is no bool")
        true(result["order_id"] not in found, f"two results for {result['order_id']}")
        found[result["order_id"]] = (result["success"], result["failure_reason"])
    return found


@check("a cancel of one order is accepted, then takes effect")
def _(world):
    order_id = world.rest_order()
    equal(results(world.rest.cancel_orders([order_id])), {order_id: (True, NO_FAILURE)}, "results")
    order = world.until(order_id, "CANCELLED")
    equal((order["pending_cancel"], Decimal(order["outstanding_hold_amount"])), (False, 0), "pending and held")


@check("a cancel of three names each, the unknown one too")
def _(world):
    ids = [world.rest_order(), world.rest_order()]
    seen = results(world.rest.cancel_orders([ids[0], UNKNOWN, ids[1]]))
    wanted = {ids[0]: (True, NO_FAILURE), UNKNOWN: (False, "UNKNOWN_CANCEL_ORDER"), ids[1]: (True, NO_FAILURE)}
    equal(seen, wanted, "results")
    for order_id in ids:
        world.until(order_id, "CANCELLED")


@check("a cancel of a hundred, every tenth unknown, ends every known one")
def _(world):
    known = world.control.seed(PRODUCT, 90, "30000.00", "0.0001")
    unknown = [f"{n:08d}-1111-4222-8333-444455556666" for n in range(10)]
    mixed = [i for n, u in enumerate(unknown) for i in (*known[9 * n : 9 * n + 9], u)]
    equal(len(mixed), 100, "ids in the batch")
    seen = results(world.rest.cancel_orders(mixed))
    equal({i for i, (done, _) in seen.items() if done}, set(known), "accepted ids")
    equal({seen[i] for i in unknown}, {(False, "UNKNOWN_CANCEL_ORDER")}, "unknown ids")
    for order_id in (known[0], known[-1]):
        world.until(order_id, "CANCELLED")
    listed = {o["order_id"]: o["status"] for o in world.listed(limit=250)}
    world.until(known[45], "CANCELLED")
    true(all(listed[i] in ("CANCELLED", "CANCEL_QUEUED", "OPEN") for i in known), "an order ended otherwise")


@check("a cancel of a hundred and fifty is refused whole")
def _(world):
    ids = world.control.seed(PRODUCT, 150, "30000.00", "0.0001")
    error = raises(HTTPError, lambda: world.rest.cancel_orders(ids), "a batch of 150")
    equal(error.response.status_code, 400, "status")
    contains(error.response.json()["message"], "Too many orderIDs entered", "message")
    equal({world.order(i)["status"] for i in ids[::50]}, {"OPEN"}, "the orders' status")
    for start in (0, 100):
        world.rest.cancel_orders(ids[start : start + 100])
    for order_id in ids[::50]:
        world.until(order_id, "CANCELLED")


@check("between request and effect the order is CANCEL_QUEUED; a second cancel is a duplicate")
def _(world):
    order_id = world.rest_order()
    with world.control.slow_cancels():
        world.rest.cancel_orders([order_id])
    order = world.until(order_id, "CANCEL_QUEUED")
    equal(order["pending_cancel"], True, "pending_cancel")
    second = results(world.rest.cancel_orders([order_id]))
    equal(second, {order_id: (False, "DUPLICATE_CANCEL_REQUEST")}, "results of the second cancel")
    world.control.cancel(order_id)
    world.until(order_id, "CANCELLED")


@check("a fill between request and effect wins")
def _(world):
    order_id = world.rest_order("49990.00", "0.001")
    with world.control.slow_cancels():
        world.rest.cancel_orders([order_id])
    world.until(order_id, "CANCEL_QUEUED")
    world.control.quote(PRODUCT, "49900.00", "49902.00")
    order = world.until(order_id, "FILLED")
    equal(Decimal(order["filled_size"]), Decimal("0.001"), "filled_size")
    world.control.quote(PRODUCT, "49999.00", "50001.00")
    seen = results(world.rest.cancel_orders([order_id]))
    equal(seen, {order_id: (False, "ORDER_IS_FULLY_FILLED")}, "results of another cancel")


@check("a filled order is fully filled, a canceled one unknown")
def _(world):
    filled = world.rest.market_order_sell(world.id(), PRODUCT, "0.001")["success_response"]["order_id"]
    world.until(filled, "FILLED")
    canceled = world.rest_order()
    world.rest.cancel_orders([canceled])
    world.until(canceled, "CANCELLED")
    seen = results(world.rest.cancel_orders([filled, canceled]))
    wanted = {filled: (False, "ORDER_IS_FULLY_FILLED"), canceled: (False, "UNKNOWN_CANCEL_ORDER")}
    equal(seen, wanted, "results")


@check("a client order id cancels nothing")
def _(world):
    client_id = world.id()
    order_id = world.rest_order(client_id=client_id)
    equal(results(world.rest.cancel_orders([client_id]))[client_id][0], False, "success")
    equal(world.order(order_id)["status"], "OPEN", "status")


@check("an injected refusal of some results leaves the others as they are")
def _(world):
    ids = [world.rest_order() for _ in range(4)]
    with world.control.fault(CANCEL, "partialCancelFailure", failure_reason="COMMANDER_REJECTED_CANCEL_ORDER"):
        seen = results(world.rest.cancel_orders(ids))
    reasons = {reason for done, reason in seen.values() if not done}
    equal(reasons, {"COMMANDER_REJECTED_CANCEL_ORDER"}, "reasons of the failed results")
    for order_id, (done, _) in seen.items():
        world.until(order_id, "CANCELLED" if done else "OPEN")


@check("an injected lack of results leaves out ids, whose orders may have ended")
def _(world):
    ids = [world.rest_order() for _ in range(4)]
    with world.control.fault(CANCEL, "missingCancelResults"):
        seen = results(world.rest.cancel_orders(ids))
    true(set(seen) < set(ids), f"{len(seen)} of 4 results")


@check("a batch without ids is refused")
def _(world):
    answer = world.signed("POST", f"{PREFIX}/orders/batch_cancel", json.dumps({}))
    equal(answer.status_code, 400, "status")
    text(answer.json(), "error", "message")
