"""One packet, one verdict: whose it is, whether it may pass, and whom it costs."""

import struct
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.accounts.account import Account
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.admission import Admission
from gateway.policy.allowance import Allowance
from gateway.policy.document import Group, Period, Policy, Suspension
from gateway.policy.identity.authenticity import Authenticator
from gateway.policy.identity.bindings import Bindings
from gateway.policy.identity.session_keys import DeviceKeys, Keyring, SecretKey
from gateway.policy.moment import Moment
from gateway.policy.outcome import ADMISSIONS, Level, Limit, Outcome
from gateway.policy.rules import Rules
from gateway.policy.verdict import Flag, Verdict
from radio.airtime import rx_airtime_us
from radio.packets import CrcStatus, RxPacket
from radio.simulator.lorawan_keys import UPLINK, Aes128Key, SessionKeys
from tests.gateway.policy.frames import (
    CITY,
    CITY_ADDR,
    CITY_EUI,
    CITY_SIDE,
    JOIN_EUI,
    METROPOLIS,
    METROPOLIS_ADDR,
    METROPOLIS_EUI,
    METROPOLIS_SIDE,
    STRANGER_ADDR,
    STRANGER_EUI,
    UNCONFIRMED_DOWN,
    data_frame,
    join,
    policy,
    suspended,
    uplink,
    with_device_allowance,
)
from tests.packets import packet

HOUR_MS = 3_600_000
NWK_S_KEY = bytes(range(16))


class Town:
    """A gateway's judgement, with a clock that the test moves."""

    def __init__(self, document: Policy | None = None, keys: tuple[DeviceKeys, ...] = (), **options: bool) -> None:
        self.bindings = Bindings()
        self.ledger = Ledger()
        authenticator = Authenticator(Keyring(keys), self.bindings, "EU868") if keys else None
        open_without = options.get("open_without", False)
        self.admission = Admission(self.ledger, self.bindings, open_without=open_without, authenticator=authenticator)
        self.admission.rules = None if options.get("no_policy") else Rules(document or policy())
        self.now_ms = 0

    def judge(self, heard: RxPacket, after_ms: int = 1000, known_unix_s: int | None = 1_800_000_000) -> Verdict:
        self.now_ms += after_ms
        return self.admission.judge(heard, Moment(self.now_ms, known_unix_s))

    def accounts(self) -> list[tuple[Account, ...]]:
        """Those of all that the tests' devices belong to."""
        assert self.admission.rules is not None
        found: list[tuple[Account, ...]] = []
        for dev_eui, dev_addr in ((CITY_EUI, CITY_ADDR), (METROPOLIS_EUI, METROPOLIS_ADDR)):
            claim = self.admission.rules.directory.by_dev_eui(dev_eui)
            assert claim is not None
            found += [self.ledger.accounts_of(claim, device) for device in (dev_eui, ~dev_addr)]
        return found

    def used(self, dev_addr: int) -> tuple[int, ...]:
        """How many uplinks the accounts hold of a device, its group and its depositor."""
        assert self.admission.rules is not None
        identity = self.admission.rules.directory.identify_data(dev_addr, self.bindings.at(dev_addr))
        accounts = self.ledger.accounts_of(identity.claim, identity.device)  # type: ignore[union-attr] # one identity
        return tuple(account.uplinks.count for account in accounts)


