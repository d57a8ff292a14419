"""From a chip out of reset to one that receives, in the order that the hardware wants."""

import msgspec

from radio.errors import ChipError, ChipFault, PlanError
from radio.sx1302 import mcu, radios, settings
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.plan import RADIOS, ConcentratorPlan, check_plan
from radio.sx1302.registers import Agc, Common, Gpio, LoraStd, Otp, Timestamp
from radio.sx1302.transmitter import abort

CHIP_VERSIONS = {0x10: "SX1302", 0x12: "SX1303"}
MODEL_INDEX = 0xD0
MODELS = {0: "SX1302", 2: "SX1302", 3: "SX1303"}
CONFIG_DONE = 0x01

# Those that only the host changes: radio control, GPIO, clocks, the last mailbox, reception, arbiter options, modem
# enables, PPS, transmit path. Not the microcontrollers' control, nor the front end, which the AGC takes over.
HOST_REGISTERS = (
    *range(0x5200, 0x5500),
    *range(0x5601, 0x5606),
    *range(0x5640, 0x5651),
    *range(0x5700, 0x5720),
    *(0x5785, 0x5786, 0x5789, 0x57C0),
    *range(0x5800, 0x5C00),
    *range(0x6089, 0x60A2),
    *(0x6100, 0x6188, 0x6189),
)
NOISE_ADVICE = (
    "A write was lost on SPI. Lower radio.speed_hz, shorten the wires, check the supply and the board's seat."
)
WIRING_ADVICE = {
    0x00: "Nothing answers on SPI. Check that SPI is enabled (raspi-config, Interface Options), that radio.bus names "
    "the right device, that the board sits firmly on its header, and that reset_pin and power_pin are the board's.",
    0xFF: "The SPI data line is stuck high: the chip is not powered or held in reset. Check the board's supply, "
    "power_pin, reset_pin, and its seat on the header.",
}
OTHER_CHIP_ADVICE = (
    "Another chip answers, or the bus is disturbed. Check that the board carries an SX1302 or SX1303, that reset_pin "
    "is its reset line, and lower radio.speed_hz."
)


class ChipIdentity(msgspec.Struct, frozen=True):
    """What the chip says of itself."""

    eui: int
    model: str
    version: int


def check_version(chip: Chip) -> int:
    """Whether an SX1302 or SX1303 answers at all.

    Raises:
        ChipError: it does not; the advice says where to look.
    """
    version = chip.read(Common.VERSION)
    if version not in CHIP_VERSIONS:
        raise ChipError(
            "connection to the concentrator",
            str(Common.VERSION),
            " or ".join(f"0x{known:02X} ({name})" for known, name in CHIP_VERSIONS.items()),
            f"0x{version:02X}",
            WIRING_ADVICE.get(version, OTHER_CHIP_ADVICE),
            fault=ChipFault.VERSION,
            value=version,
        )
    return version


def _read_otp(chip: Chip, index: int) -> int:
    chip.write(Otp.BYTE_ADDRESS, index)
    return chip.read(Otp.READ_DATA)


def read_model(chip: Chip) -> str:
    """The chip's model as burnt into it.

    Raises:
        ChipError: it is neither SX1302 nor SX1303.
    """
    model = _read_otp(chip, MODEL_INDEX)
    if model not in MODELS:
        expected = " or ".join(f"{known} ({name})" for known, name in MODELS.items())
        raise ChipError(
            "identification",
            f"OTP model byte 0x{MODEL_INDEX:02X}",
            expected,
            str(model),
            OTHER_CHIP_ADVICE,
            fault=ChipFault.MODEL,
            value=model,
        )
    return MODELS[model]


def identify(chip: Chip) -> ChipIdentity:
    """Read version, model and EUI.

    Raises:
        ChipError: no SX1302 or SX1303 answers.
    """
    version = check_version(chip)
    eui = int.from_bytes(bytes(_read_otp(chip, index) for index in range(8)), "big")
    return ChipIdentity(eui=eui, model=read_model(chip), version=version)


