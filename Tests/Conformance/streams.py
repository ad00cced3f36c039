"""The official SDK's WebSocket clients, with everything that they receive kept and waited for."""

import json
import threading

from coinbase.websocket import WSClient, WSUserClient

from checks import Failure


class Stream:
    def __init__(self, url, key, retry=False, user=False):
        name, secret = key or (None, None)
        self.messages = []
        self.opened = 0
        self.changed = threading.Condition()
        kind = WSUserClient if user else WSClient
        self.client = kind(
            api_key=name,
            api_secret=secret,
            base_url=url,
            timeout=10,
            retry=retry,
            on_message=self.take,
            on_open=self.note_open,
        )

    def open(self):
        self.client.open()
        return self

    def end(self):
        """Ends the client whatever state it is in. The SDK's own `close` refuses a connection that is lost."""
        loop, thread = self.client.loop, self.client.thread
        if not loop or loop.is_closed():
            return
        try:
            self.client.close()
        except Exception:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def take(self, text):
        with self.changed:
            self.messages.append(json.loads(text))
            self.changed.notify_all()

    def note_open(self):
        with self.changed:
            self.opened += 1
            self.changed.notify_all()

    @property
    def is_open(self):
        return bool(self.client.websocket and self.client.websocket.open)

    def wait(self, fact, what, within=5.0, start=0):
        """Waits until `fact` is true of a message from number `start` on, and returns what it gave."""

        def look():
            for message in self.messages[start:]:
                found = fact(message)
                if found:
                    return found
            return None

        with self.changed:
            found = self.changed.wait_for(look, within)
        if not found:
            seen = [m.get("channel") or m.get("type") for m in self.messages[start:]]
            raise Failure(f"not within {within:g} s: {what}; came: {seen[-20:]}")
        return found

    def message(self, channel, within=5.0, start=0, kind=None):
        """Waits for a message of a channel, and of a kind of event where one is given."""

        def look(message):
            if message.get("channel") != channel:
                return None
            if kind and not any(e.get("type") == kind for e in message["events"]):
                return None
            return message

        return self.wait(look, f"a message on {channel}" + (f" of type {kind}" if kind else ""), within, start)

    def order(self, order_id, status=None, within=5.0, start=0):
        """Waits for an update of the user channel that shows the order, in a status where one is given."""

        def look(message):
            for order in orders(message, "update"):
                if order["order_id"] == order_id and status in (None, order["status"]):
                    return order
            return None

        return self.wait(look, f"order {order_id} {status or ''} on the user channel", within, start)


def orders(message, kind):
    """The orders in a message of the user channel."""
    if message.get("channel") != "user":
        return []
    return [o for e in message["events"] if e.get("type") == kind for o in e.get("orders", [])]


def gaps(messages):
    """Where the running number of a connection does not run: (number before, number after)."""
    numbers = [m["sequence_num"] for m in messages if "sequence_num" in m]
    return [(a, b) for a, b in zip(numbers, numbers[1:]) if b != a + 1]
