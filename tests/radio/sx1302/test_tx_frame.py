"""From a packet to what the chip must hold: where the recordings of the reference do not reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.packets import CodingRate, TxPacket, TxStatus, TxTrigger
from radio.sx1302.merging import field_bytes, merge
from radio.sx1302.plan import ConcentratorPlan, FskChannel
from radio.sx1302.registers import Agc, Field, Tx
from radio.sx1302.tx_frame import TxFrame, check_packet, gain_for, start_delay_ticks, timer_ticks, tx_frame
from tests.radio.sx1302.tx_packets import FSK, GAINS, LORA, PLAN, changed, packets, plan_with, possible_packets

CHAIN_DISTANCE = 0x200


def frame_of(
    packet: TxPacket,
    plan: ConcentratorPlan = PLAN,
    trigger: TxTrigger = TxTrigger.TIMESTAMPED,
    counter_us: int = 1_000_000,
) -> TxFrame:
    """What is written for a packet that can be sent."""
    assert check_packet(packet, plan) is TxStatus.OK
    return tx_frame(packet, plan, trigger, counter_us)


def image_of(frame: TxFrame) -> dict[int, int]:
    """The registers that a frame writes, all others being zero."""
    return merge((*frame.timing, *frame.settings), {})


def value(frame: TxFrame, field: Field) -> int:
    """What a frame makes of a field."""
    image = image_of(frame)
    raw = int.from_bytes(bytes(image[address] for address, _, _ in field_bytes(field, 0)), "big")
    return (raw >> field.offset) & ((1 << field.bits) - 1)


class TestWhen:
    """The moment of an emission."""

    @pytest.mark.parametrize(
        ("spreading_factor", "bandwidth_hz", "ticks"),
        [
            (7, 125_000, 48_000 - 19 - 504 - 64),
            (7, 250_000, 48_000 - 24 - 252 - 32),
            (7, 500_000, 48_000 - 21 - 126 - 16),
            (9, 125_000, 48_000 - 19 - 504 - 64),
            (10, 125_000, 48_000 - 19 - 1_016 - 64),
            (10, 250_000, 48_000 - 24 - 508 - 32),
            (12, 500_000, 48_000 - 21 - 254 - 16),
        ],
    )
    def test_the_start_delay_leaves_room_for_radio_filter_and_modem(
        self, spreading_factor: int, bandwidth_hz: int, ticks: int
    ) -> None:
        packet = changed(LORA, spreading_factor=spreading_factor, bandwidth_hz=bandwidth_hz)
        assert start_delay_ticks(packet) == ticks == value(frame_of(packet), Tx.START_DELAY[0])

    @given(st.integers(0, 1 << 40), st.integers(0, 48_000))
    def test_timer_and_delay_together_are_the_counter_in_ticks_whatever_wraps(
        self, counter_us: int, delay: int
    ) -> None:
        timer = timer_ticks(counter_us, delay)
        assert 0 <= timer < 1 << 32
        assert (timer + delay) % (1 << 32) == counter_us * 32 % (1 << 32)

    def test_a_lora_packet_is_triggered_earlier_by_its_start_delay(self) -> None:
        assert value(frame_of(LORA, counter_us=100), Tx.TIMER[0]) == (100 * 32 - 47_413) % (1 << 32)

    def test_fsk_has_no_start_delay_and_leaves_its_register_alone(self) -> None:
        frame = frame_of(FSK, counter_us=100)
        assert value(frame, Tx.TIMER[0]) == 3_200
        assert Tx.START_DELAY[0].address not in image_of(frame)

    @pytest.mark.parametrize("packet", [LORA, FSK], ids=["LoRa", "FSK"])
    @pytest.mark.parametrize("trigger", [TxTrigger.IMMEDIATE, TxTrigger.ON_PPS])
    def test_only_a_time_stamp_sets_the_timer(self, packet: TxPacket, trigger: TxTrigger) -> None:
        assert Tx.TIMER[0].address not in image_of(frame_of(packet, trigger=trigger))


class TestLora:
    """How a LoRa packet is modulated."""

    @pytest.mark.parametrize(
        ("bandwidth_hz", "code", "deviation"), [(125_000, 4, 0x200), (250_000, 5, 0x400), (500_000, 6, 0x800)]
    )
    def test_bandwidth(self, bandwidth_hz: int, code: int, deviation: int) -> None:
        frame = frame_of(changed(LORA, bandwidth_hz=bandwidth_hz))
        assert value(frame, Tx.LORA_BANDWIDTH[0]) == value(frame, Tx.AGC_BANDWIDTH[0]) == code
        assert value(frame, Tx.DEVIATION[0]) == deviation

    @pytest.mark.parametrize("spreading_factor", range(5, 13))
    @pytest.mark.parametrize("public", [True, False])
    def test_sync_word(self, spreading_factor: int, public: bool) -> None:
        packet = changed(LORA, spreading_factor=spreading_factor)
        frame = frame_of(packet, plan_with(public_network=public))
        peaks = (6, 8) if public and spreading_factor >= 7 else (2, 4)
        assert (value(frame, Tx.SYNC_PEAK1[0]), value(frame, Tx.SYNC_PEAK2[0])) == peaks
        assert value(frame, Tx.FINE_SYNC[0]) == (spreading_factor < 7)
        assert value(frame, Tx.SPREADING_FACTOR[0]) == spreading_factor

    @pytest.mark.parametrize("bandwidth_hz", [125_000, 250_000, 500_000])
    @pytest.mark.parametrize("spreading_factor", range(5, 13))
    def test_symbols_of_16_ms_and_more_are_sent_at_a_low_data_rate(
        self, spreading_factor: int, bandwidth_hz: int
    ) -> None:
        frame = frame_of(changed(LORA, spreading_factor=spreading_factor, bandwidth_hz=bandwidth_hz))
        assert value(frame, Tx.PPM_OFFSET[0]) == (1_000 * (1 << spreading_factor) / bandwidth_hz >= 16)

    @pytest.mark.parametrize(("rate", "number"), [*zip(CodingRate, (1, 2, 3, 4), strict=True)])
    def test_coding_rate(self, rate: CodingRate, number: int) -> None:
        assert value(frame_of(changed(LORA, coding_rate=rate)), Tx.CODING_RATE[0]) == number

    @pytest.mark.parametrize(
        ("option", "field", "on"),
        [
            ("crc", Tx.CRC_ENABLE[0], 1),
            ("implicit_header", Tx.IMPLICIT_HEADER[0], 1),
            ("invert_polarity", Tx.CHIRP_INVERT[0], 1),
        ],
    )
    def test_each_option_sets_its_bit_and_no_other(self, option: str, field: Field, on: int) -> None:
        with_it, without = (image_of(frame_of(changed(LORA, **{option: chosen}))) for chosen in (True, False))
        assert {address for address in with_it if with_it[address] != without[address]} == {field.address}
        assert with_it[field.address] ^ without[field.address] == on << field.offset
        assert with_it[field.address] & on << field.offset

    @pytest.mark.parametrize(("asked", "sent"), [(0, 8), (1, 6), (6, 6), (300, 300), (0xFFFF, 0xFFFF)])
    def test_preamble(self, asked: int, sent: int) -> None:
        frame = frame_of(changed(LORA, preamble=asked))
        assert value(frame, Tx.PREAMBLE_MSB[0]) << 8 | value(frame, Tx.PREAMBLE_LSB[0]) == sent

    @given(st.binary(min_size=1, max_size=255))
    def test_the_buffer_is_the_payload(self, payload: bytes) -> None:
        frame = frame_of(changed(LORA, payload=payload))
        assert frame.buffer == payload
        assert value(frame, Tx.PAYLOAD_LENGTH[0]) == len(payload)


class TestFsk:
    """How an FSK packet is modulated."""

    @pytest.mark.parametrize(("bitrate_bps", "register"), [(500, 64_000), (50_000, 640), (250_000, 128), (300, None)])
    def test_bit_rate(self, bitrate_bps: int, register: int | None) -> None:
        packet = changed(FSK, bitrate_bps=bitrate_bps)
        if register is None:
            assert check_packet(packet, PLAN) is TxStatus.INVALID
        else:
            assert value(frame_of(packet), Tx.FSK_BIT_RATE[0]) == register

    @pytest.mark.parametrize(
        ("deviation_hz", "chip_steps", "radio_steps"),
        [(1_000, 8, 1_048), (25_000, 204, 26_214), (200_000, 1_638, 209_715)],
    )
    def test_deviation_of_chip_and_radio(self, deviation_hz: int, chip_steps: int, radio_steps: int) -> None:
        frame = frame_of(changed(FSK, deviation_hz=deviation_hz))
        assert value(frame, Tx.DEVIATION[0]) == chip_steps
        boxes = [value(frame, Agc.MAILBOX_WRITE[box]) for box in (2, 1, 0)]
        assert int.from_bytes(bytes(boxes), "big") == radio_steps

    @pytest.mark.parametrize(
        ("channel", "size", "pattern"),
        [
            (None, 2, 0xC194C1 << 40),
            (FskChannel(1, 0, sync_word=0xC194, sync_word_bytes=2), 1, 0xC194 << 48),
            (FskChannel(1, 0, sync_word=0x0102030405060708, sync_word_bytes=8), 7, 0x0102030405060708),
        ],
        ids=["no FSK channel", "two bytes", "eight bytes"],
    )
    def test_the_sync_word_is_the_channel_s(self, channel: FskChannel | None, size: int, pattern: int) -> None:
        frame = frame_of(FSK, plan_with(fsk=channel))
        assert value(frame, Tx.FSK_SYNC_WORD_SIZE[0]) == size
        assert value(frame, Tx.FSK_SYNC_WORD[0]) == pattern

    @pytest.mark.parametrize(("asked", "sent"), [(0, 5), (1, 3), (3, 3), (300, 300)])
    def test_preamble(self, asked: int, sent: int) -> None:
        assert value(frame_of(changed(FSK, preamble=asked)), Tx.FSK_PREAMBLE[0]) == sent

    @pytest.mark.parametrize("crc", [True, False])
    def test_checksum(self, crc: bool) -> None:
        assert value(frame_of(changed(FSK, crc=crc)), Tx.FSK_CRC_ENABLE[0]) == crc

    @given(st.binary(min_size=1, max_size=255))
    def test_the_buffer_begins_with_the_length(self, payload: bytes) -> None:
        frame = frame_of(changed(FSK, payload=payload))
        assert frame.buffer == bytes((len(payload),)) + payload
        assert value(frame, Tx.FSK_LENGTH[0]) == len(payload)


class TestRadioPath:
    """Where, and how strong."""

    @given(st.integers(150_000_000, 960_000_000))
    def test_the_frequency_is_the_next_step_below(self, freq_hz: int) -> None:
        steps = value(frame_of(changed(LORA, freq_hz=freq_hz)), Tx.FREQUENCY[0])
        assert steps * 32_000_000 <= freq_hz << 18 < (steps + 1) * 32_000_000

    @pytest.mark.parametrize(
        ("asked_dbm", "sent_dbm", "register"),
        [
            (-100, 12, 0x0F),
            (12, 12, 0x0F),
            (13, 12, 0x0F),
            (14, 14, 0x11),
            (17, 14, 0x11),
            (18, 18, 0x41),
            (26, 18, 0x41),
            (27, 27, 0x56),
            (100, 27, 0x56),
        ],
    )
    def test_power_is_never_above_what_was_asked_but_where_the_board_can_do_no_less(
        self, asked_dbm: int, sent_dbm: int, register: int
    ) -> None:
        assert gain_for(GAINS, asked_dbm).rf_power_dbm == sent_dbm
        assert value(frame_of(changed(LORA, power_dbm=asked_dbm)), Tx.AGC_POWER[0]) == register

    @pytest.mark.parametrize(("packet", "source"), [(LORA, 1), (FSK, 2)], ids=["LoRa", "FSK"])
    def test_the_modulator_is_chosen(self, packet: TxPacket, source: int) -> None:
        frame = frame_of(packet)
        assert value(frame, Tx.MODULATION[0]) == source - 1
        assert value(frame, Tx.IF_SOURCE[0]) == source
        assert value(frame, Tx.AGC_BANDWIDTH[0]) >> 7 == source - 1


@given(possible_packets(), st.sampled_from(TxTrigger), st.integers(0, (1 << 32) - 1))
def test_chain_b_holds_what_chain_a_would(packet: TxPacket, trigger: TxTrigger, counter_us: int) -> None:
    first, second = (frame_of(changed(packet, rf_chain=chain), PLAN, trigger, counter_us) for chain in (0, 1))
    boxes = range(Agc.MAILBOX_WRITE[3].address, Agc.MAILBOX_WRITE[0].address + 1)
    moved = {
        address if address in boxes else address + CHAIN_DISTANCE: content
        for address, content in image_of(first).items()
    }
    assert image_of(second) == moved
    assert first.buffer == second.buffer


@given(packets(), st.sampled_from(TxTrigger))
def test_whatever_is_not_refused_can_be_written_and_touches_no_trigger(packet: TxPacket, trigger: TxTrigger) -> None:
    if check_packet(packet, PLAN) is TxStatus.OK:
        frame = tx_frame(packet, PLAN, trigger)
        assert not image_of(frame).keys() & {field.address for field in (*Tx.TRIGGERS, *Tx.BUFFER_OPEN, *Tx.STATUS)}
        assert 1 <= len(frame.buffer) <= 256
