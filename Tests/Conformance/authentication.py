"""Who may come in: both algorithms, both clients' dialects of a token, and everybody who may not."""

import base64
import secrets
import time

import jwt
from checks import check, equal, raises, true
from coinbase.jwt_generator import _algorithm_for, _load_private_key
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from requests import HTTPError
from world import PREFIX, PRODUCT

ACCOUNTS = f"{PREFIX}/accounts"


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()


def token(world, key=None, header=(), drop=(), **claims):
    """A token as the SDK makes it, but for what is said otherwise."""
    name, secret = key or world.sandbox.ecdsa
    private = _load_private_key(secret)
    now = int(time.time())
    uri = f"GET {world.sandbox.host}{ACCOUNTS}"
    body = {"sub": name, "iss": "cdp", "nbf": now, "exp": now + 120, "uri": uri, **claims}
    head = {"kid": name, "nonce": secrets.token_hex(), **dict(header)}
    for field in drop:
        body.pop(field, None)
        head.pop(field, None)
    return jwt.encode(body, private, algorithm=_algorithm_for(private), headers=head)


def let_in(world, **how):
    answer = world.raw("GET", ACCOUNTS, token=token(world, **how))
    equal(answer.status_code, 200, "status")


def turned_away(world, answer):
    """401 in plain text, never JSON."""
    equal(answer.status_code, 401, f"status of {answer.text[:100]!r}")
    equal(answer.text.strip(), "Unauthorized", "body")
    true("json" not in answer.headers.get("Content-Type", ""), "the refusal says that it is JSON")


@check("a key of ES256 is known")
def _(world):
    true(world.client(world.sandbox.ecdsa).get_accounts()["accounts"], "no accounts")
    let_in(world)


@check("a key of Ed25519 is known")
def _(world):
    true(world.client(world.sandbox.ed25519).get_accounts()["accounts"], "no accounts")
    let_in(world, key=world.sandbox.ed25519)


@check("the SDK reads the venue's key file as the sandbox writes it")
def _(world):
    from coinbase.rest import RESTClient
    from world import PlainHTTP

    for path in world.sandbox.key_files:
        client = RESTClient(key_file=path, base_url=world.sandbox.host, timeout=10)
        client.session.mount(f"https://{world.sandbox.host}", PlainHTTP())
        true(client.get_accounts()["accounts"], f"no accounts with {path}")


@check("ccxt's dialect is known: its scheme in the uri, its audience, a list of uris")
def _(world):
    now = int(time.time())
    let_in(
        world,
        iss="coinbase-cloud", aud=["retail_rest_api_proxy"], iat=now,
        uri=f"GET {world.sandbox.url}{ACCOUNTS}",
    )  # fmt: skip
    let_in(
        world,
        key=world.sandbox.ed25519, drop=("uri",),
        aud=["cdp_service"], uris=[f"GET {world.sandbox.url}{ACCOUNTS}"],
    )  # fmt: skip


@check("a token of a few seconds' life is enough")
def _(world):
    let_in(world, exp=int(time.time()) + 5)


@check("a query is no part of the token's path")
def _(world):
    equal(world.raw("GET", ACCOUNTS, query={"limit": "1"}, token=token(world)).status_code, 200, "status")


@check("a stranger's key under a known name is turned away")
def _(world):
    stranger = (world.sandbox.ecdsa[0], pem(ec.generate_private_key(ec.SECP256R1())))
    error = raises(HTTPError, world.client(stranger).get_accounts, "a stranger's ES256 key")
    turned_away(world, error.response)
    raw = ed25519.Ed25519PrivateKey.generate().private_bytes_raw()
    stranger = (world.sandbox.ed25519[0], base64.b64encode(raw + raw).decode())
    error = raises(HTTPError, world.client(stranger).get_accounts, "a stranger's Ed25519 key")
    turned_away(world, error.response)


@check("an unknown name is turned away")
def _(world):
    name = "organizations/nobody/apiKeys/nothing"
    error = raises(HTTPError, world.client((name, world.sandbox.ecdsa[1])).get_accounts, "an unknown name")
    turned_away(world, error.response)


@check("the name of one key with the other's signature is turned away")
def _(world):
    mixed = (world.sandbox.ed25519[0], world.sandbox.ecdsa[1])
    turned_away(world, world.raw("GET", ACCOUNTS, token=token(world, key=mixed)))


@check("an expired token is turned away")
def _(world):
    now = int(time.time())
    turned_away(world, world.raw("GET", ACCOUNTS, token=token(world, nbf=now - 240, exp=now - 120)))


@check("a token of the future is turned away")
def _(world):
    now = int(time.time())
    turned_away(world, world.raw("GET", ACCOUNTS, token=token(world, nbf=now + 600, exp=now + 700)))


@check("a token that lives longer than two minutes is turned away")
def _(world):
    turned_away(world, world.raw("GET", ACCOUNTS, token=token(world, exp=int(time.time()) + 3600)))


