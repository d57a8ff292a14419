"""A policy's bytes: what they come to, and every mistake at once."""

import contextlib
import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import ConfigError
from gateway.policy.allowance import Allowance
from gateway.policy.document import Consent, Group, Period, Suspension
from gateway.policy.text.reading import LARGEST_DOCUMENT_BYTES, MOST_PROBLEMS, read_policy
from tests.gateway.policy.documents import CONVENTION, HEAD, LEAST, UNKNOWN, depositor, group, mistakes, policy

TEXT = "text of 1 to 200 characters on one line, without control characters"


def unix_s(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text).timestamp())


def in_group(lines: str) -> str:
    return LEAST + depositor(lines=group(lines=lines))


def test_identities_are_integers() -> None:
    text = in_group(
        'dev_euis = ["70b3d5e75f000101"]\n'
        'dev_eui_ranges = [{ first = "00000000000000A0", last = "00000000000000AF" }]\n'
        'join_euis = ["70B3D5E75F0A0001"]\nnet_ids = ["600013"]\n'
        'dev_addrs = ["26011A00/24", "26011B07", "26011B08/32", "26011B0A/31"]\n'
        '[[depositor.group.device]]\ndev_eui = "00000000000000A1"\nallowance = { daily_uplinks = 5 }\n'
        '[[depositor.group.device]]\ndev_addr = "26011A03"\nallowance = { daily_uplinks = 6 }\n'
    )
    assert policy(text).depositors[0].groups == (
        Group(
            "meters",
            "Group",
            dev_euis=(0x70B3D5E75F000101,),
            dev_eui_ranges=((0xA0, 0xAF),),
            join_euis=(0x70B3D5E75F0A0001,),
            dev_addrs=(0x26011B07, 0x26011B08),
            dev_addr_blocks=((0x26011A00, 24), (0x26011B0A, 31)),
            net_ids=(0x600013,),
            exceptions=((0xA1, Allowance(daily_uplinks=5)),),
            dev_addr_exceptions=((0x26011A03, Allowance(daily_uplinks=6)),),
        ),
    )


def test_a_range_may_hold_one_device() -> None:
    read = policy(in_group('dev_eui_ranges = [{ first = "00000000000000A1", last = "00000000000000A1" }]'))
    assert read.depositors[0].groups[0].dev_eui_ranges == ((0xA1, 0xA1),)


def test_a_dev_eui_and_a_dev_addr_of_the_same_digits_are_two_devices() -> None:
    exceptions = ", ".join(
        f'{{ {key} = "{digits}", allowance = {{}} }}'
        for key, digits in (("dev_eui", "0000000026011A00"), ("dev_addr", "26011A00"))
    )
    text = f'dev_euis = ["0000000026011A00"]\ndev_addrs = ["26011A00"]\ndevice = [{exceptions}]'
    read = policy(in_group(text)).depositors[0].groups[0]
    assert (len(read.exceptions), len(read.dev_addr_exceptions)) == (1, 1)


def test_two_ids_that_are_missing_are_two_mistakes() -> None:
    nameless = '[[depositor]]\nname = "N"\nmode = "observe"\n'
    assert list(mistakes(LEAST + nameless + nameless)) == ["depositor[0].id", "depositor[1].id"]


def test_days_begin_and_end_where_the_convention_is() -> None:
    read = policy(LEAST)
    assert read.valid == Period(unix_s("2026-01-01T00:00:00+01:00"), unix_s("2027-01-01T00:00:00+01:00"))
    elsewhere = policy('timezone = "Indian/Reunion"\n' + LEAST)
    assert elsewhere.valid.begins_unix_s == unix_s("2026-01-01T00:00:00+04:00")


def test_a_day_on_which_clocks_change_is_as_long_as_it_is() -> None:
    read = policy(
        LEAST.replace("valid_from = 2026-01-01", "valid_from = 2026-03-29").replace("2026-12-31", "2026-03-29")
    )
    assert read.valid.ends_unix_s - read.valid.begins_unix_s == 23 * 3600


def test_a_time_with_its_offset_is_that_time() -> None:
    read = policy(LEAST.replace("valid_until = 2026-12-31", "valid_until = 2026-06-30T12:00:00.5Z"))
    assert read.valid.ends_unix_s == unix_s("2026-06-30T12:00:01Z")


