"""Records in the receive buffer are those that the real chip writes."""

from typing import Any

import pytest

from radio.simulator import SimulatedConcentrator, Transmission
from radio.simulator.link_budget import FrontEnd
from radio.simulator.records import encode, payload_crc
from tests.radio.simulator.host import Record, parse, receive
from tests.radio.simulator.recordings import needs_recordings, rows

GOOD_CLASSES = {"multi_sf", "short_payload", "coderate", "lora_std", "fsk", "no_crc", "crc_bad", "freq_offset"}
BANDWIDTHS_HZ = {4: 125_000, 5: 250_000, 6: 500_000}


def single_records() -> list[tuple[bytes, dict[str, Any]]]:
    """(receive buffer, packet) of every recording with one record alone."""
    steps = [row["steps"][0] for row in rows("rx_vectors.jsonl") if row["class"] in GOOD_CLASSES]
    return [(bytes.fromhex(step["fifo"]), step["packets"][0]) for step in steps if len(step["packets"]) == 1]


def transmission(record: Record, packet: dict[str, Any]) -> Transmission:
    """What must have been on the air for that packet, save its strength."""
    lora = packet["modulation"] == 16
    return Transmission(
        record.payload,
        packet["freq_hz"] - packet["freq_offset"],
        rssi_dbm=-80.0,
        spreading_factor=packet["datarate"] if lora else 7,
        bandwidth_hz=BANDWIDTHS_HZ[packet["bandwidth"]],
        coding_rate=packet["coderate"] or 1,
        modulation="LORA" if lora else "FSK",
        crc=bool(record.rate & 1),
    )


def could_be_heard(packet: dict[str, Any]) -> bool:
    """Whether such a packet exists outside a test of the host: coding rate, carrier near the channel."""
    tolerance_hz = BANDWIDTHS_HZ[packet["bandwidth"]] / 4
    near = abs(packet["freq_offset"]) < tolerance_hz
    return bool(packet["modulation"] == 32 or (packet["coderate"] and near))


def defined_bytes(record: bytes, tail: int) -> tuple[bytes, int, bytes, bytes]:
    """A record without what has no meaning, and without the checksum over it."""
    return record[:8], record[8] & 0x0F, record[9 : tail + 4], record[tail + 6 : -1]


def what_the_air_decides(record: Record) -> tuple[object, ...]:
    return record.payload, record.channel, record.rate, record.timestamp, record.metrics


@needs_recordings
def test_the_payload_crc_is_the_recorded_one() -> None:
    for row in rows("lora_crc16_vectors.jsonl"):
        assert payload_crc(bytes.fromhex(row["payload"])) == row["crc16"]


@needs_recordings
def test_recorded_records_are_encoded_bit_for_bit() -> None:
    records = single_records()
    assert len(records) > 100
    for raw, _ in records:
        (record,) = parse(raw)
        tail = 9 + len(record.payload)
        encoded = encode(
            record.payload,
            channel=record.channel,
            modem=record.modem,
            spreading_factor=record.rate >> 4,
            coding_rate=record.rate >> 1 & 0b111,
            crc_present=bool(record.rate & 1),
            crc=record.crc,
            frequency_error=record.frequency_error,
            flags=record.flags,
            snr_quarter_db=record.snr,
            raw_rssi_channel=record.rssi,
            raw_rssi_signal=record.rssi_signal,
            timestamp=record.timestamp,
            metrics=raw[tail + 13 : -1],
        )
        assert parse(encoded)
        assert defined_bytes(encoded, tail) == defined_bytes(raw, tail)


@needs_recordings
def test_the_air_reproduces_recorded_packets(listening: SimulatedConcentrator) -> None:
    for raw, packet in single_records():
        (wanted,) = parse(raw)
        if not could_be_heard(packet):
            continue
        listening.counter.freeze(wanted.timestamp)
        listening.air.deliver_now(transmission(wanted, packet))
        (got,) = receive(listening)
        assert what_the_air_decides(got) == what_the_air_decides(wanted)
        assert abs(got.frequency_error - wanted.frequency_error) <= 16


@pytest.mark.parametrize("payload", [b"", b"\x82", bytes(255)])
def test_a_record_is_23_bytes_longer_than_its_payload(listening: SimulatedConcentrator, payload: bytes) -> None:
    listening.air.deliver_now(Transmission(payload, 868_100_000, -80.0))
    assert listening.counters.level == 23 + len(payload)


@pytest.mark.parametrize("rssi_dbm", [-141.0, -120.3, -80.0, -35.7])
def test_a_host_with_the_board_s_calibration_reads_the_true_strength(rssi_dbm: float) -> None:
    front_end = FrontEnd()
    read_dbm = front_end.raw_rssi(rssi_dbm) - 215.4 + (20.41 * 25**2 + 2162.56 * 25) / 65536
    assert read_dbm == pytest.approx(rssi_dbm, abs=0.5)


def test_an_fsk_strength_passes_through_the_host_s_cubic() -> None:
    raw = FrontEnd().raw_fsk_rssi(-80.0)
    reading = 90.636423 + 0.420835 * raw + 0.007129 * raw**2 - 0.000026 * raw**3
    assert reading + FrontEnd().correction_db == pytest.approx(-80.0, abs=1.0)


def test_snr_and_strengths_are_in_the_record(listening: SimulatedConcentrator) -> None:
    listening.air.deliver_now(Transmission(b"weak", 868_100_000, -118.0, snr_db=-6.25))
    (record,) = receive(listening)
    assert record.snr == -25
    assert record.rssi - record.rssi_signal == 6


def test_an_overflowing_record_is_cut_at_the_last_byte(listening: SimulatedConcentrator) -> None:
    packet = Transmission(bytes(177), 868_100_000, -80.0)
    fates = [listening.air.deliver_now(packet).fate.name for _ in range(22)]
    assert fates == ["HEARD"] * 20 + ["BUFFER_FULL"] * 2
    account = listening.counters
    assert (account.level, account.bytes_lost) == (4096, 22 * 200 - 4096)
    assert (account.records_cut, account.records_lost) == (1, 1)
