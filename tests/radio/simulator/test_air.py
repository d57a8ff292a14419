"""What the air lets the chip hear, and what becomes of every transmission."""

import msgspec
import pytest

from radio.simulator import Fate, SimulatedConcentrator, Transmission
from radio.simulator.lora_timing import demodulation_delay_us
from tests.radio.simulator.conftest import HandClock
from tests.radio.simulator.host import CHANNELS_HZ, radio, read, receive, start, write

UPLINK = Transmission(b"city light", 868_100_000, -80.0)
LONG_AFTER_S = 10.0


def but(**changes: object) -> Transmission:
    """The usual uplink, except for these."""
    return msgspec.structs.replace(UPLINK, **changes)


@pytest.mark.parametrize(
    ("sent", "fate"),
    [
        (UPLINK, Fate.HEARD),
        (but(corrupted=True), Fate.HEARD_DAMAGED),
        (but(freq_hz=868_131_000), Fate.HEARD),
        (but(freq_hz=868_132_000), Fate.NO_CHANNEL),
        (but(freq_hz=869_525_000), Fate.NO_CHANNEL),
        (but(bandwidth_hz=250_000), Fate.NO_CHANNEL),
        (but(freq_hz=868_300_000, bandwidth_hz=250_000), Fate.HEARD),
        (but(freq_hz=868_300_000, bandwidth_hz=250_000, spreading_factor=8), Fate.NO_SPREADING_FACTOR),
        (but(public=False), Fate.WRONG_SYNC_WORD),
        (but(public=False, spreading_factor=6), Fate.HEARD),
        (but(rssi_dbm=-129.0), Fate.TOO_WEAK),
        (but(rssi_dbm=-100.0, snr_db=-12.0), Fate.TOO_WEAK),
        (but(rssi_dbm=-141.0, snr_db=-24.0, spreading_factor=12), Fate.HEARD),
        (but(rssi_dbm=-141.5, spreading_factor=12), Fate.TOO_WEAK),
        (but(freq_hz=868_800_000, modulation="FSK"), Fate.HEARD),
        (but(freq_hz=868_800_000, modulation="FSK", bitrate_bps=100_000), Fate.NO_CHANNEL),
        (but(freq_hz=868_800_000, modulation="FSK", fsk_sync_word=b"\x12\x34"), Fate.WRONG_SYNC_WORD),
        (but(freq_hz=868_800_000, modulation="FSK", rssi_dbm=-110.0), Fate.TOO_WEAK),
    ],
)
def test_the_channel_plan_and_the_signal_decide(
    listening: SimulatedConcentrator, sent: Transmission, fate: Fate
) -> None:
    assert listening.air.deliver_now(sent).fate is fate
    assert len(receive(listening)) == (fate in (Fate.HEARD, Fate.HEARD_DAMAGED))


@pytest.mark.parametrize(("index", "freq_hz"), list(enumerate(CHANNELS_HZ)))
def test_each_channel_records_under_its_number(listening: SimulatedConcentrator, index: int, freq_hz: int) -> None:
    assert listening.air.deliver_now(but(freq_hz=freq_hz)).channel == index
    (record,) = receive(listening)
    assert record.channel == index


def test_a_device_on_frequency_shows_the_error_of_the_if_register(listening: SimulatedConcentrator) -> None:
    listening.air.deliver_now(UPLINK)
    (record,) = receive(listening)
    register_error_hz = -400_000 + 819 * 15625 / 32
    assert record.frequency_error * 125_000 / 2**20 == pytest.approx(-register_error_hz, abs=0.1)