def test_a_right_is_as_long_as_the_convention_unless_it_is_shorter() -> None:
    convention = policy(LEAST).convention.period
    assert policy(LEAST + depositor()).depositors[0].right == convention
    shorter = policy(LEAST + depositor(lines="ends = 2027-06-30")).depositors[0].right
    assert shorter == Period(convention.begins_unix_s, unix_s("2027-07-01T00:00:00+02:00"))


def test_suspensions_and_consents_are_read() -> None:
    lines = (
        "[[depositor.suspension]]\nbegins = 2026-02-01\nreason = 'Storm'\n"
        "[depositor.consent]\nhost_copy = true\nends = 2026-12-31\n"
        + group(lines="[depositor.group.consent]\nhost_copy = false\n")
    )
    read = policy(LEAST + depositor(lines=lines)).depositors[0]
    assert read.suspensions == (Suspension(unix_s("2026-02-01T00:00:00+01:00"), None, "Storm"),)
    assert read.consent == Consent(True, Period(read.right.begins_unix_s, unix_s("2027-01-01T00:00:00+01:00")))
    assert read.groups[0].consent == Consent(False, read.right)


@pytest.mark.parametrize(
    ("lines", "told"),
    [("", "metadata"), *((f'uplink_topic = "{told}"', told) for told in ("off", "metadata", "payload"))],
)
def test_uplinks_are_published_without_their_payloads_unless_the_policy_says_otherwise(lines: str, told: str) -> None:
    assert policy(LEAST + depositor(lines=lines)).depositors[0].uplink_topic == told


def test_nothing_else_can_be_published_of_uplinks() -> None:
    line = mistakes(LEAST + depositor(lines='uplink_topic = "all"'))["depositor[0].uplink_topic"]
    assert all(told in line for told in ("off", "metadata", "payload"))


def test_every_mistake_is_told_by_its_path() -> None:
    text = """
        candelabre_policy = 2
        serial = 0
        valid_from = 2026-01-01
        valid_until = "soon"
        [convention]
        identity = "C"
        hosts = "Ville"
        begins = 2026-01-01
        ends = 2025-12-31
        [unknown]
        action = "drop"
        [[depositor]]
        id = "metropole"
        name = "Métropole"
        [[depositor.suspension]]
        begins = 2026-01-01
        [[depositor.group]]
        id = "meters"
        dev_euis = ["70B3D5E75F000101", "70B3D5E75F00010", 7]
        [depositor.group.device_allowance]
        bucket_size_factor = 3
        daily_uplink = 96
        [[depositor]]
        id = "metropole"
        name = "Encore"
        mode = "enforce"
        [[depositor.group]]
        id = "noise"
        name = "Noise"
        dev_euis = ["70B3D5E75F000101"]
    """
    with pytest.raises(ConfigError) as caught:
        read_policy(text.encode())
    assert str(caught.value).splitlines() == [
        "policy.toml: 16 mistakes",
        "  candelabre_policy = 2: must be 1",
        "  serial = 0: must be a whole number from 1 to 9223372036854775807",
        (
            '  valid_until = "soon": must be a date such as 2026-01-01, or a date and time with its offset: '
            "2026-01-01T12:00:00+01:00"
        ),
        '  convention.hosts = "Ville": unknown key; did you mean host?',
        f"  convention.host: missing; give {TEXT}",
        '  unknown.action = "drop": must be "forward" or "observe" or "refuse"',
        '  depositor[0].mode: missing; give "enforce" or "observe"',
        f"  depositor[0].suspension[0].reason: missing; give {TEXT}",
        f"  depositor[0].group[0].name: missing; give {TEXT}",
        '  depositor[0].group[0].dev_euis[1] = "70B3D5E75F00010": must be 16 hexadecimal digits',
        "  depositor[0].group[0].dev_euis[2] = 7: must be 16 hexadecimal digits",
        "  depositor[0].group[0].device_allowance.daily_uplink = 96: unknown key; did you mean daily_uplinks?",
        "  depositor[0].group[0].device_allowance.bucket_size_factor = 3: must be 1, 2, 4 or 12",
        "  convention.ends = 2025-12-31: must be after the beginning: 2026-01-01",
        '  depositor[1].id = "metropole": must differ: depositor[0] has this id already',
        (
            '  depositor[1].group[0].dev_euis[0] = "70B3D5E75F000101": must be in one place only: '
            "depositor[0].group[0].dev_euis[0] is the same"
        ),
    ]