class TestWhose:
    def test_a_device_is_known_by_the_block_of_its_dev_addr(self) -> None:
        verdict = Town().judge(uplink(CITY_ADDR))
        assert (verdict.outcome, verdict.forwarded) == (Outcome.ADMITTED, True)
        assert (verdict.depositor, verdict.group, verdict.dev_addr) == (CITY, "meters", CITY_ADDR)
        assert verdict.dev_eui is None

    def test_a_device_that_the_server_told_of_is_known_by_its_dev_eui_wherever_its_dev_addr_lies(self) -> None:
        town = Town()
        town.bindings.joined(METROPOLIS_EUI, STRANGER_ADDR, 0)
        verdict = town.judge(uplink(STRANGER_ADDR))
        assert (verdict.depositor, verdict.dev_eui) == (METROPOLIS, METROPOLIS_EUI)

    def test_a_join_request_says_who_asks(self) -> None:
        verdict = Town().judge(join(CITY_EUI))
        assert (verdict.outcome, verdict.depositor, verdict.dev_eui) == (Outcome.ADMITTED, CITY, CITY_EUI)
        assert verdict.is_join

    def test_a_rejoin_request_without_a_join_eui_is_that_of_the_join_before(self) -> None:
        group = Group("meters", "Meters", join_euis=(JOIN_EUI,))
        town = Town(policy(msgspec.structs.replace(CITY_SIDE, groups=(group,))))
        rejoin = packet(payload=struct.pack("<BB3sQH", 0xC0, 0, b"\x13\0\0", STRANGER_EUI, 1) + bytes(4))
        assert town.judge(rejoin).outcome is Outcome.UNKNOWN_DEVICE
        town.bindings.heard_join(JOIN_EUI, STRANGER_EUI)
        town.bindings.joined(STRANGER_EUI, STRANGER_ADDR, 0)
        verdict = town.judge(rejoin)
        assert (verdict.outcome, verdict.depositor, verdict.is_join) == (Outcome.ADMITTED, CITY, True)

    @pytest.mark.parametrize(
        ("dev_addr", "dev_eui", "same"),
        [
            (CITY_ADDR, CITY_EUI, True),
            (CITY_ADDR, METROPOLIS_EUI, False),
            (STRANGER_ADDR, CITY_EUI, True),
            (CITY_ADDR, STRANGER_EUI, True),
        ],
    )
    def test_whether_an_address_and_a_device_are_one_depositor_s(self, dev_addr: int, dev_eui: int, same: bool) -> None:
        assert Town().admission.is_one_depositors(dev_addr, dev_eui) is same
        assert not Town(no_policy=True).admission.is_one_depositors(dev_addr, dev_eui)

    @pytest.mark.parametrize("heard", [uplink(STRANGER_ADDR), join(STRANGER_EUI)], ids=["data", "join"])
    @pytest.mark.parametrize(
        ("action", "forwarded", "would_refuse"),
        [("refuse", False, False), ("forward", True, False), ("observe", True, True)],
    )
    def test_the_host_chooses_what_becomes_of_strangers(
        self, heard: RxPacket, action: str, forwarded: bool, would_refuse: bool
    ) -> None:
        verdict = Town(policy(unknown=action)).judge(heard)
        assert verdict.outcome is Outcome.UNKNOWN_DEVICE
        assert (verdict.forwarded, verdict.would_refuse, verdict.depositor) == (forwarded, would_refuse, None)

    @pytest.mark.parametrize(
        ("heard", "outcome"),
        [
            (uplink(CITY_ADDR, crc_status=CrcStatus.BAD), Outcome.BAD_CRC),
            (uplink(CITY_ADDR, crc_status=CrcStatus.ABSENT), Outcome.NOT_LORAWAN),
            (packet(payload=b"\xe0 of our own making"), Outcome.NOT_LORAWAN),
            (packet(payload=b"short"), Outcome.NOT_LORAWAN),
            (packet(payload=data_frame(CITY_ADDR, 1, mhdr=UNCONFIRMED_DOWN)), Outcome.NOT_LORAWAN),
        ],
        ids=["damaged", "without checksum", "proprietary", "short", "another gateway's downlink"],
    )
    def test_what_is_no_device_s_frame_costs_nobody(self, heard: RxPacket, outcome: Outcome) -> None:
        town = Town()
        verdict = town.judge(heard)
        assert (verdict.outcome, verdict.forwarded, verdict.depositor) == (outcome, False, None)
        assert town.used(CITY_ADDR) == (0, 0, 0)


