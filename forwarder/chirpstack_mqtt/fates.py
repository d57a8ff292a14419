"""What became of uplinks with a key: told together, once in a turn of the event loop, and never from within a call."""

import asyncio
from collections.abc import Iterable

from forwarder.backend import OnFate


class Fates:
    """Gathers keys; those of 0 are nobody's."""

    def __init__(self, tell: OnFate) -> None:
        self._tell = tell
        self._known: dict[bool, list[int]] = {True: [], False: []}
        self._is_due = False

    def known(self, keys: Iterable[int], *, is_delivered: bool) -> None:
        """The server has these, or nobody tries any more."""
        asked_for = [key for key in keys if key > 0]
        if not asked_for:
            return
        self._known[is_delivered] += asked_for
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._tell_all)

    def _tell_all(self) -> None:
        self._is_due = False
        known, self._known = self._known, {True: [], False: []}
        for is_delivered, keys in known.items():
            if keys:
                self._tell(keys, is_delivered)
