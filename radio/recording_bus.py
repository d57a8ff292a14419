"""A bus that remembers every transfer, in the format of the reference recordings."""

import hashlib
from typing import Any

from radio.bus import SpiBus

LONGEST_SHOWN_BYTES = 256
TARGETS = {0: "sx1302", 1: "radio_a", 2: "radio_b"}
READ_STATUS_OPCODES = frozenset({0xC0, 0x17})


class RecordingBus:
    """Wraps a bus. Give its `sleep` to the driver, so that the pauses asked for are recorded and not made."""

    def __init__(self, bus: SpiBus) -> None:
        self.entries: list[dict[str, Any]] = []
        self._bus = bus
        self._wait_us = 0

    def sleep(self, duration_s: float) -> None:
        """Note a pause before the next transfer."""
        self._wait_us += round(duration_s * 1e6)

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        answer = self._bus.transfer(out)
        entry: dict[str, Any] = {"i": len(self.entries)}
        if self._wait_us:
            entry["wait_us"], self._wait_us = self._wait_us, 0
        entry["t"] = TARGETS[out[0]]
        entry |= _chip_entry(out, answer) if out[0] == 0 else _radio_entry(out, answer)
        entry["n"] = len(out)
        self.entries.append(entry)
        return answer

    def close(self) -> None:
        """See `SpiBus.close`."""
        self._bus.close()


def _chip_entry(out: bytes, answer: bytes) -> dict[str, Any]:
    writing = bool(out[1] & 0x80)
    data = out[3:] if writing else answer[4:]
    operation = ("w" if writing else "r") + ("b" if len(data) > 1 else "")
    entry: dict[str, Any] = {"op": operation, "addr": (out[1] & 0x7F) << 8 | out[2]}
    if len(data) > LONGEST_SHOWN_BYTES:
        return entry | {"len": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return entry | {"data" if writing else "rx": data.hex()}


def _radio_entry(out: bytes, answer: bytes) -> dict[str, Any]:
    entry = {"op": "cmd", "opcode": out[1], "data": out[2:].hex()}
    return entry | {"rx": answer[2:].hex()} if out[1] in READ_STATUS_OPCODES else entry
