"""The board's temperature, whatever its sensor does."""

from collections.abc import Iterator, Sequence

import pytest
from structlog.testing import capture_logs

from gateway.thermometer import Thermometer
from radio.temperature import Stts751
from tests.radio.i2c import STTS751, I2cBus

QUIET = OSError(121, "Remote I/O error")


@pytest.fixture
def i2c(monkeypatch: pytest.MonkeyPatch) -> Iterator[I2cBus]:
    """A bus with one sensor at 25.5 °C."""
    bus = I2cBus(monkeypatch)
    bus.devices = {0x39: dict(STTS751)}
    yield bus
    bus.close()


class MoodySensor(Stts751):
    """A sensor that gives these readings, one after the other."""

    def __init__(self, readings: Sequence[float | OSError]) -> None:
        self._readings = list(readings)

    def read_c(self) -> float:
        """See `Stts751.read_c`."""
        reading = self._readings.pop(0)
        if isinstance(reading, OSError):
            raise reading
        return reading


def test_it_reads_the_sensor_on_the_bus(i2c: I2cBus) -> None:
    i2c.devices[0x39][0x00] = 0xF5
    assert Thermometer(i2c.path)() == -10.5


def test_a_sensor_that_comes_and_goes_is_told_once_each_time() -> None:
    sensor = MoodySensor([20.0, QUIET, QUIET, 21.0, QUIET])
    thermometer = Thermometer("/dev/i2c-1", lambda _: (sensor, ""))
    with capture_logs() as logs:
        assert [thermometer() for _ in range(5)] == [20.0, None, None, 21.0, None]
    assert [log["log_level"] for log in logs] == ["warning", "info", "warning"]
    assert "Remote I/O error" in logs[0]["reason"]


def test_a_sensor_that_was_not_there_at_first_is_found_later() -> None:
    answers: list[tuple[Stts751 | None, str]] = [(None, "no I²C"), (None, "no I²C"), (MoodySensor([19.5]), "")]
    thermometer = Thermometer("/dev/i2c-1", lambda _: answers.pop(0))
    with capture_logs() as logs:
        assert [thermometer() for _ in range(3)] == [None, None, 19.5]
    assert [(log["log_level"], log.get("reason")) for log in logs] == [("warning", "no I²C"), ("info", None)]