@pytest.mark.parametrize(
    ("address", "value", "fate"),
    [
        (0x5605, 0x07, Fate.NOT_RECEIVING),
        (0x5605, 0x0D, Fate.NO_CHANNEL),
        (0x5601, 0x0B, Fate.NOT_RECEIVING),
        (0x57C0, 0x00, Fate.NOT_RECEIVING),
        (0x5780, 0x14, Fate.NOT_RECEIVING),
        (0x6080, 0x24, Fate.NOT_RECEIVING),
        (0x5821, 0xFE, Fate.NO_CHANNEL),
        (0x5822, 0xFB, Fate.NO_SPREADING_FACTOR),
        (0x5784, 0x04, Fate.NO_CHANNEL),
        (0x588E, 0x02, Fate.WRONG_SYNC_WORD),
        (0x5810, 0x06, Fate.NO_CHANNEL),
    ],
)
def test_every_part_of_the_receive_path_must_be_in_place(
    listening: SimulatedConcentrator, address: int, value: int, fate: Fate
) -> None:
    write(listening, address, value)
    assert listening.air.deliver_now(UPLINK).fate is fate


def test_a_radio_in_standby_hears_nothing(listening: SimulatedConcentrator) -> None:
    write(listening, 0x5601, 0x0B)
    radio(listening, 1, 0x80, "00")
    write(listening, 0x5601, 0x13)
    assert listening.air.deliver_now(UPLINK).fate is Fate.NO_CHANNEL


def test_a_deaf_radio_hears_nothing_and_says_nothing(listening: SimulatedConcentrator) -> None:
    listening.faults.deaf = True
    assert listening.air.deliver_now(UPLINK).fate is Fate.DEAF
    assert receive(listening) == []
    assert read(listening, 0x5781) == b"\x0f"


def test_the_record_appears_once_the_packet_has_ended(listening: SimulatedConcentrator, clock: HandClock) -> None:
    reception = listening.air.transmit(UPLINK)
    clock.advance(UPLINK.airtime_s - 0.001)
    assert receive(listening) == []
    fates = [reception.fate]
    clock.advance(0.002)
    assert [record.payload for record in receive(listening)] == [UPLINK.payload]
    assert [*fates, reception.fate] == [Fate.ON_AIR, Fate.HEARD]


def test_the_stamp_is_the_packet_s_end_plus_the_chip_s_delay(
    listening: SimulatedConcentrator, clock: HandClock
) -> None:
    listening.air.transmit(but(spreading_factor=12, at_s=clock() + 0.5))
    clock.advance(LONG_AFTER_S)
    (record,) = receive(listening)
    end_us = round((0.5 + but(spreading_factor=12).airtime_s) * 1e6)
    delay_us = demodulation_delay_us(len(UPLINK.payload), 12, 125_000, 1, True)
    assert record.timestamp // 32 - delay_us == pytest.approx(end_us, abs=1)


def test_a_bad_crc_is_flagged_and_the_payload_differs(listening: SimulatedConcentrator) -> None:
    listening.air.deliver_now(but(corrupted=True))
    (record,) = receive(listening)
    assert record.flags & 1
    assert record.payload != UPLINK.payload
    assert len(record.payload) == len(UPLINK.payload)


def test_packets_are_counted_by_modem(listening: SimulatedConcentrator) -> None:
    for sent in (UPLINK, UPLINK, but(corrupted=True), but(freq_hz=868_800_000, modulation="FSK")):
        listening.air.deliver_now(sent)
    listening.air.deliver_now(but(freq_hz=868_300_000, bandwidth_hz=250_000))
    assert read(listening, 0x58CA, 9) == bytes([0, 1, 2, 0, 0, 1, 0, 0, 1])


@pytest.mark.parametrize(
    ("second_rssi_dbm", "delay_s", "fates"),
    [
        (-86.0, 0.01, (Fate.HEARD, Fate.COLLISION)),
        (-83.0, 0.01, (Fate.COLLISION, Fate.COLLISION)),
        (-83.0, 0.035, (Fate.HEARD_DAMAGED, Fate.COLLISION)),
        (-74.0, 0.01, (Fate.COLLISION, Fate.HEARD)),
        (-74.0, 0.035, (Fate.HEARD_DAMAGED, Fate.HEARD)),
        (-80.0, 1.0, (Fate.HEARD, Fate.HEARD)),
    ],
)
def test_of_two_alike_the_one_6_db_stronger_survives(
    listening: SimulatedConcentrator,
    clock: HandClock,
    second_rssi_dbm: float,
    delay_s: float,
    fates: tuple[Fate, Fate],
) -> None:
    first = listening.air.transmit(UPLINK)
    second = listening.air.transmit(but(rssi_dbm=second_rssi_dbm, at_s=clock() + delay_s))
    clock.advance(LONG_AFTER_S)
    receive(listening)
    assert (first.fate, second.fate) == fates


