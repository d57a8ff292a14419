"""Virtual devices that send plausible LoRaWAN uplinks, the same ones for the same seed."""

import heapq
from collections.abc import Iterator, Sequence
from random import Random

from radio.simulator.link_budget import noise_floor_dbm, snr_limit_db
from radio.simulator.transmission import Transmission

EU868_CHANNELS_HZ = (
    868_100_000,
    868_300_000,
    868_500_000,
    867_100_000,
    867_300_000,
    867_500_000,
    867_700_000,
    867_900_000,
)
EXPERIMENTAL_DEV_ADDR_PREFIX = 0x0100_0000
"""DevAddr block of NetID 000000, kept for experimental networks (LoRaWAN back-end interfaces, 2.1)."""
JOIN_REQUEST, UNCONFIRMED_UP, CONFIRMED_UP = 0x00, 0x40, 0x80
MIC_BYTES = 4
LINK_MARGIN_DB = 8.0
"""What a device's data rate leaves to spare, as adaptive data rate would."""
FADING_DB = 3.0


class VirtualDevice:
    """One device: joins once, then sends a data uplink every period, a little irregularly."""

    def __init__(self, number: int, rng: Random, period_s: float, start_s: float) -> None:
        self._rng = rng
        self._period_s = period_s
        self._rssi_dbm = rng.uniform(-122.0, -60.0)
        self._joined = False
        self._confirmed = rng.random() < 0.2
        self._fcnt = 0
        self.dev_eui = rng.getrandbits(64)
        self.dev_addr = EXPERIMENTAL_DEV_ADDR_PREFIX | number
        self.spreading_factor = _adapted_spreading_factor(self._rssi_dbm)
        self.next_at_s = start_s + rng.uniform(0.0, period_s)

    def transmit(self, channels_hz: Sequence[int], damage_rate: float) -> Transmission:
        """The packet due at `next_at_s`; the device then waits for its next turn."""
        rng = self._rng
        packet = Transmission(
            payload=self._data_uplink() if self._joined else self._join_request(),
            freq_hz=rng.choice(channels_hz),
            rssi_dbm=round(rng.gauss(self._rssi_dbm, FADING_DB), 1),
            spreading_factor=self.spreading_factor,
            corrupted=rng.random() < damage_rate,
            at_s=self.next_at_s,
        )
        self._joined = True
        self.next_at_s += self._period_s * rng.uniform(0.8, 1.2)
        return packet

    def _join_request(self) -> bytes:
        nonce = self._rng.getrandbits(16).to_bytes(2, "little")
        join_eui = bytes(8)
        return bytes([JOIN_REQUEST]) + join_eui + self.dev_eui.to_bytes(8, "little") + nonce + self._mic()

    def _data_uplink(self) -> bytes:
        head = bytes([CONFIRMED_UP if self._confirmed else UNCONFIRMED_UP])
        address = self.dev_addr.to_bytes(4, "little")
        counter = (self._fcnt & 0xFFFF).to_bytes(2, "little")
        self._fcnt += 1
        encrypted = self._rng.randbytes(self._rng.randint(6, 24))
        return head + address + b"\x80" + counter + b"\x01" + encrypted + self._mic()

    def _mic(self) -> bytes:
        return self._rng.randbytes(MIC_BYTES)


class Fleet:
    """Several devices; asks for no clock, but tells what is on the air up to a moment."""

    def __init__(
        self,
        count: int,
        seed: int = 0,
        *,
        period_s: float = 10.0,
        start_s: float = 0.0,
        channels_hz: Sequence[int] = EU868_CHANNELS_HZ,
        damage_rate: float = 0.05,
    ) -> None:
        rng = ReproducibleChance(seed)
        devices = [VirtualDevice(number, rng, period_s, start_s) for number in range(1, count + 1)]
        self.devices = tuple(devices)
        self._channels_hz = channels_hz
        self._damage_rate = damage_rate
        self._turns = [(device.next_at_s, device.dev_addr, device) for device in devices]
        heapq.heapify(self._turns)

    def transmissions_until(self, moment_s: float) -> Iterator[Transmission]:
        """What the devices send up to a moment, in order, each packet once."""
        while self._turns and self._turns[0][0] <= moment_s:
            device = self._turns[0][2]
            yield device.transmit(self._channels_hz, self._damage_rate)
            heapq.heapreplace(self._turns, (device.next_at_s, device.dev_addr, device))


class ReproducibleChance(Random):
    """Chance for make-believe traffic: repeatable by its seed, and no secret."""


def _adapted_spreading_factor(rssi_dbm: float) -> int:
    for spreading_factor in range(7, 12):
        if rssi_dbm - LINK_MARGIN_DB >= noise_floor_dbm(125_000) + snr_limit_db(spreading_factor):
            return spreading_factor
    return 12
