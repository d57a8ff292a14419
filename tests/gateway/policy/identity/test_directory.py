"""The most specific identity decides, and what cannot be told apart is not guessed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from gateway.policy.allowance import UNLIMITED, Allowance
from gateway.policy.claim import Claim, Limits
from gateway.policy.document import Convention, Depositor, Group, Period, Policy
from gateway.policy.identity.bindings import Binding
from gateway.policy.identity.directory import Ambiguous, Candidate, Directory, Identity
from gateway.policy.text.net_id import net_id_block
from gateway.policy.verdict import Flag

ALWAYS = Period(0, 2**40)
LAMP, METER, BIN = 0x70B3_D57E_D000_0001, 0x70B3_D57E_D000_0002, 0x70B3_D57E_D000_0003
JOIN_EUI = 0x70B3_D57E_D0FF_0000
HERE = 0x2601_1A07
TTN = 0x00_0013


def policy(**depositors: list[Group]) -> Policy:
    return Policy(
        serial=1,
        valid=ALWAYS,
        timezone="Europe/Paris",
        convention=Convention("2026-1", "Ville", ALWAYS),
        unknown="refuse",
        warning_share=0.8,
        depositors=tuple(
            Depositor(name, name, "enforce", "fr", ALWAYS, groups=tuple(groups)) for name, groups in depositors.items()
        ),
    )


def group(name: str, **identities: object) -> Group:
    return structs.replace(Group(name, name), **identities)


def directory(*groups: Group) -> Directory:
    return Directory.of(policy(city=list(groups)))


def groups_of(*claims: Claim | None) -> list[str | None]:
    return [None if claim is None else claim.group for claim in claims]


def one(found: Identity | Ambiguous | None) -> Identity:
    assert isinstance(found, Identity)
    return found


def test_an_empty_policy_knows_nobody() -> None:
    nobody = directory()
    assert groups_of(nobody.by_dev_eui(LAMP), nobody.by_join_eui(0), nobody.by_dev_addr(HERE)) == [None, None, None]
    assert nobody.identify_data(HERE, (Binding(LAMP, HERE),)) is None


def test_a_claim_tells_depositor_group_and_the_limits_of_all_three() -> None:
    lamps = group(
        "lamps", dev_euis=(LAMP,), device_allowance=Allowance(daily_uplinks=1), allowance=Allowance(daily_uplinks=2)
    )
    metropole = Depositor("metro", "m", "enforce", "fr", ALWAYS, allowance=Allowance(daily_uplinks=3), groups=(lamps,))
    found = Directory.of(structs.replace(policy(), depositors=(metropole,)))
    limits = Limits(daily_uplinks=1), Limits(daily_uplinks=2), Limits(daily_uplinks=3)
    assert found.by_dev_eui(LAMP) == Claim("metro", "lamps", limits)


class TestDevEui:
    def test_the_device_itself_comes_before_a_range(self) -> None:
        found = directory(group("all", dev_eui_ranges=((LAMP, BIN),)), group("one", dev_euis=(METER,)))
        assert groups_of(*map(found.by_dev_eui, (LAMP, METER, BIN))) == ["all", "one", "all"]

    def test_a_range_has_both_its_ends_and_nothing_beyond(self) -> None:
        found = directory(group("a", dev_eui_ranges=((10, 19), (30, 30))), group("b", dev_eui_ranges=((20, 20),)))
        expected = {9: None, 10: "a", 19: "a", 20: "b", 21: None, 29: None, 30: "a", 31: None}
        assert dict(zip(expected, groups_of(*map(found.by_dev_eui, expected)), strict=True)) == expected

    def test_ranges_of_one_group_may_overlap(self) -> None:
        found = directory(group("a", dev_eui_ranges=((10, 19), (12, 14), (18, 22))))
        assert groups_of(*map(found.by_dev_eui, (9, 10, 16, 19, 22, 23))) == [None, "a", "a", "a", "a", None]


class TestDevAddr:
    def test_the_longest_block_decides(self) -> None:
        found = directory(
            group("seven", dev_addr_blocks=((0x2600_0000, 7),)),
            group("twenty-four", dev_addr_blocks=((0x2601_1A00, 24),)),
            group("thirty", dev_addr_blocks=((0x2601_1A04, 30),)),
            group("one", dev_addrs=(HERE,)),
        )
        expected = {
            0x2601_1A07: "one",
            0x2601_1A06: "thirty",
            0x2601_1A04: "thirty",
            0x2601_1A03: "twenty-four",
            0x2601_1AFF: "twenty-four",
            0x2601_1B00: "seven",
            0x27FF_FFFF: "seven",
            0x2800_0000: None,
            0x25FF_FFFF: None,
        }
        assert dict(zip(expected, groups_of(*map(found.by_dev_addr, expected)), strict=True)) == expected

    def test_a_net_id_is_the_block_of_its_addresses(self) -> None:
        found = directory(group("ttn", net_ids=(TTN,)), group("ours", dev_addr_blocks=((0x2601_0000, 16),)))
        assert groups_of(*map(found.by_dev_addr, (0x2600_0000, 0x2601_0000, 0x27FF_FFFF))) == ["ttn", "ours", "ttn"]
        assert found.by_dev_addr(0x2800_0000) is None


class TestExceptions:
    def test_a_device_has_its_own_limits_in_the_place_of_its_group_s(self) -> None:
        lamps = group(
            "lamps",
            dev_euis=(LAMP, METER),
            device_allowance=Allowance(daily_uplinks=10, daily_bytes=10),
            allowance=Allowance(daily_uplinks=99),
            exceptions=((LAMP, Allowance(daily_uplinks=20)),),
        )
        found = directory(lamps)
        special, usual = found.by_dev_eui(LAMP), found.by_dev_eui(METER)
        assert special is not None
        assert usual is not None
        assert special.limits == (Limits(daily_uplinks=20), Limits(daily_uplinks=99), Limits())
        assert usual.limits[0] == Limits(daily_uplinks=10, daily_bytes=10)

    def test_a_device_of_a_range_or_a_block_too(self) -> None:
        lamps = group(
            "lamps",
            dev_eui_ranges=((LAMP, BIN),),
            dev_addr_blocks=((HERE & ~0xFF, 24),),
            exceptions=((METER, Allowance(daily_uplinks=1)),),
            dev_addr_exceptions=((HERE, Allowance(daily_uplinks=2)),),
        )
        found = directory(lamps)
        uplinks = [
            claim.limits[0].daily_uplinks
            for claim in (
                found.by_dev_eui(LAMP),
                found.by_dev_eui(METER),
                found.by_dev_addr(HERE),
                found.by_dev_addr(HERE + 1),
            )
            if claim is not None
        ]
        assert uplinks == [None, 1, 2, None]


class TestSharing:
    def test_devices_of_a_group_share_one_claim(self) -> None:
        found = directory(group("a", dev_euis=(1, 2), dev_eui_ranges=((5, 9),), join_euis=(3,), net_ids=(TTN,)))
        assert found.by_dev_eui(1) is found.by_dev_eui(2) is found.by_dev_eui(7)
        assert found.by_dev_eui(1) is found.by_join_eui(3) is found.by_dev_addr(HERE)

    def test_exceptions_with_one_allowance_share_one_claim(self) -> None:
        found = directory(group("a", exceptions=tuple((dev_eui, Allowance(daily_uplinks=1)) for dev_eui in range(9))))
        assert found.by_dev_eui(1) is found.by_dev_eui(8)
        assert found.by_dev_eui(1) is not None


class TestConflicts:
    """They are found when the document is read; a policy that has them all the same is not guessed at."""

    @pytest.mark.parametrize(
        "identities",
        [
            {"dev_euis": (1,)},
            {"join_euis": (1,)},
            {"dev_addrs": (1,)},
            {"exceptions": ((1, UNLIMITED),)},
            {"dev_addr_blocks": ((0, 8),)},
            {"net_ids": (1,)},
            {"dev_eui_ranges": ((1, 5),)},
        ],
        ids=lambda identities: next(iter(identities)),
    )
    def test_one_identity_in_two_groups_is_refused(self, identities: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="two groups declare"):
            directory(group("a", **identities), group("b", **identities))

    def test_ranges_that_overlap_are_refused(self) -> None:
        with pytest.raises(ValueError, match="two groups declare DevEUI 0000000000000005"):
            directory(group("a", dev_eui_ranges=((1, 5),)), group("b", dev_eui_ranges=((5, 6),)))

    def test_a_net_id_and_its_block_are_the_same(self) -> None:
        with pytest.raises(ValueError, match="two groups declare"):
            directory(group("a", net_ids=(TTN,)), group("b", dev_addr_blocks=(net_id_block(TTN),)))


class TestJoin:
    FOUND = directory(
        group("exact", dev_euis=(LAMP,)),
        group("range", dev_eui_ranges=((LAMP, METER),)),
        group("join", join_euis=(JOIN_EUI,)),
    )

    @pytest.mark.parametrize(
        ("join_eui", "dev_eui", "expected"),
        [
            (JOIN_EUI, LAMP, "exact"),
            (JOIN_EUI, METER, "range"),
            (JOIN_EUI, BIN, "join"),
            (0, BIN, None),
            (None, BIN, None),
            (None, METER, "range"),
        ],
    )
    def test_dev_eui_then_range_then_join_eui(self, join_eui: int | None, dev_eui: int, expected: str | None) -> None:
        assert groups_of(self.FOUND.identify_join(join_eui, dev_eui)) == [expected]


class TestData:
    FOUND = directory(
        group("exact", dev_euis=(LAMP,)),
        group("range", dev_eui_ranges=((METER, METER),)),
        group("join", join_euis=(JOIN_EUI,)),
        group("address", dev_addrs=(HERE,)),
        group("block", dev_addr_blocks=((HERE & ~0xFF, 24),)),
    )

    @pytest.mark.parametrize(
        ("dev_addr", "bound", "expected", "device"),
        [
            (HERE, (), "address", ~HERE),
            (HERE + 1, (), "block", ~(HERE + 1)),
            (HERE, (Binding(LAMP, HERE),), "exact", LAMP),
            (HERE, (Binding(METER, HERE, 0, JOIN_EUI),), "range", METER),
            (HERE, (Binding(BIN, HERE, 0, JOIN_EUI),), "join", BIN),
            (HERE, (Binding(BIN, HERE),), "address", BIN),
            (0, (Binding(LAMP, 0),), "exact", LAMP),
        ],
    )
    def test_the_bound_device_s_euis_come_before_the_dev_addr(
        self, dev_addr: int, bound: tuple[Binding, ...], expected: str, device: int
    ) -> None:
        found = one(self.FOUND.identify_data(dev_addr, bound))
        assert (found.claim.group, found.device, found.flags) == (expected, device, ())
        assert found.dev_eui == (bound[0].dev_eui if bound else None)

    def test_what_nobody_declared_is_nobody_s(self) -> None:
        assert self.FOUND.identify_data(0, ()) is None
        assert self.FOUND.identify_data(0, (Binding(BIN, 0),)) is None


class TestSharedDevAddr:
    BOTH = Binding(LAMP, HERE), Binding(METER, HERE)

    def test_devices_of_one_group_are_one_in_the_accounts(self) -> None:
        found = one(directory(group("a", dev_euis=(LAMP, METER))).identify_data(HERE, self.BOTH))
        assert (found.claim.group, found.device, found.dev_eui) == ("a", ~HERE, None)
        assert found.flags == (Flag.SHARED_DEV_ADDR,)

    def test_their_tightest_limits_count_field_by_field(self) -> None:
        usual = Allowance(reload_per_hour=4, bucket_size_factor=12, daily_uplinks=100, min_interval_s=60)
        special = Allowance(reload_per_hour=10, bucket_size_factor=1, daily_bytes=9, min_interval_s=90)
        lamps = group(
            "lamps",
            dev_euis=(LAMP,),
            device_allowance=usual,
            allowance=Allowance(daily_uplinks=7),
            exceptions=((METER, special),),
        )
        found = one(directory(lamps).identify_data(HERE, self.BOTH))
        assert found.claim.limits == (
            Limits(reload_per_hour=4, bucket=10, daily_uplinks=100, daily_bytes=9, min_interval_ms=90_000),
            Limits(daily_uplinks=7),
            Limits(),
        )

    def test_a_device_without_a_rate_leaves_the_other_s_bucket(self) -> None:
        lamps = group(
            "lamps",
            dev_euis=(LAMP,),
            device_allowance=Allowance(daily_uplinks=1),
            exceptions=((METER, Allowance(reload_per_hour=4, bucket_size_factor=2)),),
        )
        found = one(directory(lamps).identify_data(HERE, self.BOTH))
        assert found.claim.limits[0] == Limits(reload_per_hour=4, bucket=8, daily_uplinks=1)

    def test_devices_of_different_groups_are_all_told(self) -> None:
        found = directory(group("a", dev_euis=(LAMP,)), group("b", dev_euis=(METER,)))
        assert found.identify_data(HERE, self.BOTH) == Ambiguous(
            (Candidate(LAMP, found.by_dev_eui(LAMP)), Candidate(METER, found.by_dev_eui(METER)))
        )

    def test_groups_of_one_name_of_two_depositors_are_different(self) -> None:
        both = policy(city=[group("a", dev_euis=(LAMP,))], metro=[group("a", dev_euis=(METER,))])
        assert isinstance(Directory.of(both).identify_data(HERE, self.BOTH), Ambiguous)

    def test_a_declared_and_an_undeclared_device_are_ambiguous(self) -> None:
        found = directory(group("a", dev_euis=(LAMP,)))
        assert found.identify_data(HERE, self.BOTH) == Ambiguous(
            (Candidate(LAMP, found.by_dev_eui(LAMP)), Candidate(METER, None))
        )

    def test_devices_that_nobody_declared_are_nobody_s(self) -> None:
        assert directory().identify_data(HERE, self.BOTH) is None

    def test_devices_known_by_the_dev_addr_alone_are_its_group_s(self) -> None:
        found = one(directory(group("a", dev_addrs=(HERE,))).identify_data(HERE, self.BOTH))
        assert (found.claim.group, found.device, found.flags) == ("a", ~HERE, (Flag.SHARED_DEV_ADDR,))


# A small world, so that identities meet: EUIs below 24, DevAddrs that differ in five bits on either side of a boundary.
SMALL_EUIS = st.integers(0, 23)
ADDRESSES = st.builds(lambda high, low: high << 25 | low, st.integers(0, 3), st.integers(0, 7))


@st.composite
def blocks(draw: st.DrawFn) -> tuple[int, int]:
    length = draw(st.sampled_from([7, 8, 24, 29, 30, 31]))
    return draw(ADDRESSES) >> (32 - length) << (32 - length), length


def shared_out(items: list[object], count: int, draw: st.DrawFn) -> list[tuple[object, ...]]:
    """Each to one of so many groups."""
    owners = [draw(st.integers(0, count - 1)) for _ in items]
    return [tuple(item for item, owner in zip(items, owners, strict=True) if owner == n) for n in range(count)]


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Free of conflicts, as a document is that was read."""
    count = 3
    bounds = sorted(draw(st.lists(SMALL_EUIS, unique=True, max_size=8)))
    ranges = list(zip(bounds[::2], bounds[1::2], strict=False))
    net_ids = draw(st.lists(st.integers(0, 3), unique=True, max_size=2))
    taken = {net_id_block(net_id) for net_id in net_ids}
    free = [block for block in draw(st.lists(blocks(), unique=True, max_size=6)) if block not in taken]
    euis, joins = (draw(st.lists(SMALL_EUIS, unique=True, max_size=6)) for _ in range(2))
    addresses = draw(st.lists(ADDRESSES, unique=True, max_size=4))
    shares = [shared_out(list(items), count, draw) for items in (euis, ranges, joins, addresses, free, net_ids)]
    fields = ("dev_euis", "dev_eui_ranges", "join_euis", "dev_addrs", "dev_addr_blocks", "net_ids")
    made = [
        group(f"g{n}", **{field: share[n] for field, share in zip(fields, shares, strict=True)}) for n in range(count)
    ]
    return policy(city=made[:2], metro=made[2:])


