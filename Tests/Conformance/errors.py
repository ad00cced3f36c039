"""Error shapes: what the venue says to bodies, paths and methods that make no sense, and injected faults."""

import json
import threading
import time
from decimal import Decimal

import requests
from checks import check, contains, equal, eventually, raises, text, true
from requests import HTTPError
from world import PREFIX, PRODUCT

ORDERS = f"{PREFIX}/orders"


def order(**changes):
    """A good order, but for what is changed; None takes a field away."""
    whole = {
        "client_order_id": "errors-1",
        "product_id": PRODUCT,
        "side": "BUY",
        "order_configuration": {"limit_limit_gtc": {"base_size": "0.001", "limit_price": "40000.00"}},
        **changes,
    }
    return json.dumps({name: value for name, value in whole.items() if value is not None})


def bad_request(answer, *names):
    equal(answer.status_code, 400, f"status of {answer.text[:200]!r}")
    body = answer.json()
    text(body, "error", "error_details", "message")
    true(body["message"], "no message")
    if names:
        contains(names, body["error"], "error")


def refused(answer):
    """The venue says no, in one of its two ways: 400, or 200 with `success: false`."""
    if answer.status_code == 200:
        equal(answer.json()["success"], False, f"success of {answer.text[:200]!r}")
    else:
        bad_request(answer)


@check("a body that is no JSON is 400 with the error unknown")
def _(world):
    for body in ("{", "not json", '{"client_order_id": }', "\x00\x01", "[" * 5000):
        bad_request(world.signed("POST", ORDERS, body), "unknown")


@check("a body of the wrong kind is 400")
def _(world):
    for body in ("[]", "17", '"text"', "null"):
        bad_request(world.signed("POST", ORDERS, body))


@check("an order without a client order id, product, side or configuration is refused")
def _(world):
    for name in ("client_order_id", "product_id", "side", "order_configuration"):
        refused(world.signed("POST", ORDERS, order(**{name: None})))
    equal(world.listed(), [], "orders")


@check("an order of two configurations, of none, or of an unknown one is refused")
def _(world):
    limit = {"base_size": "0.001", "limit_price": "40000.00"}
    for configuration in ({}, {"limit_limit_gtc": limit, "limit_limit_fok": limit}, {"limit_limit_later": limit}):
        refused(world.signed("POST", ORDERS, order(order_configuration=configuration)))
    equal(world.listed(), [], "orders")


@check("an order without size or price, or with ones that are no numbers, is refused")
def _(world):
    for limit in (
        {"base_size": "0.001"},
        {"limit_price": "40000.00"},
        {"base_size": "many", "limit_price": "40000.00"},
        {"base_size": "0.001", "limit_price": "4e4"},
        {"base_size": "NaN", "limit_price": "40000.00"},
        {"base_size": "", "limit_price": ""},
        {"base_size": "1" * 400, "limit_price": "40000.00"},
    ):
        refused(world.signed("POST", ORDERS, order(order_configuration={"limit_limit_gtc": limit})))
    equal(world.listed(), [], "orders")


@check("an unknown side is refused")
def _(world):
    refused(world.signed("POST", ORDERS, order(side="HOLD")))


@check("fields that the venue does not know are ignored")
def _(world):
    answer = world.signed("POST", ORDERS, order(client_order_id=world.id(), novelty={"a": [1, 2]}, leverage="1"))
    equal((answer.status_code, answer.json()["success"]), (200, True), "status and success")


@check("batch_cancel with a body that is no JSON, or with ids of the wrong kind, is 400")
def _(world):
    path = f"{ORDERS}/batch_cancel"
    for body in ("{", '{"order_ids": "one"}', '{"order_ids": [1, 2]}'):
        bad_request(world.signed("POST", path, body))


@check("an unknown path is 404, a wrong method is not served")
def _(world):
    equal(world.signed("GET", f"{PREFIX}/nothing").status_code, 404, "status of an unknown path")
    contains((404, 405), world.signed("DELETE", ORDERS).status_code, "status of a wrong method")


@check("an injected 429 is the venue's HTML page, with Retry-After where asked for")
def _(world):
    with world.control.fault("GET /accounts", "tooMany429", format="html", retry_after=2):
        error = raises(HTTPError, world.rest.get_accounts, "an injected 429")
    equal(error.response.status_code, 429, "status")
    contains(error.response.headers["Content-Type"], "text/html", "Content-Type")
    equal(error.response.headers.get("Retry-After"), "2", "Retry-After")
    true(world.rest.get_accounts()["accounts"], "the fault outlives its plan")