class TestSharedDevAddr:
    def test_devices_of_one_group_are_one_device_with_the_dev_addr_s_account(self) -> None:
        both = msgspec.structs.replace(CITY_SIDE.groups[0], dev_euis=(CITY_EUI, CITY_EUI + 1))
        side = msgspec.structs.replace(CITY_SIDE, groups=(both,))
        town = Town(policy(with_device_allowance(side, Allowance(daily_uplinks=2))))
        for number in range(2):
            town.bindings.joined(CITY_EUI + number, CITY_ADDR, 0)
        verdicts = [town.judge(uplink(CITY_ADDR, fcnt)) for fcnt in range(3)]
        assert [verdict.outcome for verdict in verdicts] == [Outcome.ADMITTED] * 2 + [Outcome.DAILY_UPLINKS]
        assert verdicts[0].flags == (Flag.SHARED_DEV_ADDR,)
        assert (verdicts[0].depositor, verdicts[0].dev_eui) == (CITY, None)

    def shared(self, city: Allowance, metropolis: Allowance, **changes: object) -> Town:
        sides = with_device_allowance(CITY_SIDE, city), with_device_allowance(METROPOLIS_SIDE, metropolis)
        town = Town(policy(sides[0], msgspec.structs.replace(sides[1], **changes)))
        town.bindings.joined(CITY_EUI, STRANGER_ADDR, 0)
        town.bindings.joined(METROPOLIS_EUI, STRANGER_ADDR, 0)
        return town

    def test_devices_of_two_depositors_cost_neither_and_are_held_to_the_tighter_limit(self) -> None:
        town = self.shared(Allowance(daily_uplinks=5), Allowance(daily_uplinks=1))
        verdicts = [town.judge(uplink(STRANGER_ADDR, fcnt)) for fcnt in range(2)]
        assert [verdict.outcome for verdict in verdicts] == [Outcome.ADMITTED, Outcome.DAILY_UPLINKS]
        assert all(verdict.depositor is None for verdict in verdicts)
        assert town.used(CITY_ADDR)[1:] == town.used(METROPOLIS_ADDR)[1:] == (0, 0)

    def test_one_that_has_no_right_does_not_shut_the_other_out(self) -> None:
        town = self.shared(Allowance(daily_uplinks=1), Allowance(daily_uplinks=9), suspensions=suspended())
        verdicts = [town.judge(uplink(STRANGER_ADDR, fcnt)) for fcnt in range(2)]
        assert [verdict.outcome for verdict in verdicts] == [Outcome.ADMITTED, Outcome.DAILY_UPLINKS]
        assert verdicts[0].depositor is None

    def test_nor_does_a_device_that_nobody_declared(self) -> None:
        town = Town()
        town.bindings.joined(CITY_EUI, STRANGER_ADDR, 0)
        town.bindings.joined(STRANGER_EUI, STRANGER_ADDR, 0)
        assert town.judge(uplink(STRANGER_ADDR)).outcome is Outcome.ADMITTED

    def test_where_none_of_them_may_send_it_is_refused(self) -> None:
        sides = [msgspec.structs.replace(side, suspensions=suspended()) for side in (CITY_SIDE, METROPOLIS_SIDE)]
        town = Town(policy(*sides))
        town.bindings.joined(CITY_EUI, STRANGER_ADDR, 0)
        town.bindings.joined(METROPOLIS_EUI, STRANGER_ADDR, 0)
        verdict = town.judge(uplink(STRANGER_ADDR))
        assert (verdict.outcome, verdict.forwarded) == (Outcome.AMBIGUOUS_DEVICE, False)

    def test_groups_of_one_depositor_are_held_to_its_limits(self) -> None:
        other = Group("noise", "Noise", dev_euis=(CITY_EUI + 1,))
        side = msgspec.structs.replace(
            CITY_SIDE, groups=(*CITY_SIDE.groups, other), allowance=Allowance(daily_uplinks=2), mode="observe"
        )
        town = Town(policy(side))
        for number in range(2):
            town.bindings.joined(CITY_EUI + number, CITY_ADDR, 0)
        verdicts = [town.judge(uplink(CITY_ADDR, fcnt)) for fcnt in range(3)]
        assert [verdict.outcome for verdict in verdicts] == [Outcome.ADMITTED] * 2 + [Outcome.DAILY_UPLINKS]
        assert {(verdict.depositor, verdict.group) for verdict in verdicts} == {(CITY, None)}
        assert (verdicts[2].forwarded, verdicts[2].would_refuse) == (True, True)

    def test_two_depositors_that_are_observed_are_observed_together(self) -> None:
        sides = [
            msgspec.structs.replace(with_device_allowance(side, Allowance(daily_uplinks=1)), mode="observe")
            for side in (CITY_SIDE, METROPOLIS_SIDE)
        ]
        town = Town(policy(*sides))
        town.bindings.joined(CITY_EUI, STRANGER_ADDR, 0)
        town.bindings.joined(METROPOLIS_EUI, STRANGER_ADDR, 0)
        verdicts = [town.judge(uplink(STRANGER_ADDR, fcnt)) for fcnt in range(2)]
        assert (verdicts[1].outcome, verdicts[1].forwarded) == (Outcome.DAILY_UPLINKS, True)