@pytest.mark.parametrize(
    ("lines", "path", "words"),
    [
        ("begins = 2025-12-31", "depositor[0].begins", "must not be before the convention begins: 2026-01-01"),
        ("ends = 2029-01-01", "depositor[0].ends", "must not be after the convention ends: 2028-12-31"),
        ("begins = 2026-03-02\nends = 2026-03-01", "depositor[0].ends", "must be after the beginning: 2026-03-02"),
        ("begins = 2029-01-01", "depositor[0].begins", "must be before the convention ends: 2028-12-31"),
        ("begins = 1999-12-31", "depositor[0].begins", "must be from 2000 to 2199"),
        ("ends = 9999-12-31", "depositor[0].ends", "must be from 2000 to 2199"),
        ("begins = 2026-03-01T00:00:00", "depositor[0].begins", "must have its offset at the end"),
        ("begins = 00:00:00", "depositor[0].begins", "must be a date"),
        ('begins = "2026-03-01"', "depositor[0].begins", "must be a date"),
        (
            "[depositor.consent]\nhost_copy = true\nends = 2029-01-01",
            "depositor[0].consent.ends",
            "must not be after the depositor's right ends: 2028-12-31",
        ),
        (
            "[[depositor.suspension]]\nreason = 'x'\nbegins = 2026-03-02\nends = 2026-03-01",
            "depositor[0].suspension[0].ends",
            "must be after the beginning: 2026-03-02",
        ),
        (
            "[[depositor.suspension]]\nbegins = 2026-03-02\nreason = ''",
            "depositor[0].suspension[0].reason",
            "must be text",
        ),
        (
            "[depositor.allowance]\nbucket_size_factor = 2",
            "depositor[0].allowance.bucket_size_factor",
            "must be left out, or reload_per_hour given",
        ),
        (group() + group(), "depositor[0].group[1].id", "must differ: depositor[0].group[0] has this id already"),
    ],
)
def test_what_does_not_go_together_is_told_once(lines: str, path: str, words: str) -> None:
    ((found, line),) = mistakes(LEAST + depositor(lines=lines)).items()
    assert found == path
    assert words in line


@pytest.mark.parametrize(
    ("lines", "path", "words"),
    [
        ('dev_addrs = ["26011A07/24"]', "dev_addrs[0]", '"26011A00/24" is its block'),
        ('dev_addrs = ["26011A00/6"]', "dev_addrs[0]", "from /7 to /32"),
        ('dev_addrs = ["26011A00/33"]', "dev_addrs[0]", "from /7 to /32"),
        ('dev_addrs = "26011A00"', "dev_addrs", "must be a list"),
        ('net_ids = ["000040"]', "net_ids[0]", "must be a NetID"),
        ('join_euis = ["1"]', "join_euis[0]", "must be 16 hexadecimal digits"),
        (
            'dev_eui_ranges = [{ first = "00000000000000A1", last = "00000000000000A0" }]',
            "dev_eui_ranges[0].last",
            "must not be less than the first",
        ),
        ('dev_eui_ranges = [{ first = "00000000000000A1" }]', "dev_eui_ranges[0].last", "missing; give 16 hexadecimal"),
        ("device = [{ allowance = {} }]", "device[0].dev_eui", "missing; give the device's DevEUI, or its dev_addr"),
        (
            'dev_euis = ["00000000000000A1"]\ndevice = [{ dev_eui = "00000000000000A1" }]',
            "device[0].allowance",
            "missing; give a table",
        ),
        (
            (
                'device = [{ dev_eui = "00000000000000A1", dev_addr = "26011A00", allowance = {} }]\n'
                'dev_euis = ["00000000000000A1"]\ndev_addrs = ["26011A00"]'
            ),
            "device[0].dev_addr",
            "must be left out",
        ),
        (
            (
                'device = [{ dev_addr = "26011A00", allowance = {} }, { dev_addr = "26011A00", allowance = {} }]\n'
                'dev_addrs = ["26011A00"]'
            ),
            "device[1].dev_addr",
            "must differ: depositor[0].group[0].device[0] is for this device already",
        ),
        (
            'device = [{ dev_addr = "26011A00", allowance = { bucket_size_factor = 2 } }]\ndev_addrs = ["26011A00"]',
            "device[0].allowance.bucket_size_factor",
            "must be left out, or reload_per_hour given",
        ),
    ],
)
def test_an_identity_that_is_none_is_told_once(lines: str, path: str, words: str) -> None:
    ((found, line),) = mistakes(in_group(lines)).items()
    assert found == f"depositor[0].group[0].{path}"
    assert words in line


