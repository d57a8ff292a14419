"""Accounts outlive the process and the power, and are nowhere lower than what was charged."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.accounts import ledger, window
from gateway.policy.accounts.account import DAY_MS, HOUR_MS, NEW_ACCOUNT, Account
from gateway.policy.accounts.charging import UplinkCost, charge_join, charge_uplink
from gateway.policy.accounts.ledger import TIME_EVERY_MS, Ledger
from gateway.policy.claim import Claim, DeviceKey, Limits
from tests.gateway.policy.accounts.ledger_gateway import BIN, CITY, FREE, LAMP, METROPOLE, ONE_A_MINUTE, Gateway


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """A gateway at its first start."""
    return Gateway(tmp_path / "accounts")


def at(account: Account, now_ms: int) -> Account:
    """What of an account counts at a moment, but for the level, which is rounded on disk."""
    last_ms = account.last_uplink_ms
    counts = last_ms is not None and last_ms > now_ms - DAY_MS
    return msgspec.structs.replace(
        account,
        last_uplink_ms=last_ms if counts else None,
        level=None,
        frame_id=account.frame_id if counts else None,
        repetitions=account.repetitions if counts else 0,
        uplinks=window.aged(account.uplinks, now_ms, DAY_MS),
        joins=window.aged(account.joins, now_ms, HOUR_MS),
        downlinks=window.aged(account.downlinks, now_ms, DAY_MS),
    )


def test_a_charge_is_that_of_the_rule_and_held_against_all_three() -> None:
    ledger = Ledger()
    cost = UplinkCost(20, 50_000, 7)
    charged = ledger.uplink(CITY, LAMP, cost, 1000)
    assert charged == charge_uplink(CITY.limits, (NEW_ACCOUNT,) * 3, cost, 1000)
    assert ledger.accounts_of(CITY, LAMP) == charged.accounts
    assert ledger.accounts_of(METROPOLE, BIN) == (NEW_ACCOUNT,) * 3
    joined = ledger.join(CITY, BIN, 2000)
    assert joined == charge_join(CITY.limits, (NEW_ACCOUNT, *charged.accounts[1:]), 2000)
    assert ledger.account_count == 4


def test_groups_of_two_depositors_may_have_one_name() -> None:
    ledger = Ledger()
    ledger.join(CITY, LAMP, 1000)
    ledger.join(METROPOLE, BIN, 1000)
    assert ledger.accounts_of(CITY, None)[1].joins.count == 1


def test_a_refusal_leaves_no_trace_in_memory_or_on_disk(gateway: Gateway) -> None:
    strict = Claim("city", "lamps", (ONE_A_MINUTE, FREE, FREE))
    gateway.uplink(strict)
    before = gateway.ledger.accounts_of(strict, LAMP)
    assert gateway.uplink(strict).refusal is not None
    assert gateway.ledger.accounts_of(strict, LAMP) == before
    gateway.start()
    assert gateway.opened.charges == 1


def test_a_downlink_to_no_device_is_held_against_group_and_depositor(gateway: Gateway) -> None:
    none_left = Limits(daily_downlink_airtime_us=0)
    claim = Claim("city", "lamps", (none_left, FREE, FREE))
    assert gateway.ledger.downlink(claim, LAMP, 1000, gateway.now_ms).refusal is not None
    assert gateway.ledger.downlink(claim, None, 1000, gateway.now_ms).refusal is None
    gateway.ledger.write(gateway.now_ms)
    gateway.start()
    device, group, depositor = gateway.ledger.accounts_of(claim, LAMP)
    assert (device, group.downlinks.airtime_us, depositor.downlinks.airtime_us) == (NEW_ACCOUNT, 1000, 1000)


def test_a_released_downlink_stays_released(gateway: Gateway) -> None:
    charged_ms = gateway.now_ms
    gateway.ledger.downlink(CITY, LAMP, 1000, charged_ms)
    gateway.boottime_ms += 5000
    gateway.ledger.downlink(CITY, LAMP, 300, gateway.now_ms)
    gateway.ledger.release_downlink(CITY, LAMP, 1000, charged_ms)
    gateway.ledger.release_downlink(CITY, LAMP, 1000, charged_ms)
    gateway.ledger.write(gateway.now_ms)
    for _ in range(2):
        assert [account.downlinks.airtime_us for account in gateway.ledger.accounts_of(CITY, LAMP)] == [300] * 3
        gateway.start()


def test_a_release_makes_no_device_look_used(gateway: Gateway) -> None:
    """Where the downlink was charged to the group under another device."""
    charged_ms = gateway.now_ms
    gateway.ledger.downlink(CITY, LAMP, 1000, charged_ms)
    gateway.ledger.release_downlink(CITY, BIN, 1000, charged_ms)
    gateway.ledger.write(gateway.now_ms)
    for _ in range(2):
        device, group, _ = gateway.ledger.accounts_of(CITY, BIN)
        assert (device, group.downlinks.airtime_us) == (NEW_ACCOUNT, 0)
        gateway.start()


def test_the_account_of_a_dev_addr_goes_on_under_the_dev_eui(gateway: Gateway) -> None:
    gateway.uplink(device=BIN)
    gateway.uplink(device=BIN)
    under_dev_addr = gateway.ledger.accounts_of(CITY, BIN)[0]
    gateway.ledger.adopt(BIN, LAMP, gateway.now_ms)
    gateway.ledger.write(gateway.now_ms)
    for _ in range(2):
        assert gateway.ledger.accounts_of(CITY, LAMP)[0] == under_dev_addr
        assert gateway.ledger.accounts_of(CITY, BIN)[0] == NEW_ACCOUNT
        gateway.start()


def test_two_accounts_of_one_device_become_one_that_no_limit_finds_lower() -> None:
    limits = Limits(reload_per_hour=4, bucket=8)
    claim = Claim("city", "lamps", (limits, FREE, FREE))
    ledger = Ledger()
    for number in range(3):
        ledger.uplink(claim, LAMP, UplinkCost(20, 50_000, number), 1000 + number)
    for number in range(2):
        ledger.uplink(claim, BIN, UplinkCost(10, 70_000, 100 + number), 2000 + number)
    ledger.join(claim, BIN, 500)
    ledger.downlink(claim, LAMP, 9, 3000)
    old, new = ledger.accounts_of(claim, BIN)[0], ledger.accounts_of(claim, LAMP)[0]
    ledger.adopt(BIN, LAMP, 4000)
    both = ledger.accounts_of(claim, LAMP)[0]
    assert (both.uplinks.count, both.uplinks.size_bytes, both.uplinks.airtime_us) == (5, 80, 290_000)
    assert (both.joins.count, both.downlinks.airtime_us, both.seen_ms) == (1, 9, 3000)
    assert [moment for moment, *_ in window.entries(both.uplinks)] == [1000, 1001, 1002, 2000, 2001]
    assert (both.last_uplink_ms, both.frame_id, both.repetitions) == (2001, 101, 0)
    assert old.level is not None
    assert new.level is not None
    assert both.level == min(old.level, new.level)


def test_adopting_nothing_changes_nothing(gateway: Gateway) -> None:
    gateway.uplink()
    before = gateway.ledger.accounts_of(CITY, LAMP)
    gateway.ledger.adopt(BIN, LAMP, gateway.now_ms)
    assert gateway.ledger.accounts_of(CITY, LAMP) == before


def test_a_repetition_after_a_restart_is_one_still(gateway: Gateway) -> None:
    cost = UplinkCost(20, 50_000, 0xFFFF_FFFF)
    gateway.ledger.uplink(CITY, LAMP, cost, gateway.now_ms)
    gateway.ledger.uplink(CITY, LAMP, cost, gateway.now_ms)
    gateway.ledger.write(gateway.now_ms)
    gateway.start()
    assert gateway.ledger.uplink(CITY, LAMP, cost, gateway.now_ms).repetition
    device = gateway.ledger.accounts_of(CITY, LAMP)[0]
    assert (device.repetitions, device.uplinks.count, device.uplinks.airtime_us) == (2, 1, 150_000)


def test_the_time_off_does_not_refill_a_bucket(gateway: Gateway) -> None:
    claim = Claim("city", "lamps", (Limits(reload_per_hour=1, bucket=1), FREE, FREE))
    assert gateway.uplink(claim).refusal is None
    gateway.boot, gateway.boottime_ms = "second boot", 30_000
    gateway.start()
    assert gateway.uplink(claim).refusal is not None
    gateway.boottime_ms += HOUR_MS
    assert gateway.uplink(claim).refusal is None


def test_time_gets_on_though_nothing_is_admitted_and_the_power_goes_each_day(gateway: Gateway) -> None:
    """A street lamp may have power at night only. A day of use is then over after two nights of twelve hours."""
    claim = Claim("city", "lamps", (Limits(daily_uplinks=1), FREE, FREE))
    assert gateway.uplink(claim).refusal is None
    admitted_h = []
    for night in range(5):
        gateway.boot, gateway.boottime_ms = f"boot {night}", 0
        gateway.start()
        for ten_minutes in range(12 * 6):
            gateway.boottime_ms += TIME_EVERY_MS
            if gateway.uplink(claim).refusal is None:
                admitted_h.append(12 * night + ten_minutes // 6)
    assert admitted_h == [23, 47]


def take(gateway: Gateway, what: str, claim: Claim, device: DeviceKey) -> None:
    """Let one thing happen."""
    ledger, now_ms = gateway.ledger, gateway.now_ms
    match what:
        case "uplink":
            gateway.uplink(claim, device)
        case "again":
            ledger.uplink(claim, device, UplinkCost(20, 50_000, gateway.number), now_ms)
        case "join":
            ledger.join(claim, device, now_ms)
        case "downlink":
            ledger.downlink(claim, device, 700, now_ms)
        case "release":
            ledger.release_downlink(claim, device, 700, now_ms)
        case "adopt":
            ledger.adopt(BIN, LAMP, now_ms)
        case _:
            ledger.write(now_ms)
            gateway.start()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_restart_brings_every_account_back(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    limits = Limits(reload_per_hour=36_000, bucket=72_000)
    claims = [Claim(depositor, group, (limits, FREE, limits)) for depositor in "ab" for group in "xy"]
    gateway = Gateway(tmp_path_factory.mktemp("accounts"))
    devices = st.sampled_from([LAMP, BIN, ~5, 5])
    steps = st.tuples(
        st.sampled_from(["uplink", "again", "join", "downlink", "release", "adopt", "restart"]),
        st.sampled_from(claims),
        devices,
        st.sampled_from([0, 1, 1000, HOUR_MS // 2, DAY_MS - 1]),
    )
    for what, claim, device, wait_ms in data.draw(st.lists(steps, max_size=25)):
        gateway.boottime_ms += wait_ms
        take(gateway, what, claim, device)
    ledger = gateway.ledger
    ledger.write(gateway.now_ms)
    before = {(claim, device): ledger.accounts_of(claim, device) for claim in claims for device in (LAMP, BIN, ~5, 5)}
    gateway.start()
    assert gateway.opened.problems == []
    now_ms = gateway.now_ms
    for (claim, device), accounts in before.items():
        for was, now in zip(accounts, gateway.ledger.accounts_of(claim, device), strict=True):
            if was.seen_ms > now_ms - DAY_MS:
                assert at(now, now_ms) == at(was, now_ms)
            if at(was, now_ms).last_uplink_ms is not None:
                assert (now.level is None) == (was.level is None)
            if at(was, now_ms).last_uplink_ms is not None and was.level is not None and now.level is not None:
                assert was.level - was.level // 1000 - 1 <= now.level <= was.level


def test_a_busy_account_is_not_lower_and_hardly_higher_after_a_restart(gateway: Gateway) -> None:
    """Of more entries than a window keeps apart, those of one slot are dated as the latest of them."""
    for number in range(3000):
        gateway.boottime_ms += 20_000
        gateway.ledger.uplink(CITY, number % 700, UplinkCost(20, 50_000, number), gateway.now_ms)
    gateway.ledger.write(gateway.now_ms)
    before = gateway.ledger.accounts_of(CITY, 5)
    gateway.start()
    after = gateway.ledger.accounts_of(CITY, 5)
    assert after[0] == before[0]
    assert after[2].uplinks.count == 3000
    for later_h in range(25):
        now_ms = gateway.now_ms + later_h * HOUR_MS
        was = window.aged(before[2].uplinks, now_ms, DAY_MS).count
        now = window.aged(after[2].uplinks, now_ms, DAY_MS).count
        assert was <= now <= was + 2 * DAY_MS // window.SLOTS // 20_000


def test_accounts_that_hold_nothing_any_more_are_dropped_a_few_at_a_time() -> None:
    ledger = Ledger()
    for device in range(10):
        ledger.join(CITY, device, 1000)
    ledger.join(METROPOLE, 99, 5000)
    ledger.sweep(1000 + DAY_MS - 1, 100)
    assert ledger.account_count == 15
    for _ in range(3):
        ledger.sweep(1000 + DAY_MS, 4)
    assert ledger.account_count == 3
    assert ledger.accounts_of(METROPOLE, 99)[0].joins.count == 1


def test_beyond_the_most_devices_a_new_one_costs_group_and_depositor_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST_DEVICES", 2)
    accounts = Ledger()
    for device in range(4):
        assert accounts.uplink(CITY, device, UplinkCost(20, 50_000, device), 1000).refusal is None
    counts = [accounts.accounts_of(CITY, device)[0].uplinks.count for device in range(4)]
    assert (counts, accounts.without_account) == ([1, 1, 0, 0], 2)
    assert accounts.accounts_of(CITY, 0)[1].uplinks.count == accounts.accounts_of(CITY, 0)[2].uplinks.count == 4
