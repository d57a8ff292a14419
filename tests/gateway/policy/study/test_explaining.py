"""Why a device is treated as it is, in sentences."""

import msgspec
import pytest

from gateway.policy.accounts.charging import UplinkCost
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.admission import Admission
from gateway.policy.allowance import Allowance
from gateway.policy.document import Depositor, Group, Policy, Suspension
from gateway.policy.identity.bindings import Binding, Bindings
from gateway.policy.moment import Moment
from gateway.policy.outcome import ADMISSIONS, Level, Outcome
from gateway.policy.rules import Rules
from gateway.policy.study.explaining import Knowledge, explain_dev_addr, explain_dev_eui, rule_for
from gateway.policy.text.dates import Calendar
from tests.gateway.policy.frames import (
    CITY_ADDR,
    CITY_EUI,
    CITY_SIDE,
    JOIN_EUI,
    METROPOLIS_EUI,
    METROPOLIS_SIDE,
    STRANGER_ADDR,
    STRANGER_EUI,
    join,
    policy,
    uplink,
    with_device_allowance,
)

HOUR_MS = 3_600_000
NOW_MS = 100 * HOUR_MS
ALL_LIMITS = Allowance(4, 2, 60, 10, 200, 3.5, 6, 4)
RIGHT = "Its right to use the network is in force: from 1970-01-01 to 2096-10-02T07:06:40+00:00."
ENFORCED = "Mode enforce: what is over a limit is refused."
RULE = "The rule for its data frames: DevEUI 70B3D57ED0000001, in group meters (Meters) of city (City)."
UNKNOWN = "unknown_device: no depositor declared this device. Its packets are refused."


class Gateway:
    """What a gateway goes by, which a test changes."""

    def __init__(self, document: Policy | None = None, *bindings: Binding) -> None:
        self.rules = Rules(document or policy())
        self.bindings = Bindings(bindings)
        self.ledger = Ledger()
        self.known_unix_s: int | None = 1_800_000_000

    def knowledge(self, now_ms: int = NOW_MS) -> Knowledge:
        return Knowledge(self.rules, Calendar(), self.bindings, self.ledger, now_ms, self.known_unix_s)

    def dev_eui(self, dev_eui: int, now_ms: int = NOW_MS) -> list[str]:
        return explain_dev_eui(self.knowledge(now_ms), dev_eui)

    def dev_addr(self, dev_addr: int, now_ms: int = NOW_MS) -> list[str]:
        return explain_dev_addr(self.knowledge(now_ms), dev_addr)


def bound(dev_eui: int, dev_addr: int = CITY_ADDR, join_eui: int | None = None) -> Binding:
    return Binding(dev_eui, dev_addr, 0, join_eui)


def test_a_device_is_explained_from_its_rule_to_its_account() -> None:
    gateway = Gateway(policy(with_device_allowance(CITY_SIDE, ALL_LIMITS)), bound(CITY_EUI))
    claim = gateway.rules.directory.by_dev_eui(CITY_EUI)
    assert claim is not None
    gateway.ledger.uplink(claim, CITY_EUI, UplinkCost(20, 1_000_000, 1), NOW_MS - 30_000)
    gateway.ledger.uplink(claim, CITY_EUI, UplinkCost(20, 1_000_000, 1), NOW_MS - 20_000)
    gateway.ledger.join(claim, CITY_EUI, NOW_MS - 10_000)
    gateway.ledger.downlink(claim, CITY_EUI, 500_000, NOW_MS - 5_000)
    used = "in the last 24 hours: 1 uplink, 20 bytes, 2 s of airtime."
    assert gateway.dev_eui(CITY_EUI) == [
        "DevEUI 70B3D57ED0000001:",
        "Uses DevAddr 26011A07, as the network server or the file of bindings says.",
        RULE,
        RIGHT,
        ENFORCED,
        f"The device, {used}",
        "  min_interval_s 60: 30 s to wait",
        "  reload_per_hour 4, at most 8 at once: 7.03 left",
        "  daily_uplinks 10: 1 used, 9 left",
        "  daily_bytes 200: 20 used, 180 left",
        "  joins_per_hour 6: 1 used, 5 left",
        "  daily_airtime_s 3.5: 2 s used, 1.5 s left",
        "  daily_downlink_airtime_s 4: 0.5 s used, 3.5 s left",
        f"Its group, {used}",
        "  no limit",
        f"Its depositor, {used}",
        "  no limit",
        "An uplink of 20 bytes and 1 s of airtime is admitted in 30 s, if nothing else comes before.",
    ]


