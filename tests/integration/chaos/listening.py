"""Somebody who listens to a private feed, whatever happens to it."""

import threading

from outcry_sdk.credentials import Credentials
from outcry_sdk.errors import SdkError
from outcry_sdk.feeds.private import Traded
from outcry_sdk.feeds.sync import UserFeed


PAUSE_SECONDS = 0.2


class Ear:
    """Collects every fill that one user is told of, in a thread of its own."""

    def __init__(self, url: str, token: str) -> None:
        #: Trade, number in the trade, order.
        self.fills: set[tuple[int, int, int]] = set()
        self._over = threading.Event()
        self._feed = UserFeed(url, Credentials(token=token))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._over.set()
        self._feed.close()
        self._thread.join()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                for event in self._feed:
                    if isinstance(event, Traded):
                        trade = event.trade
                        self.fills.add((trade.trade_id, trade.fill, trade.order_id))
            except SdkError:
                self._over.wait(PAUSE_SECONDS)  # nobody could be reached, or say who we are
