"""radio.board → what [radio] does not say itself. The file's own word always comes first."""

from collections.abc import Set as AbstractSet

import msgspec

from gateway.config.problems import shown
from gateway.config.reader import Reader
from gateway.config.sections import GnssSection, RadioSection, RegulationSection
from radio.boards import BoardCalibration, KnownBoard, calibration_for
from radio.pins import bus_pins

# What a board settles by one key of [radio] each.
WIRING = (
    "bus",
    "speed_hz",
    "reset_pin",
    "power_pin",
    "power_active_low",
    "clock_source",
    "full_duplex",
    "temperature_sensor",
)


class BoardShare(msgspec.Struct, frozen=True):
    """What the board gave to the configuration.

    `filled` are the keys of [radio] and their values, as shown to people. `calibration` is None where the board's
    maker published none for the region, so that Semtech's reference holds.
    """

    board: KnownBoard
    region: str | None
    filled: tuple[tuple[str, str], ...]
    calibration: BoardCalibration | None


def with_board(
    radio: RadioSection, board: KnownBoard, region: str | None, written: AbstractSet[str]
) -> tuple[RadioSection, BoardShare]:
    """[radio] with the board's wiring in the place of what is not `written`, and what that was."""
    facts = {key: getattr(board, key) for key in WIRING if f"radio.{key}" not in written}
    known = {key: value for key, value in facts.items() if value is not None}
    filled = tuple((key, shown(value)) for key, value in known.items() if value is not False)
    return msgspec.structs.replace(radio, **known), BoardShare(board, region, filled, calibration_for(board, region))


def region_of(radio: RadioSection, regulation: RegulationSection) -> str | None:
    """The region whose calibration holds: that of the plan, or else of the law."""
    return radio.region_plan.partition("_")[0] if radio.region_plan else regulation.region


def check_pins(radio: RadioSection, gnss: GnssSection, reader: Reader) -> None:
    """Whether each line has a pin of its own, which no bus needs."""
    sensor = None if radio.temperature_sensor == "off" else radio.temperature_sensor
    used = bus_pins(spi_devices=(radio.bus,), i2c_device=sensor, serial_port=gnss.port)
    lines = {"radio.reset_pin": radio.reset_pin, "radio.power_pin": radio.power_pin}
    for key, pin in lines.items():
        if pin is not None and pin in used and not reader.failed_at(key):
            reader.refuse(key, pin, f"must be another line: this is the pin of {used[pin]}, as configured")
    if radio.reset_pin is not None and radio.reset_pin == radio.power_pin and not reader.failed_at("radio.power_pin"):
        reader.refuse("radio.power_pin", radio.power_pin, "must be another line than radio.reset_pin")


def board_cautions(share: BoardShare | None, radio: RadioSection) -> tuple[str, ...]:
    """What of a board is perhaps not as it should be, each in a sentence for whoever wrote the file."""
    if share is None:
        return ()
    cautions = []
    if share.calibration is None:
        cautions.append(
            f"radio.board: no calibration of {share.board.title} is known for {share.region or 'this plan'}: "
            "Semtech's reference values are taken, so that RSSI and power may be wrong by some dB"
        )
    if radio.reset_pin is None:
        cautions.append(
            f"radio.board: the lines of {share.board.title} are not known: set radio.reset_pin, and power_pin where "
            "there is one"
        )
    return tuple(cautions)
