#!/usr/bin/env python3
"""Recomputes an account from its exported fills and compares it with both sets of books.

Shares no code and no rounding with trader247: exact decimals, and any inexact step is an error.

    trader247 fills --json     > fills.json
    trader247 positions --json > positions.json
    trader247 paper book --json > book.json
    recompute.py --fills fills.json --positions positions.json --book book.json \\
        --start USD=100000 --start BTC=1 --maker-fee 0.004

What must hold, to the last digit:
  - no fill is there twice, and ours are exactly the exchange's
  - the fills of every order add up to what the exchange says it filled
  - every fee is price x quantity x rate
  - start balances plus flows are the exchange's balances, and nothing is on hold
  - per symbol: quantity, cash and fees are the ledger's, and the ledger's profit fits its cash

Prints one JSON line. Exit 0 when all of it holds, 1 with every difference on stderr.
"""

import argparse
import json
import sys
from collections import defaultdict
from decimal import Context, Decimal, Inexact, InvalidOperation, Rounded, setcontext

ZERO = Decimal(0)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Account:
    """What fills make of an empty account."""

    def __init__(self):
        self.quantity = defaultdict(Decimal)
        self.cash = defaultdict(Decimal)
        self.fees = defaultdict(Decimal)
        self.flows = defaultdict(Decimal)

    def book(self, fill):
        symbol = fill["symbol"]
        base, quote = symbol.split("-")
        sign = {"buy": 1, "sell": -1}[fill["side"].lower()]
        quantity = Decimal(fill["quantity"]) * sign
        fee = Decimal(fill["fee"])
        cash = -quantity * Decimal(fill["price"]) - fee
        self.quantity[symbol] += quantity
        self.cash[symbol] += cash
        self.fees[symbol] += fee
        self.flows[base] += quantity
        self.flows[quote] += cash


def check(fills, positions, book, start, maker_fee, taker_fee):
    """All differences, and the account."""
    problems = []

    def same(what, ours, theirs):
        if Decimal(ours) != Decimal(theirs):
            problems.append(f"{what}: recomputed {ours}, found {theirs}")

    account = Account()
    seen = {}
    for fill in fills:
        if fill["fill_id"] in seen:
            problems.append(f"fill {fill['fill_id']} is exported twice")
            continue
        seen[fill["fill_id"]] = fill
        account.book(fill)
        rate = {"maker": maker_fee, "taker": taker_fee}[fill["liquidity"]]
        if rate is not None:
            fee = Decimal(fill["price"]) * Decimal(fill["quantity"]) * rate
            same(f"fee of fill {fill['fill_id']}", fee, fill["fee"])

    # The same fills on both sides, field by field.
    theirs = {fill["fill_id"]: fill for fill in book["fills"]}
    for missing in sorted(theirs.keys() - seen.keys()):
        problems.append(f"the exchange's fill {missing} is not in the ledger")
    for unknown in sorted(seen.keys() - theirs.keys()):
        problems.append(f"fill {unknown} is not at the exchange")
    for key in sorted(seen.keys() & theirs.keys()):
        for field, value in theirs[key].items():
            if seen[key].get(field) != value:
                problems.append(f"fill {key}: {field} is {seen[key].get(field)}, the exchange says {value}")

    filled = defaultdict(Decimal)
    for fill in fills:
        filled[fill["exchange_order_id"]] += Decimal(fill["quantity"])
    for order in book["orders"]:
        name = order["exchange_order_id"]
        same(f"order {name} filled", filled.pop(name, ZERO), order["filled_quantity"])
    problems += [f"fills of order {name}, which the exchange does not know" for name in sorted(filled)]

    balances = {balance["currency"]: balance for balance in book["balances"]}
    for currency in sorted(start.keys() | account.flows.keys() | balances.keys()):
        expected = start.get(currency, ZERO) + account.flows.get(currency, ZERO)
        found = balances.get(currency, {"total": "0", "held": "0", "available": "0"})
        same(f"balance of {currency}", expected, found["total"])
        same(f"hold of {currency}", ZERO, found["held"])
        same(f"available {currency}", expected, found["available"])
    if book["working"] != 0:
        problems.append(f"{book['working']} orders still work at the exchange")

    ledger = {position["symbol"]: position for position in positions}
    for symbol in sorted(account.quantity.keys() | ledger.keys()):
        if symbol not in ledger:
            problems.append(f"the ledger has no position of {symbol}")
            continue
        position = ledger[symbol]
        same(f"{symbol} quantity", account.quantity[symbol], position["quantity"])
        same(f"{symbol} cash", account.cash[symbol], position["cash"])
        same(f"{symbol} fees", account.fees[symbol], position["fees"])
        # What was earned and is not in the cash is in the position, at its cost.
        realised, basis = Decimal(position["realised"]), Decimal(position["cost_basis"])
        same(f"{symbol} cash by profit", realised - basis - account.fees[symbol], position["cash"])
        same(f"{symbol} net", realised - account.fees[symbol], position["net_realised"])
        if account.quantity[symbol] == 0:
            same(f"{symbol} cost of nothing", ZERO, basis)
    return problems, account


def main():
    setcontext(Context(prec=100, traps=[Inexact, Rounded, InvalidOperation]))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--fills", required=True)
    parser.add_argument("--positions", required=True)
    parser.add_argument("--book", required=True)
    parser.add_argument("--start", action="append", default=[], metavar="CURRENCY=AMOUNT")
    parser.add_argument("--maker-fee", type=Decimal)
    parser.add_argument("--taker-fee", type=Decimal)
    options = parser.parse_args()
    start = {name: Decimal(amount) for name, amount in (item.split("=") for item in options.start)}

    fills = load(options.fills)
    book = load(options.book)
    problems, account = check(
        fills, load(options.positions), book, start, options.maker_fee, options.taker_fee)
    for problem in problems:
        print(problem, file=sys.stderr)
    text = {symbol: str(value) for symbol, value in sorted(account.quantity.items())}
    print(json.dumps({
        "equal": not problems, "fills": len(fills), "orders": len(book["orders"]), "quantity": text,
        "cash": {symbol: str(value) for symbol, value in sorted(account.cash.items())},
        "fees": {symbol: str(value) for symbol, value in sorted(account.fees.items())},
    }))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
