"""The board's temperature, asked for again and again whatever the sensor does."""

from collections.abc import Callable

import structlog

from radio.temperature import Stts751, find_sensor

_log = structlog.get_logger()


class Thermometer:
    """Called, it gives °C, or None while no sensor answers; the log says when that changes.

    The sensor is looked for at the first call: on some boards the power line that feeds the radio feeds it too.
    """

    def __init__(self, path: str, find: Callable[[str], tuple[Stts751 | None, str]] = find_sensor) -> None:
        self._path = path
        self._find = find
        self._sensor: Stts751 | None = None
        self._missing = False

    def __call__(self) -> float | None:
        """Read it."""
        if self._sensor is None:
            self._sensor, fault = self._find(self._path)
            if self._sensor is None:
                self._miss("the radio runs without temperature compensation", fault)
                return None
        try:
            temperature_c = self._sensor.read_c()
        except OSError as error:
            self._miss("the temperature sensor stopped answering; RSSI is corrected no more", str(error))
            return None
        if self._missing:
            self._missing = False
            _log.info("the temperature sensor answers", temperature_c=temperature_c)
        return temperature_c

    def _miss(self, event: str, reason: str) -> None:
        if not self._missing:
            self._missing = True
            _log.warning(event, reason=reason)