@check("a token for another path, method or host is turned away")
def _(world):
    host = world.sandbox.host
    for uri in (
        f"GET {host}{PREFIX}/orders/historical/batch",
        f"POST {host}{ACCOUNTS}",
        f"GET api.coinbase.com{ACCOUNTS}",
        f"GET {host}{ACCOUNTS}/",
        "",
    ):
        turned_away(world, world.raw("GET", ACCOUNTS, token=token(world, uri=uri)))


@check("a token without uri, name, expiry or kid is turned away")
def _(world):
    for field in ("uri", "sub", "exp", "kid"):
        turned_away(world, world.raw("GET", ACCOUNTS, token=token(world, drop=(field,))))


@check("a token of no algorithm, or of a shared secret, is turned away")
def _(world):
    name = world.sandbox.ecdsa[0]
    now = int(time.time())
    claims = {"sub": name, "iss": "cdp", "nbf": now, "exp": now + 120, "uri": f"GET {world.sandbox.host}{ACCOUNTS}"}
    for made in (
        jwt.encode(claims, None, algorithm="none", headers={"kid": name}),
        jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": name}),
    ):
        turned_away(world, world.raw("GET", ACCOUNTS, token=made))


@check("a changed token is turned away")
def _(world):
    head, body, signature = token(world).split(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    for made in (f"{head}.{body}.{flipped}", f"{head}.{body}.", f"{head}.{body}", f"{head}.{body[:-4]}.{signature}"):
        turned_away(world, world.raw("GET", ACCOUNTS, token=made))


@check("garbage, an empty token and none at all are turned away")
def _(world):
    for made in ("garbage", "", "a.b.c", "." * 3, "é" * 4, "x" * 4000):
        turned_away(world, world.raw("GET", ACCOUNTS, token=made.encode().decode("latin-1")))
    turned_away(world, world.raw("GET", ACCOUNTS))
    turned_away(world, world.raw("GET", ACCOUNTS, headers={"Authorization": "Basic eDp5"}))


@check("an order without a token is turned away and places nothing")
def _(world):
    before = len(world.listed())
    order = (
        '{"client_order_id":"nobody-1","product_id":"%s","side":"BUY","order_configuration":'
        '{"limit_limit_gtc":{"base_size":"0.001","limit_price":"40000.00","post_only":false}}}' % PRODUCT
    )
    turned_away(world, world.raw("POST", f"{PREFIX}/orders", order))
    turned_away(world, world.raw("POST", f"{PREFIX}/orders", order, token=token(world)))
    equal(len(world.listed()), before, "orders")


@check("a bad token on a public path is no reason to refuse")
def _(world):
    equal(world.raw("GET", f"{PREFIX}/market/products", token="garbage").status_code, 200, "status")


@check("a key without a permission is told so, and the SDK explains it")
def _(world):
    world.control.permissions(can_trade=False)
    try:
        equal(world.rest.get_api_key_permissions()["can_trade"], False, "can_trade")
        error = raises(HTTPError, lambda: world.rest_order(), "an order without the permission")
        equal(error.response.status_code, 403, "status")
        equal(error.response.json()["error"], "PERMISSION_DENIED", "error")
        true("Missing Required Scopes" in str(error), f"the SDK's words: {error}")
        true(world.rest.get_accounts()["accounts"], "no accounts, though viewing is permitted")
    finally:
        world.control.permissions(can_trade=True)


@check("a key of another portfolio sees and cancels nothing of ours")
def _(world):
    ours = world.rest_order("41000.00")
    other = world.client(world.sandbox.ed25519)
    second = world.control.portfolio("second", world.sandbox.ed25519[0])
    try:
        equal(other.get_api_key_permissions()["portfolio_uuid"], second, "portfolio")
        true(world.rest.get_api_key_permissions()["portfolio_uuid"] != second, "the other key has it, too")
        equal(other.list_orders()["orders"], [], "orders of the other portfolio")
        equal(raises(HTTPError, lambda: other.get_order(ours), "our order").response.status_code, 404, "status")
        result = other.cancel_orders([ours])["results"][0]
        equal((result["success"], result["failure_reason"]), (False, "UNKNOWN_CANCEL_ORDER"), "result")
        equal(world.order(ours)["status"], "OPEN", "our order")
    finally:
        world.control.portfolio("Default", world.sandbox.ed25519[0])
    equal(other.get_order(ours)["order"]["status"], "OPEN", "our order for a key that is one of ours again")


@check("tokens are judged by the venue's clock, not by ours")
def _(world):
    world.control.skew(300_000)
    try:
        now = int(world.rest.get_unix_time()["epoch_millis"]) / 1000
        true(299 < now - time.time() < 302, f"the venue's clock is {now - time.time():.1f} s ahead")
        turned_away(world, world.raw("GET", ACCOUNTS, token=token(world)))
        let_in(world, nbf=int(now), exp=int(now) + 5)
    finally:
        world.control.skew(0)
