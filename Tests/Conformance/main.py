"""Runs the checks; see `run`."""

import logging
import sys

import checks
import world

# The order in which the groups run. Importing a group registers its checks.
import reference  # noqa: F401
import placement  # noqa: F401
import refusals  # noqa: F401
import cancels  # noqa: F401
import listings  # noqa: F401
import fills  # noqa: F401
import authentication  # noqa: F401
import errors  # noqa: F401
import market_streams  # noqa: F401
import user_stream  # noqa: F401
import broken_streams  # noqa: F401
import ccxt_client  # noqa: F401
import ccxt_pro  # noqa: F401
import options  # noqa: F401
import documentation  # noqa: F401

# The SDK logs each refusal that a check provokes.
logging.disable(logging.CRITICAL)

passed, failed = checks.run(world.World, sys.argv[1:])
print(f"{passed} passed, {failed} failed")
sys.exit(0 if passed and not failed else 1)
