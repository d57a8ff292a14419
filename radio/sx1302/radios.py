"""The two SX1250: reset, calibration, set-up for reception.

Opcodes and their parameters: SX1250/SX126x data sheet, section "Commands"; the undocumented
registers and all delays are those of sx1302_hal 2.1.0 (loragw_sx1250.c, loragw_sx1302.c).
"""

from radio.errors import ChipError, ChipFault, PlanError
from radio.sx1302.bands import ALLOWED_BANDS, image_band
from radio.sx1302.chip import Chip
from radio.sx1302.plan import Radio
from radio.sx1302.registers import Agc, Clock, Common

RADIO_NAMES = ("A", "B")

SET_STANDBY = 0x80
SET_RX = 0x82
SET_RF_FREQUENCY = 0x86
CALIBRATE = 0x89
CALIBRATE_IMAGE = 0x98
GET_STATUS = 0xC0
GET_DEVICE_ERRORS = 0x17
WRITE_REGISTER = 0x0D

STANDBY_RC = 0x00
STANDBY_XOSC = 0x01
MODE_STANDBY_RC = 2
MODE_STANDBY_XOSC = 3
MODE_RECEIVING = 5
ALL_CALIBRATIONS = b"\x7f"
RX_CONTINUOUS = b"\xff\xff\xff"
IMAGE_CALIBRATION_FAILED = 0x10

RESET_PULSE_S = 0.5
RESET_RELEASE_S = 0.01
SETTLING_S = 0.01
# Each costs a pause of a millisecond.
MODE_POLLS = 10

# Register address and value: bit rate at its maximum (faster switch from receive to synthesis),
# DIO drive strength, inputs, pull-ups, pull-downs and outputs, fixed receive gain.
SETUP_BEFORE_FREQUENCY = (
    "06a101",
    "06a200",
    "06a300",
    "058200",
    "058300",
    "058400",
    "058500",
    "058000",
    "08b62a",
)
FREQUENCY_OFFSET_ZERO = "088f000000"
SINGLE_INPUT = "08e20d"
FPGA_MODE_RX = "05870b"


def frequency_word(freq_hz: int) -> bytes:
    """The SX1250's RF frequency: Hz · 2^25 / 32 MHz, truncated."""
    return (freq_hz * (1 << 25) // 32_000_000).to_bytes(4, "big")


def reset_radio(chip: Chip, radio: int) -> None:
    """Pulse a radio's reset line; the host then owns the radio and the chip runs from the SPI clock."""
    chip.write(Common.CLK32_RIF, 0)
    chip.write(Agc.RADIO_ENABLE[radio], 1)
    chip.write(Agc.RADIO_RESET[radio], 1)
    chip.sleep(RESET_PULSE_S)
    chip.write(Agc.RADIO_RESET[radio], 0)
    chip.sleep(RESET_RELEASE_S)
    chip.write(Agc.RADIO_RESET[radio], 1)
    chip.sleep(SETTLING_S)


def select_clock(chip: Chip, radio: int) -> None:
    """Run the chip from a radio's 32 MHz."""
    for index, field in enumerate(Clock.RADIO_SELECT):
        chip.write(field, int(index == radio))
    chip.write(Clock.DIVIDER_ENABLE, 1)
    chip.write(Common.CLK32_RIF, 1)


def calibrate_image(chip: Chip, radio: int, freq_hz: int) -> None:
    """Calibrate the image rejection for the band of `freq_hz`.

    Raises:
        PlanError: the SX1250 has no calibration for this frequency.
        ChipError: the radio does not answer, or reports a failed calibration.
    """
    parameters = image_band(freq_hz)
    if parameters is None:
        raise PlanError([(f"radios[{radio}].freq_hz", freq_hz, ALLOWED_BANDS)])
    chip.radio_query(radio, GET_STATUS, 1)
    chip.radio_command(radio, CALIBRATE_IMAGE, parameters)
    chip.sleep(SETTLING_S)
    _, _, errors = chip.radio_query(radio, GET_DEVICE_ERRORS, 3)
    if errors & IMAGE_CALIBRATION_FAILED:
        raise ChipError(
            f"image calibration of radio {RADIO_NAMES[radio]}",
            "GetDeviceErrors",
            "no image calibration error",
            f"0x{errors:02X}",
            "Check the supply of the concentrator board and that radio.chain freq_hz suits its band; "
            "if it stays, the radio is damaged.",
            fault=ChipFault.CALIBRATION,
            value=radio,
        )


def _enter_standby(chip: Chip, radio: int, standby: int, mode: int) -> None:
    chip.radio_command(radio, SET_STANDBY, bytes((standby,)))
    chip.sleep(SETTLING_S)
    _expect_mode(chip, radio, "standby", mode)


def _chip_mode(status: int) -> int:
    return status >> 4 & 0x7


def _expect_mode(chip: Chip, radio: int, step: str, mode: int) -> None:
    """Ask a radio for its mode, for as long as it may take to change it."""
    status = 0
    for _ in range(MODE_POLLS):
        (status,) = chip.radio_query(radio, GET_STATUS, 1)
        if _chip_mode(status) == mode:
            return
    raise ChipError(
        f"{step} of radio {RADIO_NAMES[radio]}",
        "GetStatus chip mode",
        str(mode),
        f"{_chip_mode(status)} (status 0x{status:02X})",
        "The SX1250 does not obey. Check that the board carries SX1250 radios (not SX1255/SX1257), "
        "its power enable line and its supply.",
        fault=ChipFault.RECEPTION if mode == MODE_RECEIVING else ChipFault.STANDBY,
        value=radio,
    )


def set_up_radio(chip: Chip, radio: int, settings: Radio) -> None:
    """From reset to continuous reception.

    Raises:
        ChipError: the radio does not reach standby, or reception.
    """
    _enter_standby(chip, radio, STANDBY_RC, MODE_STANDBY_RC)
    chip.radio_command(radio, CALIBRATE, ALL_CALIBRATIONS)
    chip.sleep(SETTLING_S)
    _enter_standby(chip, radio, STANDBY_XOSC, MODE_STANDBY_XOSC)
    for register in SETUP_BEFORE_FREQUENCY:
        chip.radio_command(radio, WRITE_REGISTER, bytes.fromhex(register))
    chip.radio_command(radio, SET_RF_FREQUENCY, frequency_word(settings.freq_hz))
    chip.radio_command(radio, WRITE_REGISTER, bytes.fromhex(FREQUENCY_OFFSET_ZERO))
    # Only a receiving radio gives the SX1302 its clock.
    chip.radio_command(radio, SET_RX, RX_CONTINUOUS)
    if settings.single_input:
        chip.radio_command(radio, WRITE_REGISTER, bytes.fromhex(SINGLE_INPUT))
    chip.radio_command(radio, WRITE_REGISTER, bytes.fromhex(FPGA_MODE_RX))
    _expect_mode(chip, radio, "reception", MODE_RECEIVING)
