"""What a server wants transmitted: which chances there are, and what is refused."""

from typing import Any

import pytest

from forwarder.basics_station.data_rates import DataRate
from forwarder.basics_station.json_values import MalformedMessageError
from forwarder.basics_station.orders import AtGps, Attempt, AtXtime, Now, Order, read_dnframe, read_dnmsg, read_dnsched
from forwarder.basics_station.router_config import read_router_config
from tests.forwarder.basics_station.bench import router_config

CONFIG = read_router_config(router_config())
XTIME = 68_116_944_640_545_510
SF7, SF12 = DataRate(7, 125_000), DataRate(12, 125_000)


def message(**changes: Any) -> dict[str, Any]:
    """A class A dnmsg with both windows, with some of its fields changed; None takes one out."""
    whole = {
        "msgtype": "dnmsg",
        "DevEui": "01-02-03-04-05-06-07-08",
        "dC": 0,
        "diid": 1001,
        "pdu": "60AAbb",
        "RxDelay": 1,
        "RX1DR": 5,
        "RX1Freq": 868_100_000,
        "RX2DR": 0,
        "RX2Freq": 869_525_000,
        "xtime": XTIME,
        "rctx": 0,
    } | changes
    return {key: value for key, value in whole.items() if value is not None}


def read(**changes: Any) -> Order:
    return read_dnmsg(message(**changes), CONFIG)


def rx1(after_us: int = 1_000_000) -> Attempt:
    return Attempt(868_100_000, 5, SF7, AtXtime(XTIME, after_us))


def rx2(after_us: int = 2_000_000) -> Attempt:
    return Attempt(869_525_000, 0, SF12, AtXtime(XTIME, after_us))


NO_RX1 = {"RX1DR": None, "RX1Freq": None}
NO_RX2 = {"RX2DR": None, "RX2Freq": None}
OPEN = Attempt(869_525_000, 0, SF12, Now())


def test_class_a_has_rx1_and_a_second_later_rx2() -> None:
    order = read()
    assert order.attempts == (rx1(), rx2())
    assert (order.diid, order.dev_eui, order.payload) == (1001, 0x0102_0304_0506_0708, b"\x60\xaa\xbb")
    assert (order.crc, order.preamble, order.priority) == (False, 0, 0)


@pytest.mark.parametrize(("delay", "after_us"), [(None, 1_000_000), (0, 1_000_000), (5, 5_000_000), (15, 15_000_000)])
def test_the_delay_is_in_seconds_and_at_least_one(delay: int | None, after_us: int) -> None:
    assert read(RxDelay=delay).attempts == (rx1(after_us), rx2(after_us + 1_000_000))


def test_rx2_alone_is_a_second_after_rx1_would_be() -> None:
    assert read(**NO_RX1).attempts == (rx2(),)


def test_a_frequency_of_0_is_none() -> None:
    assert read(RX1Freq=0).attempts == (rx2(),)


def test_dr_and_freq_in_the_place_of_rx1_are_at_xtime_itself() -> None:
    assert read(**NO_RX1, **NO_RX2, DR=5, Freq=868_100_000).attempts == (rx1(0),)


def test_class_b_is_at_a_gps_time() -> None:
    order = read(**NO_RX1, **NO_RX2, dC=1, DR=0, Freq=869_525_000, gpstime=1_400_000_001_402_677)
    assert order.attempts == (Attempt(869_525_000, 0, SF12, AtGps(1_400_000_001_402_677)),)


def test_class_c_has_rx1_and_is_open_in_rx2() -> None:
    assert read(dC=2).attempts == (rx1(), OPEN)
    assert read(dC=2, **NO_RX1).attempts == (OPEN,)
    assert read(dC=2, xtime=None).attempts == (OPEN,)
    assert read(dC=2, xtime=0, **NO_RX1).attempts == (OPEN,)


