"""Packets, counted into a depositor's month."""

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.months import tallying
from gateway.link.months.tally import DayTally, DeviceMonth, MonthTally
from gateway.link.months.tallying import NO_DATE, UNDATED, Counted, count, count_lost, date_of, merge
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Flag, Verdict
from radio.packets import Modulation
from tests.gateway.link.judged import ADDR_TEXT, CITY, DEV_ADDR, DEV_EUI, EUI_TEXT, observed, refused, verdict
from tests.packets import packet

AIRTIME_US = 61_696
UNIX_S = 1_780_000_000


class Month:
    """A city's March, counted into by one packet a second."""

    def __init__(self) -> None:
        self.counted = Counted(MonthTally(CITY, "2026-03"))
        self.unix_s: int | None = UNIX_S

    def hear(self, *verdicts: Verdict, day: str = "07", **of: Any) -> None:
        for judged in verdicts:
            self.unix_s = None if self.unix_s is None else self.unix_s + 1
            count(self.counted, packet(**of), judged, AIRTIME_US, day, unix_s=self.unix_s)

    @property
    def tally(self) -> MonthTally:
        return self.counted.tally

    def only(self) -> DeviceMonth:
        (device,) = self.tally.devices.values()
        return device


@pytest.fixture
def month() -> Month:
    return Month()


def test_a_device_has_all_its_packets(month: Month) -> None:
    month.hear(verdict(), verdict(outcome=Outcome.REPETITION), observed(Outcome.RATE), payload=bytes(20))
    month.hear(refused(Outcome.RATE), refused(Outcome.RATE), refused(Outcome.DAILY_BYTES), payload=bytes(30))
    device = month.tally.devices[f"E{EUI_TEXT}"]
    assert (device.dev_eui, device.dev_addr, device.group) == (DEV_EUI, DEV_ADDR, "meters")
    assert (device.heard, device.forwarded, device.joins) == (6, 3, 0)
    assert device.refused == {Outcome.RATE: 2, Outcome.DAILY_BYTES: 1}
    assert (device.payload_bytes, device.airtime_us) == (150, 6 * AIRTIME_US)
    assert (device.first_unix_s, device.last_unix_s) == (UNIX_S + 1, UNIX_S + 6)


def test_so_has_the_day(month: Month) -> None:
    month.hear(verdict(), refused(Outcome.RATE))
    month.hear(verdict(), day="08")
    count_lost(month.counted, 2, "08")
    assert month.tally.days == {
        "07": DayTally(heard=2, forwarded=1, refused={Outcome.RATE: 1}),
        "08": DayTally(heard=1, forwarded=1, lost=2),
    }


def test_joins_are_counted_too(month: Month) -> None:
    month.hear(verdict(is_join=True, dev_addr=None), refused(Outcome.JOIN_RATE, is_join=True, dev_addr=None))
    assert (month.only().heard, month.only().joins, month.only().forwarded) == (2, 2, 1)


def test_sums_of_signal_make_means(month: Month) -> None:
    for rssi_dbm, snr_db in ((-100.0, 5.0), (-110.0, -3.0), (-120.0, 1.0)):
        month.hear(verdict(), rssi_channel_dbm=rssi_dbm, snr_db=snr_db)
    device = month.only()
    assert (device.rssi_dbm_sum / 3, device.snr_db_sum / 3, device.snr_db_least) == (-110, 1, -3)


def test_the_least_snr_can_be_positive(month: Month) -> None:
    month.hear(verdict(), snr_db=9.0)
    month.hear(verdict(), snr_db=7.5)
    assert month.only().snr_db_least == 7.5


def test_fsk_which_has_no_snr_leaves_its_mean_as_it_is(month: Month) -> None:
    month.hear(verdict(), snr_db=6.0)
    month.hear(verdict(), modulation=Modulation.FSK, spreading_factor=0, snr_db=-128.0)
    assert (month.only().snr_db_sum / 2, month.only().snr_db_least) == (6, 6)


def test_a_forged_packet_is_no_devices(month: Month) -> None:
    month.hear(refused(Outcome.FORGED))
    assert month.tally.devices == {}
    assert month.tally.days["07"] == DayTally(heard=1, refused={Outcome.FORGED: 1})


def test_without_a_dev_eui_a_device_is_known_by_its_dev_addr(month: Month) -> None:
    month.hear(verdict(dev_eui=None))
    assert list(month.tally.devices) == [f"A{ADDR_TEXT}"]


def test_once_its_dev_eui_is_known_it_is_listed_once_with_all_its_packets(month: Month) -> None:
    month.hear(verdict(is_join=True, dev_addr=None), snr_db=-1.0)
    month.hear(verdict(dev_eui=None), refused(Outcome.RATE, dev_eui=None), snr_db=-9.0)
    month.hear(verdict(), snr_db=3.0)
    assert list(month.tally.devices) == [f"E{EUI_TEXT}"]
    device = month.only()
    assert (device.heard, device.forwarded, device.joins, device.refused) == (4, 3, 1, {Outcome.RATE: 1})
    assert (device.snr_db_sum, device.snr_db_least) == (-16, -9)
    assert (device.first_unix_s, device.last_unix_s) == (UNIX_S + 1, UNIX_S + 4)
    assert device.dev_addr == DEV_ADDR


def test_the_least_snr_of_a_device_that_becomes_known_is_that_of_its_packets(month: Month) -> None:
    month.hear(verdict(dev_eui=None), snr_db=9.0)
    month.hear(verdict(), snr_db=11.0)
    assert month.only().snr_db_least == 9


