"""Reference and market data over REST: time, products, books, trades, candles, accounts, fees, the key."""

import time
from decimal import Decimal

from checks import boolean, check, contains, decimal, equal, eventually, raises, text, true
from requests import HTTPError
from world import OTHER, PRODUCT


@check("the time is three strings of one instant, near ours")
def _(world):
    now = world.rest.get_unix_time().to_dict()
    text(now, "iso", "epoch_seconds", "epoch_millis")
    equal(int(now["epoch_millis"]) // 1000, int(now["epoch_seconds"]), "seconds")
    true(now["iso"].endswith("Z"), f"iso is {now['iso']!r}, not UTC")
    true(abs(int(now["epoch_millis"]) / 1000 - time.time()) < 5, "the time is more than 5 s off")


@check("the time needs no key")
def _(world):
    text(world.client().get_unix_time().to_dict(), "iso")


@check("products are listed with increments, sizes and states")
def _(world):
    answer = world.rest.get_products(product_type="SPOT").to_dict()
    true(isinstance(answer["num_products"], int), "num_products is no number")
    equal(answer["num_products"], len(answer["products"]), "num_products")
    product = next(p for p in answer["products"] if p["product_id"] == PRODUCT)
    decimal(product, "base_increment", "quote_increment", "price_increment", "base_min_size", "base_max_size")
    decimal(product, "quote_min_size", "quote_max_size", "price")
    boolean(product, "is_disabled", "cancel_only", "limit_only", "post_only", "trading_disabled", "auction_mode")
    boolean(product, "view_only", "watched", "new")
    equal((product["base_currency_id"], product["quote_currency_id"]), ("BTC", "USD"), "currencies")
    equal((product["product_type"], product["status"]), ("SPOT", "online"), "type and status")


@check("products can be asked for by ids, limit and offset")
def _(world):
    chosen = world.rest.get_products(product_ids=[PRODUCT, OTHER]).to_dict()["products"]
    equal({p["product_id"] for p in chosen}, {PRODUCT, OTHER}, "products by ids")
    everything = [p["product_id"] for p in world.rest.get_products().to_dict()["products"]]
    true(len(everything) >= 2, "fewer than two products")
    pages = [world.rest.get_products(limit=1, offset=n).to_dict()["products"] for n in range(2)]
    equal([p["product_id"] for page in pages for p in page], everything[:2], "two pages of one")


@check("futures are asked for in vain")
def _(world):
    answer = world.rest.get_products(product_type="FUTURE").to_dict()
    equal(answer["products"], [], "futures")


@check("one product is the same as in the list")
def _(world):
    one = world.rest.get_product(PRODUCT).to_dict()
    listed = next(p for p in world.rest.get_products().to_dict()["products"] if p["product_id"] == PRODUCT)
    equal(one, listed, "the product")


@check("an unknown product is 404 with the venue's error shape")
def _(world):
    error = raises(HTTPError, lambda: world.rest.get_product("NOPE-USD"), "an unknown product")
    equal(error.response.status_code, 404, "status")
    text(error.response.json(), "error", "error_details", "message")


@check("public twins of products, book, candles and trades need no key")
def _(world):
    public = world.client()
    equal(public.get_public_product(PRODUCT)["product_id"], PRODUCT, "public product")
    ids = {p["product_id"] for p in public.get_public_products().to_dict()["products"]}
    contains(ids, PRODUCT, "public products")
    equal(public.get_public_product_book(PRODUCT)["pricebook"]["product_id"], PRODUCT, "public book")
    now = int(time.time())
    candles = public.get_public_candles(PRODUCT, str(now - 600), str(now), "ONE_MINUTE").to_dict()
    true(isinstance(candles["candles"], list), "public candles")
    true(isinstance(public.get_public_market_trades(PRODUCT, limit=5).to_dict()["trades"], list), "public trades")


@check("the book is sorted, within its limit, and says its middle and spread")
def _(world):
    answer = world.rest.get_product_book(PRODUCT, limit=3).to_dict()
    book = answer["pricebook"]
    text(book, "product_id", "time")
    for level in book["bids"] + book["asks"]:
        decimal(level, "price", "size")
    bids = [Decimal(level["price"]) for level in book["bids"]]
    asks = [Decimal(level["price"]) for level in book["asks"]]
    true(0 < len(bids) <= 3 and 0 < len(asks) <= 3, f"{len(bids)} bids and {len(asks)} asks of at most 3")
    equal((bids, asks), (sorted(bids, reverse=True), sorted(asks)), "the order of prices")
    equal((bids[0], asks[0]), (Decimal("49999"), Decimal("50001")), "best prices")
    decimal(answer, "last", "mid_market", "spread_bps", "spread_absolute")
    equal(Decimal(answer["mid_market"]), Decimal("50000"), "mid_market")
    equal(Decimal(answer["spread_absolute"]), Decimal("2"), "spread_absolute")
    true(abs(Decimal(answer["spread_bps"]) - Decimal("0.4")) < Decimal("0.001"), "spread_bps is not 0.4")


@check("an own resting order stands in the book")
def _(world):
    order_id = world.rest_order("49999.50", "0.0123")
    best = world.rest.get_product_book(PRODUCT, limit=1).to_dict()["pricebook"]["bids"][0]
    equal((Decimal(best["price"]), Decimal(best["size"])), (Decimal("49999.5"), Decimal("0.0123")), "best bid")
    world.rest.cancel_orders([order_id])
    world.until(order_id, "CANCELLED")


@check("best bid and ask come for the products asked for, or for all")
def _(world):
    books = world.rest.get_best_bid_ask([OTHER]).to_dict()["pricebooks"]
    equal([b["product_id"] for b in books], [OTHER], "products")
    equal((len(books[0]["bids"]), len(books[0]["asks"])), (1, 1), "depth")
    equal(Decimal(books[0]["bids"][0]["price"]), Decimal("2999"), "bid")
    everything = world.rest.get_best_bid_ask().to_dict()["pricebooks"]
    true({PRODUCT, OTHER} <= {b["product_id"] for b in everything}, "not all products")


@check("a price that moves is a price that is told")
def _(world):
    world.control.quote(OTHER, "3100.00", "3102.00")
    eventually(lambda: world.best(OTHER) == (Decimal("3100"), Decimal("3102")), "the moved book")
    world.control.quote(OTHER, "2999.00", "3001.00")


@check("trades show what was traded, newest first, and the best prices")
def _(world):
    world.rest.market_order_sell(world.id(), PRODUCT, "0.001")
    world.rest.market_order_buy(world.id(), PRODUCT, base_size="0.002")
    answer = world.rest.get_market_trades(PRODUCT, limit=2).to_dict()
    equal(len(answer["trades"]), 2, "trades")
    for trade in answer["trades"]:
        text(trade, "trade_id", "product_id", "time", "side", "bid", "ask")
        decimal(trade, "price", "size")
    equal([Decimal(t["size"]) for t in answer["trades"]], [Decimal("0.002"), Decimal("0.001")], "newest first")
    equal((Decimal(answer["best_bid"]), Decimal(answer["best_ask"])), (Decimal("49999"), Decimal("50001")), "best")


@check("candles are strings, newest first, of the granularity, within the window")
def _(world):
    now = int(time.time())
    answer = world.rest.get_candles(PRODUCT, str(now - 3600), str(now), "ONE_MINUTE").to_dict()["candles"]
    true(answer, "no candles, though there were trades")
    for candle in answer:
        decimal(candle, "start", "low", "high", "open", "close", "volume")
        low, high = Decimal(candle["low"]), Decimal(candle["high"])
        inside = all(low <= Decimal(candle[name]) <= high for name in ("open", "close"))
        true(inside, f"open or close outside of low and high: {candle}")
    starts = [int(c["start"]) for c in answer]
    equal(starts, sorted(starts, reverse=True), "the order of candles")
    true(all(s % 60 == 0 for s in starts), "a candle starts within a minute")
    true(all(now - 3660 <= s <= now for s in starts), "a candle outside of the window")


@check("candles of an unknown granularity are refused")
def _(world):
    now = int(time.time())
    error = raises(
        HTTPError, lambda: world.rest.get_candles(PRODUCT, str(now - 60), str(now), "SEVEN_MINUTE"), "granularity"
    )
    equal(error.response.status_code, 400, "status")
    text(error.response.json(), "error", "message")


@check("accounts say what is available and what is held")
def _(world):
    answer = world.rest.get_accounts(limit=250).to_dict()
    equal(answer["has_next"], False, "has_next")
    equal(answer["size"], len(answer["accounts"]), "size")
    for account in answer["accounts"]:
        text(account, "uuid", "name", "currency", "type", "retail_portfolio_id")
        boolean(account, "default", "active", "ready")
        for part in ("available_balance", "hold"):
            decimal(account[part], "value")
            equal(account[part]["currency"], account["currency"], f"currency of {part}")
    true({"USD", "BTC"} <= {a["currency"] for a in answer["accounts"]}, "no USD or no BTC")


@check("a resting order holds its cost and a cancel gives it back")
def _(world):
    available, held = world.balance("USD")
    order_id = world.rest_order("40000.00", "0.01")
    after, holds = world.balance("USD")
    true(Decimal("400") <= holds - held <= Decimal("410"), f"{holds - held} is held for a value of 400")
    equal(after + holds, available + held, "available and held together")
    world.rest.cancel_orders([order_id])
    world.until(order_id, "CANCELLED")
    equal(world.balance("USD"), (available, held), "the balance after the cancel")


@check("accounts come in pages without loss or repetition")
def _(world):
    everything = [a["uuid"] for a in world.rest.get_accounts(limit=250).to_dict()["accounts"]]
    paged, cursor = [], None
    for _ in range(len(everything) + 1):
        page = world.rest.get_accounts(limit=1, cursor=cursor).to_dict()
        equal(len(page["accounts"]), 1, "accounts on a page of one")
        paged += [a["uuid"] for a in page["accounts"]]
        if not page["has_next"]:
            break
        cursor = page["cursor"]
    equal(paged, everything, "accounts over all pages")


@check("one account by its id; an unknown one is 404")
def _(world):
    first = world.rest.get_accounts().to_dict()["accounts"][0]
    one = world.rest.get_account(first["uuid"]).to_dict()["account"]
    equal({**one, "updated_at": None}, {**first, "updated_at": None}, "the account")
    unknown = "00000000-0000-4000-8000-000000000000"
    error = raises(HTTPError, lambda: world.rest.get_account(unknown), "an unknown account")
    equal(error.response.status_code, 404, "status")


@check("the transaction summary has rates as strings and totals as numbers")
def _(world):
    for answer in (world.rest.get_transaction_summary(), world.rest.get_transaction_summary(product_type="SPOT")):
        summary = answer.to_dict()
        for name in ("total_volume", "total_fees"):
            number = isinstance(summary[name], (int, float)) and not isinstance(summary[name], bool)
            true(number, f"{name} is {summary[name]!r}, not a number")
        decimal(summary["fee_tier"], "taker_fee_rate", "maker_fee_rate", "usd_from", "usd_to")
        text(summary["fee_tier"], "pricing_tier")


@check("the key may view and trade, may not transfer, and names its portfolio")
def _(world):
    key = world.rest.get_api_key_permissions().to_dict()
    equal((key["can_view"], key["can_trade"], key["can_transfer"]), (True, True, False), "permissions")
    text(key, "portfolio_uuid", "portfolio_type")
    portfolios = world.rest.get_portfolios().to_dict()["portfolios"]
    contains([p["uuid"] for p in portfolios], key["portfolio_uuid"], "portfolios")
    for portfolio in portfolios:
        text(portfolio, "name", "uuid", "type")
        boolean(portfolio, "deleted")


@check("query and body as the SDK sends them are tolerated on one connection")
def _(world):
    # A GET with the body {} and Python's booleans in the query, many times over the same connection.
    for _ in range(20):
        equal(world.rest.get_product(PRODUCT, get_tradability_status=True)["product_id"], PRODUCT, "product")


@check("rate limit headers are given to whom asks the SDK for them")
def _(world):
    client = world.client(world.sandbox.ecdsa, rate_limit_headers=True)
    accounts = client.get_accounts()
    for name in ("rate_limit_limit", "rate_limit_remaining", "rate_limit_reset"):
        true(getattr(accounts, name, None) is not None, f"no {name}")
