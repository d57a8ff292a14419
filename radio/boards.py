"""What is known of a concentrator board: its wiring, its radios, and what its maker measured. Pure.

The facts themselves are files, one a board, in config/boards; `gateway.config.board_files` reads them.
"""

import msgspec

from radio.sx1302.plan import TemperatureCompensation, TxGain

# The only radios that the driver can start so far.
SUPPORTED_RADIOS = "SX1250"


class OtherLine(msgspec.Struct, frozen=True):
    """A line of the board that Candélabre does not drive: what it does, and its BCM number."""

    name: str
    pin: int


class BoardCalibration(msgspec.Struct, frozen=True):
    """What the board's maker measured, in the `regions` for which it holds. `source` is where it was published."""

    regions: tuple[str, ...]
    rssi_offset_db: float
    rssi_temperature: TemperatureCompensation
    single_input: bool
    tx_gain_table: tuple[TxGain, ...]
    source: str


class KnownBoard(msgspec.Struct, frozen=True):
    """A board. A fact that is None has no source: the board may have it all the same, `not_sourced` says which.

    `chips` are the chips with which it is sold. `temperature_sensor` is the I²C device of its sensor, "off" where it
    has none. `gnss_port` is where its GNSS receiver would talk, if it carries one; `gnss_ublox` whether that is one
    of u-blox's. `recognise_en` and `recognise_fr` tell it from boards with the same lines.
    """

    name: str
    title: str
    maker: str
    chips: tuple[str, ...]
    radios: str
    sources: tuple[str, ...]
    recognise_en: str
    recognise_fr: str
    bus: str | None = None
    speed_hz: int | None = None
    reset_pin: int | None = None
    power_pin: int | None = None
    power_active_low: bool = False
    other_lines: tuple[OtherLine, ...] = ()
    clock_source: int | None = None
    full_duplex: bool | None = None
    temperature_sensor: str | None = None
    gnss_port: str | None = None
    gnss_ublox: bool | None = None
    calibrations: tuple[BoardCalibration, ...] = ()
    not_sourced: tuple[str, ...] = ()

    @property
    def supported(self) -> bool:
        """Whether the driver can start its radios."""
        return self.radios == SUPPORTED_RADIOS

    @property
    def lines(self) -> "BoardLines":
        """The lines that Candélabre drives."""
        return BoardLines(self.reset_pin, self.power_pin, self.power_active_low)


class BoardLines(msgspec.Struct, frozen=True, order=True):
    """A reset and a power line (BCM numbers), by which several boards may be reached alike."""

    reset_pin: int | None
    power_pin: int | None
    power_active_low: bool = False

    @property
    def pins(self) -> tuple[int, ...]:
        """Those that are driven."""
        return tuple(pin for pin in (self.reset_pin, self.power_pin) if pin is not None)


def calibration_for(board: KnownBoard, region: str | None) -> BoardCalibration | None:
    """What its maker measured for a law's region ("EU868"); None where that is not known."""
    return next((found for found in board.calibrations if region in found.regions), None)