class TestRights:
    def test_a_suspension_refuses_and_costs_nothing(self) -> None:
        town = Town(policy(msgspec.structs.replace(CITY_SIDE, suspensions=suspended()), METROPOLIS_SIDE))
        for heard in (uplink(CITY_ADDR), join(CITY_EUI)):
            verdict = town.judge(heard)
            assert (verdict.outcome, verdict.forwarded, verdict.depositor) == (Outcome.SUSPENDED, False, CITY)
        assert town.used(CITY_ADDR) == (0, 0, 0)
        assert town.judge(uplink(METROPOLIS_ADDR)).forwarded

    @pytest.mark.parametrize(
        ("known_unix_s", "outcome"),
        [
            (999, Outcome.RIGHT_NOT_BEGUN),
            (1000, Outcome.ADMITTED),
            (1999, Outcome.ADMITTED),
            (2000, Outcome.RIGHT_ENDED),
        ],
    )
    def test_a_right_begins_and_ends(self, known_unix_s: int, outcome: Outcome) -> None:
        town = Town(policy(msgspec.structs.replace(CITY_SIDE, right=Period(1000, 2000))))
        assert town.judge(uplink(CITY_ADDR), known_unix_s=known_unix_s).outcome is outcome

    @pytest.mark.parametrize("heard", [uplink(CITY_ADDR), join(CITY_EUI)], ids=["data", "join"])
    def test_observe_mode_lifts_no_suspension(self, heard: RxPacket) -> None:
        side = msgspec.structs.replace(CITY_SIDE, suspensions=suspended(), mode="observe")
        verdict = Town(policy(side)).judge(heard)
        assert (verdict.outcome, verdict.forwarded) == (Outcome.SUSPENDED, False)

    def test_one_gateway_sees_it_begin_and_end_and_the_time_go_back(self) -> None:
        suspension = Suspension(1200, 1300, "repairs")
        town = Town(policy(msgspec.structs.replace(CITY_SIDE, right=Period(1000, 2000), suspensions=(suspension,))))
        told = [
            town.judge(uplink(CITY_ADDR, fcnt), known_unix_s=known_unix_s).outcome
            for fcnt, known_unix_s in enumerate((999, 1000, 1199, 1200, 1299, 1300, 2000, 1250, 1500, 10))
        ]
        begins, ends, held, ok = Outcome.RIGHT_NOT_BEGUN, Outcome.RIGHT_ENDED, Outcome.SUSPENDED, Outcome.ADMITTED
        assert told == [begins, ok, ok, held, held, ok, ends, held, ok, begins]

    def test_without_a_known_time_a_right_that_begins_later_has_begun(self) -> None:
        town = Town(policy(msgspec.structs.replace(CITY_SIDE, right=Period(1000, 2000))))
        assert town.judge(uplink(CITY_ADDR), known_unix_s=None).outcome is Outcome.ADMITTED

    def test_without_any_valid_policy_the_host_s_configuration_decides(self) -> None:
        for open_without in (False, True):
            verdict = Town(no_policy=True, open_without=open_without).judge(uplink(CITY_ADDR))
            assert (verdict.outcome, verdict.forwarded) == (Outcome.NO_POLICY, open_without)