@pytest.mark.parametrize(
    "zone", ["Europe/Pariss", "Europe", "../../etc/passwd", "/etc/passwd", "", "x" * 5000, "a\\u0000"]
)
def test_a_time_zone_that_does_not_exist_is_told(zone: str) -> None:
    assert list(mistakes(f'timezone = "{zone}"\n{LEAST}')) == ["timezone"]


@pytest.mark.parametrize("missing", [HEAD, CONVENTION, UNKNOWN])
def test_what_is_missing_does_not_hide_a_conflict(missing: str) -> None:
    text = LEAST.replace(missing, "") + depositor(lines=group(lines='join_euis = ["00000000000000A1"] # one\n'))
    found = mistakes(text + depositor("other", group(lines='join_euis = ["00000000000000A1"]')))
    assert "depositor[1].group[0].join_euis[0]" in found


@pytest.mark.parametrize(
    "data",
    [
        b"# caf\xe9\n",
        b"\x00\x01",
        b"a = " + b"[" * 5000,
        b"a = " + b"9" * 5000,
        b"serial = 0x" + b"f" * 5000,
        b"serial = 1\nserial = 2",
        b"depositor = 3",
        b"[depositor]",
        b"depositor = [1, [], {}]",
        b"[[depositor]]\ngroup = [1, { dev_euis = [[1], {}], device = [3], dev_eui_ranges = [{}, 1] }]",
        b"valid_from = 0001-01-01\nvalid_until = 9999-12-31",
        b"valid_from = 0001-01-01T00:00:00+23:59\nvalid_until = 9999-12-31T23:59:59-23:59",
        b"",
    ],
)
def test_strange_documents_are_refused_in_printable_words(data: bytes) -> None:
    for line in mistakes(data).values():
        assert line.isprintable()


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert read_policy(b"\xef\xbb\xbf" + LEAST.encode()).serial == 1


def test_a_document_of_absurd_size_is_refused_unread() -> None:
    ((path, line),) = mistakes(b"#" * (LARGEST_DOCUMENT_BYTES + 1)).items()
    assert path == ""
    assert "too many for a policy" in line


def test_a_list_of_nothing_but_mistakes_has_one_line_each() -> None:
    assert len(mistakes(in_group(f"dev_euis = [{'7,' * MOST_PROBLEMS}]"))) == MOST_PROBLEMS


@pytest.mark.parametrize("item", ["7", '"00000000000000A1"'])
def test_more_mistakes_than_anybody_reads_are_not_looked_for(item: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_policy(in_group(f"dev_euis = [{f'{item},' * (MOST_PROBLEMS + 2)}]").encode())
    first, *rest = str(caught.value).splitlines()
    assert first == f"policy.toml: more than {MOST_PROBLEMS} mistakes; these are the first"
    assert len(rest) == MOST_PROBLEMS


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ConfigError):
        read_policy(data)


FULL = in_group(
    'dev_euis = ["70B3D5E75F000101"]\ndev_eui_ranges = [{ first = "00000000000000A0", last = "00000000000000AF" }]\n'
    'dev_addrs = ["26011A00/24"]\nnet_ids = ["600013"]\n[depositor.group.consent]\nhost_copy = true\n'
    '[[depositor.group.device]]\ndev_addr = "26011A03"\nallowance = { reload_per_hour = 4 }\n'
    "[[depositor.suspension]]\nbegins = 2026-01-01\nreason = 'x'\n"
)
VALUES = ["true", "0", "-1", "1e400", "nan", "''", "[]", "[{}]", "[[1]]", "{}", "1979-05-27", "9999-12-31", "07:32:00"]


@given(st.integers(0, FULL.count("\n")), st.sampled_from(VALUES), st.booleans())
@settings(max_examples=500, deadline=None)
def test_a_document_with_one_wrong_line_is_read_or_refused(number: int, value: str, dropped: bool) -> None:
    lines = FULL.splitlines()
    key = lines[number % len(lines)].partition("=")[0]
    lines[number % len(lines)] = "" if dropped else f"{key} = {value}"
    with contextlib.suppress(ConfigError):
        read_policy("\n".join(lines).encode())
