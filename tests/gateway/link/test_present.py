"""The present on all clocks."""

from pathlib import Path

import pytest

from gateway.config.policy_section import PolicySection
from gateway.link.present import Present
from gateway.policy_side import PolicySide
from gateway.system_clock import ClockReading, SystemClock
from radio.duty_cycle_store import boottime_us, read_boot_id
from tests.gateway.policy.frames import CITY_EUI
from tests.gateway.policy.signed import Host, depositor
from tests.gateway.rig import configuration

UNIX_S = 1_780_000_000


def clock(unix_s: int, *, ms: int = 0, is_sure: bool = True) -> SystemClock:
    return SystemClock(lambda: None, lambda: ClockReading((unix_s * 1000 + ms) * 1_000_000, 0), lambda: is_sure)


def test_the_date_is_told_where_the_clock_is_sure() -> None:
    assert Present(clock(UNIX_S, ms=250), None).now().unix_ms == UNIX_S * 1000 + 250
    assert Present(clock(UNIX_S, is_sure=False), None).now().unix_ms is None
    assert Present(clock(UNIX_S, is_sure=False), None).known_unix_s() is None
    assert Present(clock(UNIX_S), None).known_unix_s() == UNIX_S


@pytest.mark.parametrize("unix_s", [0, 1, 1_500_000_000, 253_402_300_800, 2**40])
def test_a_date_that_cannot_be_is_none_even_where_somebody_vouches_for_it(unix_s: int) -> None:
    assert Present(clock(unix_s), None).now().unix_ms is None


def test_without_a_policy_the_other_clock_begins_with_the_boot() -> None:
    before = boottime_us() // 1000
    present = Present(clock(UNIX_S), None)
    assert before <= present.now().ms <= boottime_us() // 1000
    sign = present.life_sign()
    assert (sign.boot_id, sign.at.unix_ms, sign.stopped) == (read_boot_id(), UNIX_S * 1000, False)
    assert before <= sign.boot_ms <= boottime_us() // 1000


def test_with_a_policy_it_is_the_accounts_and_rights_are_judged_by_what_the_policy_knows(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.publish(host.document(depositor("city", "26011A00/24", CITY_EUI)))
    section = configuration(sections=host.section()).policy
    assert isinstance(section, PolicySection)
    policy = PolicySide(section, tmp_path / "state", "EU868", lambda: UNIX_S + 7, None)
    present = Present(clock(UNIX_S), policy)
    before = policy.now_ms()
    assert before <= present.now().ms <= policy.now_ms()
    assert present.known_unix_s() == UNIX_S + 7
