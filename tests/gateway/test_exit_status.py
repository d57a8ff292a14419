"""How the daemon ends by an error, or by several."""

import pytest

from gateway.cli.run import status_of
from gateway.config import ConfigError
from gateway.exit_status import ExitStatus
from radio.errors import BusError, FirmwareError, PlanError

BUG, RADIO, CONFIGURATION = ValueError("unforeseen"), BusError("lost"), ConfigError("gateway.toml", [])


@pytest.mark.parametrize(
    "error", [CONFIGURATION, PlanError([("radio.bus", 1, "must be another")]), FirmwareError("missing")]
)
def test_what_somebody_has_to_mend_is_configuration(error: Exception) -> None:
    assert status_of(error) is ExitStatus.CONFIGURATION


def test_what_the_bus_or_the_chip_does_is_the_radios() -> None:
    assert status_of(RADIO) is ExitStatus.RADIO


def test_what_nobody_foresaw_is_a_bug() -> None:
    assert status_of(BUG) is ExitStatus.INTERNAL


@pytest.mark.parametrize(
    ("errors", "status"),
    [
        ([RADIO, CONFIGURATION], ExitStatus.RADIO),
        ([CONFIGURATION, RADIO, BUG], ExitStatus.INTERNAL),
        ([ExceptionGroup("", [BUG]), RADIO], ExitStatus.INTERNAL),
        ([ExceptionGroup("", [CONFIGURATION])], ExitStatus.CONFIGURATION),
    ],
)
def test_of_several_the_gravest_decides(errors: list[Exception], status: ExitStatus) -> None:
    assert status_of(ExceptionGroup("", errors)) is status
