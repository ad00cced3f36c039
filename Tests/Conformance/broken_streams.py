"""Connections that end or lie: the five seconds, closes of both sorts, gaps and silence on request."""

import time

from checks import check, equal, eventually, raises, true
from coinbase.websocket import WSClientConnectionClosedException
from streams import gaps
from world import PRODUCT


@check("who subscribes to nothing within five seconds is closed")
def _(world):
    start = time.monotonic()
    silent = world.stream()
    kept = world.stream()
    kept.client.heartbeats()
    eventually(lambda: not silent.is_open, "the close of the silent connection", within=10)
    waited = time.monotonic() - start
    true(4.5 <= waited <= 7, f"closed after {waited:.1f} s")
    true(kept.is_open, "the connection that subscribed was closed too")


@check("an abnormal close makes the SDK reconnect and subscribe again to what has products")
def _(world):
    stream = world.stream(retry=True)
    stream.client.ticker([PRODUCT])
    stream.message("ticker")
    start = len(stream.messages)
    world.control.close_sockets(clean=False)
    eventually(lambda: stream.opened == 2, "the second connection", within=20)
    message = stream.message("ticker", within=20, start=start, kind="snapshot")
    true(message["sequence_num"] <= 1, "the numbers of the second connection do not begin anew")


@check("without retry an abnormal close is an error of the SDK's client")
def _(world):
    stream = world.stream()
    stream.client.ticker([PRODUCT])
    stream.message("ticker")
    world.control.close_sockets(clean=False)
    eventually(lambda: not stream.is_open, "the close")
    eventually(lambda: stream.client._background_exception, "the error")
    raises(WSClientConnectionClosedException, stream.client.raise_background_exception, "an abnormal close")


@check("a clean close ends the SDK's client silently: no error, no reconnect")
def _(world):
    stream = world.stream(retry=True)
    stream.client.ticker([PRODUCT])
    stream.message("ticker")
    world.control.close_sockets(clean=True)
    eventually(lambda: stream.client._task.done(), "the end of the SDK's reader")
    stream.client.raise_background_exception()
    equal(stream.opened, 1, "connections")


@check("after a clean close the same client opens and subscribes again by hand")
def _(world):
    stream = world.stream()
    stream.client.ticker([PRODUCT])
    stream.message("ticker")
    world.control.close_sockets(clean=True)
    eventually(lambda: stream.client._task.done(), "the end of the SDK's reader")
    start = len(stream.messages)
    stream.client.open()
    stream.client.ticker([PRODUCT])
    stream.message("ticker", start=start, kind="snapshot")


@check("an injected gap is seen in the running numbers, once")
def _(world):
    stream = world.stream()
    stream.client.ticker([PRODUCT])
    stream.client.heartbeats()
    stream.message("heartbeats")
    with world.control.fault("WS ticker", "wsGap", count=1):
        for n in range(3):
            world.control.quote(PRODUCT, f"{49900 + n}.00", f"{49910 + n}.00")
    for _ in range(2):
        stream.message("heartbeats", start=len(stream.messages))
    found = gaps(stream.messages)
    equal(len(found), 1, f"gaps {found}")
    true(found[0][1] > found[0][0] + 1, f"the numbers go back: {found}")
    world.control.quote(PRODUCT, "49999.00", "50001.00")


@check("an injected silence stops even the heartbeats, while REST goes on, and leaves a gap")
def _(world):
    def clock():
        return int(world.rest.get_unix_time()["epoch_millis"])

    stream = world.stream()
    stream.client.heartbeats()
    stream.message("heartbeats")
    with world.control.fault("WS heartbeats", "wsSilence", ms=3500, count=1) as rule:
        eventually(lambda: world.control.fired(rule), "the silence begins")
        begin, start = clock(), len(stream.messages)
        stream.message("heartbeats", within=15, start=start)
    passed = clock() - begin
    true(passed > 2500, f"a heartbeat after {passed} ms of a silence of 3500")
    true(stream.is_open, "the silent connection was closed")
    equal(len(gaps(stream.messages)), 1, "gaps")


@check("a connection may be broken off by a message, one of several, once")
def _(world):
    streams = [world.stream(), world.stream()]
    for stream in streams:
        stream.client.ticker([PRODUCT])
        stream.message("ticker")
    with world.control.fault("WS ticker", "wsCloseAbnormal", count=1):
        world.control.quote(PRODUCT, "50009.00", "50011.00")
        eventually(lambda: sorted(s.is_open for s in streams) == [False, True], "the close of one of two")
    world.control.quote(PRODUCT, "49999.00", "50001.00")