class TestLimits:
    def test_what_is_over_a_limit_is_refused_and_the_level_is_named(self) -> None:
        side = msgspec.structs.replace(CITY_SIDE, allowance=Allowance(daily_uplinks=1))
        town = Town(policy(side))
        town.judge(uplink(CITY_ADDR, 1))
        verdict = town.judge(uplink(CITY_ADDR + 1, 1))
        assert (verdict.outcome, verdict.level) == (Outcome.DAILY_UPLINKS, Level.DEPOSITOR)
        assert not verdict.forwarded

    def test_in_observe_mode_it_is_forwarded_counted_and_costs_nothing(self) -> None:
        side = with_device_allowance(CITY_SIDE, Allowance(daily_uplinks=1))
        town = Town(policy(msgspec.structs.replace(side, mode="observe")))
        town.judge(uplink(CITY_ADDR, 1))
        verdict = town.judge(uplink(CITY_ADDR, 2))
        assert (verdict.outcome, verdict.forwarded, verdict.would_refuse) == (Outcome.DAILY_UPLINKS, True, True)
        assert town.used(CITY_ADDR) == (1, 1, 1)

    def test_a_repetition_costs_airtime_and_no_count(self) -> None:
        town = Town(policy(with_device_allowance(CITY_SIDE, Allowance(daily_uplinks=1))))
        outcomes = [town.judge(uplink(CITY_ADDR, 1)).outcome for _ in range(3)]
        assert outcomes == [Outcome.ADMITTED, Outcome.REPETITION, Outcome.REPETITION]
        assert town.used(CITY_ADDR) == (1, 1, 1)
        assert town.judge(uplink(CITY_ADDR, 2)).outcome is Outcome.DAILY_UPLINKS

    def test_the_airtime_is_that_of_the_packet_heard(self) -> None:
        heard = uplink(CITY_ADDR, 1, spreading_factor=12)
        enough_s = rx_airtime_us(heard) / 1e6
        for limit_s, outcome in ((enough_s, Outcome.ADMITTED), (enough_s - 1e-6, Outcome.DAILY_AIRTIME)):
            town = Town(policy(with_device_allowance(CITY_SIDE, Allowance(daily_airtime_s=limit_s))))
            assert town.judge(heard).outcome is outcome

    def test_joins_have_a_limit_of_their_own(self) -> None:
        town = Town(policy(with_device_allowance(CITY_SIDE, Allowance(joins_per_hour=2, daily_uplinks=1))))
        outcomes = [town.judge(join(CITY_EUI, nonce)).outcome for nonce in range(3)]
        assert outcomes == [Outcome.ADMITTED, Outcome.ADMITTED, Outcome.JOIN_RATE]
        town.bindings.joined(CITY_EUI, CITY_ADDR, town.now_ms)
        assert town.judge(uplink(CITY_ADDR)).outcome is Outcome.ADMITTED
        assert town.judge(join(CITY_EUI, 3), after_ms=HOUR_MS).outcome is Outcome.ADMITTED

    def test_a_warning_comes_before_the_limit_and_tells_the_tightest(self) -> None:
        town = Town(policy(with_device_allowance(CITY_SIDE, Allowance(daily_uplinks=5, daily_bytes=100_000))))
        verdicts = [town.judge(uplink(CITY_ADDR, fcnt)) for fcnt in range(5)]
        assert [verdict.warned for verdict in verdicts] == [False, False, False, True, True]
        tightest = verdicts[3].tightest
        assert tightest is not None
        assert (tightest.limit, tightest.level, tightest.used, tightest.allowed) == (
            Limit.DAILY_UPLINKS,
            Level.DEVICE,
            4,
            5,
        )

    def test_a_rejoined_device_goes_on_with_its_account(self) -> None:
        town = Town(policy(with_device_allowance(CITY_SIDE, Allowance(daily_uplinks=1))))
        town.bindings.joined(CITY_EUI, CITY_ADDR, 0)
        town.judge(uplink(CITY_ADDR, 1))
        town.bindings.joined(CITY_EUI, CITY_ADDR + 1, 0)
        assert town.judge(uplink(CITY_ADDR + 1, 0)).outcome is Outcome.DAILY_UPLINKS


def test_the_counter_of_a_refused_frame_is_not_followed() -> None:
    town = Town(policy(with_device_allowance(CITY_SIDE, Allowance(min_interval_s=60))))
    town.judge(uplink(CITY_ADDR, 5))
    assert town.judge(uplink(CITY_ADDR, 900)).outcome is Outcome.MIN_INTERVAL
    assert town.judge(uplink(CITY_ADDR, 6), after_ms=60_000).flags == ()


