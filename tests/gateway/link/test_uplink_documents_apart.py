"""Over any policy and any traffic: what is published for one depositor tells nothing of another."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.link.instant import Instant
from gateway.link.messages import encode
from gateway.link.uplink_documents import HeardUplink, UplinkTopics, host_uplink_message, uplink_message
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.admission import Admission
from gateway.policy.allowance import UNLIMITED, Allowance
from gateway.policy.document import Consent, Depositor, Group, Period, Policy, Suspension
from gateway.policy.identity.bindings import Bindings
from gateway.policy.moment import Moment
from gateway.policy.outcome import Outcome
from gateway.policy.rules import Rules
from gateway.policy.verdict import Verdict
from radio.packets import CrcStatus, RxPacket
from tests.gateway.link.strangers import assert_nothing_of, id_of, strangers_to
from tests.gateway.policy.frames import ALWAYS, data_frame, join_request, policy
from tests.packets import packet

UNIX_S = 1_772_439_300
NAMES = ("north", "south", "east")
GROUPS = tuple(id_of(name) for name in ("meters", "lamps", "bins"))
# Nobody declares any of these. The server gives the first ones to devices of one depositor each, the last to any.
UNDECLARED_ADDRS = (0xFC000000, 0xFC000001, 0xFC000002, 0xFC000003)
UNUSED_ADDR = 0xFD000000
STRANGER_EUI = 0x0102030405060708
MOST_GROUPS = len(NAMES) * len(GROUPS)

AGREED, REFUSED = Consent(True, ALWAYS), Consent(False, ALWAYS)
ENDED, BEGINNING = Consent(True, Period(0, UNIX_S)), Consent(True, Period(UNIX_S, UNIX_S + 60))
consents = st.sampled_from([AGREED, BEGINNING, ENDED, REFUSED, None])
group_consents = st.sampled_from([None, None, AGREED, BEGINNING, ENDED, REFUSED])
known_times = st.sampled_from([UNIX_S, UNIX_S + 59, UNIX_S + 60, UNIX_S - 1])
allowances = st.sampled_from([UNLIMITED, Allowance(daily_uplinks=1, joins_per_hour=1), Allowance(daily_bytes=40)])


def euis_of(number: int) -> list[int]:
    """The DevEUIs that group `number` may have: two for themselves, then two of a range."""
    return [0x70B3D57E00000000 + (number << 16) + low for low in (1, 2, 0x100, 0x1FF)]


def addrs_of(number: int) -> list[int]:
    """Its DevAddrs: one for itself, one of a block, one of a NetID."""
    return [0x27000000 + number, 0x26000000 + (number << 8) + 7, ((number + 1) << 25) + 9]


def given_to(number: int) -> list[int]:
    """The DevAddrs that the server may give its devices: mostly such as several devices have."""
    return [*(UNDECLARED_ADDRS[number % len(NAMES)], UNDECLARED_ADDRS[-1]) * 4, *addrs_of(number)]


@st.composite
def groups(draw: st.DrawFn, identity: str, number: int) -> Group:
    one, two, first, last = euis_of(number)
    # Most have all; so that what is sent is mostly somebody's.
    lacks = draw(st.sets(st.integers(0, 5), max_size=2))
    return Group(
        identity,
        "Group",
        dev_euis=() if 0 in lacks else (one, two),
        dev_eui_ranges=() if 1 in lacks else ((first, last),),
        join_euis=() if 2 in lacks else (0x70B3D57EFF000000 + number,),
        dev_addrs=() if 3 in lacks else (0x27000000 + number,),
        dev_addr_blocks=() if 4 in lacks else ((0x26000000 + (number << 8), 24),),
        net_ids=() if 5 in lacks else (number + 1,),
        allowance=draw(allowances),
        device_allowance=draw(allowances),
        consent=draw(group_consents),
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Two or three depositors; groups of different ones may have the same id."""
    depositors = [
        Depositor(
            id_of(name),
            name,
            draw(st.sampled_from(["enforce", "observe"])),
            "fr",
            ALWAYS,
            suspensions=draw(st.sampled_from([(), (), (), (), (Suspension(0, None, "storm"),)])),
            consent=draw(consents),
            allowance=draw(allowances),
            groups=tuple(
                [
                    draw(groups(identity, first + place * len(NAMES)))
                    for place, identity in enumerate(draw(st.permutations(GROUPS))[: draw(st.integers(1, len(GROUPS)))])
                ]
            ),
            uplink_topic=draw(st.sampled_from(["off", "metadata", "payload"])),
        )
        for first, name in enumerate(NAMES[: draw(st.integers(2, len(NAMES)))])
    ]
    return policy(*depositors, unknown=draw(st.sampled_from(["refuse", "forward", "observe"])))


@st.composite
def bindings(draw: st.DrawFn) -> list[tuple[int, int]]:
    """What the network server told: devices on DevAddrs of their own group, or that nobody declared."""
    numbers = draw(st.lists(st.integers(0, MOST_GROUPS - 1), min_size=4, max_size=10))
    return [(draw(st.sampled_from(euis_of(number))), draw(st.sampled_from(given_to(number)))) for number in numbers]