@check("an injected 429 as JSON has the documented body")
def _(world):
    with world.control.fault("GET /accounts", "tooMany429", format="json"):
        error = raises(HTTPError, world.rest.get_accounts, "an injected 429")
    equal(error.response.status_code, 429, "status")
    contains(error.response.text.lower(), "rate_limit_exceeded", "body")


@check("an injected 401 is the same plain text as a real one")
def _(world):
    with world.control.fault("GET /accounts", "unauthorized401"):
        error = raises(HTTPError, world.rest.get_accounts, "an injected 401")
    equal((error.response.status_code, error.response.text.strip()), (401, "Unauthorized"), "status and body")


@check("an injected 502 before processing places nothing; after processing it places")
def _(world):
    for kind, placed in (("status5xxBefore", 0), ("status5xxAfter", 1)):
        client_id = world.id()
        with world.control.fault("POST /orders", kind, status=502, html=True):
            error = raises(HTTPError, lambda: world.rest_order(client_id=client_id), "an injected 502")
        equal(error.response.status_code, 502, "status")
        found = [o for o in world.listed() if o["client_order_id"] == client_id]
        equal(len(found), placed, f"orders after {kind}")


@check("HTML with 200 breaks the SDK's parsing, though the order may stand")
def _(world):
    client_id = world.id()
    with world.control.fault("POST /orders", "html200"):
        raises(requests.exceptions.JSONDecodeError, lambda: world.rest_order(client_id=client_id), "HTML with 200")


@check("a reply that is dropped after processing leaves an order that the same request finds")
def _(world):
    client_id = world.id()
    with world.control.fault("POST /orders", "dropAfter"):
        raises(requests.exceptions.ConnectionError, lambda: world.rest_order(client_id=client_id), "a dropped reply")
    found = eventually(
        lambda: [o for o in world.listed() if o["client_order_id"] == client_id], "the order of the lost reply"
    )
    equal(world.rest_order(client_id=client_id), found[0]["order_id"], "the order's id")


@check("a request that is dropped before processing leaves none")
def _(world):
    client_id = world.id()
    with world.control.fault("POST /orders", "dropBefore"):
        raises(requests.exceptions.ConnectionError, lambda: world.rest_order(client_id=client_id), "a dropped request")
    equal([o for o in world.listed() if o["client_order_id"] == client_id], [], "orders")


@check("a hanging reply is cut by the SDK's own timeout, and others are served meanwhile")
def _(world):
    client = world.client(world.sandbox.ecdsa)
    client.timeout = 1
    seen = []

    def hang():
        try:
            client.get_api_key_permissions()
        except requests.exceptions.ReadTimeout as error:
            seen.append(error)

    with world.control.fault("GET /key_permissions", "hangBefore"):
        thread = threading.Thread(target=hang)
        start = time.monotonic()
        thread.start()
        for _ in range(5):
            world.rest.get_accounts()
        true(time.monotonic() - start < 1, "other requests waited for the hanging one")
        thread.join(5)
    equal(len(seen), 1, "timeouts")


@check("an injected latency is waited for, and then gone")
def _(world):
    world.control.latency("GET /accounts", 300)
    start = time.monotonic()
    world.rest.get_accounts()
    waited = time.monotonic() - start
    world.control.no_latency()
    true(0.3 <= waited < 3, f"{waited:.3f} s instead of 0.3")


@check("the journal of requests shows what came, and no secret of it")
def _(world):
    client_id = world.id()
    order_id = world.rest_order(client_id=client_id)
    world.rest.get_order(order_id)
    journal = world.control.journal()
    contains(json.dumps(journal), f"{ORDERS}/historical/{order_id}", "journal")
    true("eyJ" not in json.dumps(journal), "there is a token in the journal")


@check("the true book shows the working orders")
def _(world):
    order_id = world.rest_order()
    book = world.control.book()
    found = next(o for o in book["orders"] if o["order_id"] == order_id)
    equal((found["working"], Decimal(found["limit_price"])), (True, 40000), "the order in the book")
    equal(book["inconsistencies"], [], "what an audit of the book finds")


@check("an edit is refused in the venue's shape and changes nothing; a preview places nothing")
def _(world):
    order_id = world.rest_order()
    answer = world.rest.edit_order(order_id, size="0.002", price="41000.00").to_dict()
    equal(answer["success"], False, f"success of {answer}")
    true(answer["errors"][0]["edit_failure_reason"], "no edit_failure_reason")
    equal(Decimal(world.order(order_id)["order_configuration"]["limit_limit_gtc"]["limit_price"]), 40000, "its price")
    before = len(world.listed())
    error = raises(HTTPError, lambda: world.rest.preview_limit_order_gtc_buy(PRODUCT, "0.001", "40000.00"), "preview")
    equal(error.response.status_code, 404, "status of a preview")
    equal(len(world.listed()), before, "orders")
