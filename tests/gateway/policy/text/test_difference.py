"""What a new policy changes, in sentences."""

import datetime

import pytest

from gateway.policy.text.dates import Calendar
from gateway.policy.text.difference import Side, differences, serial_objection
from tests.gateway.policy.documents import LEAST, depositor, group, policy

METERS = (
    'dev_euis = ["00000000000000A1", "00000000000000A2"]\n'
    'device = [{ dev_eui = "00000000000000A1", allowance = { daily_uplinks = 5 } }]\n'
    "[depositor.group.device_allowance]\ndaily_uplinks = 96\n"
)
BASE = LEAST + depositor(lines=group(lines=METERS)) + depositor("combe", group("rivers", 'net_ids = ["000013"]'))


def changes(old: str, new: str) -> dict[str, list[str]]:
    utc = Calendar(datetime.UTC)
    # Both are read in UTC, so that dates are told as they are written.
    zone = 'timezone = "Etc/UTC"\n'
    return differences(Side(policy(zone + old), utc), Side(policy(zone + new), utc))


def changed(old: str, new: str) -> dict[str, list[str]]:
    """What changes where one text of the base takes the place of another."""
    assert old in BASE
    return changes(BASE, BASE.replace(old, new, 1))


def test_the_same_policy_changes_nothing() -> None:
    assert changes(BASE, BASE) == {}


def test_another_serial_alone_changes_nothing() -> None:
    assert changed("serial = 1", "serial = 2") == {}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "valid_until = 2026-12-31",
            "valid_until = 2027-06-30",
            "this document now ends on 2027-06-30 (before: 2026-12-31)",
        ),
        ("ends = 2028-12-31", "ends = 2028-11-30", "the convention now ends on 2028-11-30 (before: 2028-12-31)"),
        ('host = "Ville"', 'host = "Commune"', "host: Ville → Commune"),
        ('"refuse"', '"forward"', "devices that no depositor declared are: refused → forwarded"),
        ("[unknown]", "[warning]\nshare = 0.5\n[unknown]", "warning at: 0.8 → 0.5"),
        (
            "[unknown]",
            '[[convention.contact]]\nrole = "Desk"\nname = "N"\nphone = "+33 1"\n[unknown]',
            "contact added: Desk: N +33 1",
        ),
        (
            "[unknown]",
            '[[convention.network]]\ndescription = "LoRaWAN"\ncontact = "desk"\n[unknown]',
            "annexe 1: network added: LoRaWAN, desk",
        ),
    ],
)
def test_what_concerns_everybody_is_told_once(old: str, new: str, line: str) -> None:
    assert line in changed(old, new)["Everybody"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('mode = "enforce"', 'mode = "observe"', "mode: enforce → observe"),
        ('mode = "enforce"', 'mode = "enforce"\nlanguage = "en"', "language: French → English"),
        (
            'mode = "enforce"',
            'mode = "enforce"\nuplink_topic = "payload"',
            "its uplinks are: published to it, without payloads → published to it, with their encrypted payloads",
        ),
        (
            'mode = "enforce"',
            'mode = "enforce"\nends = 2027-01-31',
            "right now ends on 2027-01-31 (before: 2028-12-31)",
        ),
        (
            'mode = "enforce"',
            'mode = "enforce"\nbegins = 2026-02-01',
            "right now begins on 2026-02-01 (before: 2026-01-01)",
        ),
        (
            'mode = "enforce"',
            'mode = "enforce"\nallowance = { daily_airtime_s = 9 }',
            "all its devices together: daily airtime unlimited → 9 s",
        ),
        (
            'mode = "enforce"',
            'mode = "enforce"\nsuspension = [{ begins = 2026-02-01, reason = "storm" }]',
            "suspension added: from 2026-02-01: storm",
        ),
        (
            'mode = "enforce"',
            'mode = "enforce"\nconsent = { host_copy = true }',
            "consent: the host may not use its data → the host may use its data from 2026-01-01 to 2028-12-31",
        ),
        (', "00000000000000A2"', ', "00000000000000A3"', "group meters: 1 device added (00000000000000A3)"),
        (', "00000000000000A2"', ', "00000000000000A3"', "group meters: 1 device removed (00000000000000A2)"),
        (
            "daily_uplinks = 96",
            "daily_uplinks = 48\nmin_interval_s = 60",
            "group meters: each device: least interval unlimited → 60 s, daily uplinks 96 → 48",
        ),
        ("daily_uplinks = 5", "daily_uplinks = 6", "group meters: 00000000000000A1: daily uplinks 5 → 6"),
        (
            'device = [{ dev_eui = "00000000000000A1", allowance = { daily_uplinks = 5 } }]',
            "",
            "group meters: 00000000000000A1: no allowance of its own any more",
        ),
        (
            '00000000000000A1", allowance',
            '00000000000000A2", allowance',
            "group meters: 00000000000000A2: an allowance of its own: 5 uplinks in 24 hours",
        ),
        ('name = "Group"', 'name = "Meters"', "group meters: name: Group → Meters"),
        (
            'name = "Group"',
            'name = "Group"\nconsent = { host_copy = false }',
            "group meters: consent: the depositor's → the host may not use its data",
        ),
        (
            'name = "Group"',
            'name = "Group"\ndev_addrs = ["0100AC00/24"]',
            "group meters: 1 identity added (DevAddr 0100AC00/24)",
        ),
        ('id = "meters"', 'id = "water"', "group water: added: Group, 2 DevEUIs"),
        ('id = "meters"', 'id = "water"', "group meters: removed, with 2 DevEUIs"),
    ],
)
def test_what_concerns_a_depositor_is_told_under_its_name(old: str, new: str, line: str) -> None:
    found = changed(old, new)
    assert set(found) == {"Depositor metropole"}
    assert line in found["Depositor metropole"]