def test_what_a_shared_dev_addr_counted_is_no_devices(month: Month) -> None:
    month.hear(verdict(dev_eui=None), verdict(flags=(Flag.SHARED_DEV_ADDR,)))
    assert sorted(month.tally.devices) == [f"A{ADDR_TEXT}", f"E{EUI_TEXT}"]


def test_a_device_that_only_later_has_a_date_has_its_first_one(month: Month) -> None:
    month.unix_s = None
    month.hear(verdict())
    assert (month.only().first_unix_s, month.only().last_unix_s) == (None, None)
    month.unix_s = UNIX_S
    month.hear(verdict())
    assert (month.only().first_unix_s, month.only().last_unix_s) == (UNIX_S + 1, UNIX_S + 1)


def test_devices_beyond_what_is_listed_are_left_out_and_counted_once(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallying, "MOST_DEVICES", 3)
    monkeypatch.setattr(tallying, "MOST_LEFT_OUT", 4)
    for _ in range(2):
        month.hear(*[verdict(dev_eui=number, dev_addr=None) for number in range(5)])
        month.hear(verdict(dev_eui=None))
    assert (len(month.tally.devices), month.tally.devices_left_out) == (3, 3)
    assert month.tally.days["07"].heard == 12
    month.hear(*[verdict(dev_eui=number, dev_addr=None) for number in range(100)])
    assert month.tally.devices_left_out == 4, "as many as can be told apart"


def test_after_a_restart_those_left_out_are_not_counted_again(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "MOST_DEVICES", 1)
    month.hear(*[verdict(dev_eui=number) for number in range(4)])
    begun = Month()
    merge(begun.counted, month.tally)
    begun.hear(*[verdict(dev_eui=number) for number in range(4)])
    assert (len(begun.tally.devices), begun.tally.devices_left_out) == (1, 3)


def test_a_month_that_is_full_takes_no_devices_of_another(month: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "MOST_DEVICES", 2)
    month.hear(verdict(dev_eui=1), verdict(dev_eui=2))
    other = Month()
    other.hear(verdict(dev_eui=2), verdict(dev_eui=3))
    merge(month.counted, other.tally)
    assert [device.heard for device in month.tally.devices.values()] == [1, 2]
    assert month.tally.devices_left_out == 1
    assert month.tally.days["07"].heard == 4


def test_what_was_undated_is_counted_on_the_day_on_which_the_clock_became_sure(month: Month) -> None:
    month.hear(verdict())
    undated = Counted(MonthTally(CITY, UNDATED))
    count(undated, packet(), refused(Outcome.RATE), AIRTIME_US, "", unix_s=None)
    count_lost(undated, 1, "")
    merge(month.counted, undated.tally, day="09")
    assert month.tally.days["09"] == DayTally(heard=1, refused={Outcome.RATE: 1}, lost=1)
    assert (month.only().heard, month.only().last_unix_s) == (2, UNIX_S + 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda month: month.hear(verdict()),
        lambda month: count_lost(month.counted, 1, "07"),
        lambda month: merge(month.counted, MonthTally(CITY, "2026-03")),
    ],
)
def test_each_change_is_news(month: Month, change: Callable[[Month], None]) -> None:
    assert not month.counted.has_news
    change(month)
    assert month.counted.has_news


def test_a_tally_is_kept_as_json(month: Month) -> None:
    month.hear(verdict(), refused(Outcome.RATE))
    assert msgspec.json.decode(msgspec.json.encode(month.tally), type=MonthTally) == month.tally


@pytest.mark.parametrize(
    ("unix_s", "month", "day"),
    [
        (0, "1970-01", "01"),
        (1_772_323_199, "2026-02", "28"),
        (1_772_323_200, "2026-03", "01"),
        (1_835_395_200, "2028-02", "29"),
    ],
)
def test_a_day_is_that_of_utc(unix_s: int, month: str, day: str) -> None:
    date = date_of(unix_s * 1000)
    assert (date.month, date.day) == (month, day)
    assert date_of(unix_s * 1000, date) is date


def test_without_a_sure_clock_there_is_no_date() -> None:
    assert date_of(None, date_of(0)) is NO_DATE


VERDICTS = st.builds(
    lambda eui, addr, fate, join: verdict(dev_eui=eui, dev_addr=addr, is_join=join, **fate),
    st.one_of(st.none(), st.integers(0, 3)),
    st.integers(0, 3),
    st.sampled_from([{}, {"outcome": Outcome.RATE, "forwarded": False}, {"outcome": Outcome.REPETITION}]),
    st.booleans(),
)


@given(st.lists(VERDICTS), st.lists(VERDICTS))
def test_no_packet_is_lost_or_doubled_whenever_devices_become_known_and_tallies_one(
    first: list[Verdict], second: list[Verdict]
) -> None:
    one, other = Month(), Month()
    one.hear(*first)
    other.hear(*second)
    merge(one.counted, copy.deepcopy(other.tally))
    devices = one.tally.devices.values()
    both = [*first, *second]
    assert sum(device.heard for device in devices) == one.tally.days.get("07", DayTally()).heard == len(both)
    assert sum(device.forwarded for device in devices) == sum(each.forwarded for each in both)
    assert sum(device.joins for device in devices) == sum(each.is_join for each in both)
    assert all(device.heard == device.forwarded + sum(device.refused.values()) for device in devices)
