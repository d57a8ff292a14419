"""Identities that would lead to two groups: refused, with both places named."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.document import EuiRangeTable, GroupTable
from gateway.policy.text.conflicts import WrittenGroup, find_conflicts
from gateway.policy.text.net_id import block_of, block_text, last_of, net_id_block, trimmed
from tests.gateway.policy.documents import LEAST, depositor, group, mistakes, policy, two_depositors, two_groups

RANGE = 'dev_eui_ranges = [{ first = "00000000000000A0", last = "00000000000000AF" }]'
OVERLAPPING = 'dev_eui_ranges = [{ first = "00000000000000AF", last = "00000000000000B0" }]'
INNER = 'dev_eui_ranges = [{ first = "00000000000000A1", last = "00000000000000A2" }]'
DEVICE = 'dev_euis = ["00000000000000A1"]'
EXCEPTION = 'device = [{ dev_eui = "00000000000000A1", allowance = {} }]'


@pytest.mark.parametrize(
    ("first", "second", "key"),
    [
        (DEVICE, DEVICE, "dev_euis[0]"),
        (DEVICE, DEVICE.lower(), "dev_euis[0]"),
        (RANGE, RANGE, "dev_eui_ranges[0]"),
        (RANGE, OVERLAPPING, "dev_eui_ranges[0]"),
        (RANGE, INNER, "dev_eui_ranges[0]"),
        ('join_euis = ["00000000000000A1"]', 'join_euis = ["00000000000000A1"]', "join_euis[0]"),
        ('dev_addrs = ["26011B07"]', 'dev_addrs = ["26011B07/32"]', "dev_addrs[0]"),
        ('dev_addrs = ["26011A00/24"]', 'dev_addrs = ["26011A00/24"]', "dev_addrs[0]"),
        ('net_ids = ["000013"]', 'net_ids = ["000013"]', "net_ids[0]"),
        ('dev_addrs = ["26000000/7"]', 'net_ids = ["000013"]', "net_ids[0]"),
        # These NetIDs differ in bits that no DevAddr carries.
        ('net_ids = ["F6DB6D"]', 'net_ids = ["F0DB6D"]', "net_ids[0]"),
    ],
)
@pytest.mark.parametrize("document", [two_groups, two_depositors])
def test_what_two_groups_share_is_refused_with_both_places(
    document: Callable[[str, str], str], first: str, second: str, key: str
) -> None:
    found = mistakes(document(first, second))
    owner, other = ("depositor[0].group[0]", "depositor[0].group[1]")
    if document is not two_groups:
        other = "depositor[1].group[0]"
    ((path, line),) = found.items()
    assert path in {f"{other}.{key}", f"{owner}.{key}"}
    assert owner in line
    assert other in line


NESTED = [
    (RANGE, DEVICE, "dev_euis[0]"),
    ('dev_addrs = ["26011A00/24"]', 'dev_addrs = ["26011A07"]', "dev_addrs[0]"),
    ('dev_addrs = ["26011A00/24"]', 'dev_addrs = ["26011A80/25"]', "dev_addrs[0]"),
    ('net_ids = ["000013"]', 'dev_addrs = ["26011A00/24"]', "dev_addrs[0]"),
    ('net_ids = ["000013"]', 'dev_addrs = ["27FFFFFF"]', "dev_addrs[0]"),
]


@pytest.mark.parametrize(("outer", "inner", "_key"), NESTED)
def test_within_a_depositor_the_more_specific_wins(outer: str, inner: str, _key: str) -> None:
    assert len(policy(two_groups(outer, inner)).depositors[0].groups) == 2
    assert len(policy(two_groups(inner, outer)).depositors[0].groups) == 2


@pytest.mark.parametrize(("outer", "inner", "key"), NESTED)
def test_between_depositors_nothing_lies_within_another(outer: str, inner: str, key: str) -> None:
    ((path, line),) = mistakes(two_depositors(outer, inner)).items()
    assert path == f"depositor[1].group[0].{key}"
    assert "must be one depositor's only: depositor[0].group[0]." in line


@pytest.mark.parametrize(
    ("lines", "path", "holder"),
    [
        ('dev_euis = ["00000000000000A1", "00000000000000A2", "00000000000000A1"]', "dev_euis[2]", "dev_euis[0]"),
        (f"{DEVICE}\n{RANGE}", "dev_euis[0]", "dev_eui_ranges[0]"),
        ('dev_addrs = ["26011A07", "26011A00/24"]', "dev_addrs[0]", "dev_addrs[1]"),
        ('dev_addrs = ["26011A07"]\nnet_ids = ["000013"]', "dev_addrs[0]", "net_ids[0]"),
        ('join_euis = ["00000000000000A1", "00000000000000A1"]', "join_euis[1]", "join_euis[0]"),
    ],
)
def test_within_a_group_nothing_is_named_twice(lines: str, path: str, holder: str) -> None:
    ((found, line),) = mistakes(LEAST + depositor(lines=group(lines=lines))).items()
    assert found == f"depositor[0].group[0].{path}"
    assert f"depositor[0].group[0].{holder}" in line


@pytest.mark.parametrize(
    "lines",
    [
        f"{DEVICE}\n{EXCEPTION}",
        f"{RANGE}\n{EXCEPTION}",
        f'join_euis = ["00000000000000B1"]\n{EXCEPTION}',
        'dev_addrs = ["26011A00/24"]\ndevice = [{ dev_addr = "26011A07", allowance = {} }]',
        'net_ids = ["000013"]\ndevice = [{ dev_addr = "26011A07", allowance = {} }]',
    ],
)
def test_an_exception_is_for_a_device_of_its_group(lines: str) -> None:
    read = policy(LEAST + depositor(lines=group(lines=lines))).depositors[0].groups[0]
    assert len(read.exceptions) + len(read.dev_addr_exceptions) == 1


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("", EXCEPTION, "must be a device of its group, depositor[0].group[1]"),
        (RANGE, EXCEPTION, "it belongs to depositor[0].group[0].dev_eui_ranges[0]"),
        (DEVICE, f"{RANGE}\n{EXCEPTION}", "it belongs to depositor[0].group[0].dev_euis[0]"),
        (DEVICE, f'join_euis = ["00000000000000B1"]\n{EXCEPTION}', "it belongs to depositor[0].group[0].dev_euis[0]"),
        (
            f'join_euis = ["00000000000000B0"]\n{EXCEPTION}',
            f'join_euis = ["00000000000000B1"]\n{EXCEPTION}',
            "it belongs to depositor[0].group[0].device[0].dev_eui",
        ),
        (
            'dev_addrs = ["26011B00/24"]',
            'join_euis = ["00000000000000B1"]\ndevice = [{ dev_addr = "26011A07", allowance = {} }]',
            "must be a device of its group",
        ),
        (
            'dev_addrs = ["26011A07"]',
            'dev_addrs = ["26011A00/24"]\ndevice = [{ dev_addr = "26011A07", allowance = {} }]',
            "it belongs to depositor[0].group[0].dev_addrs[0]",
        ),
    ],
)
def test_an_exception_for_another_s_device_is_refused(first: str, second: str, words: str) -> None:
    ((path, line),) = mistakes(two_groups(first, second)).items()
    assert path.startswith("depositor[0].group[1].device[0].dev_")
    assert words in line


def test_ranges_that_overlap_are_told_as_such() -> None:
    (line,) = mistakes(two_groups(RANGE, OVERLAPPING)).values()
    assert "must not overlap with others: depositor[0].group[0].dev_eui_ranges[0] ends within it" in line


def test_a_range_that_is_the_wrong_way_round_is_one_mistake() -> None:
    reversed_range = 'dev_eui_ranges = [{ first = "00000000000000A2", last = "00000000000000A1" }]'
    assert list(mistakes(two_groups(RANGE, reversed_range))) == ["depositor[0].group[1].dev_eui_ranges[0].last"]


def test_every_conflict_is_told_in_the_order_of_the_document() -> None:
    devices = ", ".join(f'"{number:016X}"' for number in (9, 3, 7))
    found = mistakes(two_depositors(f"dev_euis = [{devices}]", f"dev_euis = [{devices}]"))
    assert list(found) == [f"depositor[1].group[0].dev_euis[{index}]" for index in range(3)]


def test_a_mistake_in_a_list_does_not_hide_a_conflict_behind_it() -> None:
    found = mistakes(two_depositors('dev_euis = ["?", "00000000000000A1"]', DEVICE))
    assert list(found) == ["depositor[0].group[0].dev_euis[0]", "depositor[1].group[0].dev_euis[0]"]
    assert "depositor[0].group[0].dev_euis[1] is the same" in found["depositor[1].group[0].dev_euis[0]"]
    found = mistakes(two_depositors('join_euis = ["?", "00000000000000A1"]', 'join_euis = ["00000000000000A1"]'))
    assert list(found) == ["depositor[0].group[0].join_euis[0]", "depositor[1].group[0].join_euis[0]"]


EUIS = st.integers(0, 30)
TABLES = st.builds(
    lambda euis, ranges: GroupTable(
        "g",
        "G",
        dev_euis=tuple(f"{eui:016X}" for eui in euis),
        dev_eui_ranges=tuple(EuiRangeTable(f"{min(pair):016X}", f"{max(pair):016X}") for pair in ranges),
    ),
    st.lists(EUIS, max_size=3),
    st.lists(st.tuples(EUIS, EUIS), max_size=2),
)


@given(st.lists(st.tuples(st.integers(0, 1), TABLES), max_size=4))
@settings(max_examples=500)
def test_ranges_are_free_of_conflicts_exactly_where_no_two_clash(written: list[tuple[int, GroupTable]]) -> None:
    groups = [WrittenGroup(owner, f"group[{number}]", table) for number, (owner, table) in enumerate(written)]
    spans = [
        (number, owner, int(each.first, 16), int(each.last, 16), False)
        for number, (owner, table) in enumerate(written)
        for each in table.dev_eui_ranges
        if each
    ]
    spans += [
        (number, owner, int(text, 16), int(text, 16), True)
        for number, (owner, table) in enumerate(written)
        for text in table.dev_euis
        if text
    ]
    clashes = [
        (a, b)
        for index, a in enumerate(spans)
        for b in spans[:index]
        if a[2] <= b[3]
        and b[2] <= a[3]
        and not (a[1] == b[1] and a[0] != b[0] and a[4] != b[4] and (a[2], a[3]) != (b[2], b[3]))
    ]
    assert bool(find_conflicts(groups, most=99)) == bool(clashes)


BLOCKS = st.builds(
    lambda first, length: block_text(trimmed((first, length))),
    st.integers(0, 7).map(lambda low: 0x26000000 | low),
    st.sampled_from([7, 28, 29, 30, 31, 32]),
)


@given(st.lists(st.tuples(st.integers(0, 1), st.lists(BLOCKS, max_size=3), st.booleans()), max_size=4))
@settings(max_examples=500)
def test_blocks_are_free_of_conflicts_exactly_where_no_two_clash(written: list[tuple[int, list[str], bool]]) -> None:
    groups, spans = [], []
    for number, (owner, texts, has_net_id) in enumerate(written):
        net_ids = ("000013",) if has_net_id else ()
        groups.append(
            WrittenGroup(owner, f"group[{number}]", GroupTable("g", "G", dev_addrs=tuple(texts), net_ids=net_ids))
        )
        blocks = [*map(block_of, texts), *(net_id_block(int(net_id, 16)) for net_id in net_ids)]
        spans += [(number, owner, block, last_of(block)) for block in blocks]
    clashes = [
        (a, b)
        for index, a in enumerate(spans)
        for b in spans[:index]
        if a[2][0] <= b[3] and b[2][0] <= a[3] and not (a[1] == b[1] and a[0] != b[0] and a[2] != b[2])
    ]
    # A group may name a block again within another group's block that lies within its own: the nearest one decides.
    found = find_conflicts(groups, most=99)
    if any(a[1] != b[1] or a[2] == b[2] for a, b in clashes):
        assert found
    if not clashes:
        assert not found
