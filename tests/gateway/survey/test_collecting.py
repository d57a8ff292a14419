"""A survey as it grows: who was heard, how well, and how much of it was lost."""

import pytest

from gateway.console.lines import Heard
from gateway.survey import collecting
from gateway.survey.collecting import Survey, paused, result_of, survey_of, taken
from gateway.survey.result import DeviceSurvey, Quantiles, SurveyResult
from gateway.survey.spread import Spread
from tests.gateway.console.snapshots import heard


def surveyed(*packets: Heard, devices: tuple[str, ...] = ()) -> Survey:
    survey = survey_of(devices)
    for index, packet in enumerate(packets):
        survey = taken(survey, packet, index * 60.0)
    return survey


def result(survey: Survey) -> SurveyResult:
    return result_of(survey, gateway_eui="0016C001FF10A235", began_unix_s=1_780_000_000.0, duration_s=600.04)


def only(survey: Survey) -> DeviceSurvey:
    (device,) = result(survey).devices
    return device


def packet(number: int, **changes: object) -> Heard:
    return heard(fcnt=number, frame=number, **changes)


def test_a_device_has_its_quantiles_and_its_losses() -> None:
    device = only(surveyed(*(packet(n, rssi_dbm=-100.0 - n, snr_db=float(n)) for n in (0, 1, 2, 3, 5, 6, 7, 8, 9, 10))))
    assert (device.device, device.depositor) == ("26011234", "metropole")
    assert device.rssi_dbm == Quantiles(-110.0, -106.0, -101.0)
    assert device.snr_db == Quantiles(0.0, 5.0, 9.0)
    assert device.margin_db == Quantiles(7.5, 12.5, 16.5)
    assert (device.packets, device.frames, device.lost) == (10, 10, 1)
    assert device.loss_share == pytest.approx(1 / 11)
    assert (device.first_s, device.last_s) == (0.0, 540.0)


@pytest.mark.parametrize(
    ("spreading_factor", "floor_db"),
    [(5, -2.5), (6, -5.0), (7, -7.5), (8, -10.0), (9, -12.5), (10, -15.0), (11, -17.5), (12, -20.0)],
)
def test_the_margin_is_above_what_the_spreading_factor_needs(spreading_factor: int, floor_db: float) -> None:
    device = only(surveyed(packet(0, snr_db=0.0, spreading_factor=spreading_factor)))
    assert device.margin_db is not None
    assert device.margin_db.median == -floor_db


def test_fsk_has_neither_snr_nor_margin() -> None:
    device = only(surveyed(packet(0, snr_db=None, spreading_factor=0, data_rate="FSK50k")))
    assert (device.snr_db, device.margin_db) == (None, None)


def test_repetitions_are_packets_and_no_further_frames() -> None:
    device = only(surveyed(packet(0), packet(0), packet(1)))
    assert (device.packets, device.frames, device.lost) == (3, 2, 0)


def test_a_join_is_known_by_the_deveui_and_has_no_counter() -> None:
    device = only(surveyed(heard(kind="join_request", dev_addr=None, dev_eui="00005EEF10000001", fcnt=None)))
    assert (device.device, device.dev_addr, device.frames, device.lost) == ("00005EEF10000001", None, 1, None)


def test_a_device_that_joins_again_has_another_address_and_has_lost_nothing() -> None:
    eui = "00005EEF10000001"
    packets = (packet(40, dev_eui=eui), *(packet(n, dev_eui=eui, dev_addr="26011299") for n in (45, 46)))
    device = only(surveyed(*packets))
    assert (device.dev_addr, device.lost, device.restarts) == ("26011299", 0, 1)


def test_what_is_damaged_is_counted_and_nobodys() -> None:
    survey = surveyed(packet(0), packet(1, crc="bad"), packet(2, crc="absent"))
    assert (result(survey).packets, result(survey).damaged, only(survey).packets) == (3, 2, 1)


def test_only_the_wanted_devices_are_surveyed_by_either_name() -> None:
    eui = "00005EEF10000001"
    survey = surveyed(
        packet(0),
        packet(0, dev_addr="26019999"),
        packet(0, dev_addr="26018888", dev_eui=eui),
        devices=("26011234", eui.lower()),
    )
    assert {device.device for device in result(survey).devices} == {"26011234", eui}
    assert result(survey).packets == 3


def test_channels_are_apart() -> None:
    device = only(surveyed(packet(0), packet(1, freq_hz=868_500_000, rssi_dbm=-90.0), packet(2, freq_hz=868_500_000)))
    assert [(channel.freq_hz, channel.packets) for channel in device.channels] == [(868_100_000, 1), (868_500_000, 2)]
    assert device.channels[1].rssi_dbm.p90 == -90.0


def test_the_weakest_come_first() -> None:
    survey = surveyed(
        packet(0, dev_addr="A", snr_db=9.0), packet(0, dev_addr="B", snr_db=-7.0), packet(0, dev_addr="C", snr_db=None)
    )
    assert [device.device for device in result(survey).devices] == ["B", "A", "C"]


def test_a_pause_costs_no_device_anything() -> None:
    survey = paused(surveyed(packet(0)), untold=4)
    survey = taken(survey, packet(9), 600.0)
    assert (only(survey).lost, result(survey).untold) == (None, 4)


def test_forged_addresses_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MOST_DEVICES", 3)
    survey = surveyed(*(packet(0, dev_addr=f"{number:08X}") for number in range(5)))
    assert (len(survey.devices), survey.untold, survey.packets) == (3, 2, 5)


def test_a_survey_of_nothing_is_one() -> None:
    assert result(survey_of()).devices == ()


def test_a_survey_is_a_value_that_packets_do_not_change() -> None:
    before = surveyed(packet(0))
    taken(before, packet(1), 60.0)
    assert only(before).packets == 1


class TestSpread:
    """How values lie."""

    @pytest.mark.parametrize(
        ("values", "quantiles"),
        [
            ([1.0], (1.0, 1.0, 1.0)),
            ([1.0, 2.0], (1.0, 1.0, 2.0)),
            ([float(n) for n in range(1, 11)], (1.0, 5.0, 9.0)),
            ([-7.26, -7.24], (-7.3, -7.3, -7.2)),
        ],
    )
    def test_quantiles_are_by_nearest_rank_to_a_tenth(
        self, values: list[float], quantiles: tuple[float, float, float]
    ) -> None:
        spread = Spread()
        for value in values:
            spread = spread.taken(value)
        assert spread.quantiles() == Quantiles(*quantiles)

    def test_no_value_has_none(self) -> None:
        assert Spread().quantiles() is None
