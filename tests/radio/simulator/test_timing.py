"""Time on air and the chip's delays."""

from radio.simulator.lora_timing import demodulation_delay_us, fsk_delay_us, lora_airtime_s
from tests.radio.simulator.host import parse
from tests.radio.simulator.recordings import needs_recordings, rows
from tests.radio.simulator.test_records import BANDWIDTHS_HZ, single_records

TIMER_WRAP_US = 2**27


@needs_recordings
def test_time_on_air_is_the_recorded_one() -> None:
    compared = 0
    for row in rows("toa_vectors.jsonl"):
        # The reference optimises for low rates from SF11 on any bandwidth, the modem does not.
        reference_differs = row["datarate"] >= 11 and row["bandwidth"] > (5 if row["datarate"] == 12 else 4)
        if row["modulation"] != 16 or not row["toa_ms"] or row["no_header"] or reference_differs:
            continue
        airtime_s = lora_airtime_s(
            row["size"],
            row["datarate"],
            BANDWIDTHS_HZ[row["bandwidth"]],
            coding_rate=row["coderate"],
            crc=not row["no_crc"],
            preamble=row["preamble"],
        )
        assert round(airtime_s * 1e6) == row["toa_us"]
        compared += 1
    assert compared > 20


@needs_recordings
def test_the_stamp_is_as_late_as_the_reference_host_corrects() -> None:
    for raw, packet in single_records():
        (record,) = parse(raw)
        if packet["modulation"] == 32:
            delay_us = fsk_delay_us(packet["datarate"])
        elif packet["coderate"]:
            rate = (packet["datarate"], BANDWIDTHS_HZ[packet["bandwidth"]], packet["coderate"])
            delay_us = demodulation_delay_us(len(record.payload), *rate, bool(record.rate & 1))
        else:
            continue
        assert (record.timestamp // 32 - delay_us - packet["count_us"]) % TIMER_WRAP_US == 0