def test_counters_under_a_shared_dev_addr_tell_nothing() -> None:
    both = msgspec.structs.replace(CITY_SIDE.groups[0], dev_euis=(CITY_EUI, CITY_EUI + 1))
    town = Town(policy(msgspec.structs.replace(CITY_SIDE, groups=(both,))))
    for number in range(2):
        town.bindings.joined(CITY_EUI + number, CITY_ADDR, 0)
    flags = {town.judge(uplink(CITY_ADDR, fcnt)).flags for fcnt in (900, 3, 901, 4)}
    assert flags == {(Flag.SHARED_DEV_ADDR,)}


def test_a_counter_that_goes_back_is_pointed_out() -> None:
    town = Town()
    flags = [town.judge(uplink(CITY_ADDR, fcnt)).flags for fcnt in (65_535, 3, 3, 2, 4)]
    assert flags == [(), (), (), (Flag.COUNTER_WENT_BACK,), ()]


class TestForgery:
    KEYS = (DeviceKeys(CITY_ADDR, CITY_EUI, SecretKey(NWK_S_KEY)),)

    def sealed(self, fcnt: int) -> RxPacket:
        message = data_frame(CITY_ADDR, fcnt & 0xFFFF)[:-4]
        keys = SessionKeys(Aes128Key(NWK_S_KEY), Aes128Key(bytes(16)))
        return packet(payload=message + keys.mic(message, UPLINK, CITY_ADDR, fcnt))

    def test_a_thousand_forged_frames_leave_the_account_untouched(self) -> None:
        side = with_device_allowance(CITY_SIDE, Allowance(daily_uplinks=2))
        town = Town(policy(side, METROPOLIS_SIDE), keys=self.KEYS)
        first = town.judge(self.sealed(1))
        assert (first.outcome, first.dev_eui, first.flags) == (Outcome.ADMITTED, CITY_EUI, (Flag.MIC_VERIFIED,))
        before = town.accounts()
        for number in range(1000):
            verdict = town.judge(packet(payload=data_frame(CITY_ADDR, 2, mic=number.to_bytes(4, "little"))))
            assert (verdict.outcome, verdict.forwarded, verdict.depositor) == (Outcome.FORGED, False, CITY)
            assert verdict.flags == (Flag.FORGED,)
        assert town.accounts() == before
        assert town.judge(self.sealed(2)).outcome is Outcome.ADMITTED

    def test_a_counter_beyond_16_bits_is_followed(self) -> None:
        town = Town(keys=self.KEYS)
        verdicts = [town.judge(self.sealed(15 * 65_536 + fcnt)) for fcnt in (65_535, 65_536, 65_537)]
        assert [verdict.outcome for verdict in verdicts] == [Outcome.ADMITTED] * 3

    def test_an_old_frame_that_is_sent_again_makes_no_later_one_forged(self) -> None:
        town = Town(keys=self.KEYS)
        fcnts = (200_001, 10, 200_002, 200_003)
        assert [town.judge(self.sealed(fcnt)).outcome for fcnt in fcnts] == [Outcome.ADMITTED] * 4

    def test_a_device_that_begins_anew_is_followed_beyond_16_bits(self) -> None:
        town = Town(keys=self.KEYS)
        fcnts = (200_001, 0, 65_535, 65_536, 65_540)
        assert [town.judge(self.sealed(fcnt)).outcome for fcnt in fcnts] == [Outcome.ADMITTED] * 5

    def test_a_forged_frame_is_forwarded_in_no_mode(self) -> None:
        sides = [msgspec.structs.replace(side, mode="observe") for side in (CITY_SIDE, METROPOLIS_SIDE)]
        town = Town(policy(*sides, unknown="forward"), keys=self.KEYS)
        town.judge(self.sealed(1))
        assert not town.judge(uplink(CITY_ADDR, 2)).forwarded

    def test_what_was_heard_before_the_key_was_known_makes_no_frame_forged(self) -> None:
        town = Town(keys=self.KEYS)
        authenticator, town.admission.authenticator = town.admission.authenticator, None
        town.bindings.joined(CITY_EUI, CITY_ADDR, 0)
        town.judge(uplink(CITY_ADDR, 2))
        town.admission.authenticator = authenticator
        assert town.judge(self.sealed(5 * 65_536 + 3)).outcome is Outcome.ADMITTED

    def test_the_mic_tells_which_of_two_depositors_devices_sent_a_frame(self) -> None:
        town = Town(keys=self.KEYS)
        town.bindings.joined(CITY_EUI, CITY_ADDR, 0)
        town.bindings.joined(METROPOLIS_EUI, CITY_ADDR, 0)
        assert town.judge(self.sealed(1)).depositor == CITY
        forged_or_the_other_s = town.judge(uplink(CITY_ADDR, 2))
        assert forged_or_the_other_s.depositor is None
        assert Flag.SHARED_DEV_ADDR in forged_or_the_other_s.flags


