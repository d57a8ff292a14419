"""One uplink as the store keeps it: everything that is needed to send it as if it came from the radio. Pure."""

from typing import Annotated, Any

import msgspec

from forwarder.backend import Uplink
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket

MOST_RECORD_BYTES = 4096
"""More than any record has: a PHYPayload of 255 bytes and three names."""


NO_DEVICE = 0
"""The device of frames that have none."""


class Stored(msgspec.Struct, frozen=True, gc=False):
    """An uplink that waits for one route.

    `device` is its DevEUI, or ~DevAddr, which is negative. `depositor` is "" for nobody's. `at_ms` is when it was
    received, by the clock that the store goes by. The uplink's key is unique for good, and grows in the order of
    reception; whether it is late is for the store to say, and not kept.
    """

    route: str
    depositor: str
    device: int
    uplink: Uplink
    at_ms: int

    @property
    def key(self) -> int:
        """The uplink's number."""
        return self.uplink.key


class UnreadableRecordError(ValueError):
    """A record of another format, or of a packet that cannot be."""


class Brief(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A record's beginning: what has to be known of an uplink while it waits.

    `ordinal` counts a segment's records, so that missing ones can be counted.
    """

    ordinal: int
    key: Annotated[int, msgspec.Meta(ge=0)]
    at_ms: int
    route: str
    depositor: str
    device: int


class _Row(Brief, frozen=True, array_like=True, gc=False):
    """What is written, in this order."""

    utc_ns: int | None
    gps_ms: int | None
    payload: bytes
    freq_hz: int
    freq_offset_hz: int
    modulation: Modulation
    bandwidth_hz: int
    spreading_factor: int
    bitrate_bps: int
    coding_rate: CodingRate | None
    crc_status: CrcStatus
    payload_crc: int
    channel: int
    rf_chain: int
    modem_id: int
    rssi_channel_dbm: float
    rssi_signal_dbm: float
    snr_db: float
    counter_us: int
    fine_time_ns: int | None


_PACKET_FIELDS = RxPacket.__struct_fields__
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Row)
_brief_decoder = msgspec.msgpack.Decoder(Brief)


def encode_record(stored: Stored, ordinal: int) -> bytes:
    """A record, the segment's `ordinal`-th from 0."""
    uplink, packet = stored.uplink, stored.uplink.packet
    fields: dict[str, Any] = {name: getattr(packet, name) for name in _PACKET_FIELDS}
    return _encoder.encode(
        _Row(
            ordinal=ordinal,
            key=stored.key,
            at_ms=stored.at_ms,
            route=stored.route,
            depositor=stored.depositor,
            device=stored.device,
            utc_ns=uplink.utc_ns,
            gps_ms=uplink.gps_ms,
            **fields,
        )
    )


def decode_brief(body: bytes) -> Brief:
    """A record's beginning, in a fraction of the time that the whole takes.

    Raises:
        UnreadableRecordError: it is none.
    """
    try:
        return _brief_decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise UnreadableRecordError(str(error)) from error


def decode_record(body: bytes) -> Stored:
    """What a record says.

    Raises:
        UnreadableRecordError: it is none.
    """
    try:
        row = _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise UnreadableRecordError(str(error)) from error
    packet = RxPacket(*[getattr(row, name) for name in _PACKET_FIELDS])
    uplink = Uplink(packet, row.utc_ns, row.gps_ms, row.key)
    return Stored(row.route, row.depositor, row.device, uplink, row.at_ms)
