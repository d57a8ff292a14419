"""A gateway with a board on its header: the simulated chip, its lines, and what may be wrong with either."""

from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.board import Board
from gateway.config import Config, parse_config
from gateway.doctor.radio_side import examine_radio
from gateway.doctor.result import CheckResult
from radio.bus import SpiBus
from radio.gpio import Gpio
from radio.reset import ResetLines
from radio.simulator import SimulatedConcentrator
from radio.sx1302.firmware import Firmware
from radio.sx1302.frames import READ_HEADER_BYTES, SX1302_TARGET, WRITE_BIT
from tests.radio.gpio import StandInGpio

DEVICE = "/dev/spidev0.0"
RESET_PIN = 17


def configuration(directory: Path, radio: str = "", sections: str = "", gateway: str = "") -> Config:
    """EU868 with a board at the usual device, its reset line, and what a scene adds."""
    line = "" if "reset_pin" in radio else f"reset_pin = {RESET_PIN}"
    sensor = "" if "temperature_sensor" in radio else 'temperature_sensor = "off"'
    return parse_config(
        f"""
        [gateway]
        state_dir = "{directory / "state"}"
        {gateway}
        [radio]
        bus = "{DEVICE}"
        region_plan = "EU868"
        {line}
        {sensor}
        {radio}
        {sections or NO_SERVER}
        """.encode()
    )


NO_SERVER = '[[server]]\nname = "main"\nhost = "127.0.0.1"'


class TamperedBus:
    """A bus on the way of which some registers read otherwise, and some frames get lost."""

    def __init__(self, chip: SpiBus, reads: Mapping[int, int], loses: Callable[[bytes], bool]) -> None:
        self._chip = chip
        self._reads = reads
        self._loses = loses

    def transfer(self, out: bytes) -> bytes:
        if self._loses(out):
            return bytes(len(out))
        answer = bytearray(self._chip.transfer(out))
        if out[0] == SX1302_TARGET and not out[1] & WRITE_BIT:
            first = out[1] << 8 | out[2]
            for address, value in self._reads.items():
                if 0 <= address - first < len(out) - READ_HEADER_BYTES:
                    answer[READ_HEADER_BYTES + address - first] = value
        return bytes(answer)

    def close(self) -> None:
        self._chip.close()


class StandInBoard(Board):
    """A real board's part, in which the chip and the GPIO lines are stand-ins. `wired_pin` is what resets the chip."""

    def __init__(
        self,
        config: Config,
        chip: SimulatedConcentrator | None = None,
        *,
        wired_pin: int = RESET_PIN,
        reads: Mapping[int, int] | None = None,
        loses: Callable[[bytes], bool] = lambda _frame: False,
        temperature_c: float = 25.0,
    ) -> None:
        super().__init__(config)
        self.chip = chip or SimulatedConcentrator()
        self.gpio = StandInGpio()
        self.gpio.on_level = self._level
        self._wired_pin = wired_pin
        self._reads = reads or {}
        self._loses = loses
        self._temperature = lambda: temperature_c
        self.lines = ResetLines(config.radio.reset_pin, gpio=Gpio(lambda: self.gpio))

    def open_bus(self) -> SpiBus:
        return TamperedBus(self.chip, self._reads, self._loses)

    def firmware(self) -> Firmware:
        return Firmware.blank()

    def _level(self, pin: int, level: int | None) -> None:
        if pin == self._wired_pin and level == 1:
            self.chip.reset()


def device_tree(directory: Path) -> Path:
    """A root with the board's SPI device in it."""
    root = directory / "root"
    (root / "dev").mkdir(parents=True)
    (root / DEVICE.removeprefix("/")).touch()
    return root


async def examined(board: Board, config: Config, directory: Path, listen_s: float = 0.1) -> list[CheckResult]:
    """What doctor finds out about the radio."""
    root = device_tree(directory)
    return await examine_radio(board, config, root, listen_s=listen_s, gnss_s=0.1, on_eui=lambda _: None)