def test_what_is_older_than_a_day_is_no_longer_used() -> None:
    gateway = Gateway(policy(with_device_allowance(CITY_SIDE, Allowance(daily_uplinks=1))), bound(CITY_EUI))
    claim = gateway.rules.directory.by_dev_eui(CITY_EUI)
    assert claim is not None
    gateway.ledger.uplink(claim, CITY_EUI, UplinkCost(20, 1_000_000, 1), NOW_MS - 24 * HOUR_MS + 1)
    before = "An uplink of 20 bytes and 1 s of airtime is admitted in 1 s, if nothing else comes before."
    assert "  daily_uplinks 1: 1 used, 0 left" in gateway.dev_eui(CITY_EUI)
    assert gateway.dev_eui(CITY_EUI)[-1] == before
    assert "  daily_uplinks 1: 0 used, 1 left" in gateway.dev_eui(CITY_EUI, NOW_MS + 1)
    assert gateway.dev_eui(CITY_EUI, NOW_MS + 1)[-1].endswith("is admitted now.")


def test_an_uplink_that_no_limit_has_room_for_never_comes() -> None:
    gateway = Gateway(policy(with_device_allowance(CITY_SIDE, Allowance(daily_bytes=5))), bound(CITY_EUI))
    told = "An uplink of 33 bytes and 1.810432 s of airtime is never admitted: a limit is smaller than that."
    assert gateway.dev_eui(CITY_EUI)[-1] == told


def test_a_device_without_a_known_address_is_explained_by_its_join_requests() -> None:
    told = Gateway().dev_eui(CITY_EUI)
    assert told[1] == "Which DevAddr it uses is not known: until then its data frames are held against their DevAddr."
    assert told[2] == RULE.replace("data frames", "join requests")
    assert RIGHT in told


def test_an_address_without_a_known_device_is_explained_by_itself() -> None:
    assert Gateway().dev_addr(CITY_ADDR)[:4] == [
        "DevAddr 26011A07:",
        "No device is known to use it: only the DevAddr tells whose a frame is.",
        "The rule for its data frames: DevAddr block 26011A00/24, in group meters (Meters) of city (City).",
        RIGHT,
    ]


def test_an_address_leads_to_the_device_that_is_bound_to_it() -> None:
    told = Gateway(None, bound(CITY_EUI, STRANGER_ADDR)).dev_addr(STRANGER_ADDR)
    by_whom = "as the network server or the file of bindings says."
    assert told[:3] == ["DevAddr 01020304:", f"Bound to DevEUI 70B3D57ED0000001, {by_whom}", RULE]


def test_who_is_unknown_is_told_what_becomes_of_it() -> None:
    joins = "Its JoinEUI may lead to a group all the same: a join request says it, and none is remembered."
    assert Gateway().dev_eui(STRANGER_EUI) == ["DevEUI 0102030405060708:", UNKNOWN, joins]
    assert Gateway().dev_addr(STRANGER_ADDR)[-1] == UNKNOWN
    forwards = Gateway(policy(unknown="observe")).dev_addr(STRANGER_ADDR)[-1]
    assert forwards.endswith("Its packets are forwarded, and counted as what would be refused.")


def test_a_right_that_is_not_in_force_is_told_with_its_reason() -> None:
    suspension = Suspension(0, 1_893_456_000, "repairs")
    gateway = Gateway(policy(msgspec.structs.replace(CITY_SIDE, suspensions=(suspension,))), bound(CITY_EUI))
    told = "suspended: the right to use the network is suspended, until 2030-01-01, because: repairs."
    assert told in gateway.dev_eui(CITY_EUI)
    gateway.known_unix_s = 1_893_456_000
    assert RIGHT in gateway.dev_eui(CITY_EUI)


def test_devices_of_one_group_with_one_address_have_the_address_for_an_account() -> None:
    group = msgspec.structs.replace(CITY_SIDE.groups[0], dev_euis=(CITY_EUI, STRANGER_EUI))
    document = policy(msgspec.structs.replace(CITY_SIDE, groups=(group,)))
    told = Gateway(document, bound(CITY_EUI), bound(STRANGER_EUI)).dev_addr(CITY_ADDR)
    assert told[3:6] == [
        "shared_dev_addr: 2 devices use this DevAddr: 70B3D57ED0000001, 0102030405060708.",
        "All are of one group: the account is the DevAddr's, with the tightest of their limits.",
        RULE,
    ]


def test_devices_of_several_groups_with_one_address_are_told_apart() -> None:
    document = policy(with_device_allowance(CITY_SIDE, Allowance(daily_uplinks=3)), METROPOLIS_SIDE)
    gateway = Gateway(document, bound(CITY_EUI), bound(METROPOLIS_EUI))
    assert gateway.dev_addr(CITY_ADDR)[3:] == [
        "shared_dev_addr: devices of different groups use this DevAddr; nothing tells whose a frame is:",
        "  DevEUI 70B3D57ED0000001: group meters of city",
        "  DevEUI 70B3D57ED0001001: group meters of metropolis",
        "The account is the DevAddr's, with the tightest of their limits; no group or depositor is charged.",
        "The device, in the last 24 hours: 0 uplinks, 0 bytes, 0 s of airtime.",
        "  daily_uplinks 3: 0 used, 3 left",
        "An uplink of 33 bytes and 1.810432 s of airtime is admitted now.",
    ]


