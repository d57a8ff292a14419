"""A host reduced to what the simulated chip needs to see: SPI frames, a start, a look at records."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from radio.bus import SpiBus

IMAGE = bytes(8192)
RADIO_HZ = (867_500_000, 868_500_000)
CHANNELS_HZ = (868_100_000, 868_300_000, 868_500_000, 867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000)
AGC_COMMANDS = (0x80, 0x20, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0F)


def write(chip: SpiBus, address: int, data: bytes | int) -> None:
    """One write frame."""
    payload = bytes([data]) if isinstance(data, int) else data
    chip.transfer(bytes([0, 0x80 | address >> 8, address & 0xFF]) + payload)


def read(chip: SpiBus, address: int, length: int = 1) -> bytes:
    """One read frame."""
    return chip.transfer(bytes([0, address >> 8, address & 0xFF, 0]) + bytes(length))[4:]


def radio(chip: SpiBus, number: int, opcode: int, parameters: str) -> bytes:
    """One radio frame; the reply from its status byte on."""
    return chip.transfer(bytes([1 + number, opcode]) + bytes.fromhex(parameters))[2:]


def if_steps(offset_hz: int) -> bytes:
    """An IF register pair."""
    return (int(offset_hz * 32 / 15625) & 0x1FFF).to_bytes(2, "big")


def wake_radios(chip: SpiBus) -> None:
    """Reset, wake and tune both radios, and leave them receiving."""
    for number, freq_hz in enumerate(RADIO_HZ):
        write(chip, 0x5783 + number, 0x04)
        write(chip, 0x5783 + number, 0x0C)
        radio(chip, number, 0x86, (freq_hz * 2**25 // 32_000_000).to_bytes(4, "big").hex())
        radio(chip, number, 0x82, "ffffff")


def set_channels(chip: SpiBus) -> None:
    """Eight multi-SF channels, a 250 kHz SF7 channel, an FSK channel; public sync words."""
    write(chip, 0x5800, b"".join(if_steps(hz - RADIO_HZ[index < 3]) for index, hz in enumerate(CHANNELS_HZ)))
    write(chip, 0x5810, 0x07)
    write(chip, 0x5820, b"\xff\xff\xff")
    write(chip, 0x588A, bytes([2, 4, 2, 4, 6, 8]))
    write(chip, 0x58C0, 0x04)
    write(chip, 0x5B00, if_steps(-200_000) + b"\x01")
    write(chip, 0x5B21, bytes([0x57, 0x88, 0x14]))
    write(chip, 0x5B2E, bytes([6, 8]))
    write(chip, 0x5B50, if_steps(300_000))
    write(chip, 0x5B53, bytes([0x13, 0x06]))
    write(chip, 0x5B5B, bytes([0x02, 0x80, 0xC1, 0x94, 0xC1]))


def load_agc(chip: SpiBus, image: bytes = IMAGE) -> None:
    """Load and release the gain controller."""
    write(chip, 0x5780, 0x16)
    write(chip, 0x0000, image)
    write(chip, 0x5780, 0x14)
    write(chip, 0x5780, 0x10)


def load_arbiter(chip: SpiBus) -> None:
    """Load and release the arbiter."""
    write(chip, 0x6080, 0x26)
    write(chip, 0x2000, IMAGE)
    write(chip, 0x6080, 0x24)
    write(chip, 0x6080, 0x20)


def converse(chip: SpiBus, commands: Sequence[int] = AGC_COMMANDS) -> None:
    """Go through the gain controller's dialogue."""
    for command in commands:
        write(chip, 0x5789, command)


def start(chip: SpiBus, *, double_demodulation: int = 0) -> None:
    """Bring the chip to where it receives."""
    wake_radios(chip)
    write(chip, 0x57C0, 0x05)
    write(chip, 0x5601, 0x13)
    set_channels(chip)
    write(chip, 0x5605, 0x0F)
    load_agc(chip)
    converse(chip)
    load_arbiter(chip)
    write(chip, 0x6089, bytes([7, 1, 3, double_demodulation]))


def emit(chip: SpiBus, txpk: Mapping[str, Any]) -> None:
    """Program the first transmit chain with a LoRa packet, as `txpk` objects describe them, and trigger it."""
    payload = b64decode(txpk["data"])
    sf, bandwidth_khz = (int(number) for number in txpk["datr"].removeprefix("SF").split("BW"))
    low_rate = (1 << sf) >= 16 * bandwidth_khz
    write(chip, 0x5200, 0x00)
    write(chip, 0x5225, (round(txpk["freq"] * 1e6) * 2**18 // 32_000_000).to_bytes(3, "big"))
    rate = {125: 4, 250: 5, 500: 6}[bandwidth_khz] << 4 | sf
    write(chip, 0x5260, bytes([rate, 0x11 if low_rate else 0x01, 0x40 | (not txpk["ncrc"]), len(payload)]))
    write(chip, 0x5266, bytes([8, 0]))
    write(chip, 0x5269, 0x66 if txpk["ipol"] else 0x64)
    write(chip, 0x526D, bytes([0xA6, 0x68]))
    write(chip, 0x5300, payload)
    if txpk["imme"]:
        write(chip, 0x5200, 0x01)
    else:
        write(chip, 0x5201, ((txpk["tmst"] * 32 - 48_000) % 2**32).to_bytes(4, "big"))
        write(chip, 0x5200, 0x02)


class Record(msgspec.Struct, frozen=True):
    """The fields of a record, raw."""

    payload: bytes
    channel: int
    rate: int
    modem: int
    frequency_error: int
    flags: int
    snr: int
    rssi: int
    rssi_signal: int
    timestamp: int
    crc: int
    metrics: int


def parse(raw: bytes) -> list[Record]:
    """The records of a receive buffer that holds nothing else."""
    records = []
    while raw:
        assert raw[:2] == b"\xa5\xc0"
        tail = 9 + raw[2]
        length = tail + 14 + 2 * raw[tail + 12]
        assert sum(raw[: length - 1]) & 0xFF == raw[length - 1]
        records.append(_record(raw, tail))
        raw = raw[length:]
    return records


def receive(chip: SpiBus) -> list[Record]:
    """Empty the chip's receive buffer."""
    level = int.from_bytes(read(chip, 0x58C8, 2), "big")
    return parse(read(chip, 0x4000, level)) if level else []


def _record(raw: bytes, tail: int) -> Record:
    error = raw[6] | raw[7] << 8 | (raw[8] & 0x0F) << 16
    return Record(
        payload=raw[9:tail],
        channel=raw[3],
        rate=raw[4],
        modem=raw[5],
        frequency_error=error - (1 << 20) if error >> 19 else error,
        flags=raw[tail],
        snr=raw[tail + 1] - 256 if raw[tail + 1] > 127 else raw[tail + 1],
        rssi=raw[tail + 2],
        rssi_signal=raw[tail + 3],
        timestamp=int.from_bytes(raw[tail + 6 : tail + 10], "little"),
        crc=int.from_bytes(raw[tail + 10 : tail + 12], "little"),
        metrics=raw[tail + 12],
    )