def all_groups(whole: Policy) -> list[Group]:
    return list(itertools.chain.from_iterable(depositor.groups for depositor in whole.depositors))


def naive_by_dev_eui(whole: Policy, dev_eui: int) -> str | None:
    found = {(0, each.id) for each in all_groups(whole) if dev_eui in each.dev_euis}
    for each in all_groups(whole):
        found |= {(1, each.id) for first, last in each.dev_eui_ranges if first <= dev_eui <= last}
    return min(found)[1] if found else None


def naive_by_dev_addr(whole: Policy, dev_addr: int) -> str | None:
    found = {(-32, each.id) for each in all_groups(whole) if dev_addr in each.dev_addrs}
    for each in all_groups(whole):
        for first, length in (*each.dev_addr_blocks, *map(net_id_block, each.net_ids)):
            if f"{first:032b}"[:length] == f"{dev_addr:032b}"[:length]:
                found.add((-length, each.id))
    return min(found)[1] if found else None


@given(policies(), SMALL_EUIS, SMALL_EUIS, ADDRESSES)
def test_the_most_specific_decides_as_in_a_linear_search(
    whole: Policy, dev_eui: int, join_eui: int, dev_addr: int
) -> None:
    found = Directory.of(whole)
    by_dev_eui, by_dev_addr = naive_by_dev_eui(whole, dev_eui), naive_by_dev_addr(whole, dev_addr)
    by_join_eui = next((each.id for each in all_groups(whole) if join_eui in each.join_euis), None)
    by_euis = by_dev_eui or by_join_eui
    assert groups_of(found.by_dev_eui(dev_eui), found.by_dev_addr(dev_addr)) == [by_dev_eui, by_dev_addr]
    assert groups_of(found.identify_join(join_eui, dev_eui)) == [by_euis]
    bound = found.identify_data(dev_addr, (Binding(dev_eui, dev_addr, 0, join_eui),))
    assert groups_of(None if bound is None else one(bound).claim) == [by_euis or by_dev_addr]


@given(policies(), st.lists(SMALL_EUIS, min_size=2, max_size=8, unique=True), ADDRESSES)
def test_several_devices_are_one_group_s_or_told_in_full(whole: Policy, dev_euis: list[int], dev_addr: int) -> None:
    found = Directory.of(whole)
    bound = tuple(Binding(dev_eui, dev_addr) for dev_eui in dev_euis)
    expected = [naive_by_dev_eui(whole, dev_eui) or naive_by_dev_addr(whole, dev_addr) for dev_eui in dev_euis]
    together = found.identify_data(dev_addr, bound)
    match set(expected):
        case groups if groups == {None}:
            assert together is None
        case groups if len(groups) == 1:
            assert one(together).claim.group == expected[0]
            assert one(together).device == ~dev_addr
        case _:
            assert isinstance(together, Ambiguous)
            assert groups_of(*(candidate.claim for candidate in together.candidates)) == expected