def test_where_none_of_them_has_a_right_nobody_is_admitted() -> None:
    sides = [
        msgspec.structs.replace(side, suspensions=(Suspension(0, None, "repairs"),))
        for side in (CITY_SIDE, METROPOLIS_SIDE)
    ]
    gateway = Gateway(policy(*sides), bound(CITY_EUI), bound(METROPOLIS_EUI))
    told = "several devices share this DevAddr, and they do not have the same rights. Such frames are refused."
    assert gateway.dev_addr(CITY_ADDR)[-1] == f"ambiguous_device: {told}"


GROUP = Group(
    "all",
    "All",
    dev_euis=(1, 2),
    dev_eui_ranges=((1, 9),),
    join_euis=(77,),
    dev_addrs=(0x26011A01,),
    dev_addr_blocks=((0x26000000, 8), (0x26011A00, 24)),
    net_ids=(0x13,),
    exceptions=((2, Allowance()),),
    dev_addr_exceptions=((0x26011A02, Allowance()),),
)


@pytest.mark.parametrize(
    ("identity", "rule"),
    [
        ({"dev_eui": 1, "join_eui": 77, "dev_addr": 0x26011A01}, "DevEUI 0000000000000001"),
        ({"dev_eui": 2}, "DevEUI 0000000000000002, with an allowance of its own"),
        ({"dev_eui": 9, "join_eui": 77}, "DevEUIs from 0000000000000001 to 0000000000000009"),
        ({"dev_eui": 10, "join_eui": 77, "dev_addr": 0x26011A01}, "JoinEUI 000000000000004D"),
        ({"dev_eui": 10, "join_eui": 78, "dev_addr": 0x26011A01}, "DevAddr 26011A01"),
        ({"dev_addr": 0x26011A02}, "DevAddr 26011A02, with an allowance of its own"),
        ({"dev_addr": 0x26011A03}, "DevAddr block 26011A00/24"),
        ({"dev_addr": 0x26011B03}, "DevAddr block 26000000/8"),
        ({"dev_addr": 0x27000000}, "NetID 000013"),
        ({"dev_addr": 0x28000000}, None),
        ({}, None),
    ],
)
def test_the_most_specific_identity_is_the_rule(identity: dict[str, int], rule: str | None) -> None:
    assert rule_for(GROUP, **identity) == rule


def test_a_device_that_joins_with_a_known_join_eui_is_explained_by_it() -> None:
    side = Depositor("city", "City", "enforce", "fr", CITY_SIDE.right, groups=(Group("g", "G", join_euis=(JOIN_EUI,)),))
    told = Gateway(policy(side), bound(STRANGER_EUI, STRANGER_ADDR, JOIN_EUI)).dev_eui(STRANGER_EUI)
    assert told[2] == f"The rule for its data frames: JoinEUI {JOIN_EUI:016X}, in group g (G) of city (City)."


@pytest.mark.parametrize(
    "allowance",
    [
        Allowance(min_interval_s=90),
        Allowance(reload_per_hour=1),
        Allowance(daily_uplinks=3),
        Allowance(joins_per_hour=1),
    ],
)
def test_it_says_what_the_next_packet_meets(allowance: Allowance) -> None:
    """Explained and judged at the same moment, one says what the other does."""
    gateway = Gateway(policy(with_device_allowance(CITY_SIDE, allowance)), bound(CITY_EUI))
    admission = Admission(gateway.ledger, gateway.bindings, open_without=False)
    admission.rules = gateway.rules
    refused_by = set[tuple[Outcome, Level | None]]()
    for fcnt in range(12):
        now_ms = NOW_MS + fcnt * 40_000
        says_now = gateway.dev_eui(CITY_EUI, now_ms)[-1].endswith("is admitted now.")
        verdict = admission.judge(uplink(CITY_ADDR, fcnt), Moment(now_ms, gateway.known_unix_s))
        assert says_now is (verdict.outcome in ADMISSIONS)
        room = "  joins_per_hour 1: 0 used, 1 left" in gateway.dev_eui(CITY_EUI, now_ms)
        joined = admission.judge(join(CITY_EUI, fcnt), Moment(now_ms, gateway.known_unix_s))
        assert joined.outcome in ADMISSIONS if allowance.joins_per_hour is None else room is (joined.level is None)
        refused_by |= {(each.outcome, each.level) for each in (verdict, joined) if each.level is not None}
    assert len(refused_by) == 1