def start(chip: Chip, plan: ConcentratorPlan, firmware: Firmware) -> None:
    """Bring the chip from reset to reception of `plan`.

    Raises:
        PlanError: the hardware cannot do what the plan asks.
        ChipError: the chip answers wrongly, or not in time.
        BusError: a transfer fails.
    """
    problems = check_plan(plan)
    if problems:
        raise PlanError(problems)
    check_version(chip)
    _quieten(chip)
    chip.write(Gpio.OUTPUT, 0)
    _calibrate(chip, plan)
    _set_up_radios(chip, plan)
    chip.write(Common.HOST_RADIO, 0)
    _configure(chip, plan)
    _enable_modems(chip)
    mcu.load(chip, mcu.AGC, firmware.agc)
    mcu.start_agc(chip)
    mcu.load(chip, mcu.ARBITER, firmware.arbiter)
    mcu.start_arbiter(chip, plan.fine_timestamp)
    chip.write_all(settings.transmission())
    # The PPS is latched with or without a GNSS receiver; its polarity is inverted on the board.
    chip.write(Timestamp.GPS_ENABLE, 1)
    chip.write(Timestamp.GPS_INVERT, 1)
    _check_registers(chip)
    chip.write(Gpio.OUTPUT, CONFIG_DONE)


def _check_registers(chip: Chip) -> None:
    """Read back what was written: a write that went astray would leave a radio that is deaf in silence.

    Semtech's own register test (sx1302_hal 2.1.0, test_loragw_reg.c) reads all of these back from silicon.

    Raises:
        ChipError: a register holds something else, and again when asked again.
    """
    astray = chip.astray(HOST_REGISTERS) and chip.astray(HOST_REGISTERS)
    if astray:
        address, written, found = astray[0]
        step = f"check of the registers ({len(astray)} differ)"
        register, expected = f"register 0x{address:04X}", f"0x{written:02X}"
        raise ChipError(
            step, register, expected, f"0x{found:02X}", NOISE_ADVICE, fault=ChipFault.WRITE_LOST, value=found
        )


def _quieten(chip: Chip) -> None:
    """Take the radios back from a chip that runs, where no reset line stopped it; after a reset, nothing changes."""
    chip.write(Common.GLOBAL_ENABLE, 0)
    for microcontroller in (mcu.AGC, mcu.ARBITER):
        chip.write(microcontroller.clear, 1)
    if chip.read(LoraStd.MODEM_ENABLE):
        chip.write(LoraStd.MODEM_ENABLE, 0)
    chip.write(Common.HOST_RADIO, 1)


def _calibrate(chip: Chip, plan: ConcentratorPlan) -> None:
    """Reset both radios, clock the chip from one, and calibrate with PA and LNA off."""
    for index, radio in enumerate(plan.radios):
        if radio is not None:
            radios.reset_radio(chip, index)
            chip.write(Common.SX1250_MODE[index], 1)
    radios.select_clock(chip, plan.clock_source)
    chip.write(Agc.FORCE_HOST_FE, 1)
    chip.write(Agc.PA_A_ENABLE, 0)
    chip.write(Agc.LNA_A_ENABLE, 0)
    for index, radio in enumerate(plan.radios):
        if radio is not None:
            radios.calibrate_image(chip, index, radio.freq_hz)
    chip.write(Agc.FORCE_HOST_FE, 0)


def _set_up_radios(chip: Chip, plan: ConcentratorPlan) -> None:
    """Reset the radios again, since calibration leaves them elsewhere, and let them receive."""
    for index, radio in enumerate(plan.radios):
        if radio is not None:
            radios.reset_radio(chip, index)
            radios.set_up_radio(chip, index, radio)
            chip.write(Common.SX1250_MODE[index], 1)
    radios.select_clock(chip, plan.clock_source)


def _configure(chip: Chip, plan: ConcentratorPlan) -> None:
    if plan.fine_timestamp is not None and (model := read_model(chip)) != "SX1303":
        raise ChipError(
            "fine timestamps",
            f"OTP model byte 0x{MODEL_INDEX:02X}",
            "SX1303",
            model,
            "Only an SX1303 has fine timestamps: set radio.fine_timestamp to off.",
            fault=ChipFault.MODEL,
        )
    chip.write_all(settings.gpio_selection())
    chip.write(Gpio.DIRECTION, settings.GPIO_OUTPUTS)
    chip.write_all(settings.reception(plan))
    if plan.lora_std is not None:
        chip.write_all(settings.lora_std_start())


def _enable_modems(chip: Chip) -> None:
    """To be done before the microcontrollers run."""
    for field in (Common.MULTI_SF_ENABLE, Common.LORA_STD_ENABLE, Common.FSK_ENABLE, Common.GLOBAL_ENABLE):
        chip.write(field, 1)


def stop(chip: Chip) -> None:
    """Abort whatever is being emitted, on both chains.

    Raises:
        ChipError: a transmitter does not come back to rest.
    """
    abort(chip, *range(RADIOS))