def test_a_depositor_that_is_gone_and_one_that_comes_are_told() -> None:
    found = changed('id = "combe"', 'id = "vallon"')
    assert found["Depositor combe"] == ["removed, with 1 group: its devices are unknown from now on"]
    added = "added: Depositor, what is over a limit is refused, right from 2026-01-01 to 2028-12-31"
    assert found["Depositor vallon"] == [
        added,
        "group rivers: added: Group, all DevAddrs of 1 NetID",
        "group rivers: each device: no limit; together: no limit",
    ]


def test_what_is_published_of_a_new_depositor_is_told_where_it_is_not_the_usual() -> None:
    (told,) = changes(LEAST, LEAST + depositor(lines='uplink_topic = "off"')).values()
    assert told[1:] == ["its uplinks are: published to it, without payloads → not published"]


def test_what_is_gone_is_told() -> None:
    lines = 'mode = "enforce"\nsuspension = [{ begins = 2026-02-01, ends = 2026-02-02, reason = "storm" }]\n'
    lines += 'contact = [{ role = "Desk", name = "N" }]'
    before = BASE.replace('mode = "enforce"', lines, 1)
    assert changes(before, BASE) == {
        "Depositor metropole": ["suspension lifted: from 2026-02-01 to 2026-02-02: storm", "contact removed: Desk: N"]
    }


def test_a_new_group_is_told_with_its_exceptions_and_its_consent() -> None:
    lines = METERS.replace("[depositor", "consent = { host_copy = false }\n[depositor").replace("00A", "00B")
    (told,) = changes(
        BASE, BASE.replace('[[depositor]]\nid = "combe"', group("new", lines) + '[[depositor]]\nid = "combe"')
    ).values()
    assert told == [
        "group new: added: Group, 2 DevEUIs",
        "group new: each device: 96 uplinks in 24 hours; together: no limit",
        "group new: 00000000000000B1: an allowance of its own: 5 uplinks in 24 hours",
        "group new: consent: the depositor's → the host may not use its data",
    ]


def test_a_long_list_is_cut_and_counted() -> None:
    euis = ", ".join(f'"{number:016X}"' for number in range(100))
    ((line,),) = changed(', "00000000000000A2"', f', "00000000000000A2", {euis}').values()
    assert line.startswith("group meters: 100 devices added (0000000000000000, ")
    assert line.endswith("0000000000000004, and 95 more)")


def test_a_device_that_changes_hands_is_told_to_both() -> None:
    found = changes(
        BASE, BASE.replace(', "00000000000000A2"', "").replace("net_ids", 'dev_euis = ["00000000000000A2"]\nnet_ids')
    )
    assert found["Depositor metropole"] == ["group meters: 1 device removed (00000000000000A2)"]
    assert found["Depositor combe"] == ["group rivers: 1 device added (00000000000000A2)"]


@pytest.mark.parametrize(("serial", "objects"), [(1, True), (2, False)])
def test_a_serial_has_to_grow(serial: int, objects: bool) -> None:
    new = policy(BASE.replace("serial = 1", f"serial = {serial}"))
    assert (serial_objection(policy(BASE), new) is not None) is objects


def test_what_annexe_1_lists_is_told_line_by_line() -> None:
    equipment = '[[depositor.equipment]]\ndescription = "{}"\naddress = "Rue"\nenergy = "Sun"\nmaintenance = "M"\n'
    furniture = '[[depositor.furniture]]\ntype = "Pole"\naddress = "Rue"\nmaintenance = "M"\ncarries = "Sensors"\n'
    old = LEAST + depositor(lines=equipment.format("Old"))
    new = LEAST + depositor(lines=equipment.format("New") + furniture)
    assert changes(old, new) == {
        "Depositor metropole": [
            "annexe 1: equipment removed: Old, Rue, Sun, M, host",
            "annexe 1: equipment added: New, Rue, Sun, M, host",
            "annexe 1: furniture added: Pole, Rue, M, Sensors",
        ]
    }