@pytest.mark.parametrize("change", [{"spreading_factor": 8}, {"freq_hz": 868_300_000}])
def test_other_spreading_factors_and_channels_do_not_collide(
    listening: SimulatedConcentrator, clock: HandClock, change: dict[str, int]
) -> None:
    receptions = [listening.air.transmit(sent) for sent in (UPLINK, but(**change))]
    clock.advance(LONG_AFTER_S)
    receive(listening)
    assert [reception.fate for reception in receptions] == [Fate.HEARD, Fate.HEARD]


def test_sixteen_packets_at_once_leave_none_for_the_seventeenth(
    listening: SimulatedConcentrator, clock: HandClock
) -> None:
    crowd = [but(freq_hz=hz, spreading_factor=sf) for sf in (9, 10) for hz in CHANNELS_HZ]
    receptions = [listening.air.transmit(sent) for sent in [*crowd, but(spreading_factor=8)]]
    clock.advance(LONG_AFTER_S)
    receive(listening)
    assert [reception.fate for reception in receptions] == [Fate.HEARD] * 16 + [Fate.NO_DEMODULATOR]


def test_only_half_the_demodulators_serve_sf11_and_sf12(listening: SimulatedConcentrator, clock: HandClock) -> None:
    crowd = [but(freq_hz=hz, spreading_factor=sf) for sf in (11, 12) for hz in CHANNELS_HZ]
    receptions = [listening.air.transmit(sent) for sent in crowd]
    clock.advance(LONG_AFTER_S)
    receive(listening)
    assert [reception.fate for reception in receptions] == [Fate.HEARD] * 8 + [Fate.NO_DEMODULATOR] * 8


def test_a_reset_loses_what_was_being_demodulated(listening: SimulatedConcentrator, clock: HandClock) -> None:
    reception = listening.air.transmit(UPLINK)
    clock.advance(0.01)
    receive(listening)
    listening.reset()
    clock.advance(LONG_AFTER_S)
    assert receive(listening) == []
    assert reception.fate is Fate.NOT_RECEIVING


def test_a_restart_does_not_bring_it_back(listening: SimulatedConcentrator, clock: HandClock) -> None:
    reception = listening.air.transmit(but(spreading_factor=12))
    clock.advance(0.01)
    receive(listening)
    listening.reset()
    start(listening)
    clock.advance(LONG_AFTER_S)
    assert receive(listening) == []
    assert reception.fate is Fate.NOT_RECEIVING


def test_every_transmission_is_accounted_for(listening: SimulatedConcentrator, clock: HandClock) -> None:
    sent = [but(freq_hz=hz, public=public) for hz in (*CHANNELS_HZ, 869_525_000) for public in (True, False)]
    receptions = [listening.air.transmit(one) for one in sent]
    clock.advance(LONG_AFTER_S)
    heard = len(receive(listening))
    assert sum(listening.air.fates.values()) == len(receptions)
    assert listening.air.fates[Fate.HEARD] == heard
    assert not any(reception.fate is Fate.ON_AIR for reception in receptions)


@pytest.mark.parametrize(
    "wrong",
    [{"payload": bytes(256)}, {"spreading_factor": 13}, {"bandwidth_hz": 62_500}, {"coding_rate": 0}],
)
def test_impossible_transmissions_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"payload|spreading factor|bandwidth|coding rate"):
        but(**wrong)