heard_packets = st.one_of(
    st.builds(uplink, st.sampled_from((CITY_ADDR, METROPOLIS_ADDR, STRANGER_ADDR)), st.integers(0, 0xFFFF)),
    st.builds(join, st.sampled_from((CITY_EUI, METROPOLIS_EUI, STRANGER_EUI)), st.integers(0, 0xFFFF)),
    st.binary(min_size=1, max_size=40).map(lambda payload: packet(payload=payload)),
    st.just(packet(crc_status=CrcStatus.BAD)),
)
steps_ms = st.integers(-HOUR_MS, HOUR_MS)


class TestProperties:
    LIMITED = Allowance(reload_per_hour=4, bucket_size_factor=2, daily_uplinks=9, joins_per_hour=3)

    def play(self, sides: Callable[[], Policy], heard: list[tuple[RxPacket, int]]) -> list[Verdict]:
        town = Town(sides())
        return [town.judge(each, after_ms) for each, after_ms in heard]

    @given(st.lists(st.tuples(heard_packets, steps_ms), max_size=40))
    def test_the_order_of_depositors_is_irrelevant(self, heard: list[tuple[RxPacket, int]]) -> None:
        city, metropolis = (with_device_allowance(side, self.LIMITED) for side in (CITY_SIDE, METROPOLIS_SIDE))
        assert self.play(lambda: policy(city, metropolis), heard) == self.play(lambda: policy(metropolis, city), heard)

    @given(st.lists(st.tuples(heard_packets, steps_ms), max_size=40))
    def test_one_depositor_s_traffic_changes_nothing_for_another(self, heard: list[tuple[RxPacket, int]]) -> None:
        city, metropolis = (with_device_allowance(side, self.LIMITED) for side in (CITY_SIDE, METROPOLIS_SIDE))
        with_all = self.play(lambda: policy(city, metropolis), heard)
        town, alone = Town(policy(city, metropolis)), []
        for (each, after_ms), verdict in zip(heard, with_all, strict=True):
            if verdict.depositor == METROPOLIS:
                town.now_ms += after_ms
            else:
                alone.append(town.judge(each, after_ms))
        assert alone == [verdict for verdict in with_all if verdict.depositor != METROPOLIS]

    @given(st.lists(st.tuples(heard_packets, steps_ms), max_size=40), st.integers(0, 40))
    def test_a_reload_of_the_same_document_changes_nothing(self, heard: list[tuple[RxPacket, int]], at: int) -> None:
        document = policy(*(with_device_allowance(side, self.LIMITED) for side in (CITY_SIDE, METROPOLIS_SIDE)))
        town, verdicts = Town(document), []
        for number, (each, after_ms) in enumerate(heard):
            if number == at:
                town.admission.rules = Rules(document)
            verdicts.append(town.judge(each, after_ms))
        assert verdicts == self.play(lambda: document, heard)

    @given(st.lists(st.tuples(heard_packets, steps_ms), max_size=40))
    def test_only_admissions_are_forwarded_and_only_they_cost(self, heard: list[tuple[RxPacket, int]]) -> None:
        town = Town(policy(*(with_device_allowance(side, self.LIMITED) for side in (CITY_SIDE, METROPOLIS_SIDE))))
        for each, after_ms in heard:
            before = town.accounts()
            verdict = town.judge(each, after_ms)
            assert verdict.forwarded == (verdict.outcome in ADMISSIONS)
            assert (town.accounts() == before) is not verdict.forwarded
