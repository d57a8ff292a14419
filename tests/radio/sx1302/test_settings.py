"""Register values that depend on the plan; those that do not are shown by the reference recordings."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.sx1302.plan import Channel, ConcentratorPlan, FskChannel, LoraStdChannel
from radio.sx1302.registers import Agc, Field, Fsk, LoraStd, RxTop
from radio.sx1302.settings import frequency_to_time_drift, if_register, lora_std_start, low_data_rate, reception
from tests.radio.plans import CN490_WITHOUT_EXTRAS, EU868, FINE, ONE_RADIO, PLANS, US915

IF_STEP_HZ = 15625 / 32
SYNC_PEAKS = (
    RxTop.SYNC_PEAK1_SF5,
    RxTop.SYNC_PEAK1_SF6,
    RxTop.SYNC_PEAK1,
    LoraStd.SYNC_PEAK1,
)


def values(plan: ConcentratorPlan) -> dict[Field, int]:
    """What each field ends up with."""
    return dict(reception(plan))


@given(st.integers(-800_000, 800_000))
def test_the_if_register_is_the_frequency_in_steps_rounded_towards_zero(if_hz: int) -> None:
    register = if_register(if_hz)
    steps = register - 0x2000 if register & 0x1000 else register
    assert 0 <= register < 0x2000
    assert steps == math.trunc(if_hz / IF_STEP_HZ)


@given(st.integers(430_000_000, 928_000_000), st.sampled_from((125_000, 250_000, 500_000)))
def test_the_drift_is_a_normalised_ratio(freq_hz: int, bandwidth_hz: int) -> None:
    mantissa, exponent = frequency_to_time_drift(freq_hz, bandwidth_hz)
    assert 2048 <= mantissa < 4096
    assert 0 <= exponent < 8
    assert mantissa / 2**exponent == pytest.approx(bandwidth_hz * 2**20 / freq_hz, abs=1)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_no_field_is_written_twice_and_every_value_fits(plan: ConcentratorPlan) -> None:
    listed = [field for field, _ in reception(plan)]
    assert len(listed) == len(set(listed))
    assert all(0 <= value < 1 << field.bits for field, value in reception(plan))


def test_unused_channels_are_off_and_used_ones_listen_on_their_radio() -> None:
    plan = msgspec.structs.replace(EU868, channels=(None, Channel(1, 0), None, Channel(0, -100_000), *(None,) * 4))
    written = values(plan)
    assert (written[RxTop.CORRELATOR_ENABLE], written[RxTop.CORRELATOR_CLOCK]) == (0b1010, 0b1010)
    assert written[RxTop.RADIO_SELECT] == 0b0010
    assert [written[field] for field in RxTop.IF_FREQ[:4]] == [0, 0, 0, if_register(-100_000)]


def test_only_the_chosen_spreading_factors_are_searched() -> None:
    plan = msgspec.structs.replace(EU868, spreading_factors=frozenset({7, 12}))
    assert values(plan)[RxTop.CORRELATOR_SF_ENABLE] == 0b1000_0100


@pytest.mark.parametrize(
    ("plan", "peaks"),
    [
        (EU868, (2, 2, 6, 6)),
        (ONE_RADIO, (2, 2, 2, 2)),
        (msgspec.structs.replace(EU868, lora_std=LoraStdChannel(1, 0, spreading_factor=5)), (2, 2, 6, 2)),
        (msgspec.structs.replace(EU868, lora_std=LoraStdChannel(1, 0, spreading_factor=6)), (2, 2, 6, 2)),
    ],
)
def test_public_and_private_sync_words(plan: ConcentratorPlan, peaks: tuple[int, ...]) -> None:
    assert tuple(values(plan)[field] for field in SYNC_PEAKS) == peaks


def test_the_single_sf_modem_gets_its_own_bandwidth_and_spreading_factor() -> None:
    written = values(US915)
    assert (written[LoraStd.MODEM_BW], written[LoraStd.MODEM_SF]) == (6, 8)
    drift = (written[LoraStd.DRIFT_MANTISSA], written[LoraStd.DRIFT_EXPONENT])
    assert drift == frequency_to_time_drift(904_300_000, 500_000)


@pytest.mark.parametrize(
    ("spreading_factor", "bandwidth_hz", "gains"),
    [
        (5, 500_000, (4, 0)),
        (6, 125_000, (4, 0)),
        (7, 250_000, (6, 0)),
        (10, 125_000, (6, 0)),
        (11, 125_000, (7, 1)),
        (11, 250_000, (7, 2)),
        (12, 500_000, (7, 3)),
    ],
)
def test_the_single_sf_modem_s_timing_gains_grow_with_the_symbol(
    spreading_factor: int, bandwidth_hz: int, gains: tuple[int, int]
) -> None:
    channel = LoraStdChannel(1, 0, bandwidth_hz=bandwidth_hz, spreading_factor=spreading_factor)
    written = values(msgspec.structs.replace(EU868, lora_std=channel))
    assert (written[LoraStd.TIMING_P_PREAMBLE], written[LoraStd.TIMING_I_ENABLE]) == gains


@pytest.mark.parametrize(("spreading_factor", "fine_sync", "symbols"), [(5, 1, 12), (6, 1, 12), (7, 0, 8), (12, 0, 8)])
def test_the_single_sf_modem_expects_the_longer_preamble_of_short_symbols(
    spreading_factor: int, fine_sync: int, symbols: int
) -> None:
    written = values(msgspec.structs.replace(EU868, lora_std=LoraStdChannel(1, 0, spreading_factor=spreading_factor)))
    assert (written[LoraStd.FINE_SYNC], written[LoraStd.PREAMBLE_LSB]) == (fine_sync, symbols)


def test_implicit_headers_reach_the_modem() -> None:
    channel = LoraStdChannel(
        1, 0, implicit_header=True, implicit_payload_length=33, implicit_crc=True, implicit_coding_rate=4
    )
    written = values(msgspec.structs.replace(EU868, lora_std=channel))
    fields = (LoraStd.IMPLICIT_HEADER, LoraStd.PAYLOAD_LENGTH, LoraStd.CRC_ENABLE, LoraStd.CODING_RATE)
    assert [written[field] for field in fields] == [1, 33, 1, 4]


@pytest.mark.parametrize(
    ("bandwidth_hz", "spreading_factor", "expected"),
    [
        (125_000, 10, False),
        (125_000, 11, True),
        (250_000, 11, False),
        (250_000, 12, True),
        (500_000, 12, False),
    ],
)
def test_symbols_of_16_ms_and_more_take_a_wider_margin(
    bandwidth_hz: int, spreading_factor: int, expected: bool
) -> None:
    assert low_data_rate(bandwidth_hz, spreading_factor) is expected
    assert ((1 << spreading_factor) / bandwidth_hz > 0.016) is expected


def test_an_fsk_sync_word_is_left_aligned() -> None:
    written = values(msgspec.structs.replace(EU868, fsk=FskChannel(1, 0, sync_word=0xABCD, sync_word_bytes=2)))
    assert written[Fsk.SYNC_WORD] == 0xABCD_0000_0000_0000
    assert (written[Fsk.SYNC_WORD_SIZE], written[Fsk.BIT_RATE]) == (1, 640)


def test_modems_that_are_not_used_are_not_configured() -> None:
    written = values(CN490_WITHOUT_EXTRAS)
    assert Fsk.BIT_RATE not in written
    assert LoraStd.MODEM_SF not in written
    assert not {field for field, _ in lora_std_start()} & written.keys()


def test_fine_timestamps_replace_the_legacy_ones() -> None:
    assert values(EU868)[RxTop.LEGACY_TIMESTAMP] == 1
    fine = values(FINE)
    assert (fine[RxTop.LEGACY_TIMESTAMP], fine[RxTop.TIMESTAMP_ENABLE], fine[RxTop.MAX_TIMESTAMP_METRICS]) == (0, 1, 32)


def test_full_duplex_keeps_the_receiver_open_while_the_first_radio_sends() -> None:
    duplex = values(msgspec.structs.replace(EU868, full_duplex=True))
    assert (duplex[Agc.PA_LUT[0]], duplex[Agc.LNA_LUT[0]]) == (0x0C, 0x0F)
    assert (duplex[Agc.PA_LUT[1]], duplex[Agc.LNA_LUT[1]]) == (0x04, 0x02)
