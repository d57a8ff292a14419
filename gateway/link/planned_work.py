"""The planned work that is announced: one at a time, over when its end has come or an operator says so."""

from collections.abc import Awaitable, Callable

from gateway.link.chronicle import Chronicle
from gateway.link.signals import Maintenance


class PlannedWork:
    """Holds it. `keep`, once it is set, brings a change on the disk before whoever asked for it is answered."""

    def __init__(self, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self.planned: Maintenance | None = None
        self.keep: Callable[[], Awaitable[None]] | None = None

    async def announce(self, planned: Maintenance | None) -> None:
        """Announce work in the place of any other; None for what is over or given up."""
        former, self.planned = self.planned, planned
        if planned is not None:
            self._chronicle.maintenance(planned, is_over=False)
        elif former is not None:
            self._chronicle.maintenance(former, is_over=True)
        if self.keep is not None:
            await self.keep()

    def look(self, known_unix_s: int | None) -> None:
        """What has come to its planned end is over."""
        planned = self.planned
        if planned is None or planned.ends_unix_s is None or known_unix_s is None:
            return
        if planned.ends_unix_s <= known_unix_s:
            self.planned = None
            self._chronicle.maintenance(planned, is_over=True)
