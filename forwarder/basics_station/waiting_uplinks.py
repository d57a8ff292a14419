"""Uplinks on their way to the server: numbered by xtime as they come, described once the server has said how. Pure."""

from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

from forwarder.backend import Uplink
from forwarder.basics_station.router_config import RouterConfig
from forwarder.basics_station.transmissions import Transmissions
from forwarder.basics_station.uplink_text import UplinkTimes, uplink_text
from forwarder.basics_station.xtime import UNKNOWN_XTIME, CounterClock
from radio.packets import CrcStatus, RxPacket

# Minutes of a busy gateway, about 2 MB.
MOST_WAITING = 4096


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """One packet. `heard_s` is when it came, None where nobody knows any more; it waits here since `since_s`."""

    packet: RxPacket
    times: UplinkTimes
    heard_s: float | None
    since_s: float
    key: int = 0


class WaitingUplinks:
    """The queue. `filtered` counts what the server does not want, `dropped` what it never got for want of a way."""

    def __init__(self, clock: CounterClock, transmissions: Transmissions, keep_s: float) -> None:
        self._clock = clock
        self._transmissions = transmissions
        self._keep_s = keep_s
        self._waiting: deque[Waiting] = deque()
        # The server's own time and when it came, for RefTime.
        self._mux_time: tuple[float, float] | None = None
        self._settled: list[int] = []
        self._returned: list[int] = []
        self.filtered = 0
        self.dropped = 0

    def add(self, uplinks: Sequence[Uplink], unix_ns: int | None, now_s: float) -> None:
        """Take what one poll of the radio returned, or the store. `unix_ns` is the host's time, where it is sure."""
        kept: list[Waiting] = []
        live: list[Waiting] = []
        for uplink in uplinks:
            # The counter of a late one is of another time, perhaps of another life of the radio.
            made = self._late(uplink, unix_ns, now_s) if uplink.late else self._live(uplink, unix_ns, now_s)
            if uplink.packet.crc_status is not CrcStatus.OK:
                self._filter(uplink.key)
            else:
                (kept if uplink.late else live).append(made)
        best = without_mirrors(live)
        if best is not live:
            for waiting in live:
                if not any(waiting is each for each in best):
                    self._filter(waiting.key)
        self._waiting.extend(kept)
        self._waiting.extend(best)
        while len(self._waiting) > MOST_WAITING:
            self._drop(self._waiting.popleft())

    def texts(self, config: RouterConfig, now_s: float) -> Iterator[tuple[str, int]]:
        """What can be sent, in order, each with its key; the queue is empty then."""
        self.expire(now_s)
        while self._waiting:
            waiting = self._waiting.popleft()
            text = uplink_text(waiting.packet, self._dated(waiting), config)
            if text is None:
                self._filter(waiting.key)
            else:
                yield text, waiting.key

    def expire(self, now_s: float) -> None:
        """Drop what has waited too long."""
        while self._waiting and self._waiting[0].since_s + self._keep_s <= now_s:
            self._drop(self._waiting.popleft())

    def expires_s(self) -> float | None:
        """When `expire` has something to do."""
        return self._waiting[0].since_s + self._keep_s if self._waiting else None

    def drop_all(self) -> None:
        """Nothing of it will be sent."""
        while self._waiting:
            self._drop(self._waiting.popleft())

    def give_back(self, sent: Sequence[int] = ()) -> None:
        """Return what has a key, after those that were `sent` before in vain."""
        self._returned += sent
        waiting, self._waiting = self._waiting, deque()
        for each in waiting:
            if each.key:
                self._drop(each)
            else:
                self._waiting.append(each)

    def take_fates(self) -> tuple[Sequence[int], Sequence[int]]:
        """The keys that are settled, and those that are returned, since the last time; they are handed over once."""
        fates = self._settled, self._returned
        self._settled, self._returned = [], []
        return fates

    def server_time(self, mux_time_s: float, now_s: float) -> None:
        """Take the server's own time."""
        self._mux_time = mux_time_s, now_s

    def _filter(self, key: int) -> None:
        self.filtered += 1
        self._settled += [key] if key else []

    def _drop(self, waiting: Waiting) -> None:
        self.dropped += 1
        self._returned += [waiting.key] if waiting.key else []

    def _live(self, uplink: Uplink, unix_ns: int | None, now_s: float) -> Waiting:
        session = self._clock.session
        xtime = self._clock.hear(uplink.packet.counter_us, now_s)
        if self._clock.session != session:
            self._transmissions.radio_started()
        utc_ns = unix_ns if uplink.utc_ns is None else uplink.utc_ns
        times = UplinkTimes(xtime, 0 if utc_ns is None else utc_ns // 1000, self._gps_us(uplink, xtime, now_s))
        return Waiting(uplink.packet, times, now_s, now_s, uplink.key)

    def _late(self, uplink: Uplink, unix_ns: int | None, now_s: float) -> Waiting:
        """Its moment is told as the running counter would have shown it: past, so that nothing is sent by it, and of
        the present session, since servers take the session of the last uplink for that of the next downlink.
        """
        xtime, heard_s, unix_us = UNKNOWN_XTIME, None, 0
        if uplink.utc_ns is not None:
            unix_us = uplink.utc_ns // 1000
            if unix_ns is not None and uplink.utc_ns <= unix_ns:
                heard_s = now_s - (unix_ns - uplink.utc_ns) / 1e9
                xtime = self._clock.xtime_now(heard_s)
        times = UplinkTimes(xtime, unix_us, self._gps_us(uplink, xtime, now_s))
        return Waiting(uplink.packet, times, heard_s, now_s, uplink.key)

    def _gps_us(self, uplink: Uplink, xtime: int, now_s: float) -> int:
        if uplink.gps_ms is not None:
            return uplink.gps_ms * 1000
        linear_us = self._clock.linear_at(xtime, now_s)
        return 0 if linear_us is None else self._transmissions.gps_us_at(linear_us)

    def _dated(self, waiting: Waiting) -> UplinkTimes:
        if self._mux_time is None or waiting.heard_s is None:
            return waiting.times
        mux_time_s, said_s = self._mux_time
        return msgspec.structs.replace(waiting.times, ref_time_s=mux_time_s + waiting.heard_s - said_s)


def without_mirrors(batch: Sequence[Waiting]) -> Sequence[Waiting]:
    """A strong signal is heard on neighbouring channels too: of frames alike, the best one of the batch."""
    if len(batch) < 2:
        return batch
    best: dict[tuple[bytes, int, int], Waiting] = {}
    for waiting in batch:
        packet = waiting.packet
        key = packet.payload, packet.spreading_factor, packet.bandwidth_hz
        if (other := best.get(key)) is None or _quality(packet) > _quality(other.packet):
            best[key] = waiting
    return (
        [waiting for waiting in batch if any(waiting is kept for kept in best.values())]
        if len(best) < len(batch)
        else batch
    )


def _quality(packet: RxPacket) -> float:
    """Basics Station's measure, s2e.c: 8 times the SNR in quarters of a dB, plus the level in dBm."""
    return 32 * packet.snr_db + packet.rssi_signal_dbm