def test_options() -> None:
    order = read(addcrc=1, preamble=12, priority=255, dnmode="updn", foo={"a": [1]})
    assert (order.crc, order.preamble, order.priority) == (True, 12, 255)
    assert read(addcrc=True).crc


def test_older_servers_say_seqno_and_newer_ones_spell_deveui() -> None:
    assert read(diid=None, seqno=7).diid == 7
    assert read(DevEui=None, DevEUI=9).dev_eui == 9


@pytest.mark.parametrize(
    "changes",
    [
        {"DevEui": None},
        {"DevEui": "x"},
        {"diid": None},
        {"diid": "7"},
        {"diid": 2**64},
        {"diid": True},
        {"dC": None},
        {"dC": 3},
        {"dC": 1, "gpstime": None},
        {"priority": 256},
        {"priority": -1},
        {"RxDelay": 16},
        {"pdu": None},
        {"pdu": "6"},
        {"pdu": "zz"},
        {"pdu": "00" * 256},
        {"RX1Freq": None},
        {"RX1DR": None},
        {"RX2DR": None},
        {"RX1DR": 8},
        {"RX1DR": -1},
        {"RX1Freq": 902_300_000},
        {"RX2Freq": 862_000_000},
        {"xtime": None},
        {"xtime": 0},
        {"xtime": -1},
        {"xtime": 1.5},
        {"xtime": 2**63},
        {**NO_RX1, **NO_RX2},
        {"preamble": 65_536},
    ],
)
def test_what_cannot_be_transmitted_as_it_is_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessageError):
        read(**changes)


def test_a_payload_is_never_part_of_a_complaint() -> None:
    with pytest.raises(MalformedMessageError) as caught:
        read(pdu="DEADBEEFz")
    assert "DEAD" not in str(caught.value)


def test_dnframe_is_at_its_xtime() -> None:
    frame = {"DR": 5, "Freq": 868_100_000, "DevEui": 7, "xtime": XTIME, "seqno": 9, "rctx": 0, "pdu": "0A0B"}
    assert read_dnframe(frame, CONFIG).attempts == (rx1(0),)
    asap = Attempt(868_100_000, 5, SF7, Now())
    assert read_dnframe(frame | {"asap": True}, CONFIG).attempts == (rx1(0), asap)


class TestSchedule:
    """dnsched: times of three kinds, and no report wanted."""

    ENTRY = {"diid": 7, "DR": 5, "Freq": 868_100_000, "pdu": "AABB"}  # noqa: RUF012

    def moment(self, **when: int) -> object:
        (order,), problems = read_dnsched({"schedule": [self.ENTRY | when]}, CONFIG)
        assert (problems, order.dev_eui, order.diid) == ([], 0, 7)
        return order.attempts[0].moment

    def test_times(self) -> None:
        assert self.moment(ontime=1_400_000_009) == AtGps(1_400_000_009_000_000)
        assert self.moment(gpstime=1_400_000_009_000_001) == AtGps(1_400_000_009_000_001)
        assert self.moment(xtime=XTIME) == AtXtime(XTIME)

    def test_one_that_is_wrong_takes_no_other_with_it(self) -> None:
        schedule = [self.ENTRY, None, 7, self.ENTRY | {"xtime": XTIME}, self.ENTRY | {"xtime": XTIME, "DR": 9}]
        orders, problems = read_dnsched({"schedule": schedule}, CONFIG)
        assert (len(orders), len(problems)) == (1, 4)

    @pytest.mark.parametrize("schedule", [None, 7, "x", {}])
    def test_no_schedule_is_one_mistake(self, schedule: object) -> None:
        orders, problems = read_dnsched({"schedule": schedule}, CONFIG)
        assert (orders, len(problems)) == ([], 1)

    def test_a_long_one_is_cut_and_that_is_said(self) -> None:
        orders, problems = read_dnsched({"schedule": [self.ENTRY | {"xtime": XTIME}] * 70}, CONFIG)
        assert (len(orders), len(problems)) == (64, 1)
