#!/usr/bin/env python3
"""The other side of `Benchmarks/run backtest`: the same trades and an equivalent grid on NautilusTrader's own backtest
engine. Runs in the environment that backtest.py makes; prints one JSON line.

    nautilus_grid.py TRADES.csv LEVELS SPACING_BPS QUOTE_SIZE LATENCY_MS
"""

import csv
import json
import sys
import time
from decimal import Decimal

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.backtest.models import LatencyModel
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import BTC, USD
from nautilus_trader.model.data import TradeTick
from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TradeId, TraderId, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

import pandas

VENUE = Venue("SIM")
ID = InstrumentId(Symbol("BTC/USD"), VENUE)


class GridConfig(StrategyConfig, frozen=True):
    levels: int
    spacing: float
    size: float


class Grid(Strategy):
    """Post-only buys below and sells above a centre; the centre moves by whole steps once the price leaves it."""

    def __init__(self, config):
        super().__init__(config)
        self.centre = None
        self.step = None
        self.resting = {}

    def on_start(self):
        self.instrument = self.cache.instrument(ID)
        self.subscribe_trade_ticks(ID)

    def on_trade_tick(self, tick):
        price = float(tick.price)
        if self.centre is None:
            self.centre = round(price, 2)
            self.step = max(0.01, round(self.centre * self.config.spacing, 2))
        elif abs(price - self.centre) > self.step:
            steps = round((price - self.centre) / self.step)
            self.centre = round(self.centre + steps * self.step, 2)
        else:
            return
        self.compare(price)

    def on_order_filled(self, event):
        self.resting.pop(event.client_order_id, None)
        self.compare(float(event.last_px))

    def on_order_canceled(self, event):
        self.resting.pop(event.client_order_id, None)

    def on_order_rejected(self, event):
        self.resting.pop(event.client_order_id, None)

    def compare(self, price):
        wanted = {}
        for level in range(1, self.config.levels + 1):
            buy = round(self.centre - level * self.step, 2)
            sell = round(self.centre + level * self.step, 2)
            if buy <= price:
                wanted[(OrderSide.BUY, buy)] = None
            if sell >= price:
                wanted[(OrderSide.SELL, sell)] = None
        for client_id, key in list(self.resting.items()):
            if key in wanted:
                del wanted[key]
            else:
                order = self.cache.order(client_id)
                if order is not None and order.is_open and not order.is_pending_cancel:
                    self.cancel_order(order)
        for side, at in wanted:
            order = self.order_factory.limit(
                instrument_id=ID, order_side=side, price=Price(at, 2),
                quantity=Quantity(self.config.size / at, 8), post_only=True)
            self.resting[order.client_order_id] = (side, at)
            self.submit_order(order)

    def on_stop(self):
        self.cancel_all_orders(ID)


def read(path):
    ticks = []
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            at = int(pandas.Timestamp(row["time"]).value)
            side = AggressorSide.BUYER if row["side"] == "buy" else AggressorSide.SELLER
            ticks.append(
                TradeTick(
                    ID, Price(float(row["price"]), 2), Quantity(float(row["size"]), 8), side,
                    TradeId(row["trade_id"]), at, at))
    return ticks


def main():
    path, levels, spacing, size, latency = sys.argv[1:6]
    began = time.perf_counter()
    ticks = read(path)
    read_at = time.perf_counter()
    engine = BacktestEngine(
        BacktestEngineConfig(trader_id=TraderId("BENCH-1"), logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=VENUE, oms_type=OmsType.NETTING, account_type=AccountType.CASH, base_currency=None,
        starting_balances=[Money(100_000, USD), Money(1, BTC)], trade_execution=True,
        latency_model=LatencyModel(base_latency_nanos=int(float(latency) * 1e6 / 2)))
    engine.add_instrument(
        CurrencyPair(
            instrument_id=ID, raw_symbol=Symbol("BTCUSD"), base_currency=BTC, quote_currency=USD,
            price_precision=2, size_precision=8, price_increment=Price.from_str("0.01"),
            size_increment=Quantity.from_str("0.00000001"), lot_size=None, max_quantity=None,
            min_quantity=Quantity.from_str("0.00001"), max_notional=None, min_notional=Money(1, USD),
            max_price=None, min_price=None, margin_init=Decimal(0), margin_maint=Decimal(0),
            maker_fee=Decimal("0.004"), taker_fee=Decimal("0.006"), ts_event=0, ts_init=0))
    engine.add_data(ticks)
    engine.add_strategy(
        Grid(GridConfig(levels=int(levels), spacing=float(spacing) / 1e4, size=float(size))))
    ready_at = time.perf_counter()
    engine.run()
    done_at = time.perf_counter()
    orders = engine.cache.orders()
    print(json.dumps({
        "events": len(ticks), "seconds": done_at - ready_at, "read_seconds": read_at - began,
        "orders": len(orders), "filled": sum(1 for order in orders if order.is_closed and order.filled_qty > 0),
        "version": __import__("nautilus_trader").__version__}))
    engine.dispose()


main()
