"""Double demodulation hears a packet twice: keep the better copy. Pure.

On an SX1303 with fine timestamps one demodulator is tuned for demodulation and another for time; the
criteria are those of sx1302_hal 2.1.0 (loragw_hal.c).
"""

from collections.abc import Sequence

from radio.packets import CrcStatus, RxPacket

# Three samples at 125 kHz.
SAME_PACKET_US = 24


def counter_distance_us(later_us: int, earlier_us: int) -> int:
    """How far apart two counters are, signed, whichever wraps lie between them."""
    distance_us = (later_us - earlier_us) & 0xFFFF_FFFF
    return distance_us - (1 << 32) if distance_us & 0x8000_0000 else distance_us


def same_packet(first: RxPacket, second: RxPacket) -> bool:
    """Whether two receptions are of the same emission."""
    return (
        abs(counter_distance_us(first.counter_us, second.counter_us)) <= SAME_PACKET_US
        and first.channel == second.channel
        and first.spreading_factor == second.spreading_factor
        and first.bitrate_bps == second.bitrate_bps
        and first.payload == second.payload
    )


def _better(present: RxPacket, other: RxPacket) -> bool:
    """Whether `other` should replace `present`."""
    statuses = (present.crc_status, other.crc_status)
    if statuses in {(CrcStatus.OK, CrcStatus.BAD), (CrcStatus.BAD, CrcStatus.OK)}:
        return other.crc_status is CrcStatus.OK
    return present.fine_time_ns is None


def _twins(packets: Sequence[RxPacket]) -> tuple[int, int] | None:
    """The first two that are of the same emission."""
    for present, first in enumerate(packets):
        for other in range(present + 1, len(packets)):
            if same_packet(first, packets[other]):
                return present, other
    return None


def merge_duplicates(packets: Sequence[RxPacket]) -> list[RxPacket]:
    """One packet an emission, the one with the right checksum, else the one with a fine time; in order of time."""
    kept = list(packets)
    while (pair := _twins(kept)) is not None:
        present, other = pair
        worse = present if _better(kept[present], kept[other]) else other
        # The reference fills a gap with the last packet, which decides between later twins that are as good.
        last = kept.pop()
        if worse < len(kept):
            kept[worse] = last
    if len(kept) < 2:
        return kept
    first_us = kept[0].counter_us
    return sorted(kept, key=lambda packet: counter_distance_us(packet.counter_us, first_us))
