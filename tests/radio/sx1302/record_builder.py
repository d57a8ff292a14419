"""Receive-buffer records, byte by byte from their layout, with none of the driver's or the simulator's code."""

from tests.conformance.records import payload_crc

SYNC = b"\xa5\xc0"
TICKS_PER_US = 32


def checksummed(body: bytes) -> bytes:
    """A record whose last byte is right."""
    return body + bytes((sum(body) % 256,))


def record(
    payload: bytes,
    *,
    channel: int = 0,
    modem: int = 3,
    spreading_factor: int = 7,
    coding_rate: int = 1,
    crc: int | None = None,
    crc_present: bool = True,
    flags: int = 0,
    frequency_error: int = 0,
    snr_quarters: int = 20,
    rssi_channel: int = 120,
    rssi_signal: int = 118,
    stamp_us: int = 1_000,
    metrics: bytes = b"",
) -> bytes:
    """One record; `crc` None is the right one."""
    rates = spreading_factor << 4 | coding_rate << 1 | crc_present
    head = bytes((len(payload), channel, rates, modem))
    error = (frequency_error & 0xF_FFFF).to_bytes(3, "little")
    signal = bytes((flags, snr_quarters & 0xFF, rssi_channel, rssi_signal, 0, 0))
    stamp = (stamp_us * TICKS_PER_US % 2**32).to_bytes(4, "little")
    checksum = (payload_crc(payload) if crc is None else crc).to_bytes(2, "little")
    tail = signal + stamp + checksum + bytes((len(metrics) // 2,)) + metrics
    return checksummed(SYNC + head + error + payload + tail)


def spoilt(good: bytes) -> bytes:
    """The same record with a wrong checksum."""
    return good[:-1] + bytes((good[-1] ^ 0xFF,))
