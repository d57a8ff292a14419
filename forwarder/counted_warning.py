"""Warnings that may repeat without end."""

import structlog


class CountedWarning:
    """Counts every occurrence; logs the 1st, 10th, 100th… with the number so far."""

    def __init__(self, log: structlog.typing.FilteringBoundLogger, message: str) -> None:
        self._log = log
        self._message = message
        self._next_logged = 1
        self.count = 0

    def happened(self, **fields: object) -> None:
        """Count one more."""
        self.count += 1
        if self.count == self._next_logged:
            self._next_logged *= 10
            self._log.warning(self._message, so_far=self.count, **fields)