all_addrs = [addr for number in range(MOST_GROUPS) for addr in addrs_of(number)]
all_euis = [eui for number in range(MOST_GROUPS) for eui in euis_of(number)]
frames = st.builds(
    data_frame,
    st.sampled_from([*all_addrs, *UNDECLARED_ADDRS * 7, UNUSED_ADDR]),
    st.integers(0, 65_535),
    st.binary(max_size=20),
    mhdr=st.sampled_from([0x40] * 4 + [0x80] * 4 + [0x60]),
)
joins = st.builds(
    join_request,
    st.sampled_from([*all_euis, STRANGER_EUI]),
    st.integers(0, 65_535),
    st.sampled_from([0x70B3D57EFF000000 + number for number in range(MOST_GROUPS)]),
)
packets = st.builds(
    lambda payload, status: packet(payload=payload, crc_status=status),
    # One strategy named twice in `one_of` counts once.
    st.sampled_from([frames] * 7 + [joins] * 2 + [st.binary(max_size=30)]).flatmap(lambda kind: kind),
    st.sampled_from([CrcStatus.OK] * 12 + [CrcStatus.BAD, CrcStatus.ABSENT]),
)


class Scene(msgspec.Struct, frozen=True):
    document: Policy
    admission: Admission
    bound: dict[str, list[int]]
    """The DevAddrs of each depositor's devices, as the server told."""


def scene(document: Policy, told: list[tuple[int, int]]) -> Scene:
    known, rules = Bindings(), Rules(document)
    for dev_eui, dev_addr in told:
        known.joined(dev_eui, dev_addr, 0)
    admission = Admission(Ledger(), known, open_without=False)
    admission.rules = rules
    bound: dict[str, list[int]] = {}
    for binding in known.learnt():
        claim = rules.directory.by_dev_eui(binding.dev_eui)
        if claim is not None:
            bound.setdefault(claim.depositor, []).append(binding.dev_addr)
    return Scene(document, admission, bound)


@settings(max_examples=300, deadline=None)
@given(
    document=policies(),
    told=bindings(),
    heard=st.lists(packets, min_size=3, max_size=12),
    known_unix_s=known_times | st.none(),
    clock_sure=st.booleans(),
)
def test_nothing_of_a_depositor_is_published_for_another(
    document: Policy, told: list[tuple[int, int]], heard: list[RxPacket], known_unix_s: int | None, clock_sure: bool
) -> None:
    town, now = scene(document, told), Instant(1000, UNIX_S * 1000 if clock_sure else None)
    topics, modes = UplinkTopics.of(document, 1), {each.id: each.uplink_topic for each in document.depositors}
    strangers = {each.id: strangers_to(document, each.id, town.bound) for each in document.depositors}
    for number, each in enumerate(heard):
        verdict = town.admission.judge(each, Moment(1000 + number, known_unix_s))
        uplink = HeardUplink(each, verdict, now.unix_ms)
        message = uplink_message(topics, uplink, number, now)
        copy = host_uplink_message(topics, uplink, number, now, known_unix_s=known_unix_s)
        if verdict.depositor is None or verdict.outcome is Outcome.FORGED:
            assert (message, copy) == (None, None)
            continue
        assert (message is None) is (modes[verdict.depositor] == "off")
        for document_of_one in filter(None, (message, copy)):
            assert document_of_one.depositor == verdict.depositor
            assert_nothing_of(strangers[verdict.depositor], encode(document_of_one))


@settings(max_examples=400, deadline=None)
@given(document=policies(), known_unix_s=known_times, data=st.data())
def test_the_host_has_no_copy_of_what_any_group_that_it_may_be_of_did_not_agree_to(
    document: Policy, known_unix_s: int, data: st.DataObject
) -> None:
    """Straight from the words of the policy, for data frames that were forwarded."""
    town, topics = scene(document, data.draw(bindings())), UplinkTopics.of(document, 1)
    heard = packet(payload=data.draw(frames))
    verdict = town.admission.judge(heard, Moment(1000, known_unix_s))
    copy = host_uplink_message(topics, HeardUplink(heard, verdict), 1, Instant(1000), known_unix_s=known_unix_s)
    assert (copy is not None) is (verdict.forwarded and all_agree(document, verdict, known_unix_s))


def all_agree(document: Policy, verdict: Verdict, known_unix_s: int) -> bool:
    owners = [each for each in document.depositors if each.id == verdict.depositor]
    consents = [
        group.consent or owner.consent
        for owner in owners
        for group in owner.groups
        if verdict.group is None or verdict.group == group.id
    ]
    return bool(consents) and all(
        consent is not None
        and consent.host_copy
        and consent.period.begins_unix_s <= known_unix_s < consent.period.ends_unix_s
        for consent in consents
    )
