"""An I²C bus with devices, played by the other end of a pseudo-terminal."""

import fcntl
import os
import pty
import threading
import tty

import pytest

from radio.temperature import I2C_SLAVE

STTS751 = {0xFD: 0x01, 0xFE: 0x53, 0x00: 0x19, 0x02: 0x80}
ANOTHER_CHIP = {0xFD: 0x70, 0xFE: 0x53}
WRITTEN = (0x03, 0x04)


class I2cBus:
    """One device at an address; a byte selects a register, which is read back, or written where it is one of those."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.devices: dict[int, dict[int, int]] = {}
        self.held_by_kernel: set[int] = set()
        self.address = 0
        self._host, self._line = pty.openpty()
        tty.setraw(self._line)
        self.path = os.ttyname(self._line)
        monkeypatch.setattr(fcntl, "ioctl", self._select)
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def _select(self, _descriptor: int, request: int, address: int) -> None:
        assert request == I2C_SLAVE
        if address in self.held_by_kernel:
            raise OSError(16, "Device or resource busy")
        self.address = address

    def _answer(self) -> None:
        while register := os.read(self._host, 1):
            if register[0] in WRITTEN:
                self.devices[self.address][register[0]] = os.read(self._host, 1)[0]
            elif register == b"\xaa":
                return
            else:
                os.write(self._host, bytes((self.devices[self.address][register[0]],)))

    def close(self) -> None:
        os.write(self._line, b"\xaa")
        self._thread.join()
        os.close(self._line)
        os.close(self._host)
